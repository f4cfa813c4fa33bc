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

    /// What decides; it is the thread's, and others only read its figures.
    private let engine: Guarded<PublicationEngine>
    /// What waits for the thread.
    private let inbox = Guarded(PUAInbox())
    /// Packages and observers, as they were at the start.
    private let declared: PUADeclarations
    /// Where the records are.
    let store: any PUAStore
    /// Sends requests and tells how they end.
    private let transactions: any TransactionServices
    /// The server: contexts to send from, and the log.
    private let services: any Services
    /// Whether other servers may have records that this one has never seen.
    private let isShared: Bool
    /// How long before its end a record is refreshed, in seconds; 0 for never.
    private let refreshAhead: Int
    /// What workers may know of dialogs without a look-up, where the table is shared.
    private let dialogs = PUADialogIndex()
    /// The thread while it runs.
    private let thread = Guarded<PUAThread?>(nil)
    /// Wakes the thread when something comes into the empty queue.
    private let alarm = DispatchSemaphore(value: 0)
    /// Whether records were asked for that are due, and have not come.
    private let isAskingForDue = Atomic<Bool>(false)
    /// What has become of the records that the store is asked for.
    private let overtaken = Guarded(PUAOvertaken())
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
        overtaken.withLock { $0.beginDue() }
        store.takeDue(
            before: WallTime(seconds: now.seconds + refreshAhead), now: now,
            claimSeconds: min(64, max(refreshAhead, 8)),
            limit: max(Limits.refreshesPerTurnMin, share)
        ) { [weak self] records in
            // Also when there is none: until the thread has seen it, nothing more is asked for.
            self?.enqueue(.due(records))
        }
    }

    /// Gives one command to the engine, or does it where the engine is not needed.
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
            let present = overtaken.withLock { overtaken in
                overtaken.note(orders.changes)
                return overtaken.endDue(records)
            }
            isAskingForDue.store(false, ordering: .relaxed)
            engine.withLock { engine in
                for record in present { engine.due(record, now: now, into: &orders) }
            }
        case .look(let dialog, let work): look(dialog, work)
        case .looked(let dialog, let work, let finding):
            looked(dialog, work, finding, now, &orders)
        case .round: round(now, &orders)
        }
    }

    /// Asks the store for the subscription of a dialog; the answer comes back as a command.
    private func look(_ dialog: PUADialog, _ work: PUADialogWork) {
        let key = PUAKey.dialog(
            callID: dialog.callID, localTag: dialog.localTag, remoteTag: dialog.remoteTag)
        overtaken.withLock { $0.beginLook(Self.identity(dialog)) }
        store.find([key]) { [weak self] findings in
            self?.enqueue(.looked(dialog, work, findings.first ?? .absent))
        }
    }

    private static func identity(_ dialog: PUADialog) -> PUAIdentity {
        .subscription(callID: dialog.callID, fromTag: dialog.localTag)
    }

    /// Does with the subscription of a dialog what was asked for.
    private func looked(
        _ dialog: PUADialog, _ work: PUADialogWork, _ finding: PUAFinding, _ now: WallTime,
        _ orders: inout PUAOrders
    ) {
        // What earlier commands of this turn have ordered counts already.
        overtaken.withLock { $0.note(orders.changes) }
        var answer: PUARecord?
        if case .found(let record) = finding { answer = record }
        let found = overtaken.withLock { $0.endLook(Self.identity(dialog), answer) }
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

    /// Does what the engine has ordered, in the order that crashes and early NOTIFYs ask for.
    private func carryOut(_ orders: inout PUAOrders, _ now: WallTime) {
        if orders.isEmpty { return }
        // A record stands in the store before its request leaves, and before anybody is told.
        if !orders.changes.isEmpty {
            overtaken.withLock { $0.note(orders.changes) }
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

    /// Sends requests, some at a time: one context, and one system call where the system can.
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

    /// Sends one; what cannot leave is over at once.
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

    /// Tells those who asked, each once, and those who hear of every end of the source.
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
