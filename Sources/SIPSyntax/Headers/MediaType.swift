public import Basics

/// The value of Content-Type or one value of Accept (RFC 3261 20.15, 20.1).
public struct MediaType: Sendable, Hashable {
    /// The type, such as `application`.
    public var type: ByteRange
    /// The subtype, such as `pidf+xml`.
    public var subtype: ByteRange
    /// All parameters, from the first `;` on.
    public var parameters: ByteRange

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        type = try cursor.token("Malformed media type")
        try cursor.separator(UInt8(ascii: "/"), "Malformed media type")
        subtype = try cursor.token("Malformed media type")
        let start = cursor.position
        while try cursor.parameter() != nil {}
        parameters = cursor.range(from: start)
        cursor.skipSpace()
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed media type") }
        assert(parameters.end <= range.end)
    }

    /// Whether it is a type and subtype, without regard to case and parameters.
    public func matches(
        _ type: StaticString, _ subtype: StaticString, in bytes: Span<UInt8>
    ) -> Bool {
        assert(self.type.end <= self.subtype.start)
        return bytes.part(self.type).matches(type) && bytes.part(self.subtype).matches(subtype)
    }
}

extension SIPMessage {
    /// The Content-Type header field; nil when it is missing.
    public var contentType: MediaType? {
        get throws(SyntaxError) {
            guard let value = header(.contentType) else { return nil }
            return try MediaType(parsing: bytes, in: value)
        }
    }
}
