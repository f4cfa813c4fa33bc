public import Basics

/// The value of From or To (RFC 3261 20.20, 20.39): an address and its tag.
public struct TaggedAddress: Sendable, Hashable {
    /// Display name and URI.
    public var address: NameAddress
    /// The tag; nil without one, as in a request outside of a dialog or from RFC 2543.
    public var tag: ByteRange?
    /// All parameters, from the first `;` on.
    public var parameters: ByteRange

    /// The URI without `< >`.
    public var uri: ByteRange { address.uri }
    /// The display name as sent.
    public var displayName: ByteRange { address.displayName }

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        address = try NameAddress(&cursor)
        let start = cursor.position
        while let parameter = try cursor.parameter() {
            guard tag == nil, parameter.key == ParameterKey.tag else { continue }
            guard let value = parameter.value else { throw cursor.malformed("Malformed tag") }
            tag = value
        }
        parameters = cursor.range(from: start)
        cursor.skipSpace()
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed address") }
        assert(parameters.end <= range.end)
    }
}
