internal import Glibc

/// A port of the loopback address, as the system wants it.
struct SocketAddress {
    /// The IPv4 form, filled in either way.
    private var v4 = sockaddr_in()
    /// The IPv6 form.
    private var v6 = sockaddr_in6()
    /// Whether it is `::1`; otherwise it is 127.0.0.1.
    let isIPv6: Bool

    /// The loopback address of one family at a port.
    init(isIPv6: Bool, port: UInt16) {
        self.isIPv6 = isIPv6
        v4.sin_family = sa_family_t(AF_INET)
        v4.sin_port = port.bigEndian
        v4.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = port.bigEndian
        v6.sin6_addr = in6addr_loopback
    }

    /// Lends it to a system call.
    @unsafe
    func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        isIPv6 ? unsafe Self.lend(v6, body) : unsafe Self.lend(v4, body)
    }

    @unsafe
    private static func lend<T, R>(
        _ value: T, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        unsafe withUnsafePointer(to: value) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<T>.size))
            }
        }
    }
}
