import Basics
import Dispatch
import Logging
import ModuleKit
import Storage
import Subscriptions
import Synchronization

/// Brings the changes of the presence server to the database: behind the requests, or in groups
/// that wait for it.
///
/// All statements run on one queue, so that a connection is never used twice at once. Changes stay
/// in the engine's journal until a batch is confirmed; a database that is away or frozen costs a
/// time-out here and nothing there.
///
/// Three rhythms: what is prompt (documents, decisions, and subscriptions where a SUBSCRIBE waits)
/// goes within `windowMilliseconds`; subscriptions in `subs_db_mode` 2 every `db_update_period`,
/// when all their NOTIFYs since are one row; and what failed once goes with the next second in
/// which the database may be tried.
///
/// Sendable, because link, loader and batch are used on that queue alone, and the rest is constant
/// or under a lock.
final class StorageWriter: @unchecked Sendable {
    /// Reads tables, or prepares to.
    typealias Load = @Sendable (any DatabaseConnection) throws(StorageError) -> Void
    /// Changes of one transaction.
    ///
    /// Large enough that the commit hardly counts, small enough that what a batch takes, a few
    /// kilobytes for each change, does not show in the memory of the server.
    static let batchChanges = 500
    /// How long a change waits for others before it is written; half of what is promised.
    static let windowMilliseconds = 50
    /// Longest time that one request waits for the database.
    ///
    /// A phone sends its request again after half a second, one, two (RFC 3261 17.1.2.2); a reply
    /// after two seconds is still in time.
    static let waitSecondsMax = 2

    /// What other threads than the queue's read and change.
    private struct State: Sendable {
        /// Changes that wait for the next second, because writing them failed.
        var owed: JournalKinds = []
        /// Those who wait until their change is in the database; at most one a worker.
        var waiters: [DispatchSemaphore] = []
        var counts = StorageCounts()
    }

    private let agent: StateAgent
    private let settings: StorageSettings
    private let logger: Logger
    private let queue = DispatchQueue(label: "roost.presence.writer", qos: .utility)
    private let state = Guarded(State())
    /// Whether a prompt pass is queued that has not begun: one is enough for all changes until
    /// then.
    private let isScheduled = Atomic(false)
    private let link: DatabaseLink
    private let loader: StorageLoader
    // The rest belongs to `queue`.
    private var batch: StorageBatch
    /// What remains to be loaded, nil once it is; it runs before the first write.
    private var load: Load?

    /// A writer of the changes of an engine; nothing is opened yet.
    init(
        _ agent: StateAgent, _ driver: any DatabaseDriver, _ settings: StorageSettings,
        logger: Logger
    ) {
        self.agent = agent
        self.settings = settings
        self.logger = logger
        link = DatabaseLink("presence", driver, logger: logger)
        loader = StorageLoader(
            reader: StorageReader(agent: agent, settings: settings), logger: logger)
        batch = StorageBatch(settings, packages: agent.packages)
    }

    /// How the database does.
    var status: DatabaseStatus { link.status }
    /// What has been written, and what went wrong.
    var counts: StorageCounts { state.withLock { $0.counts } }

    // MARK: Start and stop

    /// Checks and loads the tables, and throws what the first attempt throws.
    ///
    /// When the database is away it is tried again and again, before anything is written.
    func start() throws(StorageError) {
        let loader = loader
        let load: Load = { (connection) throws(StorageError) in
            try loader.prepare(connection)
            try loader.load(connection)
        }
        let result: Result<Void, StorageError> = queue.sync {
            self.load = load
            do throws(StorageError) {
                try connected { (connection) throws(StorageError) in try loadOnce(connection) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Writes what waits a last time and closes the connection; false when something is left.
    ///
    /// Nothing may be changed behind it: the transport has stopped by then.
    func finish() -> Bool {
        queue.sync {
            agent.journalCounters(now: SystemClock.wall())
            let isDone = pass(.all, ignoringBackoff: true)
            link.close()
            return isDone
        }
    }

    // MARK: Changes

    /// Says that something has changed: cheap, and to be called after each request that may have.
    func changed() {
        guard !isScheduled.load(ordering: .relaxed), !isScheduled.exchange(true, ordering: .relaxed)
        else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.windowMilliseconds)) { [self] in
            isScheduled.store(false, ordering: .relaxed)
            _ = pass(settings.promptKinds)
        }
    }

    /// Waits until what the caller has changed is in the database, at most two seconds; not at all
    /// while the database is known to be away, for then changes wait in memory and SIP goes on.
    ///
    /// Those who come while a transaction is under way are written together by the next, so that
    /// the cost of a commit is shared when there is a crowd and paid alone when there is none.
    ///
    /// - Returns: Whether it is in the database.
    @discardableResult
    func commit() -> Bool {
        let signal = DispatchSemaphore(value: 0)
        state.withLock { $0.waiters.append(signal) }
        queue.async { [self] in
            // Another pass may have taken the caller along.
            guard state.withLock({ $0.waiters.contains { $0 === signal } }) else { return }
            _ = pass(settings.promptKinds)
        }
        // Looked at behind the list: who finds the database away wakes all who are on it.
        if link.status.state == .away { signal.signal() }
        let outcome = signal.wait(timeout: .now() + .seconds(Self.waitSecondsMax))
        let isOpen = state.withLock { state in
            let count = state.waiters.count
            state.waiters.removeAll { $0 === signal }
            return state.waiters.count < count
        }
        if outcome == .timedOut {
            // A frozen database is found out by one request; those behind it do not wait as well.
            link.become(.away, "no answer within \(Self.waitSecondsMax) s")
            wake()
        }
        return !isOpen && link.status.state == .connected
    }

    /// What is due every second: what an earlier pass owes, and the load if there was none yet.
    func tick() {
        let owed = state.withLock { $0.owed }
        guard !owed.isEmpty || !link.status.isLoaded else { return }
        queue.async { [self] in _ = pass(owed) }
    }

    /// What is due every `db_update_period`: everything, and the rows that lag behind by nothing
    /// but the numbers of their last NOTIFYs.
    func update() {
        queue.async { [self] in
            agent.journalCounters(now: SystemClock.wall())
            _ = pass(.all)
        }
    }

    /// Writes everything that waits and returns when that is done; false when something is left.
    ///
    /// It ignores the pause after a failure: somebody asked for it, who wants to know.
    @discardableResult
    func flush() -> Bool { queue.sync { pass(.all, ignoringBackoff: true) } }

    /// Deletes rows that are over, behind the caller's back.
    ///
    /// Everything is written before: a subscription that was refreshed in memory still has the
    /// time of before in its row.
    func clean(now: WallTime) { queue.async { [self] in _ = cleanNow(now) } }

    /// The same while the caller waits (`presence.cleanup`); nil when the database is away.
    func cleanAndWait(now: WallTime) -> Int? { queue.sync { cleanNow(now) } }

    /// Takes up rows that somebody else may have written, on the writer's queue; false when there
    /// is none that memory did not know.
    ///
    /// The queue orders reads behind writes. A database that is known to be away is not asked.
    func fetch(
        _ body:
            @Sendable (StorageLoader, any DatabaseConnection) throws(StorageError) ->
            StorageLoader.Report
    ) -> Bool {
        guard link.status.state != .away else { return false }
        return queue.sync {
            do throws(StorageError) {
                let report = try connected(isRead: true) { (connection) throws(StorageError) in
                    try body(loader, connection)
                }
                return report[.loaded] > 0
            } catch {
                return false
            }
        }
    }

    /// Waits until what was scheduled before is done; for tests.
    func drain() { queue.sync {} }

    // MARK: On the queue

    /// Loads what is not loaded yet and writes what waits of some kinds; true when nothing of them
    /// waits any more.
    private func pass(_ kinds: JournalKinds, ignoringBackoff: Bool = false) -> Bool {
        let start = SystemClock.monotonic()
        guard ignoringBackoff || link.mayTry(at: start) else {
            state.withLock { state in state.owed.formUnion(kinds) }
            return false
        }
        // What is on the list now has made its changes; who comes later waits for the next pass.
        let waiters = state.withLock { $0.waiters }
        var rows = 0
        do throws(StorageError) {
            try connected { (connection) throws(StorageError) in
                try loadOnce(connection)
                rows = try write(kinds, connection)
            }
        } catch {
            state.withLock { state in
                state.owed.formUnion(kinds)
                state.counts.failedPasses += 1
            }
            return agent.journal(kinds).waiting == 0
        }
        state.withLock { state in
            state.owed.subtract(kinds)
            state.waiters.removeAll { waiter in waiters.contains { $0 === waiter } }
        }
        for waiter in waiters { waiter.signal() }
        // Most passes of an idle server find nothing; the last that did is what a monitor wants.
        if rows > 0 { link.noteFlush(rows: rows, since: start) }
        return agent.journal(kinds).waiting == 0
    }

    private func loadOnce(_ connection: any DatabaseConnection) throws(StorageError) {
        guard let load else { return }
        try load(connection)
        self.load = nil
        link.noteLoaded(true)
    }

    /// Writes what waited when the pass began; returns how many rows that were.
    ///
    /// A batch that is not full has had all changes that there were.
    private func write(
        _ kinds: JournalKinds, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Int {
        var total = 0
        while true {
            let changes = agent.takeChanges(kinds, limit: Self.batchChanges)
            guard !changes.isEmpty else { return total }
            try settle(changes, connection)
            total += changes.changes.count
            guard changes.changes.count >= Self.batchChanges else { return total }
        }
    }

    /// Writes one batch and tells the engine how it ended.
    ///
    /// A row that the database refuses for what is in it counts as done: it is named in the log,
    /// and does not keep the others waiting for ever.
    private func settle(
        _ changes: PresenceBatch, _ connection: any DatabaseConnection
    ) throws(StorageError) {
        batch.take(changes.changes)
        defer { batch.removeAll() }
        let refused: [StorageBatch.Refused]
        do throws(StorageError) {
            refused = try batch.write(connection)
        } catch {
            agent.settle(changes, failed: Array(changes.changes.indices))
            throw error
        }
        agent.settle(changes)
        for row in refused {
            logger.error(
                "the database refuses a row and it is not stored",
                metadata: [
                    "table": "\(settings.name(row.table))", "error": "\(row.error.message)",
                ])
        }
        let count = changes.changes.count
        state.withLock { state in
            state.counts.rowsWritten += count - refused.count
            state.counts.rowsRefused += refused.count
        }
    }

    private func cleanNow(_ now: WallTime) -> Int? {
        guard pass(.all) || link.status.state == .connected else { return nil }
        let cleaner = StorageCleaner(settings: settings)
        do throws(StorageError) {
            let count = try connected(isRead: true) { (connection) throws(StorageError) in
                try RetryPolicy().run { () throws(StorageError) in
                    try cleaner.clean(connection, now: now)
                }
            }
            state.withLock { $0.counts.rowsCleaned += count }
            return count
        } catch {
            logger.warning(
                "expired rows cannot be deleted", metadata: ["error": "\(error.message)"])
            return nil
        }
    }

    /// Wakes all who wait: nobody waits for what may take minutes.
    private func wake() { for waiter in state.withLock({ $0.waiters }) { waiter.signal() } }

    /// Runs `body` with the connection; those who wait for a write are woken when there is none.
    private func connected<R>(
        isRead: Bool = false, _ body: (any DatabaseConnection) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        do throws(StorageError) {
            return try link.connected(isRead: isRead, body)
        } catch {
            if link.status.state == .away { wake() }
            throw error
        }
    }
}

/// What a writer has done since the start.
struct StorageCounts: Sendable, Equatable {
    /// Rows that were written or deleted because memory said so.
    var rowsWritten = 0
    /// Rows that the database refused.
    var rowsRefused = 0
    /// Rows that were deleted because their time was over.
    var rowsCleaned = 0
    /// Passes that failed.
    var failedPasses = 0
}
