import JSONValue
import TestSupport
import Testing

/// What happens while the database does not answer, is gone, or was never there.
@Suite("the database is away", .onThreads, .needsMariaDB)
struct DatabaseAwayTests {
    /// Registers phones and expects prompt replies; returns the latency of 99 in 100.
    @discardableResult
    private func promptly(
        _ server: ServerProcess, _ users: Range<Int>, cseq: Int = 1, below limit: Double = 0.1,
        _ when: String
    ) throws -> Double {
        var burst = RegisterBurst(port: server.sipPort, users: users)
        burst.window = 4
        burst.cseq = cseq
        let report = try burst.run()
        #expect(report.statuses == [200: users.count], "\(when)")
        #expect(report.sentAgain == 0, "\(when)")
        let latency = report.latency(below: 0.99)
        #expect(latency < Rig.limit(limit), "\(when)")
        return latency
    }

    @Test("frozen, killed and started again: SIP goes on in db_mode 2, and nothing is lost")
    func frozenAndKilled() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1)
        let usual = try promptly(server, 0..<100, below: 1, "before")
        // On a machine that is slow at the moment, no slower than without the trouble.
        let limit = max(0.1, 3 * usual)
        #expect(try eventually(within: 10) { try database.count() == 100 })
        #expect(try server.status("database") == "connected")

        fixture.freeze()
        try promptly(server, 100..<600, below: limit, "frozen")
        // The writer is in the middle of a statement now.
        pause(seconds: 1.2)
        try promptly(server, 600..<1_100, below: limit, "frozen, and the writer waits")
        #expect(
            try server.phone().register("user0", "sip:gone@192.0.2.1", expires: 0).status == 200)
        #expect(try eventually(within: 20) { try server.status("database") == "away" })
        #expect(try server.status("dirty")?.integer ?? 0 >= 1_000)
        #expect(try server.rpc.fault("ul.flush") != nil)
        #expect(try server.everything().count == 1_100)
        fixture.thaw()
        #expect(try eventually(within: 30) { try database.count() == 1_100 })
        #expect(try eventually(within: 10) { try server.status("database") == "connected" })

        fixture.kill()
        try promptly(server, 1_100..<1_600, below: limit, "killed")
        pause(seconds: 1.2)
        try promptly(server, 0..<500, cseq: 2, below: limit, "killed, and the writer knows")
        #expect(try eventually(within: 10) { try server.status("database") == "away" })
        #expect(try server.status("last_error")?.text?.contains("p@ss") == false)
        try fixture.restart()
        #expect(try eventually(within: 40) { try database.count() == 1_600 })
        #expect(try eventually(within: 10) { try server.status("dirty") == 0 })
        #expect(try database.count(where: "cseq = 2") == 500)
        #expect(!server.log.contains("p@ss") && !server.log.contains("p%40ss"))
        #expect(server.faults == [])
        #expect(server.stop() == 0)
    }

    @Test("what was removed while the database was away is gone when it is back")
    func removedMeanwhile() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1)
        let phone = try server.phone()
        for user in ["alice", "bob"] { try phone.register(user, "sip:\(user)@192.0.2.1") }
        try server.rpc.call("ul.flush")
        fixture.kill()
        try phone.register("alice", "sip:alice@192.0.2.1", expires: 0, cseq: 2)
        try phone.register("bob", "sip:bob@192.0.2.1", expires: 900, cseq: 2)
        #expect(try server.rpc.fault("ul.flush") != nil)
        // A stop without the database cannot write: it says so, and does not hang.
        try fixture.restart()
        #expect(
            try eventually(within: 30) {
                try database.rows().map { $0["username"] } == ["bob"]
            })
        #expect(try database.rows().first?["cseq"] == "2")
    }

    @Test("a stop without the database says what is lost, with exit status 1")
    func stopWithout() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let server = try ServerProcess(databaseMode: 2, database.url)
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        fixture.kill()
        #expect(server.stop() == 1)
        #expect(server.log.contains("did not take the last changes"))
    }

    @Test("a database that hangs holds up neither start nor stop for long")
    func hangs() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        fixture.freeze()
        let ports = try FreePorts.take(2)
        let start = monotonicSeconds()
        let refused = try ServerProcess.fail(
            ServerConfiguration(databaseMode: 1, url: database.url)
                .text(sipPort: ports[0], httpPort: ports[1]))
        #expect(refused.status == 1)
        #expect(refused.output.contains("db_url"))
        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1)
        #expect(monotonicSeconds() - start < Rig.limit(25))
        let phone = try server.phone()
        #expect(try phone.register("alice", "sip:alice@192.0.2.1").status == 200)
        let stop = monotonicSeconds()
        #expect(server.stop() == 1)
        #expect(monotonicSeconds() - stop < Rig.limit(20))
        #expect(server.log.contains("did not take the last changes"))
    }

    @Test("db_mode 2 starts without the database, and merges when it comes: the newer binding wins")
    func late() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let earlier = try ServerProcess(databaseMode: 1, database.url)
        let phone = try earlier.phone()
        for user in ["alice", "bob", "carol", "erin"] {
            try phone.register(user, "sip:\(user)@192.0.2.1", cseq: 5)
        }
        earlier.stop()
        fixture.kill()

        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1)
        #expect(try server.status("database") == "away")
        #expect(try server.status("loaded") == false)
        #expect(server.log.contains("starts without it"))
        let later = try server.phone()
        // Refreshed, new, removed by name, removed by star; bob is not touched.
        try later.register("alice", "sip:alice@192.0.2.1", expires: 1_200, cseq: 6)
        try later.register("dave", "sip:dave@192.0.2.1")
        #expect(
            try later.register("carol", "sip:carol@192.0.2.1", expires: 0, cseq: 6).status == 200)
        var star = RegisterMessage("erin", expires: 0, cseq: 6)
        star.contacts = ["*"]
        #expect(try later.register(star).status == 200)

        try fixture.restart()
        #expect(try eventually(within: 40) { try server.status("loaded") == true })
        #expect(try server.uris(of: "bob") == ["sip:bob@192.0.2.1"])
        let alice = try server.contacts(of: "alice")
        #expect(alice.map { $0["CSeq"] } == [6])
        #expect(alice.first?["Expires"]?.integer ?? 0 <= 1_200)
        #expect(try server.uris(of: "dave") == ["sip:dave@192.0.2.1"])
        #expect(try server.uris(of: "carol") == [])
        #expect(try server.uris(of: "erin") == [])
        try server.rpc.call("ul.flush")
        #expect(try database.rows().map { $0["username"] } == ["alice", "bob", "dave"])
        #expect(try database.rows().first?["cseq"] == "6")
        server.kill()
        try server.start()
        #expect(try server.everything().count == 3)
    }

    @Test(
        "db_mode 1, 3 and 4 do not start without the database: which parameter, which URL, why",
        arguments: [1, 3, 4])
    func refusesToStart(mode: Int) throws {
        let ports = try FreePorts.take(3)
        let url = "mysql://roost:s3cret@127.0.0.1:\(ports[2])/contacts"
        let configuration = ServerConfiguration(databaseMode: mode, url: url)
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: ports[0], httpPort: ports[1]))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("db_url"), "\(outcome.output)")
        #expect(outcome.output.contains("mysql://roost:***@127.0.0.1:\(ports[2])/contacts"))
        #expect(!outcome.output.contains("s3cret"))
    }

    @Test("in every mode but 0 a URL that names no driver is refused", arguments: [1, 2, 3, 4])
    func unknownDriver(mode: Int) throws {
        let ports = try FreePorts.take(2)
        let configuration = ServerConfiguration(
            databaseMode: mode, url: "postgres://roost:s3cret@127.0.0.1/contacts")
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: ports[0], httpPort: ports[1]))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("db_url"), "\(outcome.output)")
        #expect(!outcome.output.contains("s3cret"))
    }

    @Test("a table without a version, or of another one, is refused", arguments: [1, 2, 3, 4])
    func version(mode: Int) throws {
        let database = try TestDatabase(.mariaDB)
        try database.sql(
            "UPDATE version SET table_version = 8 WHERE table_name = 'location';")
        let ports = try FreePorts.take(2)
        let configuration = ServerConfiguration(databaseMode: mode, url: database.url)
        let outcome = try ServerProcess.fail(
            configuration.text(sipPort: ports[0], httpPort: ports[1]))
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("version 8"), "\(outcome.output)")
        #expect(outcome.output.contains("roost migrate"))
    }

    @Test("db_mode 1 answers when the database goes, and writes when it is back")
    func writeThroughAway() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let server = try ServerProcess(databaseMode: 1, database.url, timerInterval: 1)
        let phone = try server.phone()
        try phone.register("alice", "sip:alice@192.0.2.1")
        fixture.kill()
        try phone.register("bob", "sip:bob@192.0.2.1")
        let start = monotonicSeconds()
        try phone.register("carol", "sip:carol@192.0.2.1")
        #expect(monotonicSeconds() - start < Rig.limit(1))
        try fixture.restart()
        #expect(
            try eventually(within: 30) { try database.count() >= 1 && server.status("dirty") == 0 })
        let stored = try database.rows().compactMap { $0["username"] }
        // Either a phone was told that it is not registered, or its row is there now.
        let bound = try ["alice", "bob", "carol"].filter { try !server.uris(of: $0).isEmpty }
        #expect(stored == bound)
    }
}
