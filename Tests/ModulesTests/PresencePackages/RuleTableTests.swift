import Basics
import EventDocuments
import Logging
import Presence
import Storage
import Synchronization
import Testing

@testable import PresenceXML

/// The reader of presence rules, on each kind of database that is here.
@Suite("Presence rules in a real table")
struct RuleTableTests {
    private let book = RuleBook()

    /// A database with an empty table of documents.
    private static func table(_ kind: FaultyDatabase.Kind) throws -> FaultyDatabase {
        let database = try FaultyDatabase(kind)
        let connection = try database.connect()
        defer { connection.close() }
        _ = try Migration(tables: [KamailioTables.xcap]).run(on: connection)
        return database
    }

    private static func rules(_ text: String) throws -> RuleBook.Knowledge {
        let bytes = Array(text.utf8)
        return .rules(try PresenceRules(parsing: bytes.span))
    }

    private func reader(_ database: FaultyDatabase, _ changes: Changes) -> RuleReader {
        RuleReader(
            driver: database, table: KamailioTables.xcap, book: book,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { changes.add($0.user) }
    }

    /// The presentities whose rules are others than before.
    private final class Changes: Sendable {
        private let users = Guarded<[String]>([])
        func add(_ user: String) { users.withLock { $0.append(user) } }
        var all: [String] { users.withLock { $0 } }
    }

    private func add(
        _ user: String, _ text: String, to database: FaultyDatabase, type: Int = 2,
        uri: String? = nil
    ) throws {
        let connection = try database.connect()
        defer { connection.close() }
        _ = try connection.execute(
            "INSERT INTO xcap (username, domain, doc, doc_type, etag, source, doc_uri, port)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .text(user), .text("example.com"), .bytes(Array(text.utf8)), .integer(type),
                .text("e"), .integer(0), .text(uri ?? "/\(user)/\(type)"), .integer(0),
            ])
    }

    private func key(_ user: String) -> RuleKey {
        let user = Array(user.utf8)
        let host = Array("Example.COM".utf8)
        return RuleKey(user: user.span, host: host.span)
    }

    private func knowledge(_ user: String) -> RuleBook.Knowledge {
        book.rules(of: key(user), at: SystemClock.monotonic()).knowledge
    }

    @Test(
        "all are read at the start, one when asked for, each by its type and its place",
        arguments: FaultyDatabase.Kind.installed)
    func reading(kind: FaultyDatabase.Kind) throws {
        let database = try Self.table(kind)
        let allow = RuleText.document("allow", to: "bob")
        let block = RuleText.document("block", to: "bob")
        try add("alice", allow, to: database)
        try add("o'brien", block, to: database)
        try add("carol", "<presence/>", to: database, type: 16, uri: "/carol/hard")
        try add("broken", "<no rules", to: database)
        let changes = Changes()
        let reader = reader(database, changes)
        defer { reader.close() }
        try reader.readAll()
        let (allowed, blocked) = (try Self.rules(allow), try Self.rules(block))
        #expect(knowledge("alice") == allowed)
        #expect(knowledge("o'brien") == blocked)
        #expect(knowledge("carol") == .unknown && knowledge("broken") == .unknown)
        #expect(changes.all == [], "what is read at the start is no change")

        reader.want(key("carol"))
        reader.want(key("broken"))
        reader.drain()
        #expect(knowledge("carol") == .none && knowledge("broken") == .none)
        let place = Array("/carol/hard".utf8)
        #expect(
            reader.document(of: key("carol"), at: place) == .found(Array("<presence/>".utf8)))
        #expect(reader.document(of: key("alice"), at: place) == .missing)

        try database.run("UPDATE xcap SET doc_type = 3 WHERE username = 'alice'")
        reader.want(key("alice"))
        reader.drain()
        #expect(knowledge("alice") == .none && changes.all.contains("alice"))
    }

    @Test(
        "what is asked for each presentity is served by an index",
        arguments: FaultyDatabase.Kind.installed)
    func plans(kind: FaultyDatabase.Kind) throws {
        let database = try Self.table(kind)
        for number in 0..<300 {
            try add("user\(number)", RuleText.document("allow", to: "bob"), to: database)
        }
        if kind == .mariaDB { try database.run("ANALYZE TABLE xcap") }
        let reader = reader(database, Changes())
        defer { reader.close() }
        let before = database.log.count
        reader.want(key("user7"))
        reader.drain()
        _ = reader.document(of: key("user7"), at: Array("/user7/2".utf8))
        let asked = database.log.dropFirst(before).filter { $0.hasPrefix("SELECT") }
        #expect(asked.count == 2)
        for sql in asked {
            let values: [DatabaseValue] = [
                .text("user7"), .text("example.com"), .integer(2), .text("/user7/2"),
            ]
            let count = sql.count { $0 == "?" }
            let plan = try database.plan(sql, Array(values.prefix(count)))
            #expect(plan.contains("_idx") || plan.contains("autoindex"), "\(sql): \(plan)")
            #expect(!plan.contains("SCAN"), "\(sql): \(plan)")
        }
    }
}
