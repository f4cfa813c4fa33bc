internal import Glibc

/// What a timer wheel keeps inside each entry: its neighbours and the slot it is filed in.
public struct TimerLink: Sendable, BitwiseCopyable {
    /// The entry behind it in its slot, `.max` at the end.
    var next: UInt32 = .max
    /// The entry before it, `.max` at the head: removal needs both and walks no list.
    var previous: UInt32 = .max
    /// The slot it is filed in, `.max` for none; 4096 slots leave that number free.
    var slot: UInt16 = .max

    /// A link of an entry that is not filed.
    public init() {}

    /// Whether the entry is filed in a wheel.
    public var isFiled: Bool { slot != .max }
}

/// An element of a slab that can be filed in a timer wheel.
public protocol TimerEntry: BitwiseCopyable {
    /// The wheel's own field; nobody else writes it.
    var timerLink: TimerLink { get set }
}

/// A lazy timer wheel: entries lie in slots of one tick each and come out when their slot is due.
///
/// Filing and removing cost the same whatever the number of entries. An entry whose time was moved
/// to later is not touched: it comes out at its old time and its owner, who knows the new one,
/// files it again. So a binding that is refreshed every half lifetime costs one move a lifetime.
/// Times more than one turn ahead are filed in the farthest slot and come out early in the same
/// way. The wheel never decides that something is due: it only says "look at this one now".
@safe
public struct TimerWheel: ~Copyable {
    /// Slots, hence ticks, of one turn: a power of two above the usual lifetime of an hour.
    public static var slotCount: Int { 4096 }

    /// Number of entries filed.
    public private(set) var count = 0
    /// The tick whose slot is being emptied, or is the next to be.
    public private(set) var cursor: Int64

    /// The first entry of each slot plus one, 0 for none: so an unused slot is never written, and
    /// a large wheel takes no memory before time passes over it.
    private var heads: UnsafeMutablePointer<UInt32>

    /// An empty wheel that stands at `now`.
    public init(now: Int64) {
        cursor = now
        let bytes = unsafe calloc(Self.slotCount, MemoryLayout<UInt32>.stride)
        guard let bytes = unsafe bytes else { preconditionFailure("out of memory") }
        unsafe heads = bytes.bindMemory(to: UInt32.self, capacity: Self.slotCount)
    }

    deinit { unsafe Glibc.free(heads) }

    /// Files an entry that is not filed yet; it comes out at `time`, or earlier when that is far.
    public mutating func file<Entry: TimerEntry>(
        _ index: UInt32, at time: Int64, in entries: inout Slab<Entry>
    ) {
        precondition(!entries[index].timerLink.isFiled, "filed already")
        let last = cursor &+ Int64(Self.slotCount - 1)
        let slot = Self.slot(min(max(time, cursor), last))
        let head = head(of: slot)
        var link = TimerLink()
        link.next = head
        link.slot = UInt16(slot)
        entries[index].timerLink = link
        if head != .max { entries[head].timerLink.previous = index }
        unsafe heads[slot] = index &+ 1
        count += 1
    }

    /// Takes an entry out, if it is filed.
    public mutating func remove<Entry: TimerEntry>(
        _ index: UInt32, in entries: inout Slab<Entry>
    ) {
        let link = entries[index].timerLink
        guard link.isFiled else { return }
        if link.next != .max { entries[link.next].timerLink.previous = link.previous }
        if link.previous != .max {
            entries[link.previous].timerLink.next = link.next
        } else {
            assert(head(of: Int(link.slot)) == index)
            unsafe heads[Int(link.slot)] = link.next &+ 1
        }
        entries[index].timerLink = TimerLink()
        count -= 1
    }

    /// The tick at which a filed entry comes out.
    public func dueTime(_ link: TimerLink) -> Int64 {
        precondition(link.isFiled, "not filed")
        let ahead = Int64(link.slot) &- cursor
        return cursor &+ (ahead & Int64(Self.slotCount - 1))
    }

    /// Takes out the next entry whose slot lies at or before `now`, or returns nil.
    ///
    /// The owner either drops the entry or files it again at its present time, which must be
    /// behind `now`. The cost is that of the entries taken out plus one step a tick passed, of
    /// which there is never more than one turn. A clock that was set back takes the cursor along.
    public mutating func takeDue<Entry: TimerEntry>(
        now: Int64, in entries: inout Slab<Entry>
    ) -> UInt32? {
        if now < cursor || now &- cursor > Int64(Self.slotCount) || count == 0 {
            skip(to: now)
        }
        while true {
            let head = head(of: Self.slot(cursor))
            if head != .max {
                remove(head, in: &entries)
                return head
            }
            if cursor >= now { return nil }
            cursor += 1
        }
    }

    /// Moves the cursor so that at most one turn, in which each slot is seen once, lies before it.
    private mutating func skip(to now: Int64) {
        if now < cursor || count == 0 {
            cursor = now
        } else {
            cursor = now &- Int64(Self.slotCount - 1)
        }
    }

    private func head(of slot: Int) -> UInt32 { unsafe heads[slot] &- 1 }

    private static func slot(_ time: Int64) -> Int { Int(time & Int64(slotCount - 1)) }
}

/// The wheel is the only owner of its slots.
extension TimerWheel: @unchecked Sendable {}
