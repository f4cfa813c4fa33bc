import Basics
import Storage
import StorageMariaDB
import TestSupport
import Testing

@Suite("Bulk writes to MariaDB", isInstalled)
struct BulkTests {
    static let table = """
        CREATE TABLE b (k VARCHAR(20), l INT NOT NULL DEFAULT 0, n INT NOT NULL DEFAULT 0,
            u INT UNIQUE, w DATETIME, UNIQUE (k, l))
        """

    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.connection.execute(Self.table)
        return scene
    }

    @Test("an upsert replaces the named columns and no other, and twice is the same as once")
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
            #expect(
                try scene.database.sql("SELECT k,l,n,u FROM b ORDER BY l")
                    == "a\t1\t5\t77\na\t2\t7\tNULL\n")
        }
    }

    @Test("an upsert of nothing but the key leaves the row as it is")
    func keyOnly() throws {
        let scene = try scene()
        try scene.connection.execute("INSERT INTO b (k, l, n) VALUES ('a', 1, 1)")
        let batch = Scene.batch([[.text("a"), .integer(1)], [.text("b"), .integer(1)]])
        try scene.connection.upsert(into: "b", columns: ["k", "l"], key: ["k", "l"], batch)
        #expect(try scene.database.sql("SELECT k,l,n FROM b ORDER BY k") == "a\t1\t1\nb\t1\t0\n")
    }

    @Test("rows with values that do not fit are named, and all others are written")
    func refused() throws {
        let scene = try scene()
        try scene.connection.execute("INSERT INTO b (k, u) VALUES ('taken', 1)")
        var rows: [[DatabaseValue]] = (0..<100).map { [.text("k\($0)"), .integer($0), .null] }
        rows[0][0] = .text(String(repeating: "x", count: 21))
        rows[41][1] = .null
        rows[77][1] = .integer(1 << 40)
        rows[99][2] = .integer(1)
        rows[98] = [.text("new"), .integer(1), .integer(2)]
        let refused = try scene.connection.upsert(
            into: "b", columns: ["k", "n", "u"], key: ["k"], Scene.batch(rows))
        // A duplicate in another unique index replaces that row, as MariaDB's upsert does.
        #expect(refused.map(\.row) == [0, 41, 77])
        #expect(refused.map(\.error.code) == [1_406, 1_048, 1_264])
        #expect(try scene.first("SELECT COUNT(*) FROM b") == "97")
    }

    @Test("a missing table or column is an error of the whole batch")
    func wrongSchema() throws {
        let scene = try scene()
        let batch = Scene.batch([[.text("a")]])
        for (table, column) in [("none", "k"), ("b", "none")] {
            let error = #expect(throws: StorageError.self) {
                try scene.connection.upsert(
                    into: table, columns: [column], key: [column], batch)
            }
            #expect(error?.kind == .refused)
            #expect(error?.message.contains("none") == true)
        }
        #expect(try scene.first("SELECT 1") == "1")
    }

    @Test("a batch larger than the server's packets is written in pieces, too large rows refused")
    func packets() throws {
        let server = try MariaDBFixture()
        try server.sql("SET GLOBAL max_allowed_packet = 65536")
        let scene = try Scene(on: server)
        try scene.connection.execute("CREATE TABLE p (k INT PRIMARY KEY, t MEDIUMTEXT)")
        let text = String(repeating: "x", count: 10_000)
        var rows: [[DatabaseValue]] = (0..<50).map { [.integer($0), .text(text)] }
        rows[20][1] = .text(String(repeating: "y", count: 100_000))
        let refused = try scene.connection.upsert(
            into: "p", columns: ["k", "t"], key: ["k"], Scene.batch(rows))
        #expect(refused.map(\.row) == [20])
        #expect(try scene.first("SELECT COUNT(*), SUM(LENGTH(t)) FROM p") == "49")
    }

    @Test("a delete respects its guard: what was refreshed, is permanent or NULL, stays")
    func guarded() throws {
        let scene = try scene()
        let now = 1_763_722_800
        let times: [Int?] = [now - 10, now, now + 10, 0, nil]
        for (number, time) in times.enumerated() {
            try scene.connection.execute(
                "INSERT INTO b (k, w) VALUES (?, ?)",
                [
                    .text("k\(number)"),
                    time.map { .time(WallTime(seconds: $0)) } ?? .null,
                ])
        }
        let batch = Scene.batch(
            (0..<6).map { [.text("k\($0)"), .time(WallTime(seconds: now))] })
        let gone = try scene.connection.delete(
            from: "b", key: ["k"], guardColumn: "w", batch)
        #expect(gone == 2)
        #expect(try scene.database.sql("SELECT k FROM b ORDER BY k") == "k2\nk3\nk4\n")
        let permanent = Scene.batch([
            [.text("k2"), .time(WallTime(seconds: 0))], [.text("k3"), .time(WallTime(seconds: 0))],
        ])
        #expect(
            try scene.connection.delete(from: "b", key: ["k"], guardColumn: "w", permanent) == 1)
        #expect(try scene.database.sql("SELECT k FROM b ORDER BY k") == "k2\nk4\n")
    }

    @Test("a delete without a guard takes what the whole key names, and integers guard as well")
    func unguarded() throws {
        let scene = try scene()
        try scene.connection.execute(
            "INSERT INTO b (k, l, n) VALUES ('a', 1, 5), ('a', 2, 6), ('b', 1, 7), ('b', 2, 0)")
        let pairs = Scene.batch([[.text("a"), .integer(2)], [.text("c"), .integer(1)]])
        #expect(
            try scene.connection.delete(from: "b", key: ["k", "l"], guardColumn: nil, pairs) == 1)
        let names = Scene.batch([[.text("b"), .integer(6)]])
        #expect(
            try scene.connection.delete(from: "b", key: ["k"], guardColumn: "n", names) == 1)
        #expect(try scene.database.sql("SELECT k, l FROM b ORDER BY k") == "a\t1\nb\t1\n")
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
        let outcome = try scene.connection.update(
            "b", columns: ["n"], key: ["k", "l"], batch)
        #expect(outcome.found == 2)
        #expect(outcome.refused.map(\.row) == [3])
        #expect(try scene.database.sql("SELECT k,n FROM b ORDER BY k") == "a\t2\nb\t1\nc\t1\n")
    }

    @Test("nothing to write is nothing done, even without the table")
    func empty() throws {
        let scene = try Scene()
        let batch = RowBatch(columns: 1)
        let refused = try scene.connection.upsert(into: "t", columns: ["k"], key: ["k"], batch)
        #expect(refused.isEmpty)
        #expect(try scene.connection.delete(from: "t", key: ["k"], guardColumn: nil, batch) == 0)
    }

    @Test("many different statements do not pile up on the server")
    func preparedStatements() throws {
        let scene = try scene()
        for number in 0..<100 {
            try scene.connection.execute("CREATE TABLE t\(number) (k INT PRIMARY KEY)")
            try scene.connection.upsert(
                into: "t\(number)", columns: ["k"], key: ["k"], Scene.batch([[.integer(1)]]))
        }
        let open = try scene.first(
            "SELECT variable_value FROM information_schema.session_status"
                + " WHERE variable_name = 'Com_stmt_close'")
        #expect(Int(open ?? "0") ?? 0 >= Limits.preparedStatementsMax)
    }
}
