internal import Basics

/// One request to the server over a connection of its own.
///
/// Connections are not kept: a command is one request, and what repeats does so once a second.
struct HTTPConnection {
    /// Where it leads.
    private let server: ServerAddress
    /// Who calls.
    private let caller: Caller
    /// The bytes, in clear or through TLS.
    private let stream: any ByteStream

    /// Connects, with TLS when the address says so.
    ///
    /// Credentials are refused a connection on which they could be read: a password that has
    /// crossed a network in the clear is not a secret any more.
    init(
        _ server: ServerAddress, _ caller: Caller = Caller(), timeoutSeconds: Int
    ) throws(ControlError) {
        self.server = server
        self.caller = caller
        let socket = try Socket(server, timeoutSeconds: timeoutSeconds)
        stream = server.isSecure ? try TLSStream(socket, server, caller.trust) : socket
        guard caller.credentials == .none || stream.isSecret || stream.isLoopback else {
            stream.close()
            throw ControlError(
                .usage,
                "credentials are not sent to \(server.host) in the clear: use an https: URL, or "
                    + "an SSH tunnel to the server's loopback address")
        }
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
            self.head("POST", server.path)
            + "Content-Type: application/json\r\nContent-Length: \(content.count)\r\n\r\n"
        try stream.send(Array(head.utf8) + content)
        return try read { (bytes, _) throws(ControlError) in
            try body(bytes)
            return true
        }
    }

    /// Asks for a path, and hands the answer's body to `body` with its status until `body` returns
    /// false; returns the status.
    func get(
        _ path: String, _ body: ([UInt8], _ status: Int) throws(ControlError) -> Bool
    ) throws(ControlError) -> Int {
        try stream.send(Array((head("GET", path) + "\r\n").utf8))
        return try read(body)
    }

    /// The lines that every request begins with.
    private func head(_ method: String, _ path: String) -> String {
        let credentials =
            caller.credentials.authorization.map { "Authorization: \($0)\r\n" } ?? ""
        return "\(method) \(path) HTTP/1.1\r\nHost: \(server.authority)\r\n\(credentials)"
            + "Connection: close\r\n"
    }

    /// Reads the answer.
    private func read(
        _ body: ([UInt8], Int) throws(ControlError) -> Bool
    ) throws(ControlError) -> Int {
        var reader = HTTPResponseReader()
        while !reader.isComplete {
            let bytes = try stream.receive()
            guard !bytes.isEmpty else {
                try reader.end()
                break
            }
            let piece = try reader.take(bytes)
            if !piece.isEmpty, try !body(piece, reader.status ?? 0) { break }
        }
        return reader.status ?? 0
    }

    /// Ends the connection.
    func close() { stream.close() }
}

/// Who calls, and whom they trust.
public struct Caller: Sendable, Hashable {
    /// Who calls.
    public var credentials: Credentials
    /// Which servers are believed to be who they say.
    public var trust: Trust

    /// A caller; without credentials and with the authorities of the system unless they are given.
    public init(credentials: Credentials = .none, trust: Trust = .system) {
        self.credentials = credentials
        self.trust = trust
    }
}
