import Basics
import EventDocuments
import Foundation
import Presence
import Storage
import StorageSQLite
import Synchronization
import Testing

@testable import PresenceXML

/// What reads rules behind the workers' backs.
@Suite("The reader of rules")
struct RuleReaderTests {
    /// A reader with a book, and the presentities it said have other rules now.
    private final class Bench {
        let database: RulesDatabase
        let book: RuleBook
        let reader: RuleReader
        let changes = Changes()

        final class Changes: Sendable {
            private let users = Guarded<[String]>([])
            func add(_ user: String) { users.withLock { $0.append(user) } }
            var all: [String] { users.withLock { $0 } }
        }

        init(_ documents: [RulesDatabase.Document] = []) {
            let (database, book, changes) = (RulesDatabase(documents), RuleBook(), changes)
            self.database = database
            self.book = book
            reader = RuleReader(
                driver: database, table: PresenceXMLParameters().table, book: book,
                logger: StandInServices().logger
            ) { changes.add($0.user) }
        }

        func ask(_ user: String) -> RuleBook.Knowledge {
            let answer = book.rules(of: key(user), at: SystemClock.monotonic())
            if answer.isWanted { reader.want(key(user)) }
            return answer.knowledge
        }

        func key(_ user: String) -> RuleKey { RuleKey(uri: "sip:\(user)@example.com".utf8.span) }
    }

    @Test("whoever asks first has the rules read, once, and is told of the change")
    func wanted() {
        let bench = Bench()
        bench.database.set("alice", RuleText.document("allow", to: "bob"))
        for _ in 0..<10 { #expect(bench.ask("alice") == .unknown || bench.book.reads == 1) }
        bench.reader.drain()
        #expect(bench.book.reads == 1 && bench.changes.all == ["alice"])
        guard case .rules = bench.ask("alice") else {
            Issue.record("the rules are not known")
            return
        }
    }

    @Test("what could not be read is read when the database is back")
    func retry() {
        let bench = Bench()
        bench.database.change { $0.isAway = true }
        for user in ["a", "b", "c"] { #expect(bench.ask(user) == .unknown) }
        bench.reader.drain()
        #expect(bench.book.failures > 0 && bench.changes.all.isEmpty)
        bench.database.change { $0.isAway = false }
        // The pause after a failure is a quarter of a second first: a command does not wait for it.
        bench.reader.read(bench.key("a"))
        bench.reader.retry()
        bench.reader.drain()
        #expect(bench.ask("a") == .none && bench.ask("b") == .none && bench.ask("c") == .none)
        #expect(Set(bench.changes.all) == ["b", "c"])
    }

    @Test("a second look that finds the same tells nobody")
    func unchanged() {
        let bench = Bench()
        bench.database.set("alice", RuleText.document("allow", to: "bob"))
        bench.reader.want(bench.key("alice"))
        bench.reader.want(bench.key("alice"))
        bench.reader.drain()
        #expect(bench.book.reads == 2 && bench.changes.all == ["alice"])
        bench.database.set("alice", RuleText.document("block", to: "bob"))
        bench.reader.want(bench.key("alice"))
        bench.reader.drain()
        #expect(bench.changes.all == ["alice", "alice"])
    }

    @Test("many threads ask at once")
    func crowd() async {
        let bench = Bench()
        for number in 0..<20 {
            bench.database.set("u\(number)", RuleText.document("allow", to: "bob"))
        }
        let (book, reader) = (bench.book, bench.reader)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for turn in 0..<2_000 {
                        let key = RuleKey(uri: "sip:u\(turn % 25)@example.com".utf8.span)
                        if book.rules(of: key, at: SystemClock.monotonic()).isWanted {
                            reader.want(key)
                        }
                    }
                }
            }
        }
        reader.drain()
        #expect(book.count == 25 && book.reads == 25)
        #expect(bench.changes.all.count == 25)
    }

    @Test("the table of an embedded database is made, and its documents are read")
    func sqlite() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("roost-rules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let driver = try SQLiteDriver(DatabaseURL("sqlite:///\(folder.path)/rules.sqlite"))
        let book = RuleBook()
        let reader = RuleReader(
            driver: driver, table: PresenceXMLParameters().table, book: book,
            logger: StandInServices().logger
        ) { _ in }
        try reader.readAll()
        #expect(book.count == 0)
        let connection = try driver.connect()
        for (user, type) in [("alice", 2), ("alice", 16), ("bob", 2)] {
            try connection.execute(
                "INSERT INTO xcap (username, domain, doc, doc_type, etag, source, doc_uri, port)"
                    + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(user), .text("example.com"),
                    .bytes(Array(RuleText.document("allow", to: "carol").utf8)), .integer(type),
                    .text("e"), .integer(0), .text("\(user)/\(type)"), .integer(0),
                ])
        }
        try reader.readAll()
        #expect(book.count == 2)
        let alice = RuleKey(uri: "sip:alice@example.com".utf8.span)
        let answer = book.rules(of: alice, at: SystemClock.monotonic())
        guard case .rules(let rules) = answer.knowledge else {
            Issue.record("the rules are not known")
            return
        }
        #expect(rules.permission(of: "sip:carol@example.com", now: 0) == .allow)
        #expect(reader.document(of: alice, at: Array("alice/17".utf8)) == .missing)
        guard case .found(_) = reader.document(of: alice, at: Array("alice/16".utf8)) else {
            Issue.record("the document is not found")
            return
        }
        reader.close()
    }
}
