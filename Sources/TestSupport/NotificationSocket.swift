internal import Glibc

/// The socket at which a supervisor hears from the programs that it has started: sd_notify(3).
public final class NotificationSocket: Sendable {
    private let descriptor: Int32

    /// Opens it under a path; nil when that cannot be done.
    public init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard descriptor >= 0, bytes.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            for (place, byte) in bytes.enumerated() { unsafe room[place] = byte }
        }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// The next datagram; nil when none comes in time.
    public func receive(seconds: Double) -> String? {
        var events = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&events, 1, Int32(seconds * 1_000)) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// Takes datagrams until one has this line; whether one came in time.
    public func hears(_ line: String, within seconds: Int) -> Bool {
        for _ in 0..<(seconds * 10) {
            if let text = receive(seconds: 0.1),
                text.split(separator: "\n").contains(where: {
                    $0 == line
                })
            {
                return true
            }
        }
        return false
    }
}
