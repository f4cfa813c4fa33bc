import Basics
import DBMySQL
import Dispatch
import Foundation
import Logging
import ModuleKit
import Storage
import StorageSQLite
import Subscriptions
import Synchronization
import TestSupport
import Testing

@testable import Presence

/// A database of one test that can be told to fail; whatever is underneath is real.
final class FaultyDatabase: DatabaseDriver {
    enum Kind: String, Sendable, CaseIterable {
        case sqlite, mariaDB

        /// Those that are installed here.
        static let installed = allCases.filter { $0 == .sqlite || MariaDBFixture.isInstalled }
    }

    struct Faults: Sendable {
        /// Whether it cannot be reached.
        var isAway = false
        /// How many of the next transactions lose a race for their locks, at their end.
        var deadlocks = 0
        /// What each statement waits for.
        var gate: DispatchSemaphore?
        /// Whether it refuses every statement.
        var refusesAll = false
        /// Begun transactions, bulk writes, statements and connections.
        var log: [String] = []
    }

    private let inner: any DatabaseDriver
    private let faults = Guarded(Faults())
    let kind: Kind
    /// The server, when the test may kill it.
    let fixture: MariaDBFixture?
    private let folder: TemporaryFolder?
    var description: String { inner.description }

    /// A database with the presence server's tables, or others.
    init(
        _ kind: Kind, fixture own: MariaDBFixture? = nil, hasTables: Bool = true,
        tables: [TableDeclaration] = PresenceModule.tableRows
    ) throws {
        self.kind = kind
        fixture = own
        switch kind {
        case .sqlite:
            let folder = try TemporaryFolder()
            self.folder = folder
            inner = try SQLiteDriver(DatabaseURL("sqlite:///\(folder.file("test.sqlite"))"))
        case .mariaDB:
            folder = nil
            let url = try (own ?? MariaDBFixture.shared()).database().url
            inner = try StandInServices().load(MySQLModule.self).driver(url)
        }
        guard hasTables else { return }
        let connection = try inner.connect()
        _ = try Migration(tables: tables).run(on: connection)
        connection.close()
    }

    func connect() throws(StorageError) -> any DatabaseConnection {
        try step("connect")
        return FaultyConnection(self, try inner.connect())
    }

    /// Changes how it fails.
    @discardableResult
    func change<R: Sendable>(_ body: (inout Faults) -> R) -> R { faults.withLock { body(&$0) } }

    /// What was asked of it.
    var log: [String] { faults.withLock { $0.log } }

    /// What every statement goes through.
    func step(_ what: String) throws(StorageError) {
        let (isAway, refuses, gate) = change { faults in
            faults.log.append(what)
            return (faults.isAway, faults.refusesAll, faults.gate)
        }
        gate?.wait()
        if isAway { throw StorageError(.unavailable, "it is away") }
        if refuses { throw StorageError(.refused, "it refuses \(what)", code: 1146) }
    }

    // MARK: What is in it

    /// The rows of a statement, their cells with bars between them.
    @discardableResult
    func rows(_ sql: String) throws -> [String] {
        var found: [String] = []
        let connection = try inner.connect()
        defer { connection.close() }
        try connection.query(sql, []) { row in
            found.append((0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: "|"))
            return true
        }
        return found
    }

    func run(_ sql: String) throws {
        let connection = try inner.connect()
        defer { connection.close() }
        try connection.execute(sql)
    }

    func count(_ table: String, _ condition: String = "1 = 1") throws -> Int {
        Int(try rows("SELECT COUNT(*) FROM \(table) WHERE \(condition)")[0]) ?? -1
    }

    /// How the database means to carry a statement out.
    func plan(_ sql: String, _ values: [DatabaseValue]) throws -> String {
        var lines: [String] = []
        let connection = try inner.connect()
        defer { connection.close() }
        let word = kind == .mariaDB ? "EXPLAIN" : "EXPLAIN QUERY PLAN"
        try connection.query("\(word) \(sql)", values) { row in
            lines.append((0..<row.count).map { row.text($0) ?? "NULL" }.joined(separator: " "))
            return true
        }
        return lines.joined(separator: "; ")
    }
}

/// One connection to a `FaultyDatabase`.
final class FaultyConnection: DatabaseConnection {
    private let database: FaultyDatabase
    private let inner: any DatabaseConnection
    private var depth = 0
    var dialect: Dialect { inner.dialect }

    init(_ database: FaultyDatabase, _ inner: any DatabaseConnection) {
        self.database = database
        self.inner = inner
    }

    func execute(_ sql: String, _ values: [DatabaseValue]) throws(StorageError) -> Int {
        try database.step(sql)
        return try inner.execute(sql, values)
    }

    func query(
        _ sql: String, _ values: [DatabaseValue], row: (borrowing DatabaseRow) -> Bool
    ) throws(StorageError) {
        try database.step(sql)
        try inner.query(sql, values, row: row)
    }

    func upsert(
        into table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        try database.step("upsert \(table) \(rows.rows)")
        return try inner.upsert(into: table, columns: columns, key: key, rows)
    }

    func insert(
        _ statement: InsertStatement, _ rows: borrowing RowBatch
    ) throws(StorageError) -> [RefusedRow] {
        try database.step("insert \(statement.table) \(rows.rows)")
        return try inner.insert(statement, rows)
    }

    func update(
        _ table: String, columns: [String], key: [String], _ rows: borrowing RowBatch
    ) throws(StorageError) -> BulkUpdate {
        try database.step("update \(table) \(rows.rows)")
        return try inner.update(table, columns: columns, key: key, rows)
    }

    func delete(
        from table: String, key: [String], guardColumn: String?, _ rows: borrowing RowBatch
    ) throws(StorageError) -> Int {
        try database.step("delete \(table) \(rows.rows)")
        return try inner.delete(from: table, key: key, guardColumn: guardColumn, rows)
    }

    func transaction(_ body: () throws(StorageError) -> Void) throws(StorageError) {
        guard depth == 0 else { return try body() }
        try database.step("begin")
        depth = 1
        defer { depth = 0 }
        try inner.transaction { () throws(StorageError) in
            try body()
            let loses = database.change { faults in
                guard faults.deadlocks > 0 else { return false }
                faults.deadlocks -= 1
                return true
            }
            if loses { throw StorageError(.conflict, "deadlock", code: 1213) }
        }
    }

    func ping() -> Bool { inner.ping() }
    func close() { inner.close() }
}

/// An engine with its storage and nothing else: no socket, no script.
final class PresenceStage {
    /// Watchers whose name begins with this have to wait for a decision.
    static let stranger = "stranger"
    static let packages = PackageTable([presence, winfo, reg, dialogs])
    static let presenceIndex = PackageIndex(0)
    static let regIndex = PackageIndex(2)

    let agent: StateAgent
    let writer: StorageWriter
    let database: FaultyDatabase
    let lines = LogTally()
    var orders: [NotifyOrder] = []
    private var cseq: UInt32
    private var serial = 0

    private static var presence: EventPackage {
        var package = EventPackage("presence", contentType: "application/pidf+xml")
        package.needsAuthorisation = true
        package.authorise = { _, watcher in
            String(copying: watcher).contains(":\(stranger)") ? .confirm : .allow
        }
        return package
    }
    private static var winfo: EventPackage {
        var package = EventPackage("presence.winfo", contentType: "application/watcherinfo+xml")
        package.isPublished = false
        package.watchedPackage = Array("presence".utf8)
        package.composeWatchers = { _ in ComposedDocument(bytes: Array("<w/>".utf8)) }
        return package
    }
    private static var reg: EventPackage {
        EventPackage("reg", contentType: "application/reginfo+xml")
    }
    private static var dialogs: EventPackage {
        EventPackage("dialog", contentType: "application/dialog-info+xml")
    }

    /// The engine and its writer; the tables are loaded by `start`.
    init(
        _ database: FaultyDatabase, process: UInt32 = 1,
        _ change: (inout StorageSettings) -> Void = { _ in }
    ) {
        self.database = database
        // A phone counts on across restarts of the server.
        cseq = process * 100_000
        var storage = StorageSettings()
        change(&storage)
        var settings = AgentSettings()
        settings.expiresOffsetSeconds = storage.expiresOffsetSeconds
        PresenceStorage.apply(storage, to: &settings)
        let seed = AgentSeed(time: 1_700_000_000, process: process, secret: (1, UInt64(process)))
        agent = StateAgent(
            packages: Self.packages, settings: settings, seed: seed, now: SystemClock.wall())
        let lines = lines
        let logger = Logger(label: "test") { _ in TallyLog(lines) }
        writer = StorageWriter(agent, database, storage, logger: logger)
    }

    /// The same, with the tables loaded.
    convenience init(
        started database: FaultyDatabase, process: UInt32 = 1,
        _ change: (inout StorageSettings) -> Void = { _ in }
    ) throws {
        self.init(database, process: process, change)
        try writer.start()
    }

    // MARK: Requests

    /// Publishes a document; returns its entity tag.
    @discardableResult
    func publish(
        _ user: String, _ body: String = "<presence/>", etag: String = "", expires: Int = 600,
        package: PackageIndex = presenceIndex, after seconds: Int = 0
    ) throws -> String {
        let user = Array(user.utf8)
        let host = Array("example.com".utf8)
        let tag = Array(etag.utf8)
        let body = Array(body.utf8)
        var request = PublishRequest(
            package: package, user: user.span, host: host.span, ifMatch: tag.span,
            body: body.span, sender: Span())
        request.expiresSeconds = expires
        let now = WallTime(seconds: SystemClock.wall().seconds + seconds)
        let outcome = agent.publish(request, now: now, into: &orders)
        finishOrders(now)
        guard case .accepted(let given, _) = outcome else { throw Refusal(text: "\(outcome)") }
        guard let given else { return etag }
        var writer = ByteWriter()
        given.write(into: &writer)
        return writer.text
    }

    /// Subscribes, or refreshes the subscription of a dialog; returns the To-tag.
    @discardableResult
    func subscribe(
        _ watcher: String, to user: String, toTag: String = "", callID: String? = nil,
        expires: Int = 600, package: PackageIndex = presenceIndex, after seconds: Int = 0
    ) throws -> String {
        var request = SubscribeRequest()
        request.package = package
        request.isInDialog = !toTag.isEmpty
        cseq += 1
        request.cseq = cseq
        request.expiresSeconds = expires
        let texts: [(DialogField, String)] = [
            (.toUser, user), (.toHost, "example.com"), (.fromUser, watcher),
            (.fromHost, "example.org"), (.presentityUser, user),
            (.presentityHost, "example.com"), (.watcherUser, watcher),
            (.watcherHost, "example.org"), (.fromTag, "from-\(watcher)"), (.toTag, toTag),
            (.callID, callID ?? "call-\(watcher)-\(user)"),
            (.contact, "sip:\(watcher)@192.0.2.7:5062"), (.routeSet, "<sip:192.0.2.1;lr>"),
            (.localContact, "sip:127.0.0.1:5060"), (.socket, "udp:127.0.0.1:5060"),
            (.userAgent, "phone/1.0"),
        ]
        for (field, text) in texts {
            let bytes = Array(text.utf8)
            request.text.set(field, bytes.span)
        }
        let now = WallTime(seconds: SystemClock.wall().seconds + seconds)
        let outcome = agent.subscribe(request, now: now, into: &orders)
        finishOrders(now)
        guard case .accepted(let acceptance) = outcome else { throw Refusal(text: "\(outcome)") }
        return String(copying: acceptance.dialog[.toTag])
    }

    /// Says that all NOTIFYs that were ordered have arrived.
    func finishOrders(_ now: WallTime = SystemClock.wall()) {
        while !orders.isEmpty || agent.hasWaitingOrders {
            if orders.isEmpty { _ = agent.nextOrders(limit: 1_000, now: now, into: &orders) }
            let sent = orders
            orders = []
            for order in sent {
                notified.append(String(copying: order.dialog[.callID]))
                numbers.append(order.cseq)
                if let handle = order.handle {
                    agent.completed(handle, .delivered, now: now, into: &orders)
                }
            }
        }
    }
    /// The Call-IDs of the NOTIFYs that were ordered, and their CSeq numbers.
    private(set) var notified: [String] = []
    private(set) var numbers: [UInt32] = []

    /// Lets time pass for the engine.
    func expire(after seconds: Int) {
        let now = WallTime(seconds: SystemClock.wall().seconds + seconds)
        while agent.expire(now: now, limit: 10_000, into: &orders) {}
        finishOrders(now)
    }

    // MARK: What the engine holds

    /// The documents in memory as `rows` shows those of the table.
    var documents: [String] {
        var cursor: ListCursor? = ListCursor()
        var found: [String] = []
        while cursor != nil {
            for row in agent.publications(ListFilter(), limit: 1_000, from: &cursor) {
                let body = String(copying: row.body.span)
                let event = Self.packages[row.package].eventText
                found.append(
                    [
                        Self.text(row.user), Self.text(event), Self.text(row.etag),
                        "\(row.expires)", "\(row.received)", body, Self.text(row.ruid),
                    ].joined(separator: "|"))
            }
        }
        return found.sorted()
    }
    static let documentColumns = "username, event, etag, expires, received_time, body, ruid"

    /// The subscriptions in memory as `rows` shows those of the table.
    var subscriptions: [String] {
        var cursor: ListCursor? = ListCursor()
        var found: [String] = []
        while cursor != nil {
            for row in agent.subscriptions(ListFilter(), limit: 1_000, from: &cursor) {
                let dialog = row.dialog
                found.append(
                    [
                        String(copying: dialog[.callID]), String(copying: dialog[.toTag]),
                        "\(row.values.localCSeq)", "\(row.values.remoteCSeq)",
                        "\(row.values.expires)", "\(row.values.status.rawValue)",
                        "\(row.values.version)",
                    ].joined(separator: "|"))
            }
        }
        return found.sorted()
    }
    static let subscriptionColumns =
        "callid, to_tag, local_cseq, remote_cseq, expires, status, version"

    /// The decisions about watchers in memory as `rows` shows those of the table.
    var watchers: [String] {
        var cursor: ListCursor? = ListCursor()
        var found: [String] = []
        while cursor != nil {
            for row in agent.watchers(ListFilter(), limit: 1_000, from: &cursor) {
                found.append(
                    [
                        "sip:\(Self.text(row.presentityUser))@\(Self.text(row.presentityHost))",
                        Self.text(row.user), "\(row.status.rawValue)",
                        // Nobody looks at the time of a decision that was made.
                        row.status == .pending ? "\(row.inserted)" : "-",
                    ].joined(separator: "|"))
            }
        }
        return found.sorted()
    }
    static let watcherColumns =
        "presentity_uri, watcher_username, status,"
        + " CASE status WHEN 2 THEN inserted_time ELSE '-' END"

    /// Writes everything and compares memory with the tables, which must be alike then.
    func expectSame(_ comment: Comment = "memory and table", documents: Bool = true) throws {
        agent.journalCounters(now: SystemClock.wall())
        #expect(writer.flush(), comment)
        if documents {
            #expect(
                try self.documents
                    == database.rows("SELECT \(Self.documentColumns) FROM presentity").sorted(),
                comment)
        }
        #expect(
            try subscriptions
                == database.rows("SELECT \(Self.subscriptionColumns) FROM active_watchers")
                .sorted(), comment)
        #expect(
            try watchers
                == database.rows("SELECT \(Self.watcherColumns) FROM watchers").sorted(), comment)
    }

    static func text(_ bytes: [UInt8]) -> String { String(copying: bytes.span) }
}

/// A request that was not accepted.
struct Refusal: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// Rows as Kamailio 5.6.3 writes them.
enum KamailioRows {
    static func document(
        _ user: String, etag: String, expires: Int, event: String = "presence",
        body: String = "<presence/>", ruid: String? = nil
    ) -> String {
        let name = ruid.map { "'\($0)'" } ?? "NULL"
        return
            "INSERT INTO presentity (username, domain, event, etag, expires, received_time, body,"
            + " sender, priority, ruid) VALUES ('\(user)', 'example.com', '\(event)', '\(etag)',"
            + " \(expires), 1789000000, '\(body)', '', 0, \(name))"
    }

    static func subscription(
        _ watcher: String, to user: String, expires: Int, event: String = "presence",
        status: Int = 1, callID: String? = nil
    ) -> String {
        "INSERT INTO active_watchers (presentity_uri, watcher_username, watcher_domain, to_user,"
            + " to_domain, event, event_id, to_tag, from_tag, callid, local_cseq, remote_cseq,"
            + " contact, record_route, expires, status, reason, version, socket_info,"
            + " local_contact, from_user, from_domain, updated, updated_winfo, flags, user_agent)"
            + " VALUES ('sip:\(user)@example.com', '\(watcher)', 'example.org', '\(user)',"
            + " 'example.com', '\(event)', '', 'a6a1c5f60faecf035a1ae5b6e96e979a-1',"
            + " 'from-\(watcher)',"
            + " '\(callID ?? "call-\(watcher)-\(user)")', 2, 1, 'sip:\(watcher)@192.0.2.7:5062',"
            + " '<sip:192.0.2.1;lr>', \(expires), \(status), '', 2, 'udp:127.0.0.1:5060',"
            + " 'sip:127.0.0.1:5060', '\(watcher)', 'example.org', -1, -1, 0, '')"
    }

    static func watcher(
        _ watcher: String, of user: String, status: Int, inserted: Int, reason: String = ""
    ) -> String {
        "INSERT INTO watchers (presentity_uri, watcher_username, watcher_domain, event, status,"
            + " reason, inserted_time) VALUES ('sip:\(user)@example.com', '\(watcher)',"
            + " 'example.org', 'presence', \(status), '\(reason)', \(inserted))"
    }
}
