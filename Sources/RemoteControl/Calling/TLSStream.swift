internal import CGnuTLS

/// TLS 1.2 or 1.3 over a socket (RFC 8446), by GnuTLS, which libmicrohttpd brings along anyway.
///
/// The server's certificate must be signed by an authority that is trusted and must carry the name
/// or the address that the operator wrote.
///
/// The pointer to GnuTLS's half is this object's alone, never handed out, and freed with it.
@safe final class TLSStream: ByteStream {
    private let socket: Socket
    /// Where it leads, for messages.
    private let server: ServerAddress
    /// The state of the session.
    private let client: UnsafeMutablePointer<cgnutls_client>
    /// Whether the session has not been ended.
    private var isOpen = true

    /// Whether the server is on this machine.
    var isLoopback: Bool { socket.isLoopback }
    /// Nobody reads along.
    var isSecret: Bool { true }

    /// Shakes hands over a connected socket.
    ///
    /// Errors say why a certificate is not trusted and what to do; a file of authorities that
    /// cannot be read is an error of the command line.
    init(_ socket: Socket, _ server: ServerAddress, _ trust: Trust) throws(ControlError) {
        self.socket = socket
        self.server = server
        if trust == .anything, !socket.isLoopback {
            throw ControlError(
                .usage,
                "--insecure is for servers on this machine; for \(server.host) name the "
                    + "authority of its certificate with --ca-file")
        }
        var authorities: String?
        if case .authorities(let file) = trust { authorities = file }
        var error: Int32 = 0
        guard
            let client = unsafe cgnutls_make(
                socket.descriptor, server.host, authorities, trust == .anything ? 0 : 1, &error)
        else {
            let subject = authorities.map { "certificates of \($0)" } ?? "TLS"
            throw ControlError(.usage, "\(subject): \(unsafe Self.reason(nil, Int(error)))")
        }
        unsafe self.client = client
        try shakeHands()
    }

    deinit { unsafe cgnutls_free(client) }

    /// Agrees with the server on keys, and checks who it is.
    private func shakeHands() throws(ControlError) {
        while true {
            let code = unsafe cgnutls_handshake(client)
            if try isDone(code) { return }
        }
    }

    /// Sends everything, in records as GnuTLS cuts them.
    func send(_ bytes: [UInt8]) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            var count = 0
            let code = unsafe bytes[sent...].withUnsafeBytes {
                unsafe cgnutls_send(client, $0.baseAddress, $0.count, &count)
            }
            // As with a socket: what the server says to it comes with the next `receive`.
            if code < 0 { return }
            if try isDone(code) { sent += count }
        }
    }

    /// The next bytes, at most four records of them; an end without TLS's own goodbye is an error.
    func receive() throws(ControlError) -> [UInt8] {
        while true {
            var code = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, filled in
                code = unsafe cgnutls_receive(client, buffer.baseAddress, buffer.count, &filled)
            }
            if try isDone(code) { return bytes }
        }
    }

    /// Says goodbye and closes the socket, once.
    func close() {
        guard isOpen else { return }
        isOpen = false
        unsafe cgnutls_goodbye(client)
        socket.close()
    }

    /// Whether a call is complete; waits for the socket when it is not, throws when it failed.
    private func isDone(_ code: Int) throws(ControlError) -> Bool {
        switch code {
        case Int(CGNUTLS_DONE.rawValue): return true
        case Int(CGNUTLS_WANTS_READ.rawValue): try socket.waitUntil(.readable)
        case Int(CGNUTLS_WANTS_WRITE.rawValue): try socket.waitUntil(.writable)
        default:
            let isDistrust = code == Int(GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
            let advice =
                isDistrust
                ? " Name the server as its certificate does, and its authority with --ca-file." : ""
            throw ControlError(
                .unreachable,
                "\(server.authority): TLS: \(unsafe Self.reason(client, code))\(advice)")
        }
        return false
    }

    /// An error in words.
    private static func reason(_ client: UnsafeMutablePointer<cgnutls_client>?, _ code: Int)
        -> String
    {
        var text = [CChar](repeating: 0, count: 512)
        unsafe cgnutls_reason(client, code, &text, text.count)
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Which certificates of servers are taken.
public enum Trust: Sendable, Hashable {
    /// Those that the authorities of this system have signed.
    case system
    /// Those that the authorities of a PEM file have signed; a self-signed one is its own.
    case authorities(file: String)
    /// Any; for servers on this machine only.
    case anything
}
