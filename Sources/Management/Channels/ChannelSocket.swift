internal import Basics
internal import Glibc
internal import ModuleKit

/// A bound control socket: closed, and its file removed, when it is let go.
struct ChannelSocket: ~Copyable {
    /// The socket.
    let descriptor: Int32
    /// The address it is bound to, with the port that the system chose where 0 was asked for.
    let address: ChannelAddress
    private let file: ChannelFile?

    /// Binds an address, and listens on it when it is a stream's.
    ///
    /// A socket file that nobody listens on is what a server that was killed leaves behind: it is
    /// replaced. One that somebody listens on is an error.
    init(_ address: ChannelAddress, _ access: FileAccess, _ module: String) throws(StartFailure) {
        switch address.place {
        case .unixStream(let path):
            (descriptor, file) = try Self.open(path, stream: true, access, module)
            self.address = address
        case .unixDatagram(let path):
            (descriptor, file) = try Self.open(path, stream: false, access, module)
            self.address = address
        case .udp(let host, let port):
            descriptor = try Self.open(host, port, stream: false, module)
            let bound = Self.boundPort(descriptor)
            self.address = ChannelAddress(.udp(host: host, port: bound))
            file = nil
        case .tcp(let host, let port):
            descriptor = try Self.open(host, port, stream: true, module)
            let bound = Self.boundPort(descriptor)
            self.address = ChannelAddress(.tcp(host: host, port: bound))
            file = nil
        }
    }

    deinit {
        close(descriptor)
        file?.remove()
    }

    // MARK: Unix

    private static func open(
        _ path: String, stream: Bool, _ access: FileAccess, _ module: String
    ) throws(StartFailure) -> (Int32, ChannelFile) {
        _ = try access.resolve(module)
        let kind = stream ? SOCK_STREAM : SOCK_DGRAM
        let descriptor = socket(AF_UNIX, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw StartFailure("\(module): cannot open a socket: \(SystemCause.last)")
        }
        do throws(StartFailure) {
            // The file is born with this mode, so nobody comes in before the wanted one is set.
            fchmod(descriptor, 0o600)
            try bind(descriptor, path, kind.rawValue, module)
            guard let file = ChannelFile(path) else {
                throw StartFailure("\(module): \(path) vanished when it was made")
            }
            do throws(StartFailure) {
                try access.apply(to: path, module)
                guard !stream || listen(descriptor, Int32(Limits.channelConnectionsMax)) == 0
                else {
                    throw StartFailure("\(module): cannot listen on \(path): \(SystemCause.last)")
                }
            } catch {
                file.remove()
                throw error
            }
            return (descriptor, file)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func bind(
        _ descriptor: Int32, _ path: String, _ kind: UInt32, _ module: String
    ) throws(StartFailure) {
        if unsafe UnixAddress.with(path, { unsafe Glibc.bind(descriptor, $0, $1) }) == 0 { return }
        guard errno == EADDRINUSE else {
            throw StartFailure("\(module): cannot bind \(path): \(SystemCause.last)")
        }
        guard ChannelFile.isKind(path, S_IFSOCK) else {
            throw StartFailure(
                "\(module): \(path) exists and is no socket; remove it or name another path")
        }
        guard !isAlive(path, kind) else {
            throw StartFailure(
                "\(module): another server listens on \(path); stop it or name another path")
        }
        unsafe unlink(path)
        guard unsafe UnixAddress.with(path, { unsafe Glibc.bind(descriptor, $0, $1) }) == 0 else {
            throw StartFailure("\(module): cannot bind \(path): \(SystemCause.last)")
        }
    }

    /// Whether somebody listens on a socket file.
    private static func isAlive(_ path: String, _ kind: UInt32) -> Bool {
        let probe = socket(AF_UNIX, Int32(kind | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { return true }
        defer { close(probe) }
        if unsafe UnixAddress.with(path, { unsafe connect(probe, $0, $1) }) == 0 { return true }
        return errno != ECONNREFUSED
    }

    // MARK: UDP and TCP

    private static func open(
        _ host: String, _ port: UInt16, stream: Bool, _ module: String
    ) throws(StartFailure) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32((stream ? SOCK_STREAM : SOCK_DGRAM).rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = unsafe list else {
            let cause = unsafe String(cString: gai_strerror(status))
            throw StartFailure("\(module): \"\(host)\" is no address: \(cause)")
        }
        defer { unsafe freeaddrinfo(list) }
        // kamcmd looks for the IPv4 address of a name.
        var chosen = unsafe first
        var next: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let entry = unsafe next {
            if unsafe entry.pointee.ai_family == AF_INET {
                unsafe chosen = entry
                break
            }
            unsafe next = entry.pointee.ai_next
        }
        return try unsafe open(chosen.pointee, stream: stream, "\(host) port \(port)", module)
    }

    @unsafe private static func open(
        _ entry: addrinfo, stream: Bool, _ name: String, _ module: String
    ) throws(StartFailure) -> Int32 {
        let kind = Int32((stream ? SOCK_STREAM : SOCK_DGRAM).rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(entry.ai_family, kind, 0)
        guard descriptor >= 0 else {
            throw StartFailure("\(module): cannot open a socket: \(SystemCause.last)")
        }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        if stream { unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size) }
        if unsafe entry.ai_family == AF_INET6 {
            unsafe setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size)
        }
        let isBound = unsafe Glibc.bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0
        guard isBound, !stream || listen(descriptor, Int32(Limits.channelConnectionsMax)) == 0
        else {
            let cause = SystemCause.last
            close(descriptor)
            throw StartFailure("\(module): cannot bind \(name): \(cause)")
        }
        return descriptor
    }

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
