internal import Basics
internal import Glibc

/// One request over one connection: POST a body, take the answer as it comes.
///
/// Connections are not kept: a command line makes one call, and at a prompt a new connection takes
/// less time than the eye notices. The time-out counts from the last byte that arrived, so that a
/// long dump may take as long as it needs.
struct HTTPConnection {
    private let descriptor: Int32
    private let server: ServerAddress
    private let milliseconds: Int32

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
                return
            case .failure(let error): cause = error.message
            }
            unsafe next = address.pointee.ai_next
        }
        throw ControlError(.unreachable, "cannot connect to \(server.authority): \(cause)")
    }

    /// Sends a body and hands the answer's body to `body` as it arrives; returns the status.
    ///
    /// The body is handed on although the status may say that it is a refusal: only the caller
    /// knows what to make of it. An answer that ends too early is an error after its pieces have
    /// been given.
    func post(
        _ content: [UInt8], _ body: ([UInt8]) throws(ControlError) -> Void
    ) throws(ControlError) -> Int {
        let head =
            "POST \(server.path) HTTP/1.1\r\nHost: \(server.authority)\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n"
            + "Connection: close\r\n\r\n"
        try send(Array(head.utf8) + content)
        var reader = HTTPResponseReader()
        while !reader.isComplete {
            let bytes = try receive()
            guard !bytes.isEmpty else {
                try reader.end()
                break
            }
            let piece = try reader.take(bytes)
            if !piece.isEmpty { try body(piece) }
        }
        return reader.status ?? 0
    }

    /// Ends the connection.
    func close() { _ = Glibc.close(descriptor) }

    /// Sends everything, waiting no longer than the time-out for each piece.
    ///
    /// The socket does not block, so every wait is one that the time-out bounds.
    private func send(_ bytes: [UInt8]) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            guard Self.wait(descriptor, Int16(POLLOUT), milliseconds) else { throw timeout }
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            // Whoever refuses a request may answer before it is sent; the answer says why.
            guard count > 0 else { return }
            sent += count
        }
    }

    /// The next bytes; none at the end of the connection.
    ///
    /// A quarter of a megabyte at a time: a dump of a million contacts is then some thousand calls
    /// of the system.
    private func receive() throws(ControlError) -> [UInt8] {
        while true {
            guard Self.wait(descriptor, Int16(POLLIN), milliseconds) else { throw timeout }
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

    /// The error when the server keeps silent.
    private var timeout: ControlError {
        ControlError(
            .unreachable, "\(server.authority) does not answer within \(milliseconds / 1000) s")
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
