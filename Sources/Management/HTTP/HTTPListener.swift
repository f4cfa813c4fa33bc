internal import Basics
internal import Glibc
internal import ModuleKit

/// A socket that accepts HTTP connections: bound by us, so that an error can say which and why.
struct HTTPListener {
    /// The socket.
    let descriptor: Int32
    /// The port it is bound to; found out when 0 was asked for.
    let port: UInt16

    /// Binds `host` and `port`; `host` is an address or a name that resolves to one.
    init(host: String, port: UInt16) throws(StartFailure) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = unsafe list else {
            let cause = unsafe String(cString: gai_strerror(status))
            throw StartFailure("HTTP: listen_addr \"\(host)\" is no address: \(cause)")
        }
        defer { unsafe freeaddrinfo(list) }
        descriptor = try unsafe Self.open(first.pointee, "\(host) port \(port)")
        self.port = Self.boundPort(descriptor)
    }

    /// Opens, binds and listens; nothing stays open when one of them fails.
    ///
    /// SO_REUSEADDR lets a server that was restarted have its port while old connections fade away.
    /// An IPv6 socket is for IPv6 only, so that both families can be bound side by side.
    @unsafe private static func open(
        _ address: addrinfo, _ name: String
    ) throws(StartFailure) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(address.ai_family, kind, 0)
        guard descriptor >= 0 else { throw failure("open a socket for", name) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if unsafe address.ai_family == AF_INET6 {
            unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size)
        }
        guard unsafe bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
            let error = failure("bind", name)
            close(descriptor)
            throw error
        }
        guard listen(descriptor, SOMAXCONN) == 0 else {
            let error = failure("listen on", name)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The sentence for the operator: what failed, for which address, and why.
    private static func failure(_ verb: String, _ name: String) -> StartFailure {
        let cause = unsafe String(cString: strerror(errno))
        return StartFailure("HTTP: cannot \(verb) \(name): \(cause)")
    }

    /// The port that the system chose, or the one that was asked for.
    private static func boundPort(_ descriptor: Int32) -> UInt16 {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &address) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe getsockname(descriptor, pointer, &size)
                return unsafe PeerAddress(pointer)?.port ?? 0
            }
        }
    }
}
