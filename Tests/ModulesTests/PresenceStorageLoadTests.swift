import Basics
import Logging
import ModuleKit
import Storage
import Subscriptions
import TestSupport
import Testing

@testable import Presence

@Suite("presence: what the tables hold at the start")
struct PresenceStorageLoadTests {
    private var now: Int { SystemClock.wall().seconds }

    // MARK: Restarts

    @Test(
        "what one run wrote the next one has, and goes on with",
        arguments: FaultyDatabase.Kind.installed, [1, 2, 3])
    func restart(kind: FaultyDatabase.Kind, mode: Int) throws {
        let database = try FaultyDatabase(kind)
        let mode = try #require(PresenceParameters.SubscriptionMode(rawValue: mode))
        let first = try PresenceStage(started: database) { $0.subscriptions = mode }
        let toTag = try first.subscribe("bob", to: "alice")
        try first.subscribe("stranger", to: "alice")
        let etag = try first.publish("alice", "<one/>")
        let last = try #require(first.numbers.max())
        #expect(first.writer.finish())
        let second = try PresenceStage(started: database, process: 2) { settings in
            settings.subscriptions = mode
        }
        #expect(second.documents == first.documents)
        #expect(second.watchers == first.watchers)
        #expect(second.subscriptions.count == 2)
        // The dialog goes on: a refresh is taken, a document is told, and CSeq never steps back.
        for _ in 0..<5 { try second.subscribe("x", to: "y") }
        try second.subscribe("bob", to: "alice", toTag: toTag)
        try second.publish("alice", "<two/>", etag: etag)
        #expect(second.notified.filter { $0 == "call-bob-alice" }.count >= 2)
        #expect(try #require(second.numbers.min()) >= 1)
        let bob = zip(second.notified, second.numbers).filter { $0.0 == "call-bob-alice" }
        #expect(bob.allSatisfy { $0.1 > last })
        #expect(bob.map(\.1) == bob.map(\.1).sorted())
        #expect(second.writer.finish())
        #expect(try database.rows("SELECT body FROM presentity") == ["<two/>"])
    }

    @Test("what a killed run had not written is lost and nothing else")
    func killed() throws {
        let database = try FaultyDatabase(.sqlite)
        let first = try PresenceStage(started: database)
        let written = try first.publish("alice", "<one/>")
        try first.subscribe("bob", to: "alice")
        #expect(first.writer.flush())
        try first.publish("carol", "<lost/>")
        try first.publish("alice", "<lost/>", etag: written)
        // `first` is left as a kill leaves it: with changes that nobody writes.
        let second = try PresenceStage(started: database, process: 2)
        #expect(second.documents.count == 1)
        #expect(second.subscriptions.count == 1)
        #expect(try second.publish("alice", "<two/>", etag: written) != written)
    }

    @Test("with subs_db_mode 0 what an earlier run left is taken over, and the table emptied")
    func takenOver() throws {
        let database = try FaultyDatabase(.sqlite)
        let far = now + 1_000
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: far))
        try database.run(KamailioRows.subscription("old", to: "alice", expires: now - 5))
        let stage = try PresenceStage(started: database) { $0.subscriptions = .memory }
        #expect(stage.subscriptions.count == 1)
        #expect(try database.count("active_watchers") == 0)
        try stage.publish("alice")
        #expect(stage.notified == ["call-bob-alice"])
        #expect(stage.writer.finish())
        #expect(try database.count("active_watchers") == 0)
        // Without the table there is nothing to take over.
        try database.run("DROP TABLE active_watchers")
        let again = try PresenceStage(started: database) { $0.subscriptions = .memory }
        #expect(again.subscriptions.isEmpty)
        #expect(again.writer.status.isLoaded)
    }

    @Test("with publ_cache 2 documents of the table are no business of ours")
    func publicationsInMemory() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(KamailioRows.document("alice", etag: "e", expires: now + 1_000))
        let stage = try PresenceStage(started: database) { $0.publications = .memory }
        #expect(stage.documents.isEmpty)
        #expect(stage.writer.cleanAndWait(now: WallTime(seconds: now + 9_999)) == 0)
        #expect(try database.count("presentity") == 1)
    }

    // MARK: Kamailio's rows

    @Test(
        "rows of Kamailio 5.6.3 are taken up and gone on with",
        arguments: FaultyDatabase.Kind.installed)
    func ofKamailio(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let far = now + 1_000
        let etag = "a.1789000000.4711.3.0"
        try database.run(
            KamailioRows.document(
                "alice", etag: etag, expires: far, ruid: "pres-6a1-1267-1"))
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: far))
        try database.run(KamailioRows.watcher("bob", of: "alice", status: 1, inserted: now))
        let stage = try PresenceStage(started: database)
        #expect(stage.documents.count == 1)
        #expect(stage.subscriptions.count == 1)
        #expect(stage.watchers.count == 1)
        let next = try stage.publish("alice", "<ours/>", etag: etag)
        #expect(stage.notified == ["call-bob-alice"])
        // The last NOTIFY of the other server had CSeq 3.
        #expect(stage.numbers.allSatisfy { $0 > 3 })
        stage.writer.update()
        stage.writer.drain()
        #expect(
            try database.rows("SELECT etag, body, ruid FROM presentity")
                == ["\(next)|<ours/>|pres-6a1-1267-1"])
        #expect(
            try database.rows(
                "SELECT callid, contact, record_route, socket_info, status FROM active_watchers")
                == [
                    "call-bob-alice|sip:bob@192.0.2.7:5062|<sip:192.0.2.1;lr>"
                        + "|udp:127.0.0.1:5060|1"
                ])
        try stage.expectSame()
    }

    @Test(
        "a document without unique name gets one, and its row does not stay behind",
        arguments: FaultyDatabase.Kind.installed)
    func nameless(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        for user in ["alice", "bob", "carol"] {
            try database.run(KamailioRows.document(user, etag: "e-\(user)", expires: now + 1_000))
        }
        let stage = try PresenceStage(started: database) { $0.fetchRows = 2 }
        #expect(try database.count("presentity", "ruid LIKE 'pres-row-%'") == 3)
        try stage.publish("alice", "<new/>", etag: "e-alice")
        try stage.publish("bob", "", etag: "e-bob", expires: 0)
        #expect(stage.writer.flush())
        #expect(
            try database.rows("SELECT username FROM presentity ORDER BY username")
                == ["alice", "carol"])
        try stage.expectSame()
    }

    @Test("hard state never expires")
    func hardState() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(
            KamailioRows.document("alice", etag: "hard", expires: -1, ruid: "pres-h"))
        let stage = try PresenceStage(started: database)
        stage.expire(after: 100_000)
        #expect(stage.documents.count == 1)
        #expect(stage.writer.cleanAndWait(now: WallTime(seconds: now + 100_000)) == 0)
        #expect(try database.count("presentity") == 1)
    }

    @Test("a page ends nowhere in particular", arguments: [1, 2, 3, 7, 500])
    func pages(rows: Int) throws {
        let database = try FaultyDatabase(.sqlite)
        for number in 0..<7 {
            try database.run(
                KamailioRows.document(
                    "u\(number)", etag: "e", expires: now + 1_000, ruid: "r\(number)"))
            try database.run(
                KamailioRows.subscription("w\(number)", to: "alice", expires: now + 1_000))
        }
        try database.run("DELETE FROM presentity WHERE username = 'u3'")
        let stage = try PresenceStage(started: database) { $0.fetchRows = rows }
        #expect(stage.documents.count == 6)
        #expect(stage.subscriptions.count == 7)
    }

    // MARK: Rows that do not live

    @Test("documents that expired while the server was down stay away, or are told of once")
    func expiredMeanwhile() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now + 1_000))
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: now - 10, ruid: "r"))
        let usual = try PresenceStage(started: database)
        #expect(usual.documents.isEmpty)
        let other = try PresenceStage(started: database) { $0.ignoresExpired = false }
        #expect(other.documents.count == 1)
        other.expire(after: 5)
        #expect(other.documents.isEmpty)
        #expect(other.notified == ["call-bob-alice"])
        #expect(other.writer.flush())
        #expect(try database.count("presentity") == 0)
    }

    @Test("expires_offset counts for rows, too")
    func offset() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now - 10))
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: now - 10, ruid: "r"))
        let strict = try PresenceStage(started: database)
        #expect(strict.subscriptions.isEmpty && strict.documents.isEmpty)
        let mild = try PresenceStage(started: database) { $0.expiresOffsetSeconds = 60 }
        #expect(mild.subscriptions.count == 1 && mild.documents.count == 1)
    }

    /// Rows that cannot be understood: what is wrong, and the statement that makes it so.
    private static let odd: [(String, String)] = [
        ("no contact", "UPDATE active_watchers SET contact = ''"),
        ("no To-tag", "UPDATE active_watchers SET to_tag = ''"),
        ("no From-tag", "UPDATE active_watchers SET from_tag = ''"),
        ("no Call-ID", "UPDATE active_watchers SET callid = ''"),
        ("a status of its own", "UPDATE active_watchers SET status = 77"),
        ("a negative status", "UPDATE active_watchers SET status = -1"),
        ("no presentity", "UPDATE active_watchers SET presentity_uri = ''"),
        ("a presentity without host", "UPDATE active_watchers SET presentity_uri = 'sip:alice@'"),
        ("a presentity of two lines", "UPDATE active_watchers SET presentity_uri = 'sip:a@h h'"),
    ]

    @Test("a row that cannot be understood is named and left alone", arguments: odd)
    func oddRows(what: String, sql: String) throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(KamailioRows.subscription("odd", to: "alice", expires: now + 1_000))
        try database.run(sql)
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now + 1_000))
        let stage = try PresenceStage(started: database)
        #expect(stage.subscriptions.count == 1, "\(what)")
        #expect(stage.lines.all.contains { $0.contains("cannot be understood") }, "\(what)")
        #expect(stage.writer.finish())
        #expect(try database.count("active_watchers") == 2, "\(what)")
    }

    @Test("numbers beyond their width, NULLs and strange text do no harm")
    func strangeValues() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now + 1_000))
        try database.run(
            "UPDATE active_watchers SET event_id = NULL, reason = 'because', record_route = NULL,"
                + " user_agent = NULL, local_cseq = -1, remote_cseq = 4294967296, flags = -2,"
                + " version = 'many'")
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: now + 1_000, ruid: "r"))
        try database.run("UPDATE presentity SET body = X'00FF', priority = 99999999999")
        try database.run(
            KamailioRows.document("bob", etag: "e", expires: now + 1_000, ruid: "long"))
        try database.run(
            "UPDATE presentity SET etag = '\(String(repeating: "x", count: 300))'"
                + " WHERE username = 'bob'")
        let stage = try PresenceStage(started: database)
        #expect(stage.subscriptions.count == 1)
        #expect(stage.documents.count == 1)
        #expect(stage.writer.finish())
    }

    @Test("rows of an event package that no module has declared are left alone")
    func foreign() throws {
        let database = try FaultyDatabase(.sqlite)
        let far = now + 1_000
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: far, event: "xcap-diff"))
        try database.run(
            KamailioRows.subscription("bob", to: "alice", expires: far, event: "conference"))
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: far, event: "reg", ruid: "r"))
        let stage = try PresenceStage(started: database)
        #expect(stage.documents.count == 1 && stage.subscriptions.isEmpty)
        #expect(!stage.lines.all.contains { $0.contains("cannot be understood") })
        #expect(stage.writer.finish())
        #expect(try database.count("presentity") == 2)
        #expect(try database.count("active_watchers") == 1)
    }

    @Test(
        "a presentity is a user and a host",
        arguments: [
            ("sip:alice@example.com", "alice", "example.com"), ("sips:a@h", "a", "h"),
            ("alice@example.com", "alice", "example.com"), ("sip:example.com", "", "example.com"),
            ("pres:a@h", "a", "h"), ("sip:a@b@h", "a@b", "h"), ("sip:@h", "", "h"),
        ])
    func presentity(text: String, user: String, host: String) throws {
        let bytes = Array(text.utf8)
        let parts = Presentity(bytes.span)
        let found = try #require(parts)
        #expect(String(copying: bytes.span.extracting(found.user)) == user)
        #expect(String(copying: bytes.span.extracting(found.host)) == host)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "sip:", "sip:a@", "a@", "sip:a@h;x", "sip:a@h?x", "sip:a@h h", "sip:a@h\n",
            "sip:\(String(repeating: "u", count: 65))@h",
            "sip:a@\(String(repeating: "h", count: 65))",
            "sip:a@\(String(repeating: "h", count: 300))",
        ])
    func noPresentity(text: String) {
        let bytes = Array(text.utf8)
        #expect(Presentity(bytes.span) == nil)
    }

    // MARK: Start

    @Test("an embedded database gets the tables that it lacks; a server is left to its owner")
    func creates() throws {
        let database = try FaultyDatabase(.sqlite, hasTables: false)
        _ = try PresenceStage(started: database)
        #expect(
            try database.rows("SELECT table_name, table_version FROM version ORDER BY 1")
                == ["active_watchers|12", "presentity|5", "version|1", "watchers|3"])
        guard MariaDBFixture.isInstalled else { return }
        let server = try FaultyDatabase(.mariaDB, hasTables: false)
        let stage = PresenceStage(server)
        let error = #expect(throws: StorageError.self) { try stage.writer.start() }
        #expect(error?.kind != .unavailable)
    }

    @Test(
        "a table of another version is refused, and the command that helps is named",
        arguments: ["presentity", "active_watchers", "watchers"])
    func version(table: String) throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run("UPDATE version SET table_version = 2 WHERE table_name = '\(table)'")
        let stage = PresenceStage(database)
        let error = #expect(throws: StorageError.self) { try stage.writer.start() }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("roost migrate") == true)
        #expect(error?.message.contains(table) == true)
    }

    @Test("tables are loaded as soon as the database is there, and before anything is written")
    func loadsLater() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(
            KamailioRows.document("alice", etag: "e", expires: now + 1_000, ruid: "r"))
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now + 1_000))
        database.change { $0.isAway = true }
        let stage = PresenceStage(database)
        let error = #expect(throws: StorageError.self) { try stage.writer.start() }
        #expect(error?.kind == .unavailable)
        try stage.publish("carol")
        try stage.subscribe("dave", to: "carol")
        #expect(!stage.writer.status.isLoaded)
        database.change { $0.isAway = false }
        #expect(
            eventually(within: 20) {
                stage.writer.tick()
                stage.writer.drain()
                return stage.writer.status.isLoaded
            })
        #expect(stage.documents.count == 2 && stage.subscriptions.count == 2)
        #expect(stage.writer.flush())
        try stage.expectSame()
    }

    @Test("a load that is interrupted is taken up again and doubles nothing")
    func interrupted() throws {
        let database = try FaultyDatabase(.sqlite)
        for number in 0..<10 {
            try database.run(
                KamailioRows.subscription("w\(number)", to: "alice", expires: now + 1_000))
        }
        let stage = PresenceStage(database) { $0.fetchRows = 3 }
        try stage.writer.start()
        let again = StorageLoader(
            reader: StorageReader(agent: stage.agent, settings: StorageSettings()),
            logger: .init(label: "test"))
        let report = try again.load(.activeWatchers, database.connect())
        #expect(report[.superseded] == 10 && report[.loaded] == 0)
        #expect(stage.subscriptions.count == 10)
    }

    // MARK: Rows that somebody else writes

    @Test("a document that another program wrote is found when it is looked for")
    func fetchesDocuments() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database) { $0.publications = .database }
        try database.run(
            KamailioRows.document("alice", etag: "theirs", expires: now + 1_000, ruid: "r"))
        #expect(throws: Refusal.self) { try stage.publish("alice", "", etag: "theirs") }
        let found = stage.writer.fetch { (loader, connection) throws(StorageError) in
            try loader.loadPublications(
                user: Array("alice".utf8), host: Array("example.com".utf8), connection)
        }
        #expect(found)
        #expect(try stage.publish("alice", "<ours/>", etag: "theirs") != "theirs")
        #expect(stage.writer.flush())
        #expect(try database.rows("SELECT body, ruid FROM presentity") == ["<ours/>|r"])
    }

    @Test("a dialog that another server made is found when it is looked for")
    func fetchesDialogs() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database) { $0.subscriptions = .databaseOnly }
        try database.run(KamailioRows.subscription("bob", to: "alice", expires: now + 1_000))
        let toTag = "a6a1c5f60faecf035a1ae5b6e96e979a-1"
        #expect(throws: Refusal.self) { try stage.subscribe("bob", to: "alice", toTag: toTag) }
        func fetch(_ callID: String) -> Bool {
            stage.writer.fetch { (loader, connection) throws(StorageError) in
                try loader.loadSubscription(
                    callID: Array(callID.utf8), toTag: Array(toTag.utf8),
                    fromTag: Array("from-bob".utf8), connection)
            }
        }
        #expect(!fetch("another"))
        #expect(fetch("call-bob-alice"))
        #expect(!fetch("call-bob-alice"))
        try stage.subscribe("bob", to: "alice", toTag: toTag)
        // A database that is away is not asked: the request gets its answer at once.
        database.change { $0.isAway = true }
        #expect(!stage.writer.flush())
        let asked = database.log.count
        #expect(!fetch("call-bob-alice"))
        #expect(database.log.count == asked)
    }
}
