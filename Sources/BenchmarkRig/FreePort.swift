internal import Glibc

/// Finds ports that nobody uses.
///
/// They lie below the range that the kernel gives to clients, so that no connection of another
/// program takes one between the look and the use.
public enum FreePort {
    /// Where ports are taken from, which must not reach into `ip_local_port_range`.
    static let range = UInt16(20_000)..<UInt16(32_000)

    /// Ports of 127.0.0.1 that were free for UDP and TCP a moment ago, all different.
    public static func find(_ count: Int) throws(RigError) -> [UInt16] {
        var ports: [UInt16] = []
        var held: [Int32] = []
        defer { for descriptor in held { close(descriptor) } }
        // A hundred looks a port find one even where most of the range is taken.
        for _ in 0..<(count * 100) where ports.count < count {
            let port = UInt16.random(in: range)
            guard let stream = bound(Int32(SOCK_STREAM.rawValue), port) else { continue }
            held.append(stream.descriptor)
            guard let datagram = bound(Int32(SOCK_DGRAM.rawValue), port) else { continue }
            held.append(datagram.descriptor)
            ports.append(port)
        }
        guard ports.count == count else { throw RigError(.system, "no free ports") }
        return ports
    }

    /// A socket bound to `port`, and the port that it got; nil when it is taken.
    static func bound(_ kind: Int32, _ port: UInt16) -> (descriptor: Int32, port: UInt16)? {
        // A child that inherits the socket would hold the port for as long as it lives.
        let descriptor = socket(AF_INET, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var name = LoopbackName(port: port).address
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, length) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        return (descriptor, UInt16(bigEndian: name.sin_port))
    }
}

/// The address 127.0.0.1 with a port, as the system wants it.
struct LoopbackName {
    /// The system structure.
    let address: sockaddr_in

    /// The address with `port`.
    init(port: UInt16) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address = name
    }

    /// A socket of `kind` connected to the address, with a limit for every wait; nil when refused.
    func connect(_ kind: Int32, waitSeconds: Int) -> Int32? {
        let descriptor = socket(AF_INET, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var patience = timeval(tv_sec: waitSeconds, tv_usec: waitSeconds == 0 ? 100_000 : 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var name = address
        let status = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(
                    descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return nil
    }
}
