internal import Glibc

/// A TCP connection whose socket does not block: every wait is one that the time-out bounds.
final class Socket: ByteStream {
    /// Where it leads, for messages.
    private let server: ServerAddress
    /// How long it waits for the other side.
    private let milliseconds: Int32
    /// The socket; negative once it is closed.
    private(set) var descriptor: Int32
    /// Whether the other end is an address of this machine's loopback.
    let isLoopback: Bool
    /// Bytes travel as they are.
    var isSecret: Bool { false }

    /// Connects; every address of the host is tried.
    ///
    /// A name such as `localhost` has an address of each family, and the server listens on one of
    /// them only; the error that is told is that of the last address.
    ///
    /// The time-out is 1 to 86,400 seconds, which `ControlOptions` has checked; it holds for each
    /// address anew.
    init(_ server: ServerAddress, timeoutSeconds: Int) throws(ControlError) {
        self.server = server
        milliseconds = Int32(timeoutSeconds * 1000)
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(server.host, String(server.port), &hints, &list)
        guard status == 0 else {
            let cause = unsafe String(cString: gai_strerror(status))
            throw ControlError(.unreachable, "\(server.host): \(cause)")
        }
        defer { unsafe freeaddrinfo(list) }
        var cause = "no address"
        var next = unsafe list
        while let address = unsafe next {
            switch unsafe Self.open(address.pointee, milliseconds) {
            case .success(let descriptor):
                self.descriptor = descriptor
                isLoopback = unsafe Self.isLoopback(address.pointee)
                return
            case .failure(let error): cause = error.message
            }
            unsafe next = address.pointee.ai_next
        }
        throw ControlError(.unreachable, "cannot connect to \(server.authority): \(cause)")
    }

    deinit { close() }

    /// Closes the socket, once.
    func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }

    /// Sends everything as the socket takes it.
    func send(_ bytes: [UInt8]) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            try waitUntil(.writable)
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// A quarter of a megabyte at a time: a dump of a million contacts is then some thousand calls
    /// of the system.
    func receive() throws(ControlError) -> [UInt8] {
        while true {
            try waitUntil(.readable)
            var failure: Int32 = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 262_144) { buffer, filled in
                let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
                failure = count < 0 ? errno : 0
                filled = max(count, 0)
            }
            if failure == EAGAIN || failure == EINTR { continue }
            guard failure == 0 else {
                let cause = unsafe String(cString: strerror(failure))
                throw ControlError(.unreachable, "\(server.authority): \(cause)")
            }
            return bytes
        }
    }

    /// What a socket is waited for.
    enum Readiness {
        /// Something can be read, or the other side has ended.
        case readable
        /// Something can be written.
        case writable
    }

    /// Waits until the socket is ready; silence for as long as the time-out is an error.
    func waitUntil(_ readiness: Readiness) throws(ControlError) {
        let event = Int16(readiness == .readable ? POLLIN : POLLOUT)
        guard Self.wait(descriptor, event, milliseconds) else {
            throw ControlError(
                .unreachable,
                "\(server.authority) does not answer within \(milliseconds / 1000) s")
        }
    }

    /// Opens a connection without waiting longer than the time-out.
    ///
    /// A connection that is under way tells its outcome through SO_ERROR once the socket is
    /// writable, see connect(2) under EINPROGRESS.
    private static func open(
        _ address: addrinfo, _ milliseconds: Int32
    ) -> Result<Int32, ControlError> {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = unsafe socket(address.ai_family, kind, 0)
        guard descriptor >= 0 else { return .failure(cause(errno)) }
        let started = unsafe connect(descriptor, address.ai_addr, address.ai_addrlen)
        if started == 0 { return .success(descriptor) }
        var failure = errno
        if failure == EINPROGRESS {
            failure = ETIMEDOUT
            if wait(descriptor, Int16(POLLOUT), milliseconds) {
                var size = socklen_t(MemoryLayout<Int32>.size)
                unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
            }
        }
        guard failure == 0 else {
            _ = Glibc.close(descriptor)
            return .failure(cause(failure))
        }
        return .success(descriptor)
    }

    /// Whether an address is one of 127.0.0.0/8 (RFC 1122 3.2.1.3) or ::1 (RFC 4291 2.5.3).
    private static func isLoopback(_ address: addrinfo) -> Bool {
        guard let pointer = unsafe UnsafeRawPointer(address.ai_addr) else { return false }
        switch unsafe address.ai_family {
        case AF_INET:
            let bits = unsafe pointer.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            return UInt32(bigEndian: bits) >> 24 == 127
        case AF_INET6:
            var bits = unsafe pointer.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return unsafe withUnsafeBytes(of: &bits) { bytes in
                unsafe bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
            }
        default: return false
        }
    }

    /// An error of the system in its words.
    private static func cause(_ number: Int32) -> ControlError {
        ControlError(.unreachable, unsafe String(cString: strerror(number)))
    }

    /// Whether the socket becomes ready in time; interruptions by signals do not count.
    ///
    /// A wait that a signal interrupted begins anew. That may make it longer, and a command line
    /// gets few signals that do not end it.
    private static func wait(_ descriptor: Int32, _ event: Int16, _ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: event, revents: 0)
        while true {
            let ready = unsafe poll(&entry, 1, milliseconds)
            if ready < 0, errno == EINTR { continue }
            return ready > 0
        }
    }
}
