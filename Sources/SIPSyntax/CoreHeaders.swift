import Basics

/// The header fields that every message has, as `validate` found them.
///
/// It is an object, made once for a message's whole life: as a value it was so large that reading
/// one field copied all of them. Sendable because the message that owns it is not copyable and
/// hands it to nobody, so whoever has the message has it alone.
final class CoreHeaders: @unchecked Sendable {
    /// Whether all of it was parsed.
    var isComplete = false
    /// The top value of Via.
    var via: Via?
    /// The value of From.
    var from: TaggedAddress?
    /// The value of To.
    var to: TaggedAddress?
    /// The value of CSeq.
    var cSeq: CSeq?
    /// The parts of the URI of From.
    var fromURI: SIPURI?
    /// The parts of the URI of To.
    var toURI: SIPURI?
    /// Nil in a response.
    var requestURI: SIPURI?

    /// Nothing found yet.
    init() {}
}

extension SIPMessage {
    /// The From header field; nil when it is missing.
    public var from: TaggedAddress? {
        get throws(SyntaxError) {
            if core.isComplete { return core.from }
            return try tagged(.from)
        }
    }

    /// The To header field; nil when it is missing.
    public var to: TaggedAddress? {
        get throws(SyntaxError) {
            if core.isComplete { return core.to }
            return try tagged(.to)
        }
    }

    /// The CSeq header field; nil when it is missing.
    public var cSeq: CSeq? {
        get throws(SyntaxError) {
            if core.isComplete { return core.cSeq }
            guard let value = header(.cSeq) else { return nil }
            return try CSeq(parsing: bytes, in: value)
        }
    }

    /// The URI of From; nil when From is missing.
    public var fromURI: SIPURI? {
        get throws(SyntaxError) {
            if core.isComplete { return core.fromURI }
            guard let from = try from else { return nil }
            return try SIPURI(parsing: bytes, in: from.uri)
        }
    }

    /// The URI of To, which names the address-of-record of a REGISTER; nil when To is missing.
    public var toURI: SIPURI? {
        get throws(SyntaxError) {
            if core.isComplete { return core.toURI }
            guard let to = try to else { return nil }
            return try SIPURI(parsing: bytes, in: to.uri)
        }
    }

    /// The parts of the Request-URI; nil in a response.
    public var parsedRequestURI: SIPURI? {
        get throws(SyntaxError) {
            if core.isComplete { return core.requestURI }
            guard kind == .request else { return nil }
            return try SIPURI(parsing: bytes, in: requestURI)
        }
    }

    private func tagged(_ name: HeaderName) throws(SyntaxError) -> TaggedAddress? {
        assert(name == .from || name == .to)
        guard let value = header(name) else { return nil }
        return try TaggedAddress(parsing: bytes, in: value)
    }
}
