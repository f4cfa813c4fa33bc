public import Basics

/// The value of CSeq (RFC 3261 20.16).
public struct CSeq: Sendable, Hashable {
    /// The number, less than 2^31 (RFC 3261 8.1.1.5).
    public var number: UInt32
    /// Which method.
    public var method: SIPMethod
    /// The method as sent.
    public var methodRange: ByteRange

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        // RFC 3261 8.1.1.5: less than 2^31, so that a sum of two still fits in 32 bits.
        guard let value = cursor.decimal(upTo: 1 << 31 - 1) else {
            throw SyntaxError(.malformed, offset: range.start, "Malformed CSeq number")
        }
        number = UInt32(truncatingIfNeeded: value)
        let gap = cursor.position
        cursor.skipSpace()
        guard cursor.position > gap else { throw cursor.malformed("Malformed CSeq") }
        methodRange = try cursor.token("Malformed CSeq method")
        method = SIPMethod(name: bytes.part(methodRange))
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed CSeq") }
        assert(number < 1 << 31)
    }
}
