import Basics
import Foundation
import Testing

@testable import Storage
@testable import StorageSQLite

@Suite("What SQLite's numbers mean")
struct SQLiteErrorTests {
    @Test(
        "each result code says what can be done about it (sqlite.org/rescode.html)",
        arguments: [
            (5, .conflict), (6, .conflict), (261, .conflict), (517, .conflict),
            (10, .unavailable), (13, .unavailable), (7, .unavailable), (9, .unavailable),
            (266, .unavailable), (3_338, .unavailable), (14, .configuration),
            (26, .configuration), (11, .configuration), (3, .configuration), (8, .configuration),
            (23, .configuration), (1_288, .configuration), (1, .refused), (19, .refused),
            (20, .refused), (21, .refused), (25, .refused), (18, .refused), (2_067, .refused),
        ] as [(Int32, StorageError.Kind)])
    func kinds(_ code: Int32, _ kind: StorageError.Kind) {
        #expect(SQLiteError.kind(code) == kind)
    }

    @Test(
        "a constraint, a wrong type or too long a value is about one row, all else about all",
        arguments: [
            (19, true), (20, true), (18, true), (1_299, true), (2_067, true), (1_555, true),
            (275, true), (787, true), (1, false), (5, false), (10, false), (13, false), (0, false),
        ])
    func oneRow(_ code: Int, _ isAboutOneRow: Bool) {
        #expect(SQLiteError.isAboutOneRow(code) == isAboutOneRow)
    }
}

@Suite("Limits and places of SQLite's statements")
struct StatementTests {
    @Test("a result as wide as allowed is read, one that is wider is refused")
    func width() throws {
        let scene = try Scene()
        let list = { (count: Int) in
            (0..<count).map { "\($0)" }.joined(separator: ", ")
        }
        let most = Limits.databaseColumnsMax
        let text = try scene.all("SELECT \(list(most))")
        #expect(text.split(separator: "|").count == most)
        let error = #expect(throws: StorageError.self) {
            try scene.all("SELECT \(list(most + 1))")
        }
        #expect(error?.kind == .refused)
        #expect(error?.message == "a result of \(most + 1) columns is too wide")
        #expect(try scene.all("SELECT 1") == "1")
    }

    @Test(
        "a statement with other values than places is refused and named",
        arguments: [("SELECT 1", 1), ("SELECT ?", 0), ("SELECT ?, ?", 1), ("SELECT '?'", 1)])
    func places(_ sql: String, _ count: Int) throws {
        let scene = try Scene()
        let values = [DatabaseValue](repeating: .integer(1), count: count)
        let error = #expect(throws: StorageError.self) { try scene.all(sql, values) }
        #expect(error?.kind == .refused)
        #expect(error?.message == "values and places do not match in: \(sql)")
    }

    @Test("the number of changed rows is that of the statement, found or not")
    func changed() throws {
        let scene = try Scene()
        try scene.connection.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, n INTEGER)")
        let insert = "INSERT INTO t VALUES (1, 1), (2, 1), (3, 1)"
        #expect(try scene.connection.execute(insert) == 3)
        let update = "UPDATE t SET n = ? WHERE k >= ?"
        #expect(try scene.connection.execute(update, [.integer(1), .integer(2)]) == 2)
        #expect(try scene.connection.execute(update, [.integer(1), .integer(9)]) == 0)
        #expect(try scene.connection.execute("DELETE FROM t") == 3)
    }

    @Test("an error says where, what and which number, and the connection goes on")
    func words() throws {
        let scene = try Scene()
        let error = #expect(throws: StorageError.self) {
            try scene.connection.execute("INSERT INTO nowhere VALUES (1)")
        }
        #expect(
            error?.description
                == "sqlite:///\(scene.path): no such table: nowhere (error 1)")
        #expect(scene.connection.ping())
    }

    @Test("a statement that failed half way is begun anew the next time")
    func again() throws {
        let scene = try Scene()
        try scene.connection.execute("CREATE TABLE t (k INTEGER PRIMARY KEY)")
        let sql = "INSERT INTO t VALUES (?)"
        try scene.connection.execute(sql, [.integer(1)])
        for _ in 0..<3 {
            let error = #expect(throws: StorageError.self) {
                try scene.connection.execute(sql, [.integer(1)])
            }
            #expect(error?.code == 1_555)
        }
        try scene.connection.execute(sql, [.integer(2)])
        #expect(try scene.all("SELECT k FROM t ORDER BY k") == "1\n2")
    }

    @Test("values of one call are forgotten by the next")
    func forgotten() throws {
        let scene = try Scene()
        let sql = "SELECT ?, ?"
        #expect(try scene.all(sql, [.text("a"), .integer(1)]) == "a|1")
        #expect(try scene.all(sql, [.null, .null]) == "NULL|NULL")
    }

    @Test("statements beyond those that are kept are compiled again, and right")
    func kept() throws {
        let scene = try Scene()
        for _ in 0..<2 {
            for number in 0...Limits.preparedStatementsMax {
                #expect(try scene.all("SELECT \(number), ?", [.integer(7)]) == "\(number)|7")
            }
        }
    }
}

@Suite("Transactions on a file of SQLite")
struct TransactionTests {
    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.connection.execute("CREATE TABLE t (k INTEGER PRIMARY KEY)")
        return scene
    }

    @Test("a file that is closed within a transaction is unavailable until the transaction ends")
    func closed() throws {
        let scene = try scene()
        let error = #expect(throws: StorageError.self) {
            try scene.connection.transaction { () throws(StorageError) in
                try scene.connection.execute("INSERT INTO t VALUES (1)")
                scene.connection.close()
                try scene.connection.execute("INSERT INTO t VALUES (2)")
            }
        }
        #expect(error?.kind == .unavailable)
        #expect(try scene.all("SELECT COUNT(*) FROM t") == "0")
    }

    @Test("the inner of two transactions is undone with the outer one")
    func nested() throws {
        let scene = try scene()
        #expect(throws: StorageError.self) {
            try scene.connection.transaction { () throws(StorageError) in
                try scene.connection.transaction { () throws(StorageError) in
                    try scene.connection.execute("INSERT INTO t VALUES (1)")
                }
                throw StorageError(.refused, "no")
            }
        }
        #expect(try scene.all("SELECT COUNT(*) FROM t") == "0")
    }

    @Test("a conflict is tried as often as the policy says, each time from the start")
    func retried() throws {
        let scene = try scene()
        let other = try scene.other(busyMilliseconds: 0)
        var runs = 0
        try scene.connection.transaction { () throws(StorageError) in
            try scene.connection.execute("INSERT INTO t VALUES (1)")
            var kind: StorageError.Kind?
            do throws(StorageError) {
                try other.transaction(RetryPolicy(attemptsMax: 3)) { () throws(StorageError) in
                    runs += 1
                }
            } catch {
                kind = error.kind
            }
            #expect(kind == .conflict)
        }
        // The write lock is what BEGIN IMMEDIATE asks for, so the body never began.
        #expect(runs == 0)
        try other.transaction(RetryPolicy(attemptsMax: 1)) { () throws(StorageError) in
            runs += 1
        }
        #expect(runs == 1)
    }

    @Test("a refused row of a batch does not undo what else the transaction did")
    func refusedRow() throws {
        let scene = try scene()
        try scene.connection.execute("CREATE TABLE u (k INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        try scene.connection.transaction { () throws(StorageError) in
            try scene.connection.execute("INSERT INTO t VALUES (1)")
            let refused = try scene.connection.upsert(
                into: "u", columns: ["k", "n"], key: ["k"],
                Scene.batch([[.integer(1), .null], [.integer(2), .integer(2)]]))
            #expect(refused.map(\.row) == [0])
        }
        #expect(try scene.all("SELECT k FROM t") == "1")
        #expect(try scene.all("SELECT k, n FROM u") == "2|2")
    }

    @Test("two connections that write by turns see each other's rows")
    func turns() throws {
        let scene = try scene()
        let other = try scene.other()
        for number in 0..<20 {
            let writer = number % 2 == 0 ? scene.connection : other
            try writer.execute("INSERT INTO t VALUES (?)", [.integer(number)])
        }
        #expect(try scene.all("SELECT COUNT(*), SUM(k) FROM t") == "20|190")
    }

    @Test("a wait that is no wait is refused by the caller's own check")
    func precondition() async {
        await #expect(processExitsWith: .failure) {
            _ = try SQLiteDriver(DatabaseURL("sqlite::memory:"), busyMilliseconds: -1)
        }
        await #expect(processExitsWith: .failure) {
            _ = try SQLiteDriver(DatabaseURL("sqlite::memory:"), busyMilliseconds: 3_600_001)
        }
    }
}
