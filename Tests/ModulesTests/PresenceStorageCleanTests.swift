import Basics
import ModuleKit
import Storage
import Subscriptions
import TestSupport
import Testing

@testable import Presence

@Suite("presence: rows that nobody needs any more")
struct PresenceStorageCleanTests {
    private var now: Int { SystemClock.wall().seconds }

    @Test(
        "rows of an earlier run go one clean_period after their time",
        arguments: FaultyDatabase.Kind.installed)
    func leftovers(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        for (user, age) in [("old", 500), ("young", 50), ("alive", -500)] {
            try database.run(
                KamailioRows.document(user, etag: "e", expires: now - age, ruid: user))
            try database.run(KamailioRows.subscription(user, to: "alice", expires: now - age))
        }
        let stage = try PresenceStage(started: database)
        #expect(stage.writer.cleanAndWait(now: SystemClock.wall()) == 2)
        #expect(
            try database.rows("SELECT username FROM presentity ORDER BY username")
                == ["alive", "young"])
        #expect(
            try database.rows("SELECT from_user FROM active_watchers ORDER BY from_user")
                == ["alive", "young"])
        #expect(stage.writer.counts.rowsCleaned == 2)
        let later = WallTime(seconds: now + 100)
        #expect(stage.writer.cleanAndWait(now: later) == 2)
        #expect(try database.count("presentity") == 1)
    }

    @Test("a subscription that was refreshed and not written yet keeps its row")
    func refreshed() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        let toTag = try stage.subscribe("bob", to: "alice", expires: 60)
        #expect(stage.writer.flush())
        // Memory knows better than the row, which looks as if it were over.
        try database.run("UPDATE active_watchers SET expires = 1000")
        try stage.subscribe("bob", to: "alice", toTag: toTag, expires: 3_000)
        #expect(stage.writer.cleanAndWait(now: SystemClock.wall()) == 0)
        #expect(try database.count("active_watchers", "expires > \(now + 2_000)") == 1)
    }

    @Test(
        "watchers that wait for a decision are forgotten after a day",
        arguments: FaultyDatabase.Kind.installed)
    func pending(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database) { $0.fetchRows = 2 }
        for (number, age) in [90_000, 80_000, 100_000, 5, 86_500].enumerated() {
            try database.run(
                KamailioRows.watcher("w\(number)", of: "a", status: 2, inserted: now - age))
            try database.run(
                KamailioRows.watcher("ok\(number)", of: "a", status: 1, inserted: now - age))
        }
        #expect(stage.writer.cleanAndWait(now: SystemClock.wall()) == 3)
        #expect(
            try database.rows(
                "SELECT watcher_username FROM watchers WHERE status = 2 ORDER BY 1")
                == ["w1", "w3"])
        #expect(try database.count("watchers", "status = 1") == 5)
    }

    @Test("pending decisions of a day ago are not loaded either")
    func pendingAtStart() throws {
        let database = try FaultyDatabase(.sqlite)
        try database.run(KamailioRows.watcher("old", of: "a", status: 2, inserted: now - 90_000))
        try database.run(KamailioRows.watcher("new", of: "a", status: 2, inserted: now - 9))
        try database.run(KamailioRows.watcher("ok", of: "a", status: 1, inserted: now - 90_000))
        let stage = try PresenceStage(started: database)
        #expect(stage.watchers.count == 2)
    }

    @Test("thousands of rows go in pages", arguments: FaultyDatabase.Kind.installed)
    func many(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        var rows = RowBatch(columns: StoredTable.presentity.columns.count)
        for number in 0..<2_500 {
            let values: [DatabaseValue] = [
                .text("u\(number)"), .text("example.com"), .text("presence"), .text("e"),
                .integer(number < 2_400 ? 1_000 + number : now + 5_000), .integer(1),
                .bytes([1]), .text(""), .integer(0), .text("r\(number)"),
            ]
            for value in values { rows.append(value) }
        }
        let connection = try database.connect()
        try connection.insert(StoredTable.presentity.insert(into: "presentity"), rows)
        #expect(stage.writer.cleanAndWait(now: SystemClock.wall()) == 2_400)
        #expect(try database.count("presentity") == 100)
        #expect(database.log.count { $0.hasPrefix("delete presentity") } == 3)
    }

    @Test("a database that is away is said so, and cleaned when it is back")
    func away() throws {
        let database = try FaultyDatabase(.sqlite)
        let stage = try PresenceStage(started: database)
        try database.run(KamailioRows.document("old", etag: "e", expires: 5, ruid: "r"))
        database.change { $0.isAway = true }
        try stage.publish("alice")
        #expect(stage.writer.cleanAndWait(now: SystemClock.wall()) == nil)
        database.change { $0.isAway = false }
        #expect(stage.writer.flush())
        #expect(stage.writer.cleanAndWait(now: SystemClock.wall()) == 1)
    }

    @Test(
        "every statement that runs at start, per row or by a timer is served by an index",
        arguments: FaultyDatabase.Kind.installed)
    func plans(kind: FaultyDatabase.Kind) throws {
        let database = try FaultyDatabase(kind)
        let stage = try PresenceStage(started: database)
        for number in 0..<1_000 {
            try stage.publish("user\(number)")
            try stage.subscribe("bob", to: "user\(number)")
        }
        #expect(stage.writer.flush())
        let dialect: Dialect = kind == .mariaDB ? .mariaDB : .sqlite
        if kind == .mariaDB {
            try database.run("ANALYZE TABLE presentity, active_watchers, watchers")
        }
        var shapes: [(String, [DatabaseValue], String)] = []
        for table in StoredTable.allCases {
            let name = StorageSettings().name(table)
            shapes.append((table.page(of: name, rows: 500, dialect), [.integer(5)], "PRIMARY"))
            let key: [DatabaseValue] = table.key.map { _ in .text("x") }
            let delete = BulkStatement.delete(
                from: name, key: table.key, guardColumn: nil, dialect)
            shapes.append((delete, key, Self.keyIndex(table)))
            let find = table.key.map { "\(dialect.quoted($0)) = ?" }.joined(separator: " AND ")
            let select = table.select(from: name, dialect) + " WHERE " + find
            shapes.append((select, key, Self.keyIndex(table)))
        }
        let account =
            StoredTable.presentity.select(from: "presentity", dialect)
            + " WHERE username = ? AND domain = ?"
        shapes.append(
            (account, [.text("user1"), .text("example.com")], "presentity_idx|account_idx"))
        for table in ["presentity", "active_watchers"] {
            let find = StorageCleaner.findExpired(table, dialect)
            shapes.append((find, [.integer(0), .integer(1_000)], "\(table)_expires"))
            let delete = BulkStatement.delete(
                from: table, key: ["id"], guardColumn: "expires", dialect)
            shapes.append((delete, [.integer(1), .integer(0), .integer(2)], "PRIMARY"))
        }
        shapes.append(
            (StorageCleaner.walk("watchers", rows: 500, dialect), [.integer(5)], "PRIMARY"))
        shapes.append(
            (
                StorageCleaner.deletePending("watchers", dialect), [.integer(1), .integer(2)],
                "PRIMARY"
            ))
        for (sql, values, indexes) in shapes {
            let plan = try database.plan(sql, values)
            let isServed =
                indexes.split(separator: "|").contains { plan.contains($0) }
                || plan.contains("no matching row") || plan.contains("Impossible WHERE")
                || (indexes.contains("PRIMARY") && plan.contains("USING INTEGER PRIMARY KEY"))
                // What SQLite calls the index of a UNIQUE clause.
                || (indexes.hasSuffix("_idx") && plan.contains("USING INDEX sqlite_autoindex"))
            #expect(isServed, "\(sql): \(plan)")
            #expect(!plan.contains("SCAN"), "\(sql): \(plan)")
        }
    }

    private static func keyIndex(_ table: StoredTable) -> String {
        switch table {
        // The index on three of the four columns serves as well.
        case .presentity: "presentity_idx|account_idx"
        case .activeWatchers: "active_watchers_idx"
        case .watchers: "watcher_idx"
        }
    }
}
