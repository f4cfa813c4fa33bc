import Basics

/// Whether a message asks or answers.
public enum MessageKind: UInt8, Sendable, Hashable {
    /// A request.
    case request
    /// A response.
    case response
}

/// The first line of a message.
struct StartLine: Sendable {
    /// Whether it starts with a method or with a version.
    var kind = MessageKind.request
    /// The method of a request that we know, else `other`.
    var method = SIPMethod.other
    /// The method as sent; empty in a response.
    var methodRange = ByteRange.empty
    /// The Request-URI; empty in a response.
    var requestURI = ByteRange.empty
    /// The version as sent.
    var version = ByteRange.empty
    /// The status code, 100 to 699; 0 in a request.
    var status = 0
    /// The reason phrase, which may be empty; empty in a request.
    var reason = ByteRange.empty

    /// Reads the line that a cursor covers, without its line end.
    ///
    /// What was read before a fault stays, so that the fault can be answered.
    mutating func parse(_ cursor: inout Cursor) throws(SyntaxError) {
        self = StartLine()
        // No method holds a `/`, which is no token, so the prefix decides which of the two it is.
        let line = cursor.bytes.extracting(cursor.position..<cursor.end)
        if line.hasPrefix(matching: "SIP/") {
            kind = .response
            try parseResponse(&cursor)
        } else {
            try parseRequest(&cursor)
        }
        assert(cursor.isAtEnd)
    }

    /// `Method SP Request-URI SP SIP-Version` (RFC 3261 25.1), with exactly one space each.
    private mutating func parseRequest(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(kind == .request)
        // Exactly one space between the parts and none at the end: RFC 3261 7.1 allows no other
        // white space here, and RFC 4475 3.1.2 has the messages that try it.
        methodRange = try cursor.token("Malformed method")
        method = SIPMethod(name: cursor.bytes.part(methodRange))
        guard cursor.take(32) else { throw cursor.malformed("Malformed request line") }
        let from = cursor.position
        while let byte = cursor.current, byte > 32, byte != 127 { cursor.advance() }
        requestURI = cursor.range(from: from)
        guard !requestURI.isEmpty else { throw cursor.malformed("Malformed request line") }
        guard cursor.take(32) else { throw cursor.malformed("Malformed request line") }
        try parseVersion(&cursor)
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed request line") }
    }

    /// `SIP-Version SP Status-Code SP Reason-Phrase`; the last space may be missing.
    private mutating func parseResponse(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(kind == .response)
        try parseVersion(&cursor)
        guard cursor.take(32) else { throw cursor.malformed("Malformed status line") }
        let from = cursor.position
        // Three digits, as `Status-Code` has them; classes above 6xx do not exist (RFC 3261 7.2).
        guard let code = cursor.decimal(upTo: 699), cursor.position - from == 3, code >= 100 else {
            throw cursor.malformed("Malformed status code")
        }
        status = Int(code)
        guard cursor.isAtEnd || cursor.take(32) else {
            throw cursor.malformed("Malformed status line")
        }
        reason = ByteRange(offset: cursor.position, count: cursor.remaining)
        cursor.advance(cursor.remaining)
    }

    /// `SIP/2.0`; another number is a version that we do not speak, anything else no version.
    private mutating func parseVersion(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(version.isEmpty)
        let from = cursor.position
        guard cursor.remaining >= 4,
            cursor.bytes.extracting(from..<(from + 4)).matches("SIP/")
        else { throw cursor.malformed("Malformed SIP version") }
        cursor.advance(4)
        let major = cursor.decimal()
        guard cursor.take(UInt8(ascii: ".")) else {
            throw cursor.malformed("Malformed SIP version")
        }
        let minor = cursor.decimal()
        version = cursor.range(from: from)
        guard let major, let minor else { throw cursor.malformed("Malformed SIP version") }
        guard major == 2, minor == 0 else {
            throw SyntaxError(.version, offset: from, "Version Not Supported")
        }
    }
}
