public import Basics

/// A `name-addr` or `addr-spec` (RFC 3261 25.1): display name, URI and where the parameters start.
public struct NameAddress: Sendable, Hashable {
    /// The display name, with its quotes if it has any; empty when there is none.
    public var displayName: ByteRange
    /// The URI without `< >`.
    public var uri: ByteRange
    /// Whether the URI stands within `< >`.
    public var isBracketed: Bool

    /// Reads one at a cursor and stops behind it.
    ///
    /// A URI outside of `< >` ends at `;`, which starts a parameter of the header field, and may
    /// hold neither `?` nor `,` (RFC 3261 20.10).
    init(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(cursor.end <= cursor.bytes.count)
        cursor.skipSpace()
        let start = cursor.position
        displayName = ByteRange(offset: start, count: 0)
        if cursor.current == UInt8(ascii: "\"") {
            displayName = try cursor.quotedString()
            cursor.skipSpace()
        } else {
            var last = start
            while cursor.skip(.displayWord) > 0 {
                last = cursor.position
                cursor.skipSpace()
            }
            guard cursor.current == UInt8(ascii: "<") else {
                cursor.move(to: start)
                isBracketed = false
                uri = try Self.bareURI(&cursor)
                return
            }
            displayName = ByteRange(offset: start, count: last - start)
        }
        guard cursor.take(UInt8(ascii: "<")) else { throw cursor.malformed("< is missing") }
        isBracketed = true
        let from = cursor.position
        cursor.skip(.bracketed)
        uri = cursor.range(from: from)
        guard cursor.take(UInt8(ascii: ">")) else { throw cursor.malformed("Malformed address") }
        if uri.isEmpty { throw cursor.malformed("An address without URI") }
    }

    private static func bareURI(_ cursor: inout Cursor) throws(SyntaxError) -> ByteRange {
        assert(cursor.position <= cursor.end)
        let uri = cursor.run(of: .bare)
        if let byte = cursor.current, byte == 60 || byte == 62 || byte == 34 || byte == 63 {
            throw cursor.malformed("Malformed address")
        }
        if uri.isEmpty { throw cursor.malformed("An address without URI") }
        var colon = Cursor(cursor.bytes, in: uri)
        guard colon.seek(UInt8(ascii: ":")) else { throw cursor.malformed("Malformed address") }
        return uri
    }
}
