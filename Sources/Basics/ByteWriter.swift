/// A growing buffer of bytes that text is written into; it owns its memory and frees it.
///
/// Writing into one that has room allocates nothing, so a worker keeps its writers for life and
/// calls `removeAll` between messages. Numbers are written without going through `String`.
@safe
public struct ByteWriter: ~Copyable {
    /// The memory, `capacity` bytes of which the first `count` are written.
    ///
    /// What lies behind them is uninitialised and never read.
    @usableFromInline var storage: UnsafeMutablePointer<UInt8>
    /// Number of bytes written so far.
    public private(set) var count: Int
    /// Number of bytes that fit before the buffer grows.
    public private(set) var capacity: Int

    /// An empty buffer with room for `capacity` bytes.
    public init(capacity: Int = 256) {
        precondition(capacity >= 0)
        let room = max(capacity, 16)
        unsafe storage = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        self.capacity = room
        count = 0
    }

    deinit { unsafe storage.deallocate() }

    /// The bytes written so far.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: storage, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes written so far, to change in place.
    public var mutableSpan: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            let span = unsafe MutableSpan(_unsafeStart: storage, count: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Part of what is written.
    @_lifetime(borrow self)
    public func span(_ range: ByteRange) -> Span<UInt8> {
        precondition(range.end <= count, "range lies behind the end of the buffer")
        let span = unsafe Span(_unsafeStart: storage + range.start, count: Int(range.count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Forgets all bytes and keeps the room.
    public mutating func removeAll() { count = 0 }

    /// Forgets what was written behind `length`.
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    /// Makes room for `extra` more bytes.
    public mutating func reserve(_ extra: Int) {
        if capacity - count < extra { grow(extra) }
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe storage[count] = byte
        count += 1
    }

    /// Appends a literal.
    public mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        unsafe (storage + count).update(from: text.utf8Start, count: length)
        count += length
    }

    /// Appends bytes.
    public mutating func append(_ bytes: Span<UInt8>) {
        let length = bytes.count
        reserve(length)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe (storage + count).update(from: base, count: length)
        }
        count += length
    }

    /// Appends the bytes of an array.
    public mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

    /// Appends a copy of bytes that are already written.
    public mutating func append(copying range: ByteRange) {
        precondition(range.end <= count, "range lies behind the end of the buffer")
        let length = Int(range.count)
        reserve(length)
        unsafe (storage + count).update(from: storage + range.start, count: length)
        count += length
    }

    /// Appends text as UTF-8; for the edges, not for the hot path.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            reserve(utf8.count)
            if let base = utf8.baseAddress {
                unsafe (storage + count).update(from: base, count: utf8.count)
            }
            count += utf8.count
        }
    }

    /// Appends a number in decimal.
    public mutating func append(decimal value: some BinaryInteger) {
        var rest = value.magnitude
        if value < 0 { append(UInt8(ascii: "-")) }
        if rest < 10 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest))
            return
        }
        var digits = InlineArray<40, UInt8>(repeating: 0)
        var length = 0
        while rest > 0 {
            digits[length] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            length += 1
        }
        reserve(length)
        for place in 0..<length { unsafe storage[count + place] = digits[length - 1 - place] }
        count += length
    }

    /// Appends a number in lower-case hexadecimal, at least `width` digits.
    public mutating func append(hexadecimal value: UInt64, width: Int = 1) {
        precondition(width >= 1 && width <= 16)
        var places = max(width, (64 - value.leadingZeroBitCount + 3) / 4)
        reserve(places)
        while places > 0 {
            places -= 1
            let nibble = UInt8(truncatingIfNeeded: (value >> UInt64(places * 4)) & 15)
            unsafe storage[count] = nibble < 10 ? 48 &+ nibble : 87 &+ nibble
            count += 1
        }
    }

    /// Lets `body` fill up to `room` bytes behind the end; it returns how many it wrote.
    public mutating func fill<E: Error>(
        _ room: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) throws(E) -> Int
    ) throws(E) {
        reserve(room)
        let free = unsafe UnsafeMutableBufferPointer(start: storage + count, count: room)
        let written = try unsafe body(free)
        precondition(written >= 0 && written <= room)
        count += written
    }

    /// What is written, as text; bytes that are no UTF-8 are replaced.
    public var text: String { String(decoding: Array(copying: span), as: UTF8.self) }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let room = max(capacity * 2, count + extra)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        unsafe larger.update(from: storage, count: count)
        unsafe storage.deallocate()
        unsafe storage = larger
        capacity = room
    }
}

/// The bytes belong to one value only, which moves as a whole: nothing is shared.
extension ByteWriter: @unchecked Sendable {}

extension Array where Element == UInt8 {
    /// A copy of the bytes of a span.
    public init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}

extension String {
    /// Text of the bytes of a span; bytes that are no UTF-8 are replaced.
    public init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
