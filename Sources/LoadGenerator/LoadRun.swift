internal import Basics

/// The loop of a load: keep the window full, take replies, send again what got no answer.
///
/// One thread does everything. It waits until some lane has replies, reads a batch of them, closes
/// their requests, and at once fills the freed slots of the same lane with new requests, which
/// leave with one system call. So reading and writing come in batches of the size that the server
/// makes.
///
/// The clock is read once for each wait: a reply's latency therefore counts until the batch that
/// holds it was picked up, which is what a user of the server would see too.
struct LoadRun<Carrier: RequestCarrier & ~Copyable>: ~Copyable {
    /// Longest time in one wait, so that timers and pace are looked at.
    static var waitMillisecondsMax: Int32 { 50 }

    private let plan: RegisterPlan
    private let reader: ReplyReader
    private let order: BindingOrder
    private let firstSequence: UInt32
    private let sweepInterval: UInt64
    private var carrier: Carrier
    private var outstanding: Outstanding
    private var tally = LoadTally()
    private var replies: [ReplyReader.Reply] = []
    private var turn = 0
    private var started: UInt64 = 0
    private var lastReply: UInt64 = 0
    private var nextSweep: UInt64 = 0
    private var nextProgress: UInt64 = 0
    private var shown = 0

    /// A run of `plan` over `carrier`, with CSeq numbers from `firstSequence`.
    init(plan: RegisterPlan, carrier: consuming Carrier, run: UInt32, firstSequence: UInt32) {
        self.plan = plan
        self.firstSequence = firstSequence
        reader = ReplyReader(run: run, acceptsEcho: plan.acceptsEcho)
        order = BindingOrder(count: plan.bindings, seed: plan.seed)
        let first = UInt64(plan.retransmitMilliseconds) * 1_000_000
        sweepInterval = min(first / 4, UInt64(Self.waitMillisecondsMax) * 1_000_000)
        outstanding = Outstanding(
            slots: plan.usedWindow, lanes: carrier.lanes, bindings: plan.bindings,
            firstInterval: carrier.isReliable ? 0 : first,
            giveUp: UInt64(plan.giveUpSeconds) * 1_000_000_000)
        self.carrier = carrier
    }

    /// Runs until every request has come to an end, or the server has been silent too long.
    mutating func run(
        _ progress: (LoadProgress) -> Void
    ) throws(LoadError) -> (tally: LoadTally, nanoseconds: UInt64) {
        started = Self.now()
        lastReply = started
        nextSweep = started + sweepInterval
        nextProgress = started + 1_000_000_000
        for lane in 0..<carrier.lanes { try issue(lane: lane, now: started) }
        var isAlive = true
        while isAlive, tally.settled < plan.requests {
            try carrier.wait(milliseconds: waitMilliseconds())
            let now = Self.now()
            try takeReplies(now)
            isAlive = try sweep(now)
            // What still waits when the load is given up has got no answer either.
            if !isAlive { tally.timedOut += outstanding.count }
            // A load that is given up sends nothing more: nobody would wait for the replies.
            if isAlive, plan.rate != nil || outstanding.count < plan.usedWindow {
                for lane in 0..<carrier.lanes { try issue(lane: lane, now: now) }
            }
            report(now, progress)
        }
        return (tally, max(lastReply, started) - started)
    }

    /// Reads every lane that has something, and lets it go on at once.
    private mutating func takeReplies(_ now: UInt64) throws(LoadError) {
        for lane in 0..<carrier.lanes where carrier.isReady(lane: lane) {
            replies.removeAll(keepingCapacity: true)
            try carrier.receive(lane: lane, reader: reader, into: &replies)
            for index in replies.indices { settle(replies[index], now) }
            if !carrier.isOpen(lane: lane) {
                tally.disconnected += outstanding.abandon(lane: lane)
            }
            try issue(lane: lane, now: now)
        }
        guard carrier.refusals > 0, tally.answered == 0 else { return }
        throw LoadError(.refused, "nobody listens at \(plan.server) (UDP): refused")
    }

    /// Counts one reply and frees its slot when it is final.
    private mutating func settle(_ reply: ReplyReader.Reply, _ now: UInt64) {
        lastReply = now
        // RFC 3261 17.1.2.2: a provisional response does not end the transaction.
        guard reply.status >= 200 else {
            tally.provisional += 1
            return
        }
        guard let nanoseconds = outstanding.close(reply.ticket, now: now) else {
            tally.stray += 1
            return
        }
        tally.settle(status: reply.status, nanoseconds: nanoseconds)
    }

    /// Sends new requests on `lane` while it has room and the pace allows.
    private mutating func issue(lane: Int, now: UInt64) throws(LoadError) {
        guard carrier.isOpen(lane: lane) else { return }
        var staged = 0
        while turn < plan.requests, outstanding.hasRoom(lane: lane), isDue(now) {
            let binding = order.binding(at: turn)
            // RFC 3261 10.2: no new registration before the final response to the previous one. The
            // order is fixed, so nobody overtakes: the lane waits with the binding.
            guard !outstanding.isWaiting(binding: binding) else { break }
            // Ten digits whatever the clock says, and below 2^31 (RFC 3261 8.1.1.5).
            let round = UInt32(truncatingIfNeeded: turn / plan.bindings)
            let sequence = (firstSequence &+ round) & 0x3fff_ffff | 0x4000_0000
            guard
                let ticket = outstanding.open(
                    lane: lane, binding: binding, sequence: sequence, now: now)
            else { break }
            try carrier.stage(
                RequestTemplate.Request(binding: binding, sequence: sequence, ticket: ticket),
                lane: lane)
            turn += 1
            staged += 1
        }
        guard staged > 0 else { return }
        tally.sent += staged
        try carrier.flush(lane: lane)
    }

    /// Whether the pace allows the next request: the n-th is due n/rate seconds after the start.
    private func isDue(_ now: UInt64) -> Bool {
        guard let rate = plan.rate else { return true }
        return Double(turn) <= Double(now - started) * Double(rate) / 1e9
    }

    /// Sends again what is due; false when the server has said nothing for the give-up time.
    private mutating func sweep(_ now: UInt64) throws(LoadError) -> Bool {
        guard now >= nextSweep else { return true }
        nextSweep = now + sweepInterval
        let sweep = outstanding.sweep(now: now)
        for slot in sweep.resend {
            let lane = Int(slot) % carrier.lanes
            try carrier.stage(outstanding.request(slot: slot), lane: lane)
            try carrier.flush(lane: lane)
        }
        tally.retransmitted += sweep.resend.count
        tally.timedOut += sweep.failed
        let isSilent = sweep.failed > 0 && now - lastReply >= outstanding.giveUp
        let isConnected = (0..<carrier.lanes).contains { carrier.isOpen(lane: $0) }
        return !isSilent && (isConnected || outstanding.count > 0)
    }

    /// How long to wait for replies: a millisecond while a pace is kept, else until the next sweep.
    private func waitMilliseconds() -> Int32 {
        if plan.rate != nil, turn < plan.requests { return 1 }
        return max(1, Int32(sweepInterval / 1_000_000))
    }

    /// Tells how far the load is, about once a second.
    private mutating func report(_ now: UInt64, _ progress: (LoadProgress) -> Void) {
        guard now >= nextProgress else { return }
        let span = Double(now - nextProgress + 1_000_000_000) / 1e9
        nextProgress = now + 1_000_000_000
        let answered = tally.answered
        progress(
            LoadProgress(
                seconds: Double(now - started) / 1e9, settled: tally.settled,
                requests: plan.requests, rate: Double(answered - shown) / span,
                retransmitted: tally.retransmitted,
                failures: tally.settled - tally.classes[2]))
        shown = answered
    }

    private static func now() -> UInt64 { SystemClock.monotonic().nanoseconds }
}
