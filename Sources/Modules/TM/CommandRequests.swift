internal import Basics
internal import Dispatch
internal import ModuleKit
internal import SIPSyntax
internal import Synchronization

/// Requests that operators and scripts have sent: those that are waited for, and the others.
final class CommandRequests: TransactionUser {
    /// What became of one request.
    struct Answer: Sendable {
        /// Status, or what it is worth.
        var status: Int
        /// Reason phrase.
        var reason: String
        /// The header fields of the response as they were received.
        var headers: String
    }

    /// One who waits.
    private final class Waiter: Sendable {
        let signal = DispatchSemaphore(value: 0)
        let answer = Guarded<Answer?>(nil)
    }

    /// What threads share: who waits for which request, and the number given last.
    private struct State: Sendable {
        var waiters: [UInt64: Waiter] = [:]
        var last: UInt64 = 0
    }
    private let state = Guarded(State())

    /// Sends with `send`, which gets a token, and waits for the answer, at most `seconds`; nil
    /// when there is none, or when as many wait as may.
    func wait<E: Error>(
        seconds: Int, _ send: (UInt64) throws(E) -> Void
    ) throws(E) -> Answer? {
        let waiter = Waiter()
        let token = state.withLock { state -> UInt64? in
            guard state.waiters.count < Limits.requestWaitersMax else { return nil }
            state.last &+= 1
            state.waiters[state.last] = waiter
            return state.last
        }
        guard let token else { return nil }
        // Whether it was answered, was refused or took too long: the place is free again.
        defer { state.withLock { _ = $0.waiters.removeValue(forKey: token) } }
        try send(token)
        _ = waiter.signal.wait(timeout: .now() + .seconds(seconds))
        return waiter.answer.withLock { $0 }
    }

    /// One of the requests has ended; that of token 0 interests nobody.
    func completed(_ token: UInt64, _ outcome: RequestOutcome, in context: ScriptContext) {
        let waiter = state.withLock { $0.waiters[token] }
        guard token != 0, let waiter else { return }
        var answer = Answer(status: outcome.status, reason: "Request Timeout", headers: "")
        if outcome == .undeliverable { answer.reason = "Service Unavailable" }
        if case .answered = outcome {
            answer.reason = context.string(.message(context.message.reason))
            answer.headers = context.string(.message(context.message.headers))
        }
        waiter.answer.withLock { $0 = answer }
        waiter.signal.signal()
    }
}

/// A request as an operator or a script describes it.
struct DescribedRequest: Sendable {
    /// What is wrong with a description, in Kamailio's words.
    struct Fault: Error, Sendable {
        /// The code of the error.
        var code: Int
        /// What is wrong.
        var message: String
        /// A fault.
        init(_ code: Int, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The method.
    let method: [UInt8]
    /// The request URI.
    let uri: [UInt8]
    /// Where it goes when that is not its URI.
    let nextHop: [UInt8]?
    /// All fields behind Via, the empty line and the body.
    let rest: [UInt8]

    /// Reads a description: header lines with From and To, and what is missing of the others is
    /// added.
    init(
        method: String, uri: String, nextHop: String, headers: String, body: String
    ) throws(Fault) {
        self.method = Array(method.utf8)
        guard SIPToken.isToken(self.method) else { throw Fault(400, "Empty method") }
        // An INVITE would need an ACK and a dialog (RFC 3261 13), and neither ACK nor CANCEL is a
        // request of its own: whoever wants those uses a user agent.
        guard !["INVITE", "ACK", "CANCEL"].contains(method) else {
            throw Fault(400, "\(method) is not sent by this command")
        }
        self.uri = Array(uri.utf8)
        guard Self.isURI(self.uri) else { throw Fault(400, "Invalid request uri \"\(uri)\"") }
        if nextHop.isEmpty || nextHop == "." {
            self.nextHop = nil
        } else {
            let hop = Array(nextHop.utf8)
            guard Self.isURI(hop) else { throw Fault(400, "Invalid next-hop uri") }
            self.nextHop = hop
        }
        rest = try Self.rest(method, headers, body)
    }

    /// Whether a text is a URI and nothing else: a blank within it would end the request line there
    /// and let the rest of the text be read as something else (RFC 3261 7.1).
    private static func isURI(_ bytes: [UInt8]) -> Bool {
        (try? SIPURI(parsing: bytes.span)) != nil && bytes.allSatisfy { $0 > 32 && $0 != 127 }
    }

    /// The header fields as given, with those that every request has.
    private static func rest(
        _ method: String, _ headers: String, _ body: String
    ) throws(Fault) -> [UInt8] {
        guard let lines = HeaderText.lines(Array(headers.utf8)) else {
            throw Fault(400, "Invalid headers")
        }
        // Looked at first: a length that does not fit would make the whole unreadable.
        guard !hasLength(lines) else { throw Fault(400, "Content-Length disallowed") }
        var message = SIPMessage(capacity: 2048)
        let probe = Array("OPTIONS sip:x SIP/2.0\r\n".utf8) + lines + [13, 10]
        guard (try? message.load(probe.span)) != nil else { throw Fault(400, "Invalid headers") }
        // The two fields that cannot be made up here: who asks, and whom (RFC 3261 8.1.1).
        guard message.has(.to) else { throw Fault(400, "To missing") }
        guard message.has(.from) else { throw Fault(400, "From missing") }
        // The topmost Via names the transaction, so it is written here (RFC 3261 8.1.1.7).
        guard !message.has(.via) else { throw Fault(400, "Invalid headers") }
        guard body.isEmpty || message.has(.contentType) else {
            throw Fault(400, "Content-Type missing")
        }
        guard let from = try? message.from else { throw Fault(400, "Error in From") }
        var writer = ByteWriter(capacity: 512)
        if from.tag == nil { Self.addTag(to: lines, into: &writer) } else { writer.append(lines) }
        // The method stands twice in a request, and both must be the same (RFC 3261 8.1.1.5).
        if message.has(.cSeq) {
            guard let number = try? message.cSeq else {
                throw Fault(400, "Non-numerical CSeq")
            }
            let name = Array(copying: message[number.methodRange])
            guard name == Array(method.utf8) else { throw Fault(400, "CSeq method mismatch") }
        } else {
            writer.append("CSeq: 10 \(method)\r\n")
        }
        // 128 bits that nobody can guess, so that it is unique over space and time (RFC 3261
        // 8.1.1.4).
        if !message.has(.callID) {
            writer.append("Call-ID: ")
            writer.append(hexadecimal: UInt64.random(in: 0...UInt64.max), width: 16)
            writer.append(hexadecimal: UInt64.random(in: 0...UInt64.max), width: 16)
            writer.append("\r\n")
        }
        if !message.has(.maxForwards) { writer.append("Max-Forwards: 70\r\n") }
        let bytes = Array(body.utf8)
        writer.append("Content-Length: ")
        writer.append(decimal: bytes.count)
        writer.append("\r\n\r\n")
        writer.append(bytes)
        return Array(copying: writer.span)
    }

    /// Whether header lines say how long the body is, which is for this server to say.
    static func hasLength(_ lines: [UInt8]) -> Bool {
        lines.split(separator: 10).contains { line in
            let name = Array(line.prefix { $0 != UInt8(ascii: ":") }.filter { $0 != 32 })
            return name.span.matches("content-length") || name.span.matches("l")
        }
    }

    /// Copies header lines and gives From a tag (RFC 3261 8.1.1.3).
    private static func addTag(to lines: [UInt8], into writer: inout ByteWriter) {
        for line in lines.split(separator: 10) {
            let text = line.dropLast()
            let name = Array(text.prefix { $0 != UInt8(ascii: ":") }.filter { $0 != 32 })
            writer.append(Array(text))
            if name.span.matches("from") || name.span.matches("f") {
                writer.append(";tag=")
                writer.append(hexadecimal: UInt64.random(in: 0...UInt64.max), width: 16)
            }
            writer.append("\r\n")
        }
    }
}
