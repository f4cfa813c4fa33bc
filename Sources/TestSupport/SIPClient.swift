internal import Basics
internal import Synchronization

/// A phone: sends requests over UDP or TCP and waits for their replies.
public final class SIPClient: Sendable {
    /// A request that got no reply.
    public struct NoReply: Error, CustomStringConvertible {
        /// The start of the request.
        public let description: String
    }

    /// The socket, for what is no proper SIP.
    public let socket: ClientSocket
    private let stream = StreamBytes()
    private let received = Guarded(ReceivedRequests())

    /// A phone for the server on a port.
    public init(_ kind: ClientSocket.Kind = .datagrams, port: UInt16, isIPv6: Bool = false) throws {
        socket = try ClientSocket(kind, port: port, isIPv6: isIPv6)
    }

    /// Registers, and returns the final reply.
    @discardableResult
    public func register(_ message: RegisterMessage, seconds: Double = 10) throws -> SIPReply {
        try request(message.text(from: socket), seconds: seconds)
    }

    /// Registers one contact, and returns the final reply.
    @discardableResult
    public func register(
        _ user: String, _ contact: String? = nil, expires: Int? = 3600, cseq: Int = 1
    ) throws -> SIPReply {
        try register(RegisterMessage(user, contact, expires: expires, cseq: cseq))
    }

    /// Sends a request and returns its final reply; over UDP it is sent again until there is one
    /// (RFC 3261 17.1.2.2).
    public func request(_ text: String, seconds: Double = 10) throws -> SIPReply {
        let end = monotonicSeconds() + seconds
        let wanted = Self.transaction(text)
        var pause = 0.5
        repeat {
            socket.send(Array(text.utf8))
            let again = socket.kind == .stream ? end : min(end, monotonicSeconds() + pause)
            while let reply = reply(seconds: again - monotonicSeconds()) {
                if reply.status >= 200, Self.transaction(reply.text) == wanted { return reply }
            }
            pause = min(4, pause * 2)
        } while monotonicSeconds() < end
        throw NoReply(description: "no reply to \(text.prefix(200))")
    }

    /// An OPTIONS to the server, which every script of these tests answers.
    public func options(seconds: Double = 10) throws -> SIPReply {
        var message = RegisterMessage("ping", callID: "\(UInt64.random(in: 1...UInt64.max))@test")
        message.expires = nil
        let text = message.text(from: socket)
            .replacing("REGISTER sip:", with: "OPTIONS sip:")
            .replacing("1 REGISTER", with: "1 OPTIONS")
        return try request(text, seconds: seconds)
    }

    /// The next reply, whatever it answers; nil when none comes in time.
    public func reply(seconds: Double) -> SIPReply? {
        message(seconds: seconds).flatMap { SIPReply($0) }
    }

    /// The next request that the server sends to this phone; nil when none comes in time.
    ///
    /// What else comes is passed over, and so is a request that comes again unless it is asked for.
    public func incoming(seconds: Double = 10, orRepeated: Bool = false) -> SIPRequest? {
        let end = monotonicSeconds() + seconds
        while let bytes = message(seconds: end - monotonicSeconds()) {
            guard let request = SIPRequest(bytes) else { continue }
            let isNew = received.withLock { $0.isNew(request) }
            if isNew || orRepeated { return request }
        }
        return nil
    }

    /// Sends a message and waits for nothing.
    public func send(_ text: String) { socket.send(Array(text.utf8)) }

    /// The next message or packet, of a stream without the line ends between messages.
    private func message(seconds: Double) -> [UInt8]? {
        let end = monotonicSeconds() + seconds
        repeat {
            if let message = stream.message() { return message }
            guard let bytes = socket.receive(seconds: max(0, end - monotonicSeconds())) else {
                return nil
            }
            if socket.kind == .datagrams { return bytes }
            guard !bytes.isEmpty else { return nil }
            stream.add(bytes)
        } while true
    }

    /// What makes a reply that of a request: Call-ID and CSeq.
    private static func transaction(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).filter {
            $0.hasPrefix("Call-ID:") || $0.hasPrefix("CSeq:")
        }.map(String.init).sorted()
    }
}
