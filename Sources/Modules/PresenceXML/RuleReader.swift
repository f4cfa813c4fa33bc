import Basics
import Dispatch
import EventDocuments
import Logging
import Presence
import Storage
import Synchronization

/// Reads rules from the table of XCAP documents into the book.
///
/// It has one connection and one queue, on which alone the connection is used. What workers want
/// is put on a bounded list; what cannot be read stays on it and is tried again each second, ever
/// more seldom while the database is away. Whatever was known before goes on to hold.
///
/// Sendable because `connection` and `backoff` are used on `queue` only; the rest is constant, or
/// behind a lock.
final class RuleReader: @unchecked Sendable {
    private let queue = DispatchQueue(label: "roost.presence_xml.rules", qos: .utility)
    private let driver: any DatabaseDriver
    private let table: TableDeclaration
    private let book: RuleBook
    private let logger: Logger
    /// Told of each presentity whose rules are others than before.
    private let changed: @Sendable (RuleKey) -> Void
    /// Nil before the first statement and after an error that another connection may cure.
    private var connection: (any DatabaseConnection)?
    /// Grows with each failure, so that a database that comes back is not met by a storm.
    private var backoff = ReconnectBackoff()

    /// What other threads than the queue's have asked for.
    private struct Wanted: Sendable {
        /// Presentities whose rules are to be read, each once: the book sees to that.
        var keys: [RuleKey] = []
        /// Whether a turn is queued that has not begun.
        var isScheduled = false
    }
    private let wanted = Guarded(Wanted())

    /// `doc_type` of presence rules, those of RFC 5025 and those of OMA alike.
    private static let documentType = 2
    /// `doc_type` of documents that stand for a presentity that publishes nothing.
    private static let hardStateType = 16

    /// Set on the reader's queue, so that it does not wait for itself.
    private static let isHere = DispatchSpecificKey<Bool>()

    /// A reader; nothing is opened yet.
    init(
        driver: any DatabaseDriver, table: TableDeclaration, book: RuleBook, logger: Logger,
        changed: @escaping @Sendable (RuleKey) -> Void
    ) {
        self.driver = driver
        self.table = table
        self.book = book
        self.logger = logger
        self.changed = changed
        queue.setSpecific(key: Self.isHere, value: true)
    }

    // MARK: From other threads

    /// Has the rules of a presentity read soon; never waits.
    func want(_ key: RuleKey) {
        let (isFull, starts) = wanted.withLock { wanted in
            guard wanted.keys.count < Limits.rulesWantedMax else { return (true, false) }
            wanted.keys.append(key)
            defer { wanted.isScheduled = true }
            return (false, !wanted.isScheduled)
        }
        if isFull { book.giveUp(key) }
        if starts { queue.async { [self] in turn() } }
    }

    /// Reads what is left of earlier turns; called each second.
    func retry() {
        let starts = wanted.withLock { wanted in
            guard !wanted.keys.isEmpty, !wanted.isScheduled else { return false }
            wanted.isScheduled = true
            return true
        }
        if starts { queue.async { [self] in turn() } }
    }

    /// Has watchers asked about whose presentities' rules may say something else by now, though
    /// they are the same rules.
    func askAboutMoving() {
        queue.async { [self] in
            for key in book.moving { changed(key) }
        }
    }

    /// The document of a presentity that stands at a place of the XCAP tree; for the control plane.
    ///
    /// `presence.refreshWatchers` takes it up as hard state (`pidf-manipulation`, RFC 4827).
    func document(of key: RuleKey, at uri: [UInt8]) -> StoredDocument {
        queue.sync {
            do throws(StorageError) {
                return try fetchDocument(key, uri).map { .found($0) } ?? .missing
            } catch {
                note(error)
                return .unavailable
            }
        }
    }

    /// Reads the rules of a presentity now; for the control plane, as it waits for the database.
    ///
    /// Nobody is told of a change: whoever asks for it goes on to ask about the watchers. When the
    /// reader itself has them asked about, it has read the rules just now.
    func read(_ key: RuleKey) {
        guard DispatchQueue.getSpecific(key: Self.isHere) == nil else { return }
        queue.sync {
            do throws(StorageError) {
                let knowledge = try fetch(key)
                book.learn(key, knowledge, at: SystemClock.monotonic())
            } catch {
                note(error)
            }
        }
    }

    /// Reads the rules of all presentities, as many as the book takes, and checks the table.
    func readAll() throws(StorageError) {
        let result: Result<Int, StorageError> = queue.sync {
            do throws(StorageError) {
                return .success(try fetchAll())
            } catch {
                note(error)
                return .failure(error)
            }
        }
        let count = try result.get()
        logger.notice("presence rules loaded", metadata: ["presentities": "\(count)"])
    }

    /// Waits until what was wanted before has been tried; for tests.
    func drain() { queue.sync {} }

    /// Closes the connection.
    func close() {
        queue.sync {
            connection?.close()
            connection = nil
        }
    }

    // MARK: On the queue

    /// Reads what is wanted, until it is done or the database fails.
    private func turn() {
        var keys = wanted.withLock { wanted in
            wanted.isScheduled = false
            defer { wanted.keys = [] }
            return wanted.keys
        }
        guard backoff.mayTry(at: SystemClock.monotonic()) else { return putBack(keys) }
        while let key = keys.first {
            do throws(StorageError) {
                let knowledge = try fetch(key)
                if book.learn(key, knowledge, at: SystemClock.monotonic()) { changed(key) }
                keys.removeFirst()
            } catch {
                note(error)
                return putBack(keys)
            }
        }
    }

    private func putBack(_ keys: [RuleKey]) {
        wanted.withLock { $0.keys.insert(contentsOf: keys, at: 0) }
    }

    private func note(_ error: StorageError) {
        book.noteFailure()
        backoff.fail(at: SystemClock.monotonic())
        if backoff.failures == 1 {
            logger.error(
                "presence rules cannot be read; those known before hold",
                metadata: ["database": "\(driver.description)", "error": "\(error.message)"])
        }
        // A connection that gave an error is not trusted: the next turn opens another.
        connection?.close()
        connection = nil
    }

    private func open() throws(StorageError) -> any DatabaseConnection {
        if let connection { return connection }
        let fresh = try driver.connect()
        connection = fresh
        return fresh
    }

    /// What the table says of one presentity; documents that cannot be read count as none.
    private func fetch(_ key: RuleKey) throws(StorageError) -> RuleBook.Knowledge {
        let connection = try open()
        let dialect = connection.dialect
        var found: PresenceRules?
        var refused: String?
        try connection.query(
            "SELECT \(dialect.quoted("doc")) FROM \(dialect.quoted(table.name)) WHERE"
                + " \(dialect.quoted("username")) = ? AND \(dialect.quoted("domain")) = ?"
                + " AND \(dialect.quoted("doc_type")) = ?",
            [.text(key.user), .text(key.host), .integer(Self.documentType)]
        ) { row in
            do throws(DocumentError) {
                let rules = try PresenceRules(parsing: row.bytes(0))
                found = found?.merged(with: rules) ?? rules
            } catch {
                refused = error.description
            }
            return true
        }
        if let refused { complain(key, refused) }
        backoff.succeed()
        return found.map { .rules($0) } ?? .none
    }

    /// What the table has of one presentity at a place of the tree.
    private func fetchDocument(_ key: RuleKey, _ uri: [UInt8]) throws(StorageError) -> [UInt8]? {
        let connection = try open()
        let dialect = connection.dialect
        var found: [UInt8]?
        try connection.query(
            "SELECT \(dialect.quoted("doc")) FROM \(dialect.quoted(table.name)) WHERE"
                + " \(dialect.quoted("username")) = ? AND \(dialect.quoted("domain")) = ?"
                + " AND \(dialect.quoted("doc_type")) = ? AND \(dialect.quoted("doc_uri")) = ?",
            [
                .text(key.user), .text(key.host), .integer(Self.hardStateType),
                .text(String(decoding: uri, as: UTF8.self)),
            ]
        ) { row in
            found = Array(copying: row.bytes(0))
            return false
        }
        backoff.succeed()
        return found
    }

    /// Reads all documents, those of one presentity behind each other.
    private func fetchAll() throws(StorageError) -> Int {
        let connection = try open()
        try prepare(connection)
        let dialect = connection.dialect
        let names = dialect.quoted(list: ["username", "domain", "doc"])
        let order = dialect.quoted(list: ["username", "domain"])
        var count = 0
        var last: (key: RuleKey, rules: PresenceRules)?
        let now = SystemClock.monotonic()
        try connection.query(
            "SELECT \(names) FROM \(dialect.quoted(table.name)) WHERE"
                + " \(dialect.quoted("doc_type")) = ? ORDER BY \(order)",
            [.integer(Self.documentType)]
        ) { row in
            let key = RuleKey(user: row.bytes(0), host: row.bytes(1))
            do throws(DocumentError) {
                let rules = try PresenceRules(parsing: row.bytes(2))
                if let before = last, before.key != key {
                    book.learn(before.key, .rules(before.rules), at: now)
                    count += 1
                    last = nil
                }
                last = (key, last?.rules.merged(with: rules) ?? rules)
            } catch {
                complain(key, error.description)
            }
            return count < Limits.ruleBookEntriesMax
        }
        if let last {
            book.learn(last.key, .rules(last.rules), at: now)
            count += 1
        }
        backoff.succeed()
        return count
    }

    /// Gives an embedded database the table if it lacks it, and checks the table's version.
    private func prepare(_ connection: any DatabaseConnection) throws(StorageError) {
        if connection.dialect == .sqlite {
            _ = try Migration(tables: [table]).run(on: connection)
        }
        var found = 0
        try connection.query(
            "SELECT table_version FROM version WHERE table_name = ?", [.text(table.name)]
        ) { row in
            found = row.integer(0) ?? 0
            return false
        }
        guard found == table.version else {
            throw StorageError(
                .configuration,
                "table \(table.name) has version \(found), this server needs \(table.version): "
                    + "run roost migrate --database URL")
        }
    }

    private func complain(_ key: RuleKey, _ words: String) {
        logger.warning(
            "a document of presence rules is left out",
            metadata: ["presentity": "\(key.user)@\(key.host)", "error": "\(words)"])
    }
}
