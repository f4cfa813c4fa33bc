/// The core of an open-addressed table: it maps 32 bits of a hash to an index somewhere else.
///
/// It knows neither keys nor values. Whoever looks something up says by a closure whether a
/// candidate is the one meant; whoever removes something names the index. One slot is eight bytes
/// with the tag in it, so that a probe touches one cache line and growing needs no key. Collisions
/// are probed linearly; a removal shifts its successors back, so there are no tombstones to sweep.
@safe
public struct HashIndex: ~Copyable {
    /// Number of entries.
    public private(set) var count = 0
    /// Number of slots, a power of two.
    public var capacity: Int { mask + 1 }

    /// Each slot is 0 when empty, else the tag in the upper half and the index + 1 in the lower.
    @usableFromInline var slots: UnsafeMutablePointer<UInt64>
    /// The number of slots minus one; as that is a power of two, it cuts a hash to a slot.
    @usableFromInline var mask: Int

    /// An empty table with room for `expected` entries before it grows.
    public init(expected: Int = 8) {
        precondition(expected >= 0 && expected < 1 << 32)
        var room = 16
        while room / 8 * 7 <= expected { room *= 2 }
        mask = room - 1
        unsafe slots = Self.emptySlots(room)
    }

    deinit { unsafe slots.deallocate() }

    /// The index filed under `tag` for which `matches` is true, or nil.
    public func find(_ tag: UInt32, where matches: (UInt32) -> Bool) -> UInt32? {
        var place = Int(tag) & mask
        while true {
            let slot = unsafe slots[place]
            if slot == 0 { return nil }
            if Self.tag(slot) == tag, matches(Self.index(slot)) { return Self.index(slot) }
            place = (place + 1) & mask
        }
    }

    /// Files an index under `tag`; the same pair must not be filed twice.
    public mutating func insert(_ tag: UInt32, _ index: UInt32) {
        precondition(index < .max, "the largest index stands for none")
        if count >= capacity / 8 * 7 { grow() }
        unsafe Self.file(UInt64(tag) << 32 | UInt64(index) + 1, in: slots, mask: mask)
        count += 1
    }

    /// Removes an index filed under `tag`; it must be there.
    public mutating func remove(_ tag: UInt32, _ index: UInt32) {
        var place = Int(tag) & mask
        let wanted = UInt64(tag) << 32 | UInt64(index) + 1
        while unsafe slots[place] != wanted {
            precondition(unsafe slots[place] != 0, "no such entry")
            place = (place + 1) & mask
        }
        closeGap(place)
        count -= 1
    }

    /// Moves later entries of the same run back, so that none is cut off from its home.
    private mutating func closeGap(_ start: Int) {
        var gap = start
        var place = (gap + 1) & mask
        while unsafe slots[place] != 0 {
            let home = Int(Self.tag(unsafe slots[place])) & mask
            // Distances are counted around the end of the table.
            if (place - home) & mask >= (place - gap) & mask {
                unsafe slots[gap] = unsafe slots[place]
                gap = place
            }
            place = (place + 1) & mask
        }
        unsafe slots[gap] = 0
    }

    @inline(never)
    private mutating func grow() {
        let room = capacity * 2
        precondition(room <= 1 << 33, "the table is full")
        let larger = unsafe Self.emptySlots(room)
        for place in 0..<capacity where unsafe slots[place] != 0 {
            unsafe Self.file(slots[place], in: larger, mask: room - 1)
        }
        unsafe slots.deallocate()
        unsafe slots = larger
        mask = room - 1
    }

    private static func file(
        _ entry: UInt64, in slots: UnsafeMutablePointer<UInt64>, mask: Int
    ) {
        var place = Int(tag(entry)) & mask
        while unsafe slots[place] != 0 { place = (place + 1) & mask }
        unsafe slots[place] = entry
    }

    private static func emptySlots(_ room: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: room)
        unsafe slots.initialize(repeating: 0, count: room)
        return unsafe slots
    }

    private static func tag(_ slot: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: slot >> 32) }
    private static func index(_ slot: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: slot) &- 1 }
}

/// The table is the only owner of its slots.
extension HashIndex: @unchecked Sendable {}
