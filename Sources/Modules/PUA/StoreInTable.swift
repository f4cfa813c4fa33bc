internal import Basics
internal import Dispatch
internal import Logging
internal import ModuleKit
internal import Publications
internal import Storage
internal import Synchronization

/// The store of `db_mode` 2: every record lives in the table alone, which several servers share.
///
/// Calls are written down and return. A queue of its own carries them out, all that have come
/// meanwhile together: changes first, in their order, then look-ups, so that who asks sees what he
/// changed. While the database is away changes wait, as many as `Limits` allows; look-ups are
/// answered `.unavailable` after `waitSeconds`, also when a statement hangs in a frozen database.
///
/// Sendable, because link and batches are used on the queue alone, and the rest is constant or
/// under a lock.
final class TablePUAStore: PUAStore, ReportingStore, @unchecked Sendable {
    /// Longest time that a look-up waits for a database that does not answer.
    static let waitSeconds = 2
    /// Changes of one transaction.
    static let batchChanges = 1_000
    /// Look-ups of one pass before changes get their turn again.
    static let batchKeys = 1_024

    /// A look-up that is not answered yet.
    private struct Question: Sendable {
        let keys: [PUAKey]
        let asked: MonotonicTime
        /// How many changes had been made before: it is answered behind them.
        let changes: UInt64
        let completion: @Sendable ([PUAFinding]) -> Void
    }
    /// What other threads than the queue's read and change.
    private struct State: Sendable {
        /// Changes that are not in the table, each with the second in which it was made.
        var changes: [(change: PUAChange, second: Int)] = []
        /// How many of them, from the front, are carried out already.
        var done = 0
        /// How many changes there have been, and how many of all were carried out.
        var made: UInt64 = 0
        var carriedOut: UInt64 = 0
        var questions: [UInt64: Question] = [:]
        var nextQuestion: UInt64 = 0
        /// The first question that no pass has looked at.
        var firstOpen: UInt64 = 0
        var isScheduled = false
        var isClaiming = false
        var isStopped = false
        /// When the statement began that the queue waits for, nil while it waits for none.
        var busySince: MonotonicTime?
        var counts = StoreCounts()
        var records = 0
        var countedAt = 0
        /// Whether a change was dropped since the queue was last empty: it is said once.
        var hasDropped = false
    }

    private let reader: TableReader
    private let claims: TableClaims
    private let link: DatabaseLink
    private let logger: Logger
    private let queue = DispatchQueue(label: "roost.pua.store", qos: .utility)
    private let state = Guarded(State())
    /// Whether the table's version has been checked; on the queue.
    private var isPrepared = false

    /// A store of a table; nothing is opened yet.
    init(
        _ driver: any DatabaseDriver, _ table: PUATable, locksRows: Bool, logger: Logger
    ) {
        reader = TableReader(table: table, logger: logger)
        claims = TableClaims(reader: reader, locksRows: locksRows)
        link = DatabaseLink("pua", driver, logger: logger)
        self.logger = logger
    }

    // MARK: Start and stop

    /// Opens the database and checks the table.
    func start() throws(StorageError) {
        let result: Result<Void, StorageError> = queue.sync {
            do throws(StorageError) {
                try connected { (_) throws(StorageError) in }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Writes everything that waits, as far as that can be, and ends.
    func stop() {
        state.withLock { $0.isStopped = true }
        queue.sync {
            _ = pass(ignoringBackoff: true)
            link.close()
        }
        answerAll(olderThan: 0)
        let left = status.waitingChanges
        guard left > 0 else { return }
        logger.error(
            "the pua database did not take the last changes", metadata: ["changes": "\(left)"])
    }

    /// Writes what waits and returns when that is done.
    func flush() { queue.sync { _ = pass(ignoringBackoff: true) } }

    /// Whether everything is in the table.
    var isWritten: Bool { status.waitingChanges == 0 }

    // MARK: Calls

    /// How many records the table had when it was last counted, which asking begins.
    var count: Int {
        let now = SystemClock.wall().seconds
        let (records, isOld) = state.withLock { state in
            let isOld = now - state.countedAt >= 30
            if isOld { state.countedAt = now }
            return (state.records, isOld)
        }
        if isOld { queue.async { [self] in countRows() } }
        return records
    }

    /// Looks records up behind the caller's back.
    func find(_ keys: [PUAKey], _ completion: @escaping @Sendable ([PUAFinding]) -> Void) {
        guard !keys.isEmpty else { return completion([]) }
        let isTaken = state.withLock { state in
            guard !state.isStopped, state.questions.count < Limits.puaQuestionsWaitingMax else {
                state.counts.unanswered += keys.count
                return false
            }
            state.questions[state.nextQuestion] = Question(
                keys: keys, asked: SystemClock.monotonic(), changes: state.made,
                completion: completion)
            state.nextQuestion += 1
            return true
        }
        guard isTaken else {
            return completion(keys.map { _ in .unavailable })
        }
        schedule()
    }

    /// Writes changes down; what is too much for the memory that is set aside is dropped.
    func apply(_ changes: [PUAChange]) {
        let second = SystemClock.wall().seconds
        let isFirstDrop = state.withLock { state in
            let room = max(0, Limits.puaChangesWaitingMax - (state.changes.count - state.done))
            state.changes += changes.prefix(room).map { ($0, second) }
            let dropped = max(0, changes.count - room)
            state.made += UInt64(changes.count - dropped)
            state.counts.dropped += dropped
            defer { if dropped > 0 { state.hasDropped = true } }
            return dropped > 0 && !state.hasDropped
        }
        if isFirstDrop {
            logger.error(
                "too many changes of publications wait for the database; more are dropped",
                metadata: ["waiting": "\(Limits.puaChangesWaitingMax)"])
        }
        schedule()
    }

    /// Claims what is due, behind the changes that were made before; nothing while the database is
    /// away or an earlier call is not answered.
    func takeDue(
        before horizon: WallTime, now: WallTime, claimSeconds: Int, limit: Int,
        _ completion: @escaping @Sendable ([PUARecord]) -> Void
    ) {
        let isFirst = state.withLock { state in
            defer { state.isClaiming = true }
            return !state.isClaiming && !state.isStopped
        }
        guard isFirst, limit > 0 else { return completion([]) }
        // Not due for anybody who looks as far ahead, until the claim is over.
        let until = WallTime(seconds: max(horizon.seconds, now.seconds) + max(1, claimSeconds))
        queue.async { [self] in
            let records = claim(before: horizon, until: until, limit: limit)
            state.withLock { state in
                state.isClaiming = false
                state.counts.claimed += records.count
            }
            completion(records)
        }
    }

    /// What is due every second: answers those who have waited too long, and tries again.
    func tick() {
        let now = SystemClock.monotonic()
        let (hangs, waits) = state.withLock { state in
            let since = state.busySince.map { now.since($0) } ?? 0
            let waits = state.changes.count > state.done || !state.questions.isEmpty
            return (since > UInt64(Self.waitSeconds) * 1_000_000_000, waits)
        }
        if hangs { link.become(.away, "no answer within \(Self.waitSeconds) s") }
        answerAll(olderThan: UInt64(Self.waitSeconds) * 1_000_000_000)
        if waits { schedule() }
    }

    /// How the store and its database get along.
    var status: StoreStatus {
        let now = SystemClock.wall().seconds
        var status = state.withLock { state in
            var status = StoreStatus()
            status.counts = state.counts
            status.records = state.records
            status.waitingChanges = state.changes.count - state.done
            status.waitingQuestions = state.questions.count
            if status.waitingChanges > 0 {
                status.oldestSeconds = max(0, now - state.changes[state.done].second)
            }
            return status
        }
        status.database = link.status
        status.brokenRows = reader.broken.count
        return status
    }

    // MARK: On the queue

    /// Has the queue carry out what waits; one pass is enough for all who come before it begins.
    private func schedule() {
        let starts = state.withLock { state in
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard starts else { return }
        queue.async { [self] in
            state.withLock { $0.isScheduled = false }
            _ = pass()
        }
    }

    /// Carries out what waits: changes, then look-ups; true when no change waits any more.
    private func pass(ignoringBackoff: Bool = false) -> Bool {
        guard ignoringBackoff || link.mayTry(at: SystemClock.monotonic()) else { return false }
        do throws(StorageError) {
            repeat { try write() } while try answer()
            return true
        } catch {
            state.withLock { state in
                state.counts.failed += 1
                // Those that were looked at are looked at again by the next pass.
                state.firstOpen = state.questions.keys.min() ?? state.nextQuestion
            }
            return false
        }
    }

    /// Writes what waited when the pass began.
    private func write() throws(StorageError) {
        let start = SystemClock.monotonic()
        var total = 0
        while true {
            let batch = state.withLock { state in
                state.changes[state.done...].prefix(Self.batchChanges).map { $0.change }
            }
            guard !batch.isEmpty else { break }
            let writer = TableWriter(reader: reader)
            let report = try connected { (connection) throws(StorageError) in
                try writer.write(batch, connection)
            }
            settle(batch.count, report)
            total += batch.count
        }
        if total > 0 { link.noteFlush(rows: total, since: start) }
    }

    /// Forgets changes that are in the table.
    private func settle(_ count: Int, _ report: TableWriter.Report) {
        for row in report.refused {
            logger.error(
                "the table of publications does not take a record and it is not stored",
                metadata: ["table": "\(reader.table.name)", "reason": "\(row.reason)"])
        }
        state.withLock { state in
            state.done += count
            state.carriedOut += UInt64(count)
            state.counts.written += count - report.refused.count
            state.counts.refused += report.refused.count
            state.counts.overtaken += report.overtaken
            let isEmpty = state.done == state.changes.count
            if isEmpty { state.hasDropped = false }
            // The front is given back when it is worth the copy.
            guard isEmpty || state.done > 4_096 && state.done * 2 > state.changes.count else {
                return
            }
            state.changes.removeFirst(state.done)
            state.done = 0
        }
    }

    /// Answers the look-ups that no pass has looked at; true when some wait for changes that were
    /// made meanwhile.
    private func answer() throws(StorageError) -> Bool {
        while true {
            let (asked, isBehind) = state.withLock { state in
                var asked: [(UInt64, [PUAKey])] = []
                var keys = 0
                while state.firstOpen < state.nextQuestion, keys < Self.batchKeys {
                    if let question = state.questions[state.firstOpen] {
                        guard question.changes <= state.carriedOut else { return (asked, true) }
                        asked.append((state.firstOpen, question.keys))
                        keys += question.keys.count
                    }
                    state.firstOpen += 1
                }
                return (asked, false)
            }
            guard !asked.isEmpty else { return isBehind }
            let keys = asked.flatMap { $0.1 }
            let found = try connected(isRead: true) { (connection) throws(StorageError) in
                try reader.find(keys, connection)
            }
            var start = 0
            for (number, keys) in asked {
                let findings = found[start..<start + keys.count].map { record -> PUAFinding in
                    record.map { .found($0) } ?? .absent
                }
                start += keys.count
                finish(number, findings)
            }
        }
    }

    /// Gives a look-up its answer, unless it was told already that there is none.
    private func finish(_ number: UInt64, _ findings: [PUAFinding]) {
        let question = state.withLock { state in
            let question = state.questions.removeValue(forKey: number)
            state.counts.answered += question?.keys.count ?? 0
            return question
        }
        question?.completion(findings)
    }

    /// Tells those who have waited for so many nanoseconds that there is no answer.
    private func answerAll(olderThan nanoseconds: UInt64) {
        let now = SystemClock.monotonic()
        let overdue = state.withLock { state in
            let overdue = state.questions.filter { now.since($0.value.asked) >= nanoseconds }
            for (number, question) in overdue {
                state.questions[number] = nil
                state.counts.unanswered += question.keys.count
            }
            return overdue.sorted { $0.key < $1.key }.map { $0.value }
        }
        for question in overdue { question.completion(question.keys.map { _ in .unavailable }) }
    }

    /// Claims what is due; nothing when the database does not answer.
    private func claim(before horizon: WallTime, until: WallTime, limit: Int) -> [PUARecord] {
        guard !state.withLock({ $0.isStopped }), pass() else { return [] }
        do throws(StorageError) {
            return try connected(isRead: true) { (connection) throws(StorageError) in
                try claims.take(before: horizon, until: until, limit: limit, connection)
            }
        } catch {
            state.withLock { $0.counts.failed += 1 }
            logger.warning(
                "what is due cannot be claimed", metadata: ["error": "\(error.message)"])
            return []
        }
    }

    /// Counts the rows, for whoever asks next.
    private func countRows() {
        guard link.mayTry(at: SystemClock.monotonic()) else { return }
        var rows = 0
        _ = try? connected(isRead: true) { (connection) throws(StorageError) in
            let statements = TableStatements(
                table: reader.table.name, dialect: connection.dialect)
            try connection.query(statements.count, []) { row in
                rows = row.integer(0) ?? 0
                return true
            }
        }
        let found = rows
        state.withLock { $0.records = found }
    }

    /// Runs `body` with the connection, once the table is known to be the right one.
    private func connected<R>(
        isRead: Bool = false, _ body: (any DatabaseConnection) throws(StorageError) -> R
    ) throws(StorageError) -> R {
        state.withLock { $0.busySince = SystemClock.monotonic() }
        defer { state.withLock { $0.busySince = nil } }
        return try link.connected(isRead: isRead) { (connection) throws(StorageError) in
            if !isPrepared {
                try reader.table.prepare(connection, logger: logger)
                isPrepared = true
                link.noteLoaded(true)
            }
            return try body(connection)
        }
    }
}
