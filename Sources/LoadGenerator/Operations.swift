/// The operations that are not complete: at most a window of them, each in a slot.
///
/// An operation waits for the final reply to its request and for a number of NOTIFYs, in any order:
/// RFC 6665 4.1.2.4 lets a NOTIFY overtake the reply to SUBSCRIBE. A value without clock or socket;
/// time comes in as nanoseconds. Opening, answering and counting look nothing up but one entry.
struct Operations: Sendable {
    /// What is known of one operation.
    struct Entry: Sendable {
        /// How often the slot has been used.
        var generation: UInt32 = 0
        /// The presentity or the dialog; -1 while the slot is free.
        var subject: Int32 = -1
        /// NOTIFYs that have not come.
        var awaited: Int32 = 0
        /// CSeq number of the request, which retransmissions repeat.
        var sequence: UInt32 = 0
        /// Whether the final reply has come, so that nothing is sent again.
        var isAnswered = false
        /// When it was first sent, in nanoseconds.
        var firstSent: UInt64 = 0
        /// When it is sent again, in nanoseconds.
        var due: UInt64 = 0
        /// What the interval before that was, in nanoseconds.
        var interval: UInt64 = 0
    }

    /// What time has done to the operations.
    struct Sweep: Sendable {
        /// Slots to send again.
        var resend: [Int] = []
        /// Operations without a final reply in time; their slots are free again.
        var unanswered = 0
        /// Operations whose NOTIFYs did not come in time; their slots are free again.
        var incomplete = 0
        /// NOTIFYs that the failed operations still waited for.
        var lost = 0
    }

    /// First interval of timer E in nanoseconds (RFC 3261 17.1.2.2).
    let firstInterval: UInt64
    /// Time after which an operation has failed, in nanoseconds.
    let giveUp: UInt64
    private var entries: [Entry]
    private var free: [Int]
    private var slots: [Int32]

    /// A window of `window` operations on subjects 0 to `subjects` - 1.
    init(window: Int, subjects: Int, firstInterval: UInt64, giveUp: UInt64) {
        precondition(window > 0 && subjects > 0)
        self.firstInterval = firstInterval
        self.giveUp = giveUp
        entries = Array(repeating: Entry(), count: window)
        free = Array((0..<window).reversed())
        slots = Array(repeating: -1, count: subjects)
    }

    /// Number of operations that wait.
    var count: Int { entries.count - free.count }
    /// Whether another one may begin.
    var hasRoom: Bool { !free.isEmpty }

    /// The slot of the operation on a subject, if there is one.
    func slot(subject: Int) -> Int? { slots[subject] < 0 ? nil : Int(slots[subject]) }

    /// What is known of the operation in a slot.
    subscript(slot: Int) -> Entry {
        precondition(entries[slot].subject >= 0, "the slot is free")
        return entries[slot]
    }

    /// The ticket of the operation in a slot.
    func ticket(slot: Int) -> Ticket {
        Ticket(slot: UInt32(slot), generation: self[slot].generation)
    }

    /// Begins an operation at `now` that waits for a reply and `awaited` NOTIFYs.
    mutating func open(subject: Int, sequence: UInt32, awaited: Int, now: UInt64) -> Ticket? {
        precondition(slots[subject] < 0, "two operations on one subject")
        guard let slot = free.popLast() else { return nil }
        let generation = entries[slot].generation &+ 1
        entries[slot] = Entry(
            generation: generation, subject: Int32(subject), awaited: Int32(awaited),
            sequence: sequence, firstSent: now, due: now + firstInterval, interval: firstInterval)
        slots[subject] = Int32(slot)
        return Ticket(slot: UInt32(slot), generation: generation)
    }

    /// The slot that a final reply belongs to; nil when it is a second one, late or foreign.
    func waiting(_ ticket: Ticket) -> Int? {
        let slot = Int(ticket.slot)
        guard slot < entries.count, entries[slot].generation == ticket.generation,
            entries[slot].subject >= 0, !entries[slot].isAnswered
        else { return nil }
        return slot
    }

    /// Takes the final reply, a good one; whether the operation is complete, and then it is over.
    mutating func answer(slot: Int) -> Bool {
        precondition(entries[slot].subject >= 0)
        entries[slot].isAnswered = true
        return finishIfComplete(slot)
    }

    /// Takes one NOTIFY; whether the operation is complete, and then it is over.
    mutating func notify(slot: Int) -> Bool {
        precondition(entries[slot].subject >= 0 && entries[slot].awaited > 0)
        entries[slot].awaited -= 1
        return finishIfComplete(slot)
    }

    /// Ends an operation as it is.
    mutating func release(slot: Int) {
        slots[Int(entries[slot].subject)] = -1
        // The generation stays, so that a late reply does not fit the next operation.
        entries[slot].subject = -1
        free.append(slot)
    }

    /// Finds what must be sent again and what has failed by `now`.
    mutating func sweep(now: UInt64) -> Sweep {
        var sweep = Sweep()
        for slot in entries.indices where entries[slot].subject >= 0 {
            if now >= entries[slot].firstSent + giveUp {
                sweep.lost += Int(entries[slot].awaited)
                if entries[slot].isAnswered { sweep.incomplete += 1 } else { sweep.unanswered += 1 }
                release(slot: slot)
            } else if !entries[slot].isAnswered, now >= entries[slot].due {
                let interval = min(entries[slot].interval * 2, firstInterval * 8)
                entries[slot].interval = interval
                entries[slot].due = now + interval
                sweep.resend.append(slot)
            }
        }
        return sweep
    }

    private mutating func finishIfComplete(_ slot: Int) -> Bool {
        guard entries[slot].isAnswered, entries[slot].awaited == 0 else { return false }
        release(slot: slot)
        return true
    }
}
