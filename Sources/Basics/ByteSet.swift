/// A set of byte values: two machine words for ASCII and one answer for all bytes from 128 on.
///
/// A grammar names its alphabets once as constants of this type; asking is a shift and a mask and
/// touches no memory.
public struct ByteSet: Sendable, Hashable {
    /// One bit for each of the bytes 0 to 63.
    public let low: UInt64
    /// One bit for each of the bytes 64 to 127.
    public let high: UInt64
    /// Whether the bytes 128 to 255 belong to it.
    public let beyond: Bool

    /// A set of given words.
    public init(low: UInt64, high: UInt64, beyond: Bool = false) {
        self.low = low
        self.high = high
        self.beyond = beyond
    }

    /// The set of the characters of a text; for tables and tests, it is a loop.
    public init(_ text: String, beyond: Bool = false) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for byte in text.utf8 where byte < 128 {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.init(low: low, high: high, beyond: beyond)
    }

    /// Whether a byte belongs to the set.
    public func contains(_ byte: UInt8) -> Bool {
        let word = byte & 64 == 0 ? low : high
        let bit = (word &>> UInt64(byte & 63)) & 1 != 0
        return byte < 128 ? bit : beyond
    }

    /// The bytes of both sets.
    public func union(_ other: ByteSet) -> ByteSet {
        ByteSet(
            low: low | other.low, high: high | other.high, beyond: beyond || other.beyond)
    }
}
