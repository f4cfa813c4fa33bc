import Basics
import Synchronization
import Foundation
import Storage
import StorageMariaDB
import TestSupport
import Testing

@Suite("Transactions on MariaDB", isInstalled)
struct TransactionTests {
    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.connection.execute("CREATE TABLE t (k INT PRIMARY KEY, n INT NOT NULL)")
        try scene.connection.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
        return scene
    }

    @Test("what a transaction did is undone when it throws, and nested ones belong to it")
    func rollBack() throws {
        let scene = try scene()
        let connection = scene.connection
        let error = #expect(throws: StorageError.self) {
            try connection.transaction { () throws(StorageError) in
                try connection.execute("UPDATE t SET n = 1 WHERE k = 1")
                try connection.transaction { () throws(StorageError) in
                    try connection.execute("UPDATE t SET n = 1 WHERE k = 2")
                }
                try connection.upsert(
                    into: "t", columns: ["k", "n"], key: ["k"],
                    Scene.batch([[.integer(3), .integer(1)]]))
                throw StorageError(.refused, "stop")
            }
        }
        #expect(error?.message == "stop")
        #expect(try scene.database.sql("SELECT * FROM t") == "1\t0\n2\t0\n")
        try connection.transaction { () throws(StorageError) in
            try connection.execute("UPDATE t SET n = 2 WHERE k = 1")
        }
        #expect(try scene.first("SELECT n FROM t WHERE k = 1") == "2")
    }

    @Test("of two transactions in a deadlock the loser is run again, and both are done")
    func deadlock() throws {
        let scene = try scene()
        let url = scene.database.url
        let both = DispatchGroup()
        let (first, second) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let runs = Guarded(0)
        let errors = Guarded<[String]>([])
        func start(_ near: Int, _ far: Int, mine: DispatchSemaphore, other: DispatchSemaphore) {
            both.enter()
            Thread.detachNewThread {
                defer { both.leave() }
                do {
                    let connection = try Scene.connect(url)
                    var isFirstTime = true
                    try connection.transaction(RetryPolicy()) { () throws(StorageError) in
                        runs.withLock { $0 += 1 }
                        let sql = "UPDATE t SET n = n + 1 WHERE k = ?"
                        try connection.execute(sql, [.integer(near)])
                        mine.signal()
                        // Until the other one holds its first lock as well.
                        if isFirstTime { _ = other.wait(timeout: .now() + 10) }
                        isFirstTime = false
                        try connection.execute(sql, [.integer(far)])
                    }
                } catch {
                    errors.withLock { $0.append("\(error)") }
                }
            }
        }
        start(1, 2, mine: first, other: second)
        start(2, 1, mine: second, other: first)
        #expect(both.wait(timeout: .now() + 30) == .success)
        #expect(errors.withLock { $0 } == [])
        #expect(runs.withLock { $0 } >= 3)
        #expect(try scene.database.sql("SELECT * FROM t") == "1\t2\n2\t2\n")
    }

    @Test("a lock that is held is a conflict before the time limit makes it a lost server")
    func lockTimeout() throws {
        let scene = try scene()
        let other = try Scene.connect(
            scene.database.url, MariaDBTimeouts(connect: 3, read: 3, write: 3))
        try scene.connection.transaction { () throws(StorageError) in
            try scene.connection.execute("UPDATE t SET n = 9 WHERE k = 1")
            var error: StorageError?
            do throws(StorageError) {
                try other.execute("UPDATE t SET n = 8 WHERE k = 1")
            } catch let thrown {
                error = thrown
            }
            #expect(error?.kind == .conflict)
        }
        #expect(try scene.first("SELECT n FROM t WHERE k = 1") == "9")
        try other.execute("UPDATE t SET n = 8 WHERE k = 1")
        #expect(try scene.first("SELECT n FROM t WHERE k = 1") == "8")
    }

    @Test("a connection lost within a transaction does not commit the other half")
    func lostWithin() throws {
        let scene = try scene()
        let connection = scene.connection
        let number = try #require(try scene.first("SELECT CONNECTION_ID()"))
        var kinds: [StorageError.Kind] = []
        let error = #expect(throws: StorageError.self) {
            try connection.transaction { () throws(StorageError) in
                try connection.execute("UPDATE t SET n = 1 WHERE k = 1")
                _ = try? scene.database.server.sql("KILL CONNECTION \(number)")
                for _ in 0..<2 {
                    do throws(StorageError) {
                        try connection.execute("UPDATE t SET n = 1 WHERE k = 2")
                    } catch {
                        kinds.append(error.kind)
                    }
                }
            }
        }
        #expect(error?.kind == .unavailable)
        #expect(kinds == [.unavailable, .unavailable])
        #expect(try scene.database.sql("SELECT * FROM t") == "1\t0\n2\t0\n")
        #expect(try scene.first("SELECT 1") == "1")
    }

    @Test("a connection that the server closed in the meantime costs no call")
    func closedMeanwhile() throws {
        let scene = try scene()
        for _ in 0..<3 {
            let number = try #require(try scene.first("SELECT CONNECTION_ID()"))
            try scene.database.server.sql("KILL CONNECTION \(number)")
            while try scene.database.server.sql(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE id = \(number)")
                != "0\n"
            {}
            try scene.connection.upsert(
                into: "t", columns: ["k", "n"], key: ["k"],
                Scene.batch([[.integer(1), .integer(5)]]))
        }
        #expect(try scene.first("SELECT n FROM t WHERE k = 1") == "5")
    }
}
