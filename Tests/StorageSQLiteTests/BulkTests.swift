import Basics
import Foundation
import Storage
import StorageSQLite
import Testing

@Suite("Bulk writes and transactions on SQLite")
struct BulkTests {
    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.connection.execute(
            """
            CREATE TABLE b (k VARCHAR(20), l INTEGER NOT NULL DEFAULT 0,
                n INTEGER NOT NULL DEFAULT 0, u INTEGER UNIQUE, w TIMESTAMP, UNIQUE (k, l))
            """)
        return scene
    }

    @Test("an upsert replaces the named columns and no other")
    func replaces() throws {
        let scene = try scene()
        try scene.connection.execute("INSERT INTO b (k, l, n, u) VALUES ('a', 1, 1, 77)")
        let batch = Scene.batch([
            [.text("a"), .integer(1), .integer(5)], [.text("a"), .integer(2), .integer(6)],
            [.text("a"), .integer(2), .integer(7)],
        ])
        for _ in 0..<2 {
            try scene.connection.upsert(
                into: "b", columns: ["k", "l", "n"], key: ["k", "l"], batch)
            #expect(try scene.all("SELECT k,l,n,u FROM b ORDER BY l") == "a|1|5|77\na|2|7|NULL")
        }
        let keys = Scene.batch([[.text("a"), .integer(1)], [.text("c"), .integer(1)]])
        try scene.connection.upsert(into: "b", columns: ["k", "l"], key: ["k", "l"], keys)
        #expect(try scene.all("SELECT k, n FROM b ORDER BY k, l") == "a|5\na|7\nc|0")
    }

    @Test("an update counts the rows that its keys found, changed or not, and names refused ones")
    func update() throws {
        let scene = try scene()
        try scene.connection.execute(
            "INSERT INTO b (k, l, n) VALUES ('a', 1, 1), ('b', 1, 1), ('c', 1, 1)")
        let batch = Scene.batch([
            [.integer(2), .text("a"), .integer(1)], [.integer(1), .text("b"), .integer(1)],
            [.integer(9), .text("c"), .integer(2)], [.null, .text("c"), .integer(1)],
            [.integer(9), .text("gone"), .integer(1)],
        ])
        let outcome = try scene.connection.update("b", columns: ["n"], key: ["k", "l"], batch)
        #expect(outcome.found == 2)
        #expect(outcome.refused.map(\.row) == [3])
        #expect(try scene.all("SELECT k, n FROM b ORDER BY k") == "a|2\nb|1\nc|1")
    }

    @Test("rows with values that do not fit are named, and all others are written")
    func refused() throws {
        let scene = try scene()
        try scene.connection.execute("INSERT INTO b (k, u) VALUES ('taken', 1)")
        var rows: [[DatabaseValue]] = (0..<100).map {
            [.text("k\($0)"), .integer(0), .integer($0), .null]
        }
        rows[41][2] = .null
        rows[99][3] = .integer(1)
        let refused = try scene.connection.upsert(
            into: "b", columns: ["k", "l", "n", "u"], key: ["k", "l"], Scene.batch(rows))
        #expect(refused.map(\.row) == [41, 99])
        #expect(refused[0].error.message.contains("NOT NULL"))
        #expect(refused[1].error.message.contains("UNIQUE"))
        #expect(try scene.all("SELECT COUNT(*) FROM b") == "99")
    }

    @Test("a delete respects its guard: what was refreshed, is permanent or NULL, stays")
    func guarded() throws {
        let scene = try scene()
        let now = 1_763_722_800
        let times: [Int?] = [now - 10, now, now + 1, 0, nil]
        for (number, time) in times.enumerated() {
            try scene.connection.execute(
                "INSERT INTO b (k, w) VALUES (?, ?)",
                [.text("k\(number)"), time.map { .time(WallTime(seconds: $0)) } ?? .null])
        }
        let batch = Scene.batch((0..<6).map { [.text("k\($0)"), .time(WallTime(seconds: now))] })
        #expect(try scene.connection.delete(from: "b", key: ["k"], guardColumn: "w", batch) == 2)
        #expect(try scene.all("SELECT k FROM b ORDER BY k") == "k2\nk3\nk4")
        let permanent = Scene.batch([
            [.text("k2"), .time(WallTime(seconds: 0))], [.text("k3"), .time(WallTime(seconds: 0))],
        ])
        #expect(
            try scene.connection.delete(from: "b", key: ["k"], guardColumn: "w", permanent) == 1)
        let whole = Scene.batch([[.text("k2"), .integer(0)], [.text("k4"), .integer(1)]])
        #expect(
            try scene.connection.delete(from: "b", key: ["k", "l"], guardColumn: nil, whole) == 1)
        #expect(try scene.all("SELECT k FROM b") == "k4")
    }

    @Test("nothing to write is nothing done, and a missing table is an error of the whole batch")
    func edges() throws {
        let scene = try scene()
        let nothing = RowBatch(columns: 1)
        try scene.connection.upsert(into: "none", columns: ["k"], key: ["k"], nothing)
        #expect(try scene.connection.delete(from: "x", key: ["k"], guardColumn: nil, nothing) == 0)
        let error = #expect(throws: StorageError.self) {
            try scene.connection.upsert(
                into: "none", columns: ["k"], key: ["k"], Scene.batch([[.integer(1)]]))
        }
        #expect(error?.kind == .refused)
        #expect(error?.message.contains("none") == true)
        #expect(try scene.all("SELECT 1") == "1")
    }

    @Test("what a transaction did is undone when it throws, and nested ones belong to it")
    func rollBack() throws {
        let scene = try scene()
        let connection = scene.connection
        let error = #expect(throws: StorageError.self) {
            try connection.transaction { () throws(StorageError) in
                try connection.execute("INSERT INTO b (k) VALUES ('x')")
                try connection.upsert(
                    into: "b", columns: ["k", "l"], key: ["k", "l"],
                    Scene.batch([[.text("y"), .integer(1)]]))
                throw StorageError(.refused, "stop")
            }
        }
        #expect(error?.message == "stop")
        #expect(try scene.all("SELECT COUNT(*) FROM b") == "0")
        try connection.transaction { () throws(StorageError) in
            try connection.execute("INSERT INTO b (k) VALUES ('x')")
        }
        #expect(try scene.all("SELECT COUNT(*) FROM b") == "1")
    }

    @Test("another connection's write is a conflict after the wait, and readers see the old state")
    func busy() throws {
        let scene = try scene()
        let other = try scene.other(busyMilliseconds: 10)
        try scene.connection.transaction { () throws(StorageError) in
            try scene.connection.execute("INSERT INTO b (k) VALUES ('x')")
            var kind: StorageError.Kind?
            do throws(StorageError) {
                try other.execute("INSERT INTO b (k) VALUES ('y')")
            } catch {
                kind = error.kind
            }
            #expect(kind == .conflict)
            var rows = -1
            try other.query("SELECT COUNT(*) FROM b", []) { row in
                rows = row.integer(0) ?? -1
                return true
            }
            #expect(rows == 0)
        }
        try other.execute("INSERT INTO b (k) VALUES ('y')")
        #expect(try scene.all("SELECT COUNT(*) FROM b") == "2")
    }
}

@Suite("Files of SQLite")
struct FileTests {
    @Test("what was committed is there after the connection is closed, and the next call opens it")
    func reopened() throws {
        let scene = try Scene()
        try scene.connection.execute("CREATE TABLE t (k)")
        try scene.connection.execute("INSERT INTO t VALUES (7)")
        scene.connection.close()
        scene.connection.close()
        #expect(try scene.all("SELECT k FROM t") == "7")
        #expect(scene.connection.ping())
        #expect(try scene.all("PRAGMA journal_mode") == "wal")
        #expect(try scene.all("PRAGMA synchronous") == "1")
    }

    @Test("a missing folder is a mistake of the configuration, and named")
    func missingFolder() throws {
        let error = #expect(throws: StorageError.self) {
            try SQLiteDriver(DatabaseURL("sqlite:////none/such/x.db")).open()
        }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("the folder /none/such does not exist") == true)
        let folder = #expect(throws: StorageError.self) {
            try SQLiteDriver(DatabaseURL("sqlite:////tmp")).open()
        }
        #expect(folder?.kind == .configuration)
    }

    @Test("a file that is no database is a mistake of the configuration and stays as it is")
    func otherFile() throws {
        let path = NSTemporaryDirectory() + "roost-\(UUID().uuidString)"
        let text = String(repeating: "This is a letter, not a database. ", count: 100)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: StorageError.self) {
            let connection = try SQLiteDriver(DatabaseURL("sqlite:///\(path)")).open()
            try connection.execute("CREATE TABLE t (k)")
        }
        #expect(error?.kind == .configuration)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test("a database in memory belongs to one connection")
    func memory() throws {
        let driver = try SQLiteDriver(DatabaseURL("sqlite::memory:"))
        let (first, second) = (try driver.connect(), try driver.connect())
        try first.execute("CREATE TABLE t (k)")
        #expect(throws: StorageError.self) { try second.execute("INSERT INTO t VALUES (1)") }
        #expect(driver.description == "sqlite::memory:")
        #expect(throws: StorageError.self) { try SQLiteDriver(DatabaseURL("mysql://a@b/c")) }
    }

    @Test("many different statements do not pile up")
    func statements() throws {
        let scene = try Scene()
        for number in 0..<200 { #expect(try scene.all("SELECT \(number)") == "\(number)") }
        #expect(throws: StorageError.self) { try scene.connection.execute("NONSENSE") }
    }

    @Test("a query within the callback of the same query has its own place")
    func withinItself() throws {
        let scene = try Scene()
        try scene.connection.execute("CREATE TABLE t (k)")
        try scene.connection.execute("INSERT INTO t VALUES (1), (2), (3)")
        var pairs = 0
        try scene.connection.query("SELECT k FROM t", []) { _ in
            try? scene.connection.query("SELECT k FROM t", []) { _ in
                pairs += 1
                return true
            }
            return true
        }
        #expect(pairs == 9)
    }
}
