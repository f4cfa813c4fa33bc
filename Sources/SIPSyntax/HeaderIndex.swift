public import Basics

/// Where the parts of a message are: small tables, filled by one pass of `MessageScanner`.
///
/// Its tables are allocated once, with the message that owns it, and refilled for every message
/// that is loaded.
struct HeaderIndex: ~Copyable, Sendable {
    /// One header field.
    ///
    /// Offsets fit in 16 bits because a message does.
    struct Slot: Sendable, BitwiseCopyable {
        /// Offset of the field's line, where its name starts.
        var start: UInt16 = 0
        /// Offset behind the name.
        var nameEnd: UInt16 = 0
        /// Offset of the value, behind the white space that follows the colon.
        var valueStart: UInt16 = 0
        /// Offset behind the value, in front of white space and the line end.
        var valueEnd: UInt16 = 0
        /// Which field it is.
        var name = HeaderName.other
        /// Whether the value has line ends in it.
        var isFolded = false
        /// The next slot of the same name, `none` at the last.
        var next = HeaderIndex.none

        /// Where the value is.
        var value: ByteRange {
            assert(valueStart <= valueEnd)
            return ByteRange(offset: Int(valueStart), count: Int(valueEnd &- valueStart))
        }
    }

    /// The number that stands for no slot.
    static let none = UInt8.max

    /// The fields in the order of the message; those behind `count` are left over from another one.
    var slots = FixedBuffer(repeating: Slot(), count: Limits.headersMax)
    /// First slot of each name.
    var firsts = FixedBuffer(repeating: HeaderIndex.none, count: HeaderName.count)
    /// Last slot of each name, to chain the next one to.
    private var lasts = FixedBuffer(repeating: HeaderIndex.none, count: HeaderName.count)
    /// Number of header fields.
    private(set) var count = 0
    /// Offset behind the header section's last line, before the empty line.
    var headersEnd = 0
    /// Number of the first field that repeats one which must stand alone.
    private(set) var duplicate: Int?

    /// An index of no header fields.
    init() {
        precondition(slots.count < Int(Self.none), "the number of a slot is one byte")
    }

    /// Forgets all header fields; the slots keep what they held, and nobody reads them.
    mutating func removeAll() {
        firsts.fill(Self.none)
        lasts.fill(Self.none)
        count = 0
        headersEnd = 0
        duplicate = nil
    }

    /// Adds a header field; false when there is no room.
    mutating func append(_ slot: Slot) -> Bool {
        assert(slot.start < slot.nameEnd && slot.nameEnd <= slot.valueStart)
        assert(slot.valueStart <= slot.valueEnd)
        guard count < slots.count else { return false }
        let number = UInt8(truncatingIfNeeded: count)
        let name = Int(slot.name.rawValue)
        slots[count] = slot
        slots[count].next = Self.none
        if firsts[name] == Self.none {
            firsts[name] = number
        } else {
            slots[Int(lasts[name])].next = number
            if duplicate == nil, slot.name.row.isSingle { duplicate = count }
        }
        lasts[name] = number
        count += 1
        return true
    }

    /// Number of the first field of a name, nil when there is none.
    func first(_ name: HeaderName) -> Int? {
        let number = firsts[Int(name.rawValue)]
        assert(number == Self.none || Int(number) < count)
        return number == Self.none ? nil : Int(number)
    }

    /// Number of the next field of the same name.
    func next(after number: Int) -> Int? {
        precondition(number >= 0 && number < count)
        let next = slots[number].next
        return next == Self.none ? nil : Int(next)
    }

    /// Where name, value and the whole line of a field are.
    func field(_ number: Int) -> HeaderField {
        precondition(number >= 0 && number < count, "no such header field")
        let slot = slots[number]
        let end = number + 1 < count ? Int(slots[number + 1].start) : headersEnd
        return HeaderField(
            name: slot.name,
            nameRange: ByteRange(
                offset: Int(slot.start), count: Int(slot.nameEnd) - Int(slot.start)),
            value: slot.value,
            line: ByteRange(offset: Int(slot.start), count: end - Int(slot.start)))
    }

    /// Whether the value of a field has line ends in it.
    func isFolded(_ number: Int) -> Bool {
        precondition(number >= 0 && number < count, "no such header field")
        return slots[number].isFolded
    }

    /// Where the value of a field is.
    func value(_ number: Int) -> ByteRange {
        precondition(number >= 0 && number < count, "no such header field")
        return slots[number].value
    }
}

/// Where one header field is within its message.
public struct HeaderField: Sendable, Hashable {
    /// Which one it is.
    public var name: HeaderName
    /// Its name as sent.
    public var nameRange: ByteRange
    /// Its value without white space around it; folded lines are still folded.
    public var value: ByteRange
    /// Its whole line or lines with the line end.
    public var line: ByteRange
}
