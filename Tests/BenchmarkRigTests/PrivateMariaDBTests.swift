import Foundation
import Testing

@testable import BenchmarkRig

@Suite("The database of the rig", .timeLimit(.minutes(2)))
struct PrivateMariaDBTests {
    /// Whether a server and Kamailio's tables are installed.
    private static let isInstalled =
        FileManager.default.fileExists(atPath: "/usr/share/kamailio/mysql/usrloc-create.sql")
        && ["mariadbd", "mariadb-install-db", "mariadb"].allSatisfy { name in
            (try? ChildProcess.run(["sh", "-c", "command -v \(name)"], secondsMax: 20)) != nil
        }

    @Test("tables that are not installed are told at once, by the file that is missing")
    func missing() throws {
        let scratch = try ScratchDirectory(prefix: "schema-test")
        try TextFile.write("select 1;", to: scratch.file("standard-create.sql"))
        let start = Date()
        let error = #expect(throws: RigError.self) {
            try PrivateMariaDB(
                schemas: ["standard", "usrloc"], schemaDirectory: scratch.path)
        }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("\(scratch.path)/usrloc-create.sql") == true)
        #expect(Date().timeIntervalSince(start) < 5, "no server was installed before")
        let texts = try PrivateMariaDB.statements(of: ["standard"], in: scratch.path)
        #expect(texts == ["select 1;"])
        #expect(try PrivateMariaDB.statements(of: [], in: "/no/such").isEmpty)
    }

    @Test("its URL is the one that configurations carry")
    func url() {
        #expect(
            PrivateMariaDB.url(port: 3_307)
                == "mysql://kamailio:kamailiorw@127.0.0.1:3307/kamailio")
    }

    @Test("rows are counted, written ones awaited, and all removed", .enabled(if: isInstalled))
    func rows() throws {
        var kept: PrivateMariaDB? = try PrivateMariaDB()
        let database = try #require(kept)
        #expect(database.url == PrivateMariaDB.url(port: database.port))
        #expect(try database.rows() == 0)
        try database.sql("insert into location (ruid, username) values ('1', 'a'), ('2', 'b')")
        #expect(try database.rows() == 2)
        #expect(try database.sql("select username from location order by 1") == "a\nb\n")
        #expect(
            try database.sql("select table_version from version where table_name='location'")
                == "9\n")
        let error = #expect(throws: RigError.self) { try database.sql("select * from nothing") }
        #expect(error?.description.contains("nothing") == true)
        if FakeServer.isPossible { try flush(database) }
        try database.clear()
        #expect(try database.rows() == 0)
        try database.sql(
            "insert into presentity select null, seq, 'd', 'presence', 'e', 1, 1, 'b', '', 0, null"
                + " from seq_1_to_3")
        #expect(try database.rows(of: "presentity") == 3)
        try database.clearPresence()
        for table in ["presentity", "active_watchers", "watchers"] {
            #expect(try database.rows(of: table) == 0)
        }
        let port = database.port
        #expect(
            LoopbackName(port: port).connect(Int32(SOCK_STREAM.rawValue), waitSeconds: 5) != nil)
        kept = nil
    }

    /// A flush is over when all rows stand in the table, and is asked for over RPC.
    private func flush(_ database: PrivateMariaDB) throws {
        let fake = try FakeServer()
        let server = try RunningServer(fake.contestant, database: database)
        defer { server.kill() }
        #expect(fake.starts == ["start WITH_DB"])
        #expect(server.configuration.text.contains(database.url))
        let run = BenchmarkRun(
            BenchmarkOptions(kamailio: nil, roost: fake.contestant),
            tools: LoadTools(
                register: { (_) throws(RigError) in throw RigError(.usage, "none") },
                echo: { (_) throws(RigError) in 0 })
        ) { _ in }
        #expect(try run.flush(server, database, users: 2) > 0)
        #expect(fake.calls.contains { $0.hasPrefix("ul.flush") })
    }
}
