/// The requests that wait for a final reply: at most a window of them, each in a slot.
///
/// A value without clock or socket: time comes in as nanoseconds. Slots belong to *lanes*, which
/// are sockets: slot number modulo lanes. So a batch of replies on one socket frees a batch of
/// requests for the same socket, and one system call takes them all.
///
/// What it must be able to do a hundred thousand times a second is open and close; both touch one
/// entry and one list, and look nothing up. Only the sweep walks all slots, some times a second.
struct Outstanding: Sendable {
    /// What is known of one request.
    struct Entry: Sendable {
        /// How often the slot has been used.
        var generation: UInt32 = 0
        /// The binding that is registered; -1 while the slot is free.
        var binding: Int32 = -1
        /// CSeq number of the request, which retransmissions repeat.
        var sequence: UInt32 = 0
        /// When it was first sent, in nanoseconds.
        var firstSent: UInt64 = 0
        /// When it is sent again, in nanoseconds.
        var due: UInt64 = 0
        /// What the next interval will be, in nanoseconds.
        var interval: UInt64 = 0
    }

    /// What time has done to the requests.
    struct Sweep: Sendable {
        /// Slots to send again.
        var resend: [UInt32] = []
        /// How many requests have failed; their slots are free again.
        var failed = 0
    }

    /// First interval of timer E in nanoseconds, 0 where the transport is reliable and nothing is
    /// ever sent again (RFC 3261 17.1.2.2).
    let firstInterval: UInt64
    /// Longest interval of timer E: T2, eight times T1.
    let longestInterval: UInt64
    /// Time after which a request has failed, in nanoseconds.
    let giveUp: UInt64
    /// Number of lanes.
    let lanes: Int

    private var entries: [Entry]
    private var free: [[UInt32]]
    private var isBusy: [Bool]
    /// Number of requests that wait.
    private(set) var count = 0

    /// A window of `slots` over `lanes` for `bindings` bindings.
    init(
        slots: Int, lanes: Int, bindings: Int, firstInterval: UInt64, giveUp: UInt64
    ) {
        precondition(lanes > 0 && slots >= lanes)
        self.lanes = lanes
        self.firstInterval = firstInterval
        self.giveUp = giveUp
        longestInterval = firstInterval * 8
        entries = Array(repeating: Entry(), count: slots)
        isBusy = Array(repeating: false, count: bindings)
        free = (0..<lanes).map { lane in
            stride(from: lane, to: slots, by: lanes).reversed().map { UInt32($0) }
        }
    }

    /// Whether `lane` may send another request.
    func hasRoom(lane: Int) -> Bool { !free[lane].isEmpty }

    /// Whether a request of this binding waits, so that no other may be sent.
    func isWaiting(binding: Int) -> Bool { isBusy[binding] }

    /// Takes a slot of `lane` for a request that is sent at `now`.
    mutating func open(lane: Int, binding: Int, sequence: UInt32, now: UInt64) -> Ticket? {
        precondition(!isBusy[binding], "two requests of one binding")
        guard let slot = free[lane].popLast() else { return nil }
        let generation = entries[Int(slot)].generation &+ 1
        entries[Int(slot)] = Entry(
            generation: generation, binding: Int32(binding), sequence: sequence, firstSent: now,
            due: firstInterval == 0 ? .max : now + firstInterval, interval: firstInterval)
        isBusy[binding] = true
        count += 1
        return Ticket(slot: slot, generation: generation)
    }

    /// Takes a final reply at `now` and returns the nanoseconds since its request was first sent.
    ///
    /// Nil when nobody waits for it: the reply is late, or a second one to a request that was sent
    /// twice, or its ticket was never given out.
    mutating func close(_ ticket: Ticket, now: UInt64) -> UInt64? {
        let slot = Int(ticket.slot)
        guard slot < entries.count, entries[slot].generation == ticket.generation,
            entries[slot].binding >= 0
        else { return nil }
        release(slot)
        return now - min(now, entries[slot].firstSent)
    }

    /// The request of a slot that waits.
    func request(slot: UInt32) -> RequestTemplate.Request {
        let entry = entries[Int(slot)]
        precondition(entry.binding >= 0, "the slot is free")
        return RequestTemplate.Request(
            binding: Int(entry.binding), sequence: entry.sequence,
            ticket: Ticket(slot: slot, generation: entry.generation))
    }

    /// Finds what must be sent again and what has failed by `now`.
    mutating func sweep(now: UInt64) -> Sweep {
        var sweep = Sweep()
        for slot in entries.indices where entries[slot].binding >= 0 {
            if now >= entries[slot].firstSent + giveUp {
                release(slot)
                sweep.failed += 1
            } else if now >= entries[slot].due {
                let interval = min(entries[slot].interval * 2, longestInterval)
                entries[slot].interval = interval
                entries[slot].due = now + interval
                sweep.resend.append(UInt32(slot))
            }
        }
        return sweep
    }

    /// Gives up on all requests of one lane and returns how many they were.
    mutating func abandon(lane: Int) -> Int {
        var abandoned = 0
        for slot in stride(from: lane, to: entries.count, by: lanes)
        where entries[slot].binding >= 0 {
            release(slot)
            abandoned += 1
        }
        return abandoned
    }

    /// Frees a slot.
    ///
    /// Its generation stays, so that a late reply does not fit the next request.
    private mutating func release(_ slot: Int) {
        isBusy[Int(entries[slot].binding)] = false
        entries[slot].binding = -1
        free[slot % lanes].append(UInt32(slot))
        count -= 1
        assert(count >= 0)
    }
}
