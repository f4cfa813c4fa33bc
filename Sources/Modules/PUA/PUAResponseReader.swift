internal import Basics
internal import ModuleKit
internal import Publications
internal import SIPSyntax

/// Reads responses to the user agent's requests.
enum PUAResponseReader {
    /// What the engine must know of the end of a request.
    ///
    /// It runs on the worker that received the response, so it copies what is needed and no more.
    static func read(_ outcome: RequestOutcome, in context: ScriptContext) -> PUAResponse {
        switch outcome {
        case .timedOut: return unanswered(.timedOut, "Request Timeout", 408)
        case .undeliverable: return unanswered(.undeliverable, "Service Unavailable", 503)
        case .answered(let status):
            return context.withMessage { read($0, status) }
        }
    }

    private static func unanswered(
        _ outcome: PUAResponse.Outcome, _ reason: String, _ status: Int
    ) -> PUAResponse {
        var response = PUAResponse(outcome, status: status)
        response.reason = Array(reason.utf8)
        return response
    }

    private static func read(_ message: borrowing SIPMessage, _ status: Int) -> PUAResponse {
        var response = PUAResponse(.answered, status: status)
        response.reason = Array(copying: message[message.reason])
        response.retryAfterSeconds = retryAfter(message)
        guard status < 300 else {
            response.minExpiresSeconds = seconds(message.minExpires)
            if status == 401 || status == 407 { response.challenges = challenges(message) }
            return response
        }
        response.expiresSeconds = seconds(message.expires)
        if let etag = message.header(.sipETag), SIPToken.isToken(Array(copying: message[etag])) {
            response.etag = Array(copying: message[etag])
        }
        if let to = try? message.to, let tag = to.tag {
            response.toTag = Array(copying: message[tag])
        }
        response.contact = contact(message)
        response.routeSet = routeSet(message)
        return response
    }

    private static func seconds(_ number: ParameterNumber) -> Int? {
        guard case .value(let value) = number else { return nil }
        return min(Int(value), Limits.userAgentExpiresMax)
    }

    /// Retry-After, whose number a comment may follow (RFC 3261 20.33).
    private static func retryAfter(_ message: borrowing SIPMessage) -> Int? {
        guard let value = message.header(.retryAfter) else { return nil }
        var cursor = Cursor(message.bytes, in: value)
        return cursor.decimal(upTo: UInt64(Limits.userAgentExpiresMax)).map { Int($0) }
    }

    /// The URI of the first Contact; empty for anything that no request could be sent to.
    private static func contact(_ message: borrowing SIPMessage) -> [UInt8] {
        var contacts = message.contacts
        guard let contact = try? contacts.next(), !contact.isStar else { return [] }
        let uri = Array(copying: message[contact.uri])
        return PUAChecks.isURI(uri) ? uri : []
    }

    /// Record-Route, the last entry first: the way of the requests of this side (RFC 3261
    /// 12.1.2).
    private static func routeSet(_ message: borrowing SIPMessage) -> [UInt8] {
        guard message.has(.recordRoute) else { return [] }
        var entries: [[UInt8]] = []
        var values = message.values(.recordRoute)
        while let value = values.next() {
            var writer = ByteWriter(capacity: 128)
            message.writeUnfolded(value, into: &writer)
            entries.append(Array(copying: writer.span))
        }
        return Array(entries.reversed().joined(separator: [UInt8(ascii: ",")]))
    }

    private static func challenges(
        _ message: borrowing SIPMessage
    ) -> [PUAChallenge.Value] {
        var found: [PUAChallenge.Value] = []
        for name in [HeaderName.wwwAuthenticate, .proxyAuthenticate] {
            var values = message.values(name)
            while let value = values.next(), found.count < Limits.challengesMax {
                guard value.count <= Limits.challengeBytesMax else { continue }
                found.append(
                    PUAChallenge.Value(
                        isProxy: name == .proxyAuthenticate,
                        text: Array(copying: message[value])))
            }
        }
        return found
    }
}
