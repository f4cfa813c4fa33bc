/// A place in a span of bytes that only moves inside a given range: what every parser walks with.
///
/// No operation traps on what the bytes hold: at the end `current` is nil and the others do
/// nothing. Offsets are those of the span, not of the range, so that what a parser of one header
/// field finds are ranges of the whole message.
public struct Cursor: ~Escapable {
    /// The bytes that the offsets count in.
    public let bytes: Span<UInt8>
    /// Offset of the next byte.
    public private(set) var position: Int
    /// Offset where the cursor stops; never behind the end of `bytes`.
    public let end: Int

    /// A cursor over all bytes.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// A cursor over a part of the bytes; the part must lie within them.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, in range: ByteRange) {
        precondition(range.end <= bytes.count, "the range lies outside of the bytes")
        self.bytes = bytes
        position = range.start
        end = range.end
    }

    /// Whether no byte is left.
    public var isAtEnd: Bool { position >= end }

    /// How many bytes are left.
    public var remaining: Int { end - position }

    /// The next byte, nil at the end.
    public var current: UInt8? {
        position < end ? unsafe bytes[unchecked: position] : nil
    }

    /// The byte `distance` behind the next one, nil behind the end.
    public func peek(_ distance: Int) -> UInt8? {
        assert(distance >= 0)
        let place = position &+ distance
        return place >= position && place < end ? bytes[place] : nil
    }

    /// Moves on by `count` bytes, at most to the end.
    @_lifetime(self: copy self)
    public mutating func advance(_ count: Int = 1) {
        assert(count >= 0)
        position = count < end - position ? position + count : end
    }

    /// Moves to an offset between 0 and `end`.
    @_lifetime(self: copy self)
    public mutating func move(to offset: Int) {
        precondition(offset >= 0 && offset <= end, "the cursor leaves its range")
        position = offset
    }

    /// Moves over a byte if it is the next one, and says whether it was.
    @_lifetime(self: copy self)
    public mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, unsafe bytes[unchecked: position] == byte else { return false }
        position &+= 1
        return true
    }

    /// Moves over bytes of a set and returns how many there were.
    @discardableResult
    @_lifetime(self: copy self)
    public mutating func skip(_ set: ByteSet) -> Int {
        let start = position
        var place = position
        // No bounds check is needed: `end` is never behind the end of the bytes.
        while place < end, unsafe set.contains(bytes[unchecked: place]) { place &+= 1 }
        position = place
        return place &- start
    }

    /// Moves over bytes of a set and returns where they are; the range may be empty.
    @_lifetime(self: copy self)
    public mutating func run(of set: ByteSet) -> ByteRange {
        let start = position
        skip(set)
        return range(from: start)
    }

    /// Moves to the next occurrence of a byte, or to the end, and says whether it occurs.
    @_lifetime(self: copy self)
    public mutating func seek(_ byte: UInt8) -> Bool {
        while position < end {
            if unsafe bytes[unchecked: position] == byte { return true }
            position &+= 1
        }
        return false
    }

    /// The bytes from an earlier offset up to the cursor.
    public func range(from start: Int) -> ByteRange {
        precondition(start >= 0 && start <= position, "a range that ends before it starts")
        return ByteRange(offset: start, count: position - start)
    }

    /// Moves over decimal digits and returns their value.
    ///
    /// Nil when there is no digit or the value exceeds `limit`; the digits are passed in both
    /// cases.
    @_lifetime(self: copy self)
    public mutating func decimal(upTo limit: UInt64 = .max) -> UInt64? {
        let start = position
        var value: UInt64 = 0
        var fits = true
        while position < end {
            let digit = unsafe bytes[unchecked: position] &- 48
            guard digit < 10 else { break }
            if value >= 1_844_674_407_370_955_161 { fits = fits && isLastDigit(value, digit) }
            value = value &* 10 &+ UInt64(digit)
            position &+= 1
        }
        return position > start && fits && value <= limit ? value : nil
    }

    /// Whether a digit may follow a value that is a tenth of the largest one or more.
    private func isLastDigit(_ value: UInt64, _ digit: UInt8) -> Bool {
        value == 1_844_674_407_370_955_161 && digit <= 5
    }
}
