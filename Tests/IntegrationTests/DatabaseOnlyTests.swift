import JSONValue
import TestSupport
import Testing

/// db_mode 3: the table is the truth, and several servers may share it.
@Suite("contacts in the database alone", .onThreads)
struct DatabaseOnlyTests {
    @Test(
        "no contact is kept in memory, and rows are right", arguments: TestDatabase.Kind.installed)
    func noMemory(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 3, database.url)
        let phone = try server.phone()
        let reply = try phone.register("alice", "sip:alice@192.0.2.1", cseq: 5)
        #expect(reply.uris == ["sip:alice@192.0.2.1"])
        let row = try #require(try database.rows().first)
        #expect(row["contact"] == "sip:alice@192.0.2.1")
        #expect(row["cseq"] == "5")
        #expect(row["callid"] == "alice-phone@test")
        #expect(row["socket"] == "udp:127.0.0.1:\(server.sipPort)")
        #expect(try server.everything().isEmpty)
        #expect(try server.uris(of: "alice") == ["sip:alice@192.0.2.1"])
        #expect(try phone.register("alice", "sip:alice@192.0.2.1", cseq: 4).status == 400)
        #expect(try database.rows() == [row])
        #expect(try phone.register("alice", "sip:alice@192.0.2.1", expires: 0, cseq: 6).uris == [])
        #expect(try database.count() == 0)
        #expect(server.faults == [])
    }

    @Test(
        "two servers on one table see each other's contacts", arguments: TestDatabase.Kind.installed
    )
    func twoServers(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let one = try ServerProcess(databaseMode: 3, database.url) {
            $0.globals.append("server_id=1")
        }
        let two = try ServerProcess(databaseMode: 3, database.url) {
            $0.globals.append("server_id=2")
        }
        let (here, there) = (try one.phone(), try two.phone())
        try here.register("alice", "sip:desk@192.0.2.1")
        let second = RegisterMessage("alice", "sip:mobile@192.0.2.2", callID: "mobile@test")
        let both: Set = ["sip:desk@192.0.2.1", "sip:mobile@192.0.2.2"]
        #expect(Set(try there.register(second).uris) == both)
        #expect(Set(try here.register("alice").uris) == both)
        #expect(Set(try one.uris(of: "alice")) == both)
        // Refreshed at one, and still known as the same binding at the other.
        try there.register("alice", "sip:desk@192.0.2.1", expires: 1_000, cseq: 2)
        #expect(try here.register("alice", "sip:desk@192.0.2.1", cseq: 1).status == 400)
        let rows = try database.rows(where: "contact = 'sip:desk@192.0.2.1'")
        #expect(rows.map { $0["cseq"] } == ["2"])
        var star = RegisterMessage("alice", expires: 0, callID: "third@test")
        star.contacts = ["*"]
        #expect(try here.register(star).status == 200)
        #expect(try two.uris(of: "alice") == [])
        #expect(try database.count() == 0)
    }

    @Test("many phones at two servers at once all have their row", .needsMariaDB)
    func contention() throws {
        let database = try TestDatabase(.mariaDB)
        let one = try ServerProcess(databaseMode: 3, database.url)
        let two = try ServerProcess(databaseMode: 3, database.url)
        let bursts = [(one, 0..<80), (two, 40..<120)].map { server, users in
            RegisterBurst(port: server.sipPort, users: users)
        }
        let reports = try atOnce(bursts) { try $0.run() }
        for report in reports { #expect(report.statuses == [200: 80]) }
        #expect(try database.count(where: "1=1") >= 120)
        let users = try database.sql("SELECT COUNT(DISTINCT username) FROM location;")
        #expect(users == [["120"]])
        #expect(one.faults + two.faults == [])
    }

    @Test("expired rows are deleted by the timer, permanent ones are not")
    func expiry() throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: 3, database.url, timerInterval: 1) {
            $0.set("registrar", "min_expires", 1)
        }
        try server.phone().register("short", "sip:short@192.0.2.1", expires: 2)
        try server.rpc.call(
            "ul.add", "location", "ever", "sip:ever@192.0.2.1", 0, 0.5, "", 0, 0, -1)
        #expect(try database.count() == 2)
        #expect(
            try eventually(within: 10) { try database.rows().map { $0["username"] } == ["ever"] })
        #expect(try server.uris(of: "ever") == ["sip:ever@192.0.2.1"])
    }

    @Test(
        "a REGISTER is refused while the database is away, and nothing is half stored",
        .needsMariaDB)
    func away() throws {
        let fixture = try MariaDBFixture()
        let database = try TestDatabase(fixture.database())
        let server = try ServerProcess(databaseMode: 3, database.url)
        let phone = try server.phone()
        try phone.register("alice", "sip:alice@192.0.2.1")
        fixture.kill()
        let refused = try phone.register("bob", "sip:bob@192.0.2.1")
        #expect(refused.status >= 500)
        #expect(try phone.options().status == 200)
        #expect(try server.rpc.fault("ul.lookup", "location", "alice") != nil)
        try fixture.restart()
        #expect(try phone.register("bob", "sip:bob@192.0.2.1", cseq: 2).status == 200)
        #expect(try server.uris(of: "alice") == ["sip:alice@192.0.2.1"])
        #expect(try database.count() == 2)
    }
}
