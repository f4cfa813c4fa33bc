internal import Basics
internal import CLinux
internal import Glibc

/// A resolved address of the server, ready for connect(2).
struct ServerEndpoint: Sendable {
    /// The address as the system wants it.
    let storage: sockaddr_storage
    /// Length of the part of `storage` that counts.
    let length: socklen_t
    /// What the user typed, for messages.
    let name: ServerName

    /// Looks `name` up and takes the first address; the answer of the resolver is trusted to be
    /// in order of preference (RFC 6724).
    init(resolving name: ServerName) throws(LoadError) {
        self.name = name
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(name.host, String(name.port), &hints, &list)
        guard status == 0, let first = unsafe list, let address = unsafe first.pointee.ai_addr
        else {
            let reason = unsafe String(cString: gai_strerror(status))
            throw LoadError(.unresolvable, "cannot resolve '\(name.host)': \(reason)")
        }
        defer { unsafe freeaddrinfo(first) }
        var storage = sockaddr_storage()
        let size = unsafe first.pointee.ai_addrlen
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            let source = unsafe UnsafeRawBufferPointer(start: address, count: Int(size))
            unsafe target.copyMemory(from: source)
        }
        self.storage = storage
        length = size
    }

    /// A non-blocking socket connected to the server.
    ///
    /// A TCP connection may still be under way. UDP sockets are connected as well: the kernel then
    /// reports a port where nobody listens, and no datagram needs an address of its own.
    func connect(isTCP: Bool) throws(LoadError) -> SocketHandle {
        let kind = Int32(isTCP ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(Int32(storage.ss_family), kind | flags, 0)
        guard descriptor >= 0 else { throw LoadError.fromErrno("cannot open a socket") }
        let handle = SocketHandle(descriptor: descriptor)
        let status = unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Glibc.connect(descriptor, address, length)
            }
        }
        if status == 0 || errno == EINPROGRESS { return handle }
        if errno == ECONNREFUSED { throw refused(isTCP: isTCP) }
        throw LoadError.fromErrno("cannot connect to \(name)")
    }

    /// The error for an address where nobody listens.
    func refused(isTCP: Bool) -> LoadError {
        LoadError(.refused, "nobody listens at \(name) (\(isTCP ? "TCP" : "UDP")): refused")
    }
}

extension LoadError {
    /// A failed system call, with the system's own words.
    static func fromErrno(_ what: String) -> LoadError {
        LoadError(.system, "\(what): \(unsafe String(cString: strerror(errno)))")
    }
}
