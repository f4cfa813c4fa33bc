/// What a presence load knows of its dialogs and presentities, and what it waits for.
///
/// A value without clock or socket: requests are asked for, replies and NOTIFYs are put in, and
/// everything is counted. One phase runs at a time and comes to its end before the next begins.
struct PresenceLedger: Sendable {
    /// One subscription.
    struct Dialog: Sendable {
        /// CSeq of our last request.
        var ownSequence: UInt32 = 0
        /// CSeq of the last NOTIFY; 0 before the first.
        var sequence: UInt32 = 0
        /// Number of the last state that a NOTIFY told; 0 before the first.
        var version: UInt32 = 0
        /// Which message the last NOTIFY was.
        var branch: UInt64 = 0
        /// Whether the server has accepted it and not ended it.
        var isActive = false
    }

    /// One presentity.
    struct Presentity: Sendable {
        /// Number of the last state that was sent; 0 before the first.
        var version: UInt32 = 0
        /// Whether the server holds a document of ours.
        var isPublished = false
    }

    /// What became of an attempt to begin an operation.
    enum Opening: Equatable, Sendable {
        /// The request to send, about this presentity or dialog.
        case request(MessageTemplate.Values, subject: Int)
        /// The window is full, or the subject has an operation that must end first.
        case blocked
        /// There is nothing to do for this subject.
        case needless
    }

    /// What a final reply asks of whoever keeps the tags.
    enum Settlement: Equatable, Sendable {
        /// Nothing.
        case none
        /// The tag that the reply holds belongs to this subject from now on.
        case keepTag(subject: Int)
        /// The tag of this subject is no longer good.
        case dropTag(subject: Int)
    }

    /// CSeq numbers begin behind this, so that all have ten digits and stay below 2^31.
    static let sequenceBase: UInt32 = 1_000_000_000

    /// What the load looks like.
    let plan: PresencePlan
    /// The run that NOTIFYs must name.
    let run: UInt32
    private let order: BindingOrder
    /// All subscriptions.
    var dialogs: [Dialog]
    /// All presentities.
    var presentities: [Presentity]
    /// What is not complete.
    var operations: Operations
    /// The phase that runs.
    private(set) var phase = PresencePhase.publish
    /// What the phase has come to.
    var tally = PresenceTally()

    /// A ledger in which nothing has happened yet.
    init(plan: PresencePlan, run: UInt32) {
        self.plan = plan
        self.run = run
        order = BindingOrder(count: plan.presentities, seed: plan.seed)
        dialogs = Array(repeating: Dialog(), count: plan.dialogs)
        presentities = Array(repeating: Presentity(), count: plan.presentities)
        operations = Operations(
            window: plan.window, subjects: max(plan.dialogs, plan.presentities),
            firstInterval: UInt64(plan.retransmitMilliseconds) * 1_000_000,
            giveUp: UInt64(plan.giveUpSeconds) * 1_000_000_000)
    }

    /// Begins a phase; the one before has come to its end.
    mutating func begin(_ phase: PresencePhase) {
        precondition(operations.count == 0, "the phase before is not complete")
        self.phase = phase
        tally = PresenceTally()
    }

    /// Number of subjects that `phase` has: presentities or dialogs.
    func subjects(of phase: PresencePhase) -> Int {
        phase.isPublication ? presentities.count : dialogs.count
    }

    /// The presentity that a dialog watches.
    func presentity(dialog: Int) -> Int { order.binding(at: dialog % presentities.count) }

    /// Begins the operation of the `turn`-th turn, counted from 0.
    mutating func open(turn: Int, now: UInt64) -> Opening {
        let index = turn % max(1, subjects(of: phase))
        let subject = phase.isPublication ? order.binding(at: index) : index
        guard isNeeded(subject) else { return .needless }
        guard operations.hasRoom, operations.slot(subject: subject) == nil else { return .blocked }
        let sequence = nextSequence(subject)
        guard
            let ticket = operations.open(
                subject: subject, sequence: sequence, awaited: awaited, now: now)
        else { return .blocked }
        tally.requests.sent += 1
        return .request(values(subject, sequence, ticket), subject: subject)
    }

    /// The request of a slot once more.
    func request(slot: Int) -> (values: MessageTemplate.Values, subject: Int) {
        let entry = operations[slot]
        let subject = Int(entry.subject)
        return (values(subject, entry.sequence, operations.ticket(slot: slot)), subject)
    }

    /// Takes a reply at `now`; `hasTag` says whether it holds the tag that such a reply must have.
    mutating func take(
        _ reply: ReplyReader.Reply, hasTag: Bool, now: UInt64
    ) -> Settlement {
        // RFC 3261 17.1.2.2: a provisional response does not end the transaction.
        guard reply.status >= 200 else {
            tally.requests.provisional += 1
            return .none
        }
        guard let slot = operations.waiting(reply.ticket) else {
            tally.requests.stray += 1
            return .none
        }
        let entry = operations[slot]
        let subject = Int(entry.subject)
        tally.requests.settle(
            status: reply.status, nanoseconds: now - min(now, entry.firstSent))
        guard reply.status < 300 else {
            operations.release(slot: slot)
            return refuse(subject, status: reply.status)
        }
        accept(subject)
        if needsTag, !hasTag { tally.malformed += 1 }
        if operations.answer(slot: slot) { tally.completed += 1 }
        return needsTag && hasTag ? .keepTag(subject: subject) : .none
    }

    /// Finds what must be sent again by `now`; what has failed is counted.
    mutating func sweep(now: UInt64) -> Operations.Sweep {
        let sweep = operations.sweep(now: now)
        tally.requests.timedOut += sweep.unanswered
        tally.requests.retransmitted += sweep.resend.count
        tally.incomplete += sweep.incomplete
        tally.lost += sweep.lost
        return sweep
    }

    /// NOTIFYs that an operation of the phase causes.
    private var awaited: Int {
        switch phase {
        case .publish, .remove: 0
        case .subscribe, .refresh, .unsubscribe: 1
        case .change, .register: plan.watchersEach
        }
    }

    /// Whether a good reply must hold a tag that later requests repeat.
    private var needsTag: Bool {
        switch phase {
        case .publish, .change, .subscribe: true
        case .refresh, .unsubscribe, .remove, .register: false
        }
    }

    /// What was never there needs no refresh and no end.
    private func isNeeded(_ subject: Int) -> Bool {
        switch phase {
        case .publish, .change, .subscribe, .register: true
        case .refresh, .unsubscribe: dialogs[subject].isActive
        case .remove: presentities[subject].isPublished
        }
    }

    /// The next CSeq of a subject; a publication has a new state with it.
    private mutating func nextSequence(_ subject: Int) -> UInt32 {
        guard !phase.isPublication else {
            presentities[subject].version += 1
            return Self.sequenceBase + presentities[subject].version
        }
        dialogs[subject].ownSequence += 1
        return Self.sequenceBase + dialogs[subject].ownSequence
    }

    /// What the places of a request about `subject` hold.
    private func values(
        _ subject: Int, _ sequence: UInt32, _ ticket: Ticket
    ) -> MessageTemplate.Values {
        guard !phase.isPublication else {
            return MessageTemplate.Values(
                presentity: subject, version: presentities[subject].version, sequence: sequence,
                ticket: ticket)
        }
        return MessageTemplate.Values(
            presentity: presentity(dialog: subject), dialog: subject, sequence: sequence,
            ticket: ticket)
    }

    /// The server has done what was asked.
    private mutating func accept(_ subject: Int) {
        switch phase {
        case .publish, .change, .register: presentities[subject].isPublished = true
        case .remove: presentities[subject].isPublished = false
        case .subscribe: dialogs[subject].isActive = true
        case .unsubscribe: dialogs[subject].isActive = false
        case .refresh: break
        }
    }

    /// The server has refused what was asked.
    private mutating func refuse(_ subject: Int, status: Int) -> Settlement {
        switch (phase.isPublication, status) {
        case (true, 412):
            // RFC 3903 4.1: only an initial publication helps when the entity tag is gone.
            presentities[subject].isPublished = false
            return .dropTag(subject: subject)
        case (false, 481):
            dialogs[subject].isActive = false
            return .none
        default: return .none
        }
    }
}
