import Basics
import Dispatch
import Foundation
import ModuleKit
import Storage
import Subscriptions
import TestSupport
import Testing

@testable import Presence

@Suite("presence: changes on their way to the database")
struct PresenceStorageWriteTests {
    // MARK: Rows

    @Test("every column of a document is written", arguments: FaultyDatabase.Kind.installed)
    func documentColumns(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        let now = SystemClock.wall().seconds
        let etag = try stage.publish("alice", "<presence>\u{00e9}</presence>", expires: 300)
        #expect(stage.writer.flush())
        let row = try database.rows(
            "SELECT username, domain, event, etag, expires - received_time, body, sender, priority"
                + " FROM presentity")
        // What it computes for priority is the engine's matter.
        #expect(row.count == 1)
        #expect(
            row[0].hasPrefix(
                "alice|example.com|presence|\(etag)|300|<presence>\u{00e9}</presence>||"))
        #expect(
            try database.count("presentity", "received_time BETWEEN \(now) AND \(now + 5)") == 1)
        #expect(try database.count("presentity", "ruid LIKE 'pres-%'") == 1)
    }

    @Test("every column of a subscription is written", arguments: FaultyDatabase.Kind.installed)
    func subscriptionColumns(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        let toTag = try stage.subscribe("bob", to: "alice")
        #expect(stage.writer.flush())
        let columns = StoredTable.activeWatchers.columns.filter { $0 != "expires" }
        let row = try database.rows(
            "SELECT \(columns.joined(separator: ", ")) FROM active_watchers")
        #expect(
            row == [
                "sip:alice@example.com|bob|example.org|alice|example.com|presence||\(toTag)"
                    + "|from-bob|call-bob-alice|1|100001|sip:bob@192.0.2.7:5062|"
                    + "<sip:192.0.2.1;lr>|1|"
                    + "|0|udp:127.0.0.1:5060|sip:127.0.0.1:5060|bob|example.org|-1|-1|0|phone/1.0"
            ])
        let now = SystemClock.wall().seconds
        #expect(
            try database.count(
                "active_watchers", "expires BETWEEN \(now + 590) AND \(now + 600)") == 1)
    }

    @Test("every column of a decision is written", arguments: FaultyDatabase.Kind.installed)
    func watcherColumns(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        try stage.subscribe("stranger", to: "alice")
        try stage.subscribe("bob", to: "alice")
        #expect(stage.writer.flush())
        let now = SystemClock.wall().seconds
        #expect(
            try database.rows(
                "SELECT presentity_uri, watcher_username, watcher_domain, event, status, reason"
                    + " FROM watchers ORDER BY watcher_username") == [
                    "sip:alice@example.com|bob|example.org|presence|1|",
                    "sip:alice@example.com|stranger|example.org|presence|2|",
                ])
        #expect(try database.count("watchers", "inserted_time BETWEEN \(now - 5) AND \(now)") == 2)
    }

    @Test(
        "a decision about somebody who has not been back for a day goes from the table",
        arguments: FaultyDatabase.Kind.installed)
    func forgottenWatcher(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        try stage.subscribe("stranger", to: "alice", expires: 60)
        try stage.subscribe("bob", to: "alice", expires: 200_000)
        #expect(stage.writer.flush())
        stage.expire(after: 100)
        #expect(stage.writer.flush())
        #expect(try database.count("watchers") == 2)
        stage.expire(after: 100 + 86_400 + 10)
        #expect(stage.writer.flush())
        #expect(try database.rows("SELECT watcher_username FROM watchers") == ["bob"])
    }

    @Test("a refresh changes the row of its document", arguments: FaultyDatabase.Kind.installed)
    func refresh(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        let first = try stage.publish("alice", "<one/>")
        #expect(stage.writer.flush())
        let id = try database.rows("SELECT id FROM presentity")
        let second = try stage.publish("alice", "", etag: first)
        let third = try stage.publish("alice", "<two/>", etag: second)
        #expect(first != third)
        #expect(stage.writer.flush())
        #expect(try database.rows("SELECT etag, body FROM presentity") == ["\(third)|<two/>"])
        #expect(try database.rows("SELECT id FROM presentity") == id)
    }

    @Test("what ends goes from the table", arguments: FaultyDatabase.Kind.installed)
    func ends(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        let etag = try stage.publish("alice")
        let toTag = try stage.subscribe("bob", to: "alice")
        #expect(stage.writer.flush())
        #expect(try database.count("presentity") == 1)
        #expect(try database.count("active_watchers") == 1)
        try stage.publish("alice", "", etag: etag, expires: 0)
        try stage.subscribe("bob", to: "alice", toTag: toTag, expires: 0)
        #expect(stage.writer.flush())
        #expect(try database.count("presentity") == 0)
        #expect(try database.count("active_watchers") == 0)
    }

    @Test(
        "the row of another dialog with the same To-tag stays (subs_remove_match)",
        arguments: FaultyDatabase.Kind.installed)
    func wholeDialog(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        let toTag = try stage.subscribe("bob", to: "alice")
        #expect(stage.writer.flush())
        // Another server's: the numbers that it makes To-tags of may meet ours.
        try database.run(
            KamailioRows.subscription("carol", to: "alice", expires: 2_000_000_000)
                .replacing("a6a1c5f60faecf035a1ae5b6e96e979a-1", with: toTag))
        try stage.subscribe("bob", to: "alice", toTag: toTag, expires: 0)
        #expect(stage.writer.flush())
        #expect(
            try database.rows("SELECT callid, to_tag FROM active_watchers")
                == ["call-carol-alice|\(toTag)"])
    }

    @Test("what expires goes from the table, whether or not it was written before")
    func expires() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        try stage.publish("alice", expires: 60)
        try stage.subscribe("bob", to: "alice", expires: 60)
        #expect(stage.writer.flush())
        try stage.publish("carol", expires: 60)
        stage.expire(after: 100)
        #expect(stage.writer.flush())
        #expect(try database.count("presentity") == 0)
        #expect(try database.count("active_watchers") == 0)
        #expect(stage.documents.isEmpty)
    }

    @Test("with publ_cache 2 no document is written, with subs_db_mode 0 no subscription")
    func memoryModes() throws {
        let database = try FaultyDatabase(.sqlite)
        let documents = try PresenceStage(started: database) { $0.publications = .memory }
        try documents.publish("alice")
        try documents.subscribe("bob", to: "alice")
        #expect(documents.writer.finish())
        #expect(try database.count("presentity") == 0)
        #expect(try database.count("active_watchers") == 1)
        let dialogs = try PresenceStage(started: database) { $0.subscriptions = .memory }
        try dialogs.publish("alice")
        try dialogs.subscribe("carol", to: "alice")
        #expect(dialogs.writer.finish())
        #expect(try database.count("presentity") == 1)
        #expect(try database.count("active_watchers") == 0)
    }

    @Test("tables go by the names that they are given")
    func names() throws {
        let database = try FaultyDatabase(.sqlite, hasTables: false)
        let stage = try PresenceStage(started: database) { settings in
            settings.presentityTable = "pub"
            settings.activeWatchersTable = "sub"
            settings.watchersTable = "who"
        }
        try stage.publish("alice")
        try stage.subscribe("bob", to: "alice")
        #expect(stage.writer.flush())
        for table in ["pub", "sub", "who"] { #expect(try database.count(table) == 1, "\(table)") }
        #expect(
            try database.rows("SELECT table_name, table_version FROM version ORDER BY 1")
                == ["pub|5", "sub|12", "version|1", "who|3"])
    }

    // MARK: Rhythm

    @Test("a document is written within a tenth of a second, a subscription of mode 2 later")
    func rhythm() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        try stage.subscribe("bob", to: "alice")
        try stage.publish("alice")
        stage.writer.changed()
        #expect(try eventually(within: 10) { try database.count("presentity") == 1 })
        stage.writer.drain()
        #expect(try database.count("active_watchers") == 0)
        #expect(stage.agent.journal(.subscriptions).waiting == 1)
        stage.writer.update()
        stage.writer.drain()
        #expect(try database.count("active_watchers") == 1)
        #expect(stage.agent.journal.waiting == 0)
        #expect(StorageWriter.windowMilliseconds <= 50)
    }

    @Test("many changes in one window are one transaction")
    func window() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        let before = database.log.count { $0 == "begin" }
        var etag = ""
        for number in 0..<50 {
            etag = try stage.publish("alice", "<\(number)/>", etag: etag)
            try stage.publish("user\(number)")
        }
        #expect(stage.writer.flush())
        #expect(database.log.count { $0 == "begin" } == before + 1)
        #expect(database.log.contains("insert presentity 51"))
        #expect(
            try database.rows("SELECT body FROM presentity WHERE username = 'alice'") == ["<49/>"])
    }

    @Test("mode 2 writes a subscription once, however many NOTIFYs went out meanwhile")
    func coalesced() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        try stage.subscribe("bob", to: "alice")
        var etag = ""
        for number in 0..<10 { etag = try stage.publish("alice", "<\(number)/>", etag: etag) }
        stage.writer.update()
        stage.writer.drain()
        #expect(database.log.filter { $0.hasPrefix("insert active_watchers") }.count == 1)
        let last = Int(stage.numbers.max() ?? 0)
        #expect(try database.rows("SELECT local_cseq FROM active_watchers") == ["\(last - 1)"])
        // One NOTIFY more: the row lags behind until the next round, and then does not.
        try stage.publish("alice", "<more/>", etag: etag)
        stage.writer.update()
        stage.writer.drain()
        #expect(try database.rows("SELECT local_cseq FROM active_watchers") == ["\(last)"])
    }

    @Test("in mode 1 and publ_cache 0 the caller waits until its row is there", arguments: [1, 3])
    func waits(mode: Int) throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database) { settings in
            settings.subscriptions = .init(rawValue: mode) ?? .memory
            settings.publications = .database
        }
        for number in 0..<5 {
            try stage.subscribe("bob\(number)", to: "alice")
            #expect(stage.writer.commit())
            #expect(try database.count("active_watchers") == number + 1)
            try stage.publish("alice\(number)")
            #expect(stage.writer.commit())
            #expect(try database.count("presentity") == number + 1)
        }
    }

    @Test("those who wait at the same time are written together")
    func groups() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database) { $0.publications = .database }
        for number in 0..<20 { try stage.publish("user\(number)") }
        let gate = DispatchSemaphore(value: 0)
        database.change { $0.gate = gate }
        let writer = stage.writer
        let before = database.log.count { $0 == "begin" }
        let group = DispatchGroup()
        for _ in 0..<8 {
            group.enter()
            Thread.detachNewThread {
                writer.commit()
                group.leave()
            }
        }
        database.change { $0.gate = nil }
        for _ in 0..<100 { gate.signal() }
        #expect(group.wait(timeout: .now() + 20) == .success)
        #expect(try database.count("presentity") == 20)
        #expect(database.log.count { $0 == "begin" } == before + 1)
    }

    // MARK: Trouble

    @Test("a transaction that loses a race is run again", arguments: FaultyDatabase.Kind.installed)
    func deadlock(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        try stage.publish("alice")
        try stage.subscribe("bob", to: "alice")
        database.change { $0.deadlocks = 3 }
        #expect(stage.writer.flush())
        try stage.expectSame()
        #expect(stage.writer.counts.failedPasses == 0)
        // One that loses again and again gives up and comes back later.
        try stage.publish("carol")
        database.change { $0.deadlocks = 5 }
        #expect(!stage.writer.flush())
        #expect(stage.writer.flush())
        try stage.expectSame()
    }

    @Test(
        "a row that is refused does not keep the others waiting",
        arguments: FaultyDatabase.Kind.installed)
    func refusedRow(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let check = "CHECK (username <> 'mallory')"
        if kind == .mariaDB {
            try database.run("ALTER TABLE presentity ADD CONSTRAINT no_mallory \(check)")
        } else {
            try database.run(
                "CREATE TRIGGER no_mallory BEFORE INSERT ON presentity"
                    + " WHEN NEW.username = 'mallory' BEGIN SELECT RAISE(ABORT, 'no'); END")
        }
        let stage = try PresenceStage(started: database)
        for number in 0..<30 { try stage.publish("user\(number)") }
        try stage.publish("mallory")
        for number in 30..<60 { try stage.publish("user\(number)") }
        try stage.subscribe("bob", to: "mallory")
        #expect(stage.writer.flush())
        #expect(try database.count("presentity") == 60)
        #expect(try database.count("active_watchers") == 1)
        #expect(stage.writer.counts.rowsRefused == 1)
        #expect(stage.writer.status.state == .connected)
        #expect(
            stage.lines.all.contains {
                $0.hasPrefix("error the database refuses a row") && $0.contains("presentity")
            })
        // It is not tried again and again.
        let before = database.log.count
        #expect(stage.writer.flush())
        #expect(!database.log.dropFirst(before).contains { $0.hasPrefix("insert") })
    }

    @Test(
        "a row of another owner with the same key is taken over, not stumbled upon",
        arguments: FaultyDatabase.Kind.installed)
    func duplicateKeys(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        let toTag = try stage.subscribe("bob", to: "alice")
        let etag = try stage.publish("alice")
        let far = SystemClock.wall().seconds + 1_000
        try database.run(KamailioRows.document("alice", etag: etag, expires: far, ruid: "other"))
        try database.run(
            KamailioRows.subscription("bob", to: "alice", expires: far)
                .replacing("a6a1c5f60faecf035a1ae5b6e96e979a-1", with: toTag))
        try database.run(KamailioRows.watcher("bob", of: "alice", status: 2, inserted: 5))
        try stage.publish("carol")
        #expect(stage.writer.flush())
        try stage.expectSame()
        #expect(stage.writer.counts.rowsRefused == 0)
    }

    @Test("while the database is away nothing waits for it and nothing is lost")
    func away() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database) { settings in
            settings.subscriptions = .writeThrough
            settings.publications = .database
        }
        let kept = try stage.publish("kept")
        let gone = try stage.publish("gone")
        #expect(stage.writer.commit())
        database.change { $0.isAway = true }
        try stage.publish("kept", "<new/>", etag: kept)
        #expect(!stage.writer.commit())
        #expect(stage.writer.status.state == .away)
        try stage.publish("gone", "", etag: gone, expires: 0)
        try stage.publish("alice")
        try stage.subscribe("bob", to: "alice")
        let start = SystemClock.monotonic()
        for _ in 0..<50 { #expect(!stage.writer.commit()) }
        #expect(SystemClock.monotonic().since(start) < 1_000_000_000)
        #expect(stage.agent.journal.waiting > 0)
        stage.writer.drain()
        #expect(stage.writer.counts.failedPasses > 0)
        #expect(stage.lines.all.count { $0.contains("is away") } == 1)
        database.change { $0.isAway = false }
        #expect(stage.writer.flush())
        try stage.expectSame()
        #expect(stage.lines.all.count { $0.contains("is back") } == 1)
    }

    @Test("a second after the database is back, what is owed is written")
    func owed() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        database.change { $0.isAway = true }
        try stage.publish("alice")
        try stage.subscribe("bob", to: "alice")
        stage.writer.update()
        stage.writer.drain()
        database.change { $0.isAway = false }
        #expect(
            try eventually(within: 20) {
                stage.writer.tick()
                stage.writer.drain()
                return try database.count("active_watchers") == 1
            })
        try stage.expectSame()
        // Nothing is owed any more.
        let before = database.log.count
        stage.writer.tick()
        stage.writer.drain()
        #expect(database.log.count == before)
    }

    @Test("a frozen database costs a caller two seconds once, and the next nothing")
    func frozen() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database) { $0.publications = .database }
        let gate = DispatchSemaphore(value: 0)
        database.change { $0.gate = gate }
        try stage.publish("alice")
        let start = SystemClock.monotonic()
        #expect(!stage.writer.commit())
        let first = SystemClock.monotonic()
        #expect(first.since(start) >= 1_900_000_000)
        try stage.publish("bob")
        #expect(!stage.writer.commit())
        #expect(SystemClock.monotonic().since(first) < 500_000_000)
        database.change { $0.gate = nil }
        for _ in 0..<100 { gate.signal() }
        #expect(stage.writer.flush())
        try stage.expectSame()
    }

    @Test("a table that is gone is no end: changes wait for it")
    func refusesAll() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        try stage.publish("alice")
        database.change { $0.refusesAll = true }
        #expect(!stage.writer.flush())
        #expect(stage.writer.status.lastError.contains("refuses"))
        #expect(stage.agent.journal.waiting == 2 || stage.agent.journal.waiting == 1)
        database.change { $0.refusesAll = false }
        #expect(stage.writer.flush())
        try stage.expectSame()
        #expect(stage.writer.finish())
    }

    @Test("rows are written in the order of their keys")
    func order() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        for number in (0..<100).shuffled() { try stage.publish("user\(1_000 + number)") }
        #expect(stage.writer.flush())
        let users = try database.rows("SELECT username FROM presentity ORDER BY id")
        #expect(users == users.sorted())
        #expect(users.count == 100)
    }
}
