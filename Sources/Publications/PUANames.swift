internal import Basics

/// Call-IDs, tags and ids that nobody can guess: a counter under a secret key.
///
/// They must be unique over space and time (RFC 3261 8.1.1.4, 19.3), and whoever guesses those of
/// a dialog can end it.
struct PUANames: Sendable {
    private let high: KeyedHash
    private let low: KeyedHash
    private var count: UInt64 = 0

    /// Names under a secret of four words.
    init(secret: (UInt64, UInt64, UInt64, UInt64)) {
        high = KeyedHash(key0: secret.0, key1: secret.1)
        low = KeyedHash(key0: secret.2, key1: secret.3)
    }

    /// A name of 32 hexadecimal digits: 128 bits.
    mutating func callID() -> [UInt8] { next(wide: true) }

    /// A name of 16 hexadecimal digits: 64 bits.
    mutating func tag() -> [UInt8] { next(wide: false) }

    private mutating func next(wide: Bool) -> [UInt8] {
        count &+= 1
        var writer = ByteWriter(capacity: 32)
        for place in 0..<8 { writer.append(UInt8(truncatingIfNeeded: count >> (place * 8))) }
        let first = high.hash(writer.span)
        let second = low.hash(writer.span)
        writer.removeAll()
        writer.append(hexadecimal: first, width: 16)
        if wide { writer.append(hexadecimal: second, width: 16) }
        return Array(copying: writer.span)
    }
}
