internal import Basics
internal import Glibc
internal import Synchronization

/// Ports for servers that cannot choose one themselves.
///
/// They lie below the range that the kernel gives to clients, so that no connection of another
/// test takes one between the look and the use.
public enum FreePorts {
    /// Where ports are taken from, which must not reach into `ip_local_port_range`.
    private static let range = UInt16(20_000)..<UInt16(32_000)
    /// What this process has given out; a test's server may not have bound its port yet.
    private static let given = Guarded<Set<UInt16>>([])

    /// Ports that were free for UDP and TCP on the loopback addresses a moment ago, all different.
    public static func take(_ count: Int) throws -> [UInt16] {
        try (0..<count).map { _ in try take() }
    }

    /// One port; a thousand looks find one even where half of the range is taken.
    private static func take() throws -> UInt16 {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: range)
            let isNew = given.withLock { $0.insert(port).inserted }
            if isNew, isFree(port, SOCK_STREAM), isFree(port, SOCK_DGRAM) { return port }
        }
        throw StartedProgram.Failure(description: "no free port")
    }

    /// Whether the port can be bound, which is the only answer that counts.
    private static func isFree(_ port: UInt16, _ kind: __socket_type) -> Bool {
        let address = SocketAddress(isIPv6: false, port: port)
        let descriptor = socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return unsafe address.withPointer { unsafe bind(descriptor, $0, $1) == 0 }
    }
}
