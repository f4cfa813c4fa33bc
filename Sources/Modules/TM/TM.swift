internal import Basics
internal import Logging
public import ModuleKit
internal import SIPSyntax
internal import Synchronization
internal import Transactions

/// Module `tm`: transactions (RFC 3261 17, RFC 6026), and the proxy that is made of them (16).
///
/// The machines are values of the target `Transactions`; this module drives them. What arrives is
/// worked on by the worker that received it; what time brings, by a thread of the module's own. A
/// transaction that is being worked on keeps what comes meanwhile in its mailbox, so that no lock
/// is held while a script runs.
public final class TMModule: ServerModule {
    /// Its settings.
    public typealias Parameters = TMParameters
    /// What holds without `modparam`.
    public static let defaults = TMParameters()

    /// Most transactions of each kind; a store of this size takes long to fill, so tests have
    /// smaller ones.
    @TaskLocal static var transactionsMax = min(
        Limits.clientTransactionsMax, Limits.serverTransactionsMax)

    /// Where the settings are found at the time of a message.
    let settings: SettingsHandle<TMParameters>
    /// The server.
    let services: any Services
    /// All transactions that this server has opened as a client.
    let clients: ClientTransactions
    /// All transactions that others have opened here.
    let servers: ServerTransactions
    /// What is counted.
    public let counters = TMCounters()
    /// Those who send requests of their own through here, by the number in their transactions.
    let users = Guarded<[any TransactionUser]>([])
    /// Requests of operators and scripts.
    let commands = CommandRequests()
    /// The thread of the timers, while the module runs.
    private let timer = Guarded<TimerThread?>(nil)
    /// Requests on connections that may break.
    let streams = Guarded(StreamWatch())
    /// Ticks since the last look at connections.
    private let ticks = Atomic<Int>(0)
    /// Work that must not be done where it was found out, for the thread of the timers.
    private let later = Guarded<[@Sendable (ScriptContext) -> Void]>([])
    private let secrets = KeyedHash(
        key0: UInt64.random(in: 0...UInt64.max), key1: UInt64.random(in: 0...UInt64.max))
    private let lanes = Atomic<UInt64>(0)
    /// How far the timers' time is ahead of the clock, in nanoseconds.
    private let shift = Atomic<UInt64>(0)
    /// The clock's time that tests hold, in nanoseconds; 0 lets it go.
    private let held = Atomic<UInt64>(0)
    /// Connections that have ended since the last tick.
    private let ended = Guarded(StreamWatch.Ended())

    /// Opens nothing but the two stores.
    public init(_ setup: ModuleSetup<TMParameters>) throws(StartFailure) {
        settings = setup.settings
        services = setup.services
        let now = SystemClock.monotonic()
        clients = ClientTransactions(now: now, transactionsMax: Self.transactionsMax)
        var seed = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        seed.0 = .random(in: 0...UInt64.max)
        seed.1 = .random(in: 0...UInt64.max)
        seed.2 = .random(in: 0...UInt64.max)
        seed.3 = .random(in: 0...UInt64.max)
        servers = ServerTransactions(
            seed: seed, now: now, transactionsMax: Self.transactionsMax)
    }

    /// Looks at the replies that arrive, and starts the timers.
    public func start() throws(StartFailure) {
        services.network.takeReplies { [weak self] context in self?.take(context) ?? false }
        services.network.takeFailures { [weak self] failure in self?.noteFailure(failure) }
        let thread = TimerThread { [weak self] in self?.tick() ?? false }
        guard thread.start(announcing: { [services] in services.announceThread("tm timer") }) else {
            throw StartFailure("tm: cannot start the thread of the timers")
        }
        timer.withLock { $0 = thread }
    }

    /// Ends the timers.
    public func stop() { timer.withLock { $0.take() }?.stop() }

    // MARK: What each worker keeps

    /// What a worker keeps from message to message.
    func workspace(_ context: ScriptContext) -> TMWorkspace {
        context.workspace(settings) {
            TMWorkspace(
                lane: lanes.add(1, ordering: .relaxed).newValue, secrets: secrets,
                keys: servers.makeKeyMaker(), sockets: services.sockets,
                observers: services.callObservers,
                hasLocalRequest: services.hasEventRoute("tm:local-request"),
                hasLocalResponse: services.hasEventRoute("tm:local-response"),
                hasLocalResponseSent: services.hasEventRoute("tm:local-response-sent"))
        }
    }

    // MARK: Time

    /// The present time of the timers.
    var now: MonotonicTime {
        let held = held.load(ordering: .relaxed)
        let time = held == 0 ? SystemClock.monotonic().nanoseconds : held
        return MonotonicTime(nanoseconds: time &+ shift.load(ordering: .relaxed))
    }

    /// Stops the clock, so that in a test no time passes but what `advance` says.
    func holdClock() {
        held.store(SystemClock.monotonic().nanoseconds, ordering: .relaxed)
    }

    /// Lets the timers' time go forward, so that tests need not wait.
    func advance(milliseconds: Int) {
        precondition(milliseconds >= 0)
        shift.add(UInt64(milliseconds) * 1_000_000, ordering: .relaxed)
    }

    /// Has a piece of work done soon by the thread of the timers, in a context of the control
    /// plane.
    func perform(later work: @escaping @Sendable (ScriptContext) -> Void) {
        later.withLock { $0.append(work) }
        timer.withLock { $0 }?.wake()
    }

    /// Has a piece of work done at the next tick: for what is tried again and again.
    func performAtNextTick(_ work: @escaping @Sendable (ScriptContext) -> Void) {
        later.withLock { $0.append(work) }
    }

    /// Does what is due; whether any transaction is open, so that the next tick must come soon.
    @discardableResult
    func tick() -> Bool {
        let now = now
        let work = later.withLock { later in
            defer { later = [] }
            return later
        }
        if !work.isEmpty {
            services.perform { context in for piece in work { piece(context) } }
        }
        tickClients(now)
        tickServers(now)
        tickStreams(now)
        if ticks.add(1, ordering: .relaxed).newValue % Self.ticksPerLook == 0 { purgeStreams() }
        return clients.count > 0 || servers.count > 0 || later.withLock { !$0.isEmpty }
    }

    /// Most transactions that are looked at before their messages leave.
    private static let batch = 128

    private func tickClients(_ now: MonotonicTime) {
        var outcomes: [ClientOutcome] = []
        var isLeft = true
        while isLeft {
            outcomes.removeAll(keepingCapacity: true)
            isLeft = clients.takeDue(now: now, limit: Self.batch, into: &outcomes)
            var reports: [ClientOutcome] = []
            for outcome in outcomes {
                // Retransmissions (timers A and E) need no script and leave from here.
                if outcome.orders.contains(.send), let message = outcome.message {
                    services.network.send(message.span, to: outcome.destination)
                }
                if !outcome.orders.isDisjoint(with: [.reportTimeout, .reportFailure]) {
                    reports.append(outcome)
                }
            }
            // The script runs outside of the store's locks, for many at once.
            guard !reports.isEmpty else { continue }
            services.perform { context in
                for report in reports { failed(report, in: context) }
            }
        }
    }

    /// Ticks between two looks at which requests on streams have had their answers: about half a
    /// second.
    private static let ticksPerLook = 50

    /// Forgets the requests on streams that have ended.
    private func purgeStreams() {
        let watched = streams.withLock { streams in
            defer { streams = StreamWatch() }
            return streams
        }
        guard watched.count > 0 else { return }
        // Without the lock, since the question takes another.
        var rest = watched
        rest.purge { clients.state(of: $0) != nil }
        streams.withLock { $0.append(rest) }
    }

    /// Tells of the requests whose connection has ended (RFC 3261 17.1.4).
    private func tickStreams(_ now: MonotonicTime) {
        let ended = ended.withLock { ended in
            defer { if !ended.isEmpty { ended = StreamWatch.Ended() } }
            return ended
        }
        guard !ended.isEmpty else { return }
        fail(streams.withLock { $0.takeBroken(ended) }, now)
    }

    /// Notes what the network could not deliver; the thread may hold locks of the network's.
    private func noteFailure(_ failure: DeliveryFailure) {
        switch failure {
        case .connection(let number, let peer):
            ended.withLock { $0.add(number, peer) }
        case .message(let bytes):
            perform(later: { [weak self] context in self?.undelivered(bytes, in: context) })
        }
    }

    /// A message of ours or of somebody else's could not be sent.
    private func undelivered(_ bytes: [UInt8], in context: ScriptContext) {
        guard Self.load(bytes.span, into: context), context.message.kind == .request else { return }
        // The end of an ACK or a CANCEL is no concern of the INVITE, whose branch they have.
        let method = context.message.method
        guard method != .ack, method != .cancel,
            let branch = context.withMessage({ ClientBranch(ofTopmostVia: $0) })
        else { return }
        fail([branch], now)
    }

    /// Ends transactions whose request could not be delivered.
    private func fail(_ branches: [ClientBranch], _ now: MonotonicTime) {
        let reports = branches.compactMap { clients.transportFailed($0, now: now) }
        guard !reports.isEmpty else { return }
        services.perform { context in
            for report in reports { failed(report, in: context) }
        }
    }

    private func tickServers(_ now: MonotonicTime) {
        var outcomes: [ServerOutcome] = []
        var isLeft = true
        while isLeft {
            outcomes.removeAll(keepingCapacity: true)
            isLeft = servers.takeDue(now: now, limit: Self.batch, into: &outcomes)
            for outcome in outcomes {
                if outcome.orders.contains(.send), let message = outcome.message {
                    services.network.send(message.span, to: outcome.destination)
                }
                // Timer G: a failure that the caller has not acknowledged was sent again above.
                guard let transaction = outcome.attachment as? ServedTransaction else { continue }
                if outcome.orders.contains(.reportTimeout) {
                    services.perform { transaction.post(.expired, in: $0) }
                }
                if outcome.orders.contains(.terminate) { transaction.ended() }
            }
        }
    }

    // MARK: Replies

    /// Looks at a reply that has arrived; whether it answers a request of this server's.
    func take(_ context: ScriptContext) -> Bool {
        let now = now
        switch context.withMessage({ clients.received($0, now: now) }) {
        case .foreign: return false
        case .stray:
            // Ours, but of no open transaction: such responses end here (RFC 6026 8.7).
            counters.absorbed.add()
            return true
        case .matched(let outcome):
            counters.received.add()
            answered(outcome, in: context)
            return true
        }
    }

    /// A response of a transaction came; it is the context's message.
    private func answered(_ outcome: ClientOutcome, in context: ScriptContext) {
        if outcome.owner.kind == OwnerKind.user.rawValue {
            return userAnswered(outcome, in: context)
        }
        (outcome.attachment as? ServedTransaction)?.answered(outcome, in: context)
    }

    /// A transaction has ended without a response; the context is one of the control plane.
    private func failed(_ outcome: ClientOutcome, in context: ScriptContext) {
        avoid(after: outcome, in: context)
        if outcome.owner.kind == OwnerKind.user.rawValue {
            return userFailed(outcome, in: context)
        }
        (outcome.attachment as? ServedTransaction)?.failed(outcome, in: context)
    }
}

/// Whose a client transaction is, as its owner's kind says.
enum OwnerKind: UInt32 {
    /// A request of a module's own.
    case user = 1
    /// A branch of a request that is sent on.
    case branch = 2
    /// The CANCEL of such a branch.
    case cancel = 3
    /// A copy whose answers nobody sees.
    case replica = 4
}
