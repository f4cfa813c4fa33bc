internal import Basics

/// The loop of a presence load: keep the window full, take replies, answer every NOTIFY at once.
///
/// One thread does everything. Lane 0 is the publishers' socket, the others are the watchers'. A
/// batch of datagrams is read, worked through, and answered with one system call before anything
/// new is sent, so that no watcher is ever slower than the server.
struct PresenceRun: ~Copyable {
    /// How much of a phase is done, and how fast.
    struct Limit: Sendable {
        /// Most operations.
        var count: Int
        /// Seconds after which no operation begins.
        var seconds: Int?
        /// Most operations a second.
        var rate: Int?
    }

    /// What a phase has come to.
    struct Outcome: Sendable {
        /// Everything that was counted.
        var tally: PresenceTally
        /// Operations that were complete when the time was up.
        var completed = 0
        /// NOTIFYs that had come then.
        var notifies = 0
        /// Nanoseconds from the first request to then.
        var nanoseconds: UInt64 = 0
    }

    /// Dialogs of one socket follow each other in groups of this size, so that they share batches.
    private static let dialogsInRow = Limits.datagramBatch

    private let templates: [PresenceTemplates]
    private let reader: ReplyReader
    private let server: ServerName
    private let sweepInterval: UInt64
    private var lanes: DatagramLanes
    private var ledger: PresenceLedger
    private var dialogTags: TagStore
    private var entityTags: TagStore
    private var limit = Limit(count: 0)
    private var outcome = Outcome(tally: PresenceTally())
    private var turn = 0
    private var started: UInt64 = 0
    private var lastHeard: UInt64 = 0
    private var nextSweep: UInt64 = 0
    private var nextProgress: UInt64 = 0
    private var shown = 0
    private var isTimeUp = false

    /// Opens the sockets of `plan`.
    init(plan: PresencePlan, endpoint: ServerEndpoint, run: UInt32) throws(LoadError) {
        let lanes = try DatagramLanes(count: plan.sockets + 1, endpoint: endpoint)
        templates = lanes.addresses.map { PresenceTemplates(plan: plan, local: $0, run: run) }
        self.lanes = lanes
        server = plan.server
        reader = ReplyReader(run: run, acceptsEcho: false)
        ledger = PresenceLedger(plan: plan, run: run)
        dialogTags = TagStore(count: plan.dialogs, prefix: ";tag=", suffix: "")
        entityTags = TagStore(
            count: plan.presentities, prefix: "SIP-If-Match: ", suffix: "\r\n")
        let first = UInt64(plan.retransmitMilliseconds) * 1_000_000
        sweepInterval = min(first / 4, 50_000_000)
    }

    /// Runs one phase until every operation has come to an end, or the server has been silent too
    /// long; what then still waits has failed.
    mutating func run(
        _ phase: PresencePhase, _ limit: Limit, _ progress: (LoadProgress) -> Void
    ) throws(LoadError) -> Outcome {
        begin(phase, limit)
        try issue(started)
        while !isDone {
            try lanes.wait(milliseconds: waitMilliseconds)
            for lane in 0..<lanes.count where lanes.isReady(lane: lane) { try take(lane) }
            let now = Self.now()
            guard try sweep(now) else { break }
            try issue(now)
            report(now, progress)
        }
        finish(Self.now())
        return outcome
    }

    /// Sets everything back for a phase.
    private mutating func begin(_ phase: PresencePhase, _ limit: Limit) {
        ledger.begin(phase)
        self.limit = limit
        outcome = Outcome(tally: PresenceTally())
        turn = 0
        shown = 0
        isTimeUp = false
        started = Self.now()
        lastHeard = started
        nextSweep = started + sweepInterval
        nextProgress = started + 1_000_000_000
    }

    private var isDone: Bool {
        (turn >= limit.count || isTimeUp) && ledger.operations.count == 0
    }

    /// Reads one batch, and sends the replies to the NOTIFYs in it.
    ///
    /// The clock is read for each batch: a latency counts until the batch that ends it was picked
    /// up.
    private mutating func take(_ lane: Int) throws(LoadError) {
        let count = lanes.receive(lane: lane)
        guard count > 0 else {
            guard lanes.refusals == 0 || lastHeard > started else {
                throw LoadError(.refused, "nobody listens at \(server) (UDP): refused")
            }
            return
        }
        lastHeard = Self.now()
        try lanes.turn(to: lane)
        for index in 0..<count {
            switch Self.read(index, lanes.inbox, reader, ledger.phase) {
            case .notify(let notify):
                let isKnown = ledger.take(notify, now: lastHeard)
                Self.answer(notify, index, lanes.inbox, isKnown, &lanes.outbox.bytes)
                try lanes.endMessage()
            case .reply(let reply, let tag):
                settle(reply, tag, index)
            case .foreign: break
            }
        }
        try lanes.flush()
    }

    /// What a datagram is.
    private enum Event {
        case notify(Notify)
        case reply(ReplyReader.Reply, tag: ByteRange?)
        case foreign
    }

    /// Reads one datagram; the span stays here, because what follows changes the run.
    private static func read(
        _ index: Int, _ inbox: borrowing DatagramInbox, _ reader: ReplyReader,
        _ phase: PresencePhase
    ) -> Event {
        let bytes = inbox.datagram(index)
        if let notify = NotifyReader.read(bytes) { return .notify(notify) }
        guard let reply = reader.read(bytes) else { return .foreign }
        guard (200..<300).contains(reply.status) else { return .reply(reply, tag: nil) }
        switch phase {
        case .publish, .change: return .reply(reply, tag: TagFinder.entityTag(bytes))
        case .subscribe: return .reply(reply, tag: TagFinder.dialogTag(bytes))
        case .refresh, .unsubscribe, .remove, .register: return .reply(reply, tag: nil)
        }
    }

    /// Writes the reply to a NOTIFY.
    private static func answer(
        _ notify: Notify, _ index: Int, _ inbox: borrowing DatagramInbox, _ isKnown: Bool,
        _ writer: inout ByteWriter
    ) {
        notify.appendReply(inbox.datagram(index), to: &writer, isKnown: isKnown)
    }

    /// Takes a reply, and keeps or drops the tag that it is about.
    private mutating func settle(_ reply: ReplyReader.Reply, _ tag: ByteRange?, _ index: Int) {
        let isFitting = tag.map { $0.count <= Limits.loadTagBytesMax } ?? false
        switch ledger.take(reply, hasTag: isFitting, now: lastHeard) {
        case .none: break
        case .dropTag(let subject): entityTags.clear(subject)
        case .keepTag(let subject):
            guard let tag else { return }
            if ledger.phase.isPublication {
                Self.keep(tag, index, lanes.inbox, subject, &entityTags)
            } else {
                Self.keep(tag, index, lanes.inbox, subject, &dialogTags)
            }
        }
    }

    private static func keep(
        _ tag: ByteRange, _ index: Int, _ inbox: borrowing DatagramInbox, _ subject: Int,
        _ store: inout TagStore
    ) {
        _ = store.set(subject, inbox.datagram(index).extracting(tag.indices))
    }

    /// Begins operations while the window has room and the pace allows.
    private mutating func issue(_ now: UInt64) throws(LoadError) {
        if let seconds = limit.seconds, !isTimeUp, now - started >= UInt64(seconds) * 1_000_000_000
        {
            isTimeUp = true
            note(now)
        }
        guard !isTimeUp else { return }
        while turn < limit.count, isDue(now) {
            switch ledger.open(turn: turn, now: now) {
            case .blocked: return try lanes.flush()
            case .needless: break
            case .request(let values, let subject): try send(values, subject)
            }
            turn += 1
        }
        try lanes.flush()
    }

    /// Writes one request for the socket of its subject.
    private mutating func send(
        _ values: MessageTemplate.Values, _ subject: Int
    ) throws(LoadError) {
        let phase = ledger.phase
        let lane = phase.isPublication ? 0 : 1 + subject / Self.dialogsInRow % (lanes.count - 1)
        try lanes.turn(to: lane)
        if phase.isPublication {
            Self.write(phase, values, entityTags, subject, templates[lane], &lanes.outbox.bytes)
        } else {
            Self.write(phase, values, dialogTags, subject, templates[lane], &lanes.outbox.bytes)
        }
        try lanes.endMessage()
    }

    private static func write(
        _ phase: PresencePhase, _ values: MessageTemplate.Values, _ tags: borrowing TagStore,
        _ subject: Int, _ templates: borrowing PresenceTemplates, _ writer: inout ByteWriter
    ) {
        templates.append(phase, values, inserting: tags.insertion(subject), to: &writer)
    }

    /// Whether the pace allows the next operation: the n-th is due n/rate seconds after the start.
    private func isDue(_ now: UInt64) -> Bool {
        guard let rate = limit.rate else { return true }
        return Double(turn) <= Double(now - started) * Double(rate) / 1e9
    }

    /// Sends again what is due; false when the server has said nothing for the give-up time.
    private mutating func sweep(_ now: UInt64) throws(LoadError) -> Bool {
        guard now >= nextSweep else { return true }
        nextSweep = now + sweepInterval
        let sweep = ledger.sweep(now: now)
        for slot in sweep.resend {
            let request = ledger.request(slot: slot)
            try send(request.values, request.subject)
        }
        try lanes.flush()
        let isSilent = sweep.unanswered > 0 && now - min(now, lastHeard) >= ledger.operations.giveUp
        return !isSilent
    }

    /// Notes what was reached at this moment; the rates are taken from it.
    private mutating func note(_ now: UInt64) {
        outcome.completed = ledger.tally.completed
        outcome.notifies = ledger.tally.notifies
        outcome.nanoseconds = now - started
    }

    /// Closes the account of a phase.
    private mutating func finish(_ now: UInt64) {
        if !isTimeUp { note(max(lastHeard, started + 1)) }
        // What still waits when the load is given up has failed as well.
        _ = ledger.sweep(now: .max)
        outcome.tally = ledger.tally
    }

    /// How long to wait: a millisecond while a pace is kept, else until the next sweep.
    private var waitMilliseconds: Int32 {
        if limit.rate != nil, turn < limit.count, !isTimeUp { return 1 }
        return max(1, Int32(sweepInterval / 1_000_000))
    }

    /// Tells how far the phase is, about once a second.
    private mutating func report(_ now: UInt64, _ progress: (LoadProgress) -> Void) {
        guard now >= nextProgress else { return }
        let span = Double(now - nextProgress + 1_000_000_000) / 1e9
        nextProgress = now + 1_000_000_000
        let tally = ledger.tally
        progress(
            LoadProgress(
                seconds: Double(now - started) / 1e9, settled: tally.settled,
                requests: limit.seconds == nil ? limit.count : turn,
                rate: Double(tally.completed - shown) / span,
                retransmitted: tally.requests.retransmitted,
                failures: tally.settled - tally.completed))
        shown = tally.completed
    }

    private static func now() -> UInt64 { SystemClock.monotonic().nanoseconds }
}
