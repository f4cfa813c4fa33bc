import Basics
import Dispatch
import Locations
import Logging
import ModuleKit
import Storage
import Synchronization

/// Brings the changes of all tables to the database: write-back, and write-through in groups.
///
/// All statements run on one queue, so that a connection is never used twice at once and no SIP
/// worker waits for it in db_mode 2. Changes stay queued in the tables until a batch is confirmed;
/// a database that is away or frozen costs a time-out here and nothing there.
///
/// Sendable, because link and loader are used on that queue alone, and the rest is constant or
/// under a lock.
///
/// In db_mode 1 the workers wait for the same queue: those that arrive while a transaction is under
/// way are written together by the next, so that the cost of a commit is shared when there is a
/// crowd and paid alone when there is none.
final class LocationWriter: @unchecked Sendable {
    /// Reads tables, or prepares to.
    typealias Load = @Sendable (any DatabaseConnection) throws(StorageError) -> Void
    /// Rows of one transaction; large enough that the commit does not count.
    static let batchRows = 4_096
    /// Changes that are copied under one lock.
    ///
    /// A SIP worker waits for no longer than it takes to copy as many.
    static let rowsPerLock = 256

    /// Longest time that one request waits for the database in db_mode 1.
    ///
    /// A phone sends a REGISTER again after half a second, one, two (RFC 3261 17.1.2.2); a reply
    /// after two seconds is still in time, and one after more would be written for nobody.
    static let waitSecondsMax = 2

    /// Those who wait until a change is in the database.
    private struct Waiter: Sendable {
        /// The table, the shard in it and the number of the change that is waited for.
        let table: LocationTable
        let shard: Int
        let change: UInt64
        /// What the worker sleeps on; it is signalled once or more and waited for once.
        let signal: DispatchSemaphore
    }
    /// What other threads than the queue's read and change.
    private struct State: Sendable {
        /// Whether a pass is queued that has not begun: one is enough for all who ask meanwhile.
        var isScheduled = false
        /// At most one for each worker, so the list is short enough to be searched.
        var waiters: [Waiter] = []
    }

    private let queue = DispatchQueue(label: "roost.usrloc.writer", qos: .utility)
    private let columns: LocationColumns
    private let tables: @Sendable () -> [LocationTable]
    private let counters: UsrlocCounters
    private let logger: Logger
    private let state = Guarded(State())
    private let link: DatabaseLink
    // The rest belongs to `queue`: that is why the class may be shared.
    /// What remains to be loaded, nil once it is; it runs before the first write, for rows that are
    /// older than memory must not be written over unseen.
    private var loader: Load?

    /// A writer of the changes of `tables`; nothing is opened yet.
    init(
        driver: any DatabaseDriver, columns: LocationColumns, counters: UsrlocCounters,
        logger: Logger, tables: @escaping @Sendable () -> [LocationTable]
    ) {
        link = DatabaseLink("location", driver, logger: logger)
        self.columns = columns
        self.counters = counters
        self.logger = logger
        self.tables = tables
    }

    /// How the database does.
    var status: DatabaseStatus { link.status }

    /// Loads the tables with `load`, and throws what the first attempt throws.
    ///
    /// When the database is away it is tried again and again, before anything is written.
    func load(_ load: @escaping Load) throws(StorageError) {
        let result: Result<Void, StorageError> = queue.sync {
            loader = load
            do throws(StorageError) {
                try connected { (connection) throws(StorageError) in try load(connection) }
                loader = nil
                link.noteLoaded(true)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Loads the tables with `load` behind the caller's back, before anything is written.
    func loadLater(_ load: @escaping Load) {
        queue.sync {
            loader = load
            link.noteLoaded(false)
        }
        schedule()
    }

    /// Says that there is nothing to load.
    ///
    /// `ul.status` then shows the tables as loaded, since nothing more is going to come.
    func skipLoading() { link.noteLoaded(true) }

    /// Writes everything that waits; false when the database did not take it all.
    @discardableResult
    ///
    /// It ignores the backoff: somebody asked for it, who wants to know how it stands now.
    func flush() -> Bool { queue.sync { pass(ignoringBackoff: true) } }

    /// Starts to write without waiting for it.
    ///
    /// When a pass is queued already that has not begun, it will see the change as well.
    func schedule(ignoringBackoff: Bool = false) {
        let starts = state.withLock { state in
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard starts else { return }
        queue.async { [self] in
            state.withLock { $0.isScheduled = false }
            _ = pass(ignoringBackoff: ignoringBackoff)
        }
    }

    /// Waits until what was scheduled before is done.
    ///
    /// For tests and for the stop: nothing is written by it.
    func drain() { queue.sync {} }

    /// Waits until a change is in the database, at most two seconds; not at all while the database
    /// is known to be away, for then the change waits in memory and SIP goes on.
    func waitFor(_ table: LocationTable, shard: Int, change: UInt64) {
        let signal = DispatchSemaphore(value: 0)
        let waiter = Waiter(table: table, shard: shard, change: change, signal: signal)
        state.withLock { $0.waiters.append(waiter) }
        schedule()
        // Looked at after the waiter is on the list: who finds the database away wakes the list.
        if link.status.state != .connected { signal.signal() }
        let outcome = signal.wait(timeout: .now() + .seconds(Self.waitSecondsMax))
        state.withLock { state in state.waiters.removeAll { $0.signal === signal } }
        // A frozen database is found out by one request; those behind it do not wait as well.
        guard outcome == .timedOut else { return }
        link.become(.away, "no answer within \(Self.waitSecondsMax) s")
        wakeAll()
    }

    /// Runs `body` with the connection, on the writer's queue; for the few reads of commands.
    ///
    /// The queue orders reads behind writes, so `ul.db_contacts` after `ul.flush` counts what was
    /// flushed.
    func read<R: Sendable>(
        _ body: @Sendable (any DatabaseConnection) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        let result: Result<R, StorageError> = queue.sync {
            do throws(StorageError) {
                return .success(try connected(isRead: true, body))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Writes what waits a last time and closes the connection; false when something is left.
    ///
    /// Nothing may be scheduled behind it: the modules that change bindings have stopped by then.
    func finish() -> Bool {
        queue.sync {
            let isDone = pass(ignoringBackoff: true)
            link.close()
            return isDone
        }
    }

    // MARK: On the queue

    /// Loads what is not loaded yet and writes what waits; true when nothing waits any more.
    private func pass(ignoringBackoff: Bool) -> Bool {
        let start = SystemClock.monotonic()
        guard ignoringBackoff || link.mayTry(at: start) else { return false }
        var rows = 0
        do throws(StorageError) {
            try connected { (connection) throws(StorageError) in
                if let loader {
                    try loader(connection)
                    self.loader = nil
                    link.noteLoaded(true)
                    logger.notice("the location tables are loaded at last")
                }
                for table in tables() { rows += try write(table, connection) }
            }
        } catch {
            if tables().allSatisfy({ $0.dirtyCount == 0 }) { return true }
            counters.failedFlushes.add()
            return false
        }
        // A change may have gone with an earlier pass, before its waiter was on the list.
        wake()
        link.noteFlush(rows: rows, since: start)
        return tables().allSatisfy { $0.dirtyCount == 0 }
    }

    /// Writes what waited in a table when the pass began, in transactions of `batchRows`.
    private func write(
        _ table: LocationTable, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Int {
        var batch = LocationBatch(columns: columns)
        var total = 0
        var waiting = table.dirtyCount
        while waiting > 0 {
            var handedOut = 0
            for shard in 0..<LocationTable.shardCount {
                handedOut += batch.take(
                    table, shard: shard, limit: Self.rowsPerLock, connection.dialect)
                guard batch.changes >= Self.batchRows else { continue }
                total += try settle(&batch, table, connection)
            }
            total += try settle(&batch, table, connection)
            guard handedOut > 0 else { break }
            waiting -= handedOut
        }
        return total
    }

    /// Writes one batch and tells the shards how it ended.
    ///
    /// A failed batch stays queued in the tables, where later changes of the same bindings merge
    /// with it.
    private func settle(
        _ batch: inout LocationBatch, _ table: LocationTable, _ connection: any DatabaseConnection
    ) throws(StorageError) -> Int {
        guard batch.changes > 0 else { return 0 }
        do throws(StorageError) {
            let refused = try batch.write(to: table.name, connection)
            for row in refused {
                logger.error(
                    "the database refuses a binding and it is not stored",
                    metadata: ["table": "\(table.name)", "error": "\(row.error.message)"])
                counters.rowsSkipped.add()
            }
        } catch {
            for shard in batch.shards { table.fail(shard: shard) }
            batch.removeAll()
            throw error
        }
        for shard in batch.shards { table.confirm(shard: shard) }
        let count = batch.changes
        counters.rowsWritten.add(count)
        batch.removeAll()
        wake()
        return count
    }

    /// Wakes those whose change is in the database.
    private func wake() {
        let waiters = state.withLock { $0.waiters }
        for waiter in waiters
        where waiter.table.confirmedChange(shard: waiter.shard) >= waiter.change {
            waiter.signal.signal()
        }
    }

    /// Wakes all who wait: nobody waits for what may take minutes.
    private func wakeAll() {
        for waiter in state.withLock({ $0.waiters }) { waiter.signal.signal() }
    }

    /// Runs `body` with the connection; those who wait for a write are woken when there is none.
    private func connected<R>(
        isRead: Bool = false, _ body: (any DatabaseConnection) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        do throws(StorageError) {
            return try link.connected(isRead: isRead, body)
        } catch {
            if link.status.state == .away { wakeAll() }
            throw error
        }
    }
}
