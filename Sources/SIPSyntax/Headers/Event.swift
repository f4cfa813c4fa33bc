public import Basics

/// The value of Event (RFC 6665 8.2.1): an event package and perhaps an id.
public struct Event: Sendable, Hashable {
    /// The package with its templates, such as `presence.winfo`.
    public var package: ByteRange
    /// The parameter `id`; nil without one.
    public var id: ByteRange?
    /// All parameters, from the first `;` on.
    public var parameters: ByteRange

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        package = try cursor.token("Malformed Event")
        let start = cursor.position
        while let parameter = try cursor.parameter() {
            if id == nil, parameter.key == ParameterKey.id { id = parameter.value }
        }
        parameters = cursor.range(from: start)
        cursor.skipSpace()
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed Event") }
        assert(!package.isEmpty)
    }
}

extension SIPMessage {
    /// The Event header field; nil when it is missing.
    public var event: Event? {
        get throws(SyntaxError) {
            guard let value = header(.event) else { return nil }
            return try Event(parsing: bytes, in: value)
        }
    }
}
