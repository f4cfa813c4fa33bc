import Basics
import Storage
import StorageMariaDB
import TestSupport
import Testing

@Suite("MariaDB that is away, frozen or says no", isInstalled)
struct FailureTests {
    static let quick = MariaDBTimeouts(connect: 1, read: 1, write: 1)

    @Test("a frozen server is unavailable within the time limit, and used again when it thaws")
    func frozen() throws {
        let server = try MariaDBFixture()
        let scene = try Scene(on: server, timeouts: Self.quick)
        try scene.connection.execute("CREATE TABLE t (k INT PRIMARY KEY)")
        let other = try Scene.connect(scene.database.socketURL, Self.quick)
        #expect(other.ping())
        server.freeze()
        defer { server.thaw() }
        for connection in [scene.connection, other] {
            // The first call waits for an answer, the second for a new connection.
            for _ in 0..<2 {
                var error: StorageError?
                let seconds = Scene.seconds {
                    do throws(StorageError) {
                        try connection.upsert(
                            into: "t", columns: ["k"], key: ["k"], Scene.batch([[.integer(1)]]))
                    } catch let thrown {
                        error = thrown
                    }
                }
                #expect(error?.kind == .unavailable, "\(String(describing: error))")
                #expect(seconds < 4)
            }
            #expect(!connection.ping())
        }
        server.thaw()
        for connection in [scene.connection, other] {
            try connection.upsert(
                into: "t", columns: ["k"], key: ["k"], Scene.batch([[.integer(1)]]))
        }
        #expect(try scene.first("SELECT COUNT(*) FROM t") == "1")
    }

    @Test("a killed server is unavailable at once, and used again when it is back")
    func killed() throws {
        let server = try MariaDBFixture()
        let scene = try Scene(on: server, timeouts: Self.quick)
        try scene.connection.execute("CREATE TABLE t (k INT PRIMARY KEY)")
        try scene.connection.execute("INSERT INTO t VALUES (1)")
        server.kill()
        for _ in 0..<2 {
            let error = #expect(throws: StorageError.self) {
                try scene.connection.execute("INSERT INTO t VALUES (2)")
            }
            #expect(error?.kind == .unavailable)
            #expect(error?.message.contains(scene.database.name) == true)
        }
        try server.restart()
        #expect(try scene.first("SELECT COUNT(*) FROM t") == "1")
    }

    /// A URL that fails, what kind of failure it is, and words in the message.
    static let refusals:
        [@Sendable (MariaDBFixture.Database) -> (String, StorageError.Kind, String)] =
            [
                {
                    (
                        "mysql://\($0.name):hunter2@127.0.0.1:\($0.server.port)/\($0.name)",
                        .configuration, $0.name
                    )
                },
                {
                    (
                        "mysql://nobody:hunter2@127.0.0.1:\($0.server.port)/\($0.name)",
                        .configuration, "nobody"
                    )
                },
                { ("\($0.url)_none".replacing("hunter2", with: ""), .configuration, "_none") },
                {
                    (
                        "mysql://\($0.name):hunter2@127.0.0.1:1/\($0.name)", .unavailable,
                        "127.0.0.1:1"
                    )
                },
                { ("mysql://\($0.name):hunter2@localhost/x?socket=/none", .unavailable, "/none") },
            ]

    @Test("who is turned away is told who wanted to go where, without the password")
    func refused() throws {
        let database = try MariaDBFixture.shared().database()
        for refusal in Self.refusals {
            let (url, kind, words) = refusal(database)
            let error = #expect(throws: StorageError.self) { try Scene.connect(url, Self.quick) }
            #expect(error?.kind == kind, "\(String(describing: error))")
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("hunter2") == false)
            #expect(error?.message.contains(database.password) == false)
        }
    }

    @Test("a Unix socket is used where the URL names one")
    func socket() throws {
        let database = try MariaDBFixture.shared().database()
        let connection = try Scene.connect(database.socketURL)
        var user = ""
        try connection.query("SELECT USER()", []) { row in
            user = row.text(0) ?? ""
            return true
        }
        #expect(user == "\(database.name)@localhost")
        #expect(connection.driver.description.contains("***"))
    }

    @Test("a closed connection is opened by the next call")
    func closed() throws {
        let scene = try Scene()
        scene.connection.close()
        scene.connection.close()
        #expect(try scene.first("SELECT 1") == "1")
        let error = #expect(throws: StorageError.self) { try scene.connection.execute("NONSENSE") }
        #expect(error?.kind == .refused)
        #expect(error?.code == 1_064)
        #expect(try scene.first("SELECT 1") == "1")
    }

    @Test("a driver for MariaDB takes no URL of SQLite")
    func wrongDriver() {
        #expect(throws: StorageError.self) { try MariaDBDriver(DatabaseURL("sqlite:///x.db")) }
    }
}
