internal import Basics
internal import Dispatch
internal import Logging
internal import ModuleKit
internal import Publications
internal import Storage
internal import Synchronization

/// The store of `db_mode` 0: records in memory, loaded from a table at the start and written to it
/// by a timer and at the end; without a database in memory alone.
///
/// Calls are answered at once, from memory. What has changed stays on a list until it is in the
/// table, so a database that is away or frozen costs nothing but the length of that list.
///
/// Sendable, because link and reader are used on the queue alone, and the rest is constant or under
/// a lock.
final class MemoryPUAStore: PUAStore, ReportingStore, @unchecked Sendable {
    /// Changes of one transaction.
    static let batchChanges = 1_000

    /// What other threads than the queue's read and change.
    private struct State: Sendable {
        var table = RecordTable()
        var counts = StoreCounts()
        /// The second in which the oldest change was made that is not written.
        var oldest: Int?
        /// Whether what an earlier pass could not do is tried again every second.
        var isOwed = false
    }
    /// The table behind it.
    private struct Backing {
        let reader: TableReader
        let link: DatabaseLink
        let fetchRows: Int
        let logger: Logger
    }

    private let state = Guarded(State())
    private let backing: Backing?
    private let queue = DispatchQueue(label: "roost.pua.store", qos: .utility)
    /// Whether the table was loaded; on the queue.
    private var isLoaded = false

    /// A store without a database.
    init() { backing = nil }

    /// A store with a table behind it; nothing is opened yet.
    init(
        _ driver: any DatabaseDriver, _ table: PUATable, fetchRows: Int, logger: Logger
    ) {
        backing = Backing(
            reader: TableReader(table: table, logger: logger),
            link: DatabaseLink("pua", driver, logger: logger), fetchRows: max(1, fetchRows),
            logger: logger)
    }

    // MARK: Calls

    /// How many records there are.
    var count: Int { state.withLock { $0.table.count } }

    /// Answers from memory, before it returns.
    func find(_ keys: [PUAKey], _ completion: @escaping @Sendable ([PUAFinding]) -> Void) {
        let findings = state.withLock { state in
            state.counts.answered += keys.count
            return keys.map { key -> PUAFinding in
                state.table.find(key).map { .found($0) } ?? .absent
            }
        }
        completion(findings)
    }

    /// Changes memory; the table follows with the next `writeBack`.
    func apply(_ changes: [PUAChange]) {
        let now = SystemClock.wall().seconds
        let hasTable = backing != nil
        state.withLock { state in
            for change in changes { state.table.apply(change) }
            if hasTable {
                state.oldest = state.oldest ?? now
            } else {
                // Nobody is going to write the list.
                state.table.forgetChanges()
            }
        }
    }

    /// Gives out what is due, before it returns.
    func takeDue(
        before horizon: WallTime, now: WallTime, claimSeconds: Int, limit: Int,
        _ completion: @escaping @Sendable ([PUARecord]) -> Void
    ) {
        let until = max(horizon.seconds, now.seconds) + max(1, claimSeconds)
        let due = state.withLock { state in
            let due = state.table.takeDue(before: horizon.seconds, until: until, limit: limit)
            state.counts.claimed += due.count
            return due
        }
        completion(due)
    }

    /// How the store and its database get along.
    var status: StoreStatus {
        let now = SystemClock.wall().seconds
        var status = state.withLock { state in
            var status = StoreStatus()
            status.counts = state.counts
            status.records = state.table.count
            status.waitingChanges = state.table.unwritten
            if status.waitingChanges > 0 { status.oldestSeconds = now - (state.oldest ?? now) }
            return status
        }
        if let backing {
            status.database = backing.link.status
            status.brokenRows = backing.reader.broken.count
        }
        return status
    }

    // MARK: The table

    /// Checks and loads the table; throws what the first attempt throws, and then it is loaded
    /// later, before anything is written.
    func start() throws(StorageError) {
        let result: Result<Void, StorageError> = queue.sync {
            do throws(StorageError) {
                try backing?.link.connected { (connection) throws(StorageError) in
                    try loadOnce(connection)
                }
                return .success(())
            } catch {
                state.withLock { $0.isOwed = true }
                return .failure(error)
            }
        }
        try result.get()
    }

    /// What is due every `update_period`: writes what has changed.
    func writeBack() {
        guard backing != nil else { return }
        queue.async { [self] in pass() }
    }

    /// What is due every second: what an earlier pass could not do.
    func tick() {
        guard backing != nil, state.withLock({ $0.isOwed }) else { return }
        queue.async { [self] in pass() }
    }

    /// Writes what has changed and returns when that is done.
    func flush() { queue.sync { pass(ignoringBackoff: true) } }

    /// Whether everything is in the table.
    var isWritten: Bool { backing == nil || state.withLock { $0.table.unwritten == 0 } }

    /// Writes what has changed a last time.
    func stop() {
        guard let backing else { return }
        queue.sync {
            pass(ignoringBackoff: true)
            backing.link.close()
        }
        let left = status.waitingChanges
        guard left > 0 else { return }
        backing.logger.error(
            "the pua database did not take the last changes", metadata: ["changes": "\(left)"])
    }

    // MARK: On the queue

    /// Loads the table if it was not loaded, and writes what has changed.
    private func pass(ignoringBackoff: Bool = false) {
        guard let backing else { return }
        let start = SystemClock.monotonic()
        guard ignoringBackoff || backing.link.mayTry(at: start) else { return }
        var rows = 0
        do throws(StorageError) {
            try backing.link.connected { (connection) throws(StorageError) in
                try loadOnce(connection)
                rows = try write(connection)
            }
            state.withLock { state in
                state.isOwed = false
                if state.table.unwritten == 0 { state.oldest = nil }
            }
            if rows > 0 { backing.link.noteFlush(rows: rows, since: start) }
        } catch {
            state.withLock { state in
                state.isOwed = true
                state.counts.failed += 1
            }
        }
    }

    /// Loads the table; rows that memory knows already are not doubled, so that a load that was
    /// interrupted begins again.
    private func loadOnce(_ connection: any DatabaseConnection) throws(StorageError) {
        guard let backing, !isLoaded else { return }
        let start = SystemClock.monotonic()
        try backing.reader.table.prepare(connection, logger: backing.logger)
        let report = try backing.reader.load(rows: backing.fetchRows, connection) { record in
            state.withLock { $0.table.load(record) }
        }
        isLoaded = true
        backing.link.noteLoaded(true)
        backing.logger.notice(
            "publications and subscriptions loaded",
            metadata: [
                "table": "\(backing.reader.table.name)", "loaded": "\(report.loaded)",
                "left alone": "\(report.skipped)",
                "ms": "\(SystemClock.monotonic().since(start) / 1_000_000)",
            ])
    }

    /// Writes what had changed when the pass began; returns how many changes that were.
    private func write(_ connection: any DatabaseConnection) throws(StorageError) -> Int {
        guard let backing else { return 0 }
        let writer = TableWriter(reader: backing.reader)
        var left = state.withLock { $0.table.unwritten }
        var total = 0
        while left > 0 {
            let batch = state.withLock { $0.table.takeBatch(limit: Self.batchChanges) }
            left -= Self.batchChanges
            guard !batch.changes.isEmpty else { continue }
            do throws(StorageError) {
                settle(batch, try writer.write(batch.changes, connection), backing)
            } catch {
                state.withLock { $0.table.fail(batch) }
                throw error
            }
            total += batch.changes.count
        }
        return total
    }

    /// Notes that a batch is in the table.
    private func settle(
        _ batch: RecordTable.Batch, _ report: TableWriter.Report, _ backing: Backing
    ) {
        state.withLock { state in
            state.table.settle(batch, rows: report.rows)
            state.counts.written += batch.changes.count - report.refused.count
            state.counts.refused += report.refused.count
            state.counts.overtaken += report.overtaken
        }
        for row in report.refused {
            backing.logger.error(
                "the table of publications does not take a record and it is not stored",
                metadata: ["table": "\(backing.reader.table.name)", "reason": "\(row.reason)"])
        }
    }
}
