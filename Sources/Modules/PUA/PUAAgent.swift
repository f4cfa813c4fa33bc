internal import Basics
internal import Dispatch
internal import Logging
internal import ModuleKit
internal import Publications
internal import Synchronization

/// What works for module `pua`: a queue, a thread behind it, and the engine that says what to do.
///
/// Workers and commands put something into the queue and go on. The thread takes all that waits at
/// once, so that whatever it costs to look up, to write and to send is paid once for many. Answers
/// to requests come on workers and go into the same queue.
final class PUAAgent: TransactionUser {
    /// Commands that are worked on before what they order is carried out.
    private static let commandsPerTurn = 512
    /// Requests that are written before they leave.
    private static let sendsPerBatch = 64

    private let engine: Guarded<PublicationEngine>
    private let inbox = Guarded(PUAInbox())
    private let declared: PUADeclarations
    /// Where the records are.
    let store: any PUAStore
    private let transactions: any TransactionServices
    private let services: any Services
    /// Whether other servers may have records that this one has never seen.
    private let isShared: Bool
    private let refreshAhead: Int
    private let dialogs = PUADialogIndex()
    private let thread = Guarded<PUAThread?>(nil)
    private let alarm = DispatchSemaphore(value: 0)
    /// Whether records were asked for that are due, and have not come.
    private let isAskingForDue = Atomic<Bool>(false)
    /// The second in which what is due was looked for last.
    private let lastRound = Atomic<Int>(0)
    /// Wishes that were not taken because too many waited.
    let turnedAway = Counter()

    /// An agent; its thread is not started yet.
    init(
        settings: PUASettings, declared: PUADeclarations, store: any PUAStore,
        transactions: any TransactionServices, services: any Services, isShared: Bool
    ) {
        func random() -> UInt64 { UInt64.random(in: 0...UInt64.max) }
        engine = Guarded(
            PublicationEngine(
                settings: settings, events: declared.events,
                secret: (random(), random(), random(), random()), now: SystemClock.wall()))
        refreshAhead = settings.refreshAheadSeconds
        self.declared = declared
        self.store = store
        self.transactions = transactions
        self.services = services
        self.isShared = isShared
    }

    // MARK: From any thread

    /// The event packages.
    var events: PUAEventTable { declared.events }

    /// Queues a request; `make` gets the ticket of whoever is told.
    func submit(
        _ completion: PUAModule.Completion?, _ make: (UInt64) -> PUACommand
    ) -> PUAAdmission {
        var wasEmpty = false
        let admission = inbox.withLock { inbox -> PUAAdmission in
            guard !inbox.isClosed else { return .refused(.notRunning) }
            guard inbox.commands.count < Limits.userAgentQueueMax else { return .refused(.full) }
            var ticket: UInt64 = 0
            if let completion {
                inbox.lastTicket += 1
                ticket = inbox.lastTicket
                inbox.completions[ticket] = completion
            }
            wasEmpty = inbox.commands.isEmpty
            inbox.commands.append(make(ticket))
            return .queued
        }
        if wasEmpty { alarm.signal() }
        if admission != .queued { turnedAway.add() }
        return admission
    }

    /// Queues what must not be lost: ends of requests and findings, of which there are no more than
    /// requests.
    private func enqueue(_ command: PUACommand) {
        let wasEmpty = inbox.withLock { inbox in
            inbox.commands.append(command)
            return inbox.commands.count == 1
        }
        if wasEmpty { alarm.signal() }
    }

    /// How many commands wait.
    var waitingCount: Int { inbox.withLock { $0.commands.count } }
    /// What the engine has done.
    var figures: PUAFigures { engine.withLock { $0.figures } }
    /// How much is being worked on, and how many requests are on their way.
    var load: (jobs: Int, inFlight: Int) {
        engine.withLock { ($0.jobCount, $0.inFlightCount) }
    }

    /// What memory knows of a dialog.
    func answer(_ dialog: PUADialog) -> PUADialogAnswer {
        if isShared { return dialogs.answer(dialog) ?? .unsure }
        // A store in memory answers within the call.
        let found = Guarded<PUAFinding>(.absent)
        let key = PUAKey.dialog(
            callID: dialog.callID, localTag: dialog.localTag, remoteTag: dialog.remoteTag)
        store.find([key]) { findings in
            if let first = findings.first { found.withLock { $0 = first } }
        }
        guard case .found(let record) = found.withLock({ $0 }) else { return .unknown }
        return .known(event: record.event, source: record.source)
    }

    /// A request has ended; on the worker that received the response.
    func completed(_ token: UInt64, _ outcome: RequestOutcome, in context: ScriptContext) {
        enqueue(.answered(token, PUAResponseReader.read(outcome, in: context)))
    }

    // MARK: The thread

    /// Starts the thread; false when the system has none.
    func startThread() -> Bool {
        let thread = PUAThread { [weak self] in
            guard let self else { return }
            let pause = DispatchTime.now() + .milliseconds(self.waitingCount > 0 ? 0 : 500)
            _ = self.alarm.wait(timeout: pause)
            self.turn(now: SystemClock.wall())
        }
        let services = services
        guard thread.start(announcing: { services.announceThread("presence user agent") }) else {
            return false
        }
        self.thread.withLock { $0 = thread }
        return true
    }

    /// Ends the thread, without which nothing happens by itself.
    func stopThread() {
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.requestStop()
        alarm.signal()
        thread?.waitForEnd()
    }

    /// Takes nothing any more, works off what waits, and has everything written.
    func stop() {
        inbox.withLock { $0.isClosed = true }
        stopThread()
        turn(now: SystemClock.wall())
        store.stop()
    }

    /// Does what waits and what is due.
    func turn(now: WallTime) {
        var orders = PUAOrders()
        if lastRound.exchange(now.seconds, ordering: .relaxed) != now.seconds {
            round(now, &orders)
            carryOut(&orders, now)
        }
        while true {
            var commands: [PUACommand] = []
            inbox.withLock { swap(&commands, &$0.commands) }
            guard !commands.isEmpty else { return }
            for place in commands.indices {
                obey(commands[place], now, &orders)
                if place % Self.commandsPerTurn == Self.commandsPerTurn - 1 {
                    carryOut(&orders, now)
                }
            }
            carryOut(&orders, now)
        }
    }

    /// What is done once a second.
    private func round(_ now: WallTime, _ orders: inout PUAOrders) {
        engine.withLock { $0.tick(now: now, into: &orders) }
        guard refreshAhead > 0,
            isAskingForDue.compareExchange(
                expected: false, desired: true, ordering: .relaxed
            ).exchanged
        else { return }
        // All of a burst can be refreshed within half the time that is left to them.
        let share = store.count / max(1, refreshAhead / 2)
        store.takeDue(
            before: WallTime(seconds: now.seconds + refreshAhead), now: now,
            claimSeconds: min(64, max(refreshAhead, 8)),
            limit: max(Limits.refreshesPerTurnMin, share)
        ) { [weak self] records in
            guard let self else { return }
            if !records.isEmpty { self.enqueue(.due(records)) }
            self.isAskingForDue.store(false, ordering: .relaxed)
        }
    }

    private func obey(_ command: PUACommand, _ now: WallTime, _ orders: inout PUAOrders) {
        switch command {
        case .publish(let request, let ticket):
            engine.withLock { $0.publish(request, ticket: ticket, now: now, into: &orders) }
        case .subscribe(let request, let ticket):
            engine.withLock { $0.subscribe(request, ticket: ticket, now: now, into: &orders) }
        case .found(let jobs, let findings):
            assert(jobs.count == findings.count, "one finding for each key")
            engine.withLock { engine in
                for (job, finding) in zip(jobs, findings) {
                    engine.found(job, finding, now: now, into: &orders)
                }
            }
        case .answered(let token, let response):
            engine.withLock { $0.answered(token, response, now: now, into: &orders) }
        case .due(let records):
            engine.withLock { engine in
                for record in records { engine.due(record, now: now, into: &orders) }
            }
        case .look(let dialog, let work): look(dialog, work)
        case .looked(let work, let finding): looked(work, finding, now, &orders)
        case .round: round(now, &orders)
        }
    }

    private func look(_ dialog: PUADialog, _ work: PUADialogWork) {
        let key = PUAKey.dialog(
            callID: dialog.callID, localTag: dialog.localTag, remoteTag: dialog.remoteTag)
        store.find([key]) { [weak self] findings in
            self?.enqueue(.looked(work, findings.first ?? .absent))
        }
    }

    private func looked(
        _ work: PUADialogWork, _ finding: PUAFinding, _ now: WallTime,
        _ orders: inout PUAOrders
    ) {
        var found: PUARecord?
        if case .found(let record) = finding { found = record }
        if case .tell(let body) = work { return body(found) }
        guard let record = found else { return }
        switch work {
        case .tell: break
        case .move(let target):
            engine.withLock { $0.moved(record, to: target, into: &orders) }
        case .end(let end):
            engine.withLock { $0.ended(record, end, now: now, into: &orders) }
        }
    }

    // MARK: Orders

    private func carryOut(_ orders: inout PUAOrders, _ now: WallTime) {
        if orders.isEmpty { return }
        // A record stands in the store before its request leaves, and before anybody is told.
        if !orders.changes.isEmpty {
            if isShared { dialogs.apply(orders.changes) }
            store.apply(orders.changes)
        }
        if !orders.lookups.isEmpty {
            let jobs = orders.lookups.map(\.job)
            store.find(orders.lookups.map(\.key)) { [weak self] findings in
                self?.enqueue(.found(jobs, findings))
            }
        }
        if !orders.sends.isEmpty { send(orders.sends) }
        for end in orders.ends { tell(end) }
        orders.removeAll()
    }

    private func send(_ sends: [PUASend]) {
        var place = 0
        while place < sends.count {
            let batch = sends[place..<min(place + Self.sendsPerBatch, sends.count)]
            place = batch.endIndex
            services.perform { context in
                for request in batch { send(request, in: context) }
            }
        }
    }

    private func send(_ request: PUASend, in context: ScriptContext) {
        var method = ByteWriter(capacity: 16)
        method.append(request.method)
        do throws(ForwardFailure) {
            try transactions.send(
                method.span, request.uri.span, to: Self.target(request.target), for: self,
                token: request.token, in: context
            ) { $0.append(request.rest) }
        } catch {
            let outcome: PUAResponse.Outcome =
                error == .tooManyTransactions ? .noRoom : .undeliverable
            var response = PUAResponse(outcome, status: 503)
            response.reason = Array("\(error.reason)".utf8)
            enqueue(.answered(request.token, response))
            let target = String(decoding: request.target, as: UTF8.self)
            services.logger.info("pua: no \(request.method) to \(target): \(error.reason)")
        }
    }

    /// An address leads to itself; only names are looked up.
    private static func target(_ uri: [UInt8]) -> RequestTarget {
        do throws(ForwardFailure) {
            return .address(try ScriptContext.hop(uri.span))
        } catch {
            return .uri(uri)
        }
    }

    private func tell(_ end: PUAEnd) {
        if !end.tickets.isEmpty {
            let bodies = inbox.withLock { inbox in
                end.tickets.compactMap { inbox.completions.removeValue(forKey: $0) }
            }
            for body in bodies { body(end.reply) }
        }
        for observer in declared.observers where observer.sources.shares(end.source) {
            observer.body(end.reply)
        }
        guard !end.reply.isSuccess else { return }
        let reason = String(decoding: end.reply.reason, as: UTF8.self)
        services.logger.info(
            "pua: a request ended with \(end.reply.status) \(reason)",
            metadata: ["source": "\(end.source.rawValue)", "again": "\(end.reply.isRetried)"])
    }
}
