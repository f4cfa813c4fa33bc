import Glibc
import JSONValue
import TestSupport
import Testing

/// What is there after the server has gone, for each way to keep a database.
@Suite("contacts outlive the server", .onThreads)
struct PersistenceTests {
    @Test(
        "after ul.flush and kill -9 every contact is back as it was",
        arguments: TestDatabase.Kind.installed)
    func crash(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 2, database.url)
        var burst = RegisterBurst(port: server.sipPort, users: 0..<300)
        #expect(try burst.run().statuses == [200: 300])
        burst.users = 0..<50
        burst.cseq = 2
        burst.expires = 1_800
        #expect(try burst.run().statuses == [200: 50])
        try server.rpc.call("ul.flush")
        let before = try server.everything()
        server.kill()
        #expect(!server.isRunning)
        try server.start()
        let after = try server.everything()
        #expect(before.count == 300)
        #expect(after.count == 300)
        for (ruid, binding) in before where after[ruid] != binding {
            Issue.record("\(ruid): \(binding) became \(after[ruid] ?? [])")
            break
        }
        let kept = try server.contacts(of: "user7").first?["Expires"]?.integer ?? 0
        #expect((1_700...1_800).contains(kept))
        #expect(try server.rpc.call("ul.db_contacts", "location") == 300)
        #expect(try server.rpc.call("ul.db_users", "location") == 300)
        #expect(server.faults == [])
    }

    @Test(
        "SIGTERM, SIGINT and core.kill write what was not written", arguments: [SIGTERM, SIGINT, 0])
    func cleanStop(signal: Int32) throws {
        let database = try TestDatabase(.sqlite)
        let server = try ServerProcess(databaseMode: 2, database.url)
        #expect(
            try RegisterBurst(port: server.sipPort, users: 0..<200).run().statuses == [200: 200])
        #expect(try database.count() == 0)
        #expect(try server.status("dirty") == 200)
        if signal == 0 { try server.rpc.call("core.kill", 15) }
        #expect(server.stop(signal: signal) == 0, "\(server.log.suffix(500))")
        #expect(try database.count() == 200)
        try server.start()
        #expect(try server.statistic("usrloc:location_contacts") == 200)
    }

    @Test("SIGTERM writes to MariaDB what was not written", .needsMariaDB)
    func cleanStopMariaDB() throws {
        let database = try TestDatabase(.mariaDB)
        let server = try ServerProcess(databaseMode: 2, database.url)
        #expect(
            try RegisterBurst(port: server.sipPort, users: 0..<200).run().statuses == [200: 200])
        #expect(try database.count() == 0)
        #expect(server.stop() == 0, "\(server.log.suffix(500))")
        #expect(try database.count() == 200)
    }

    @Test(
        "the timer writes changes and lets expired contacts leave, in the table too",
        arguments: TestDatabase.Kind.installed)
    func timer(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 2, database.url, timerInterval: 1) {
            $0.set("registrar", "min_expires", 1)
        }
        let phone = try server.phone()
        try phone.register("short", "sip:short@192.0.2.1", expires: 3)
        try phone.register("long", "sip:long@192.0.2.1")
        #expect(try eventually(within: 10) { try database.count() == 2 })
        #expect(
            try eventually(within: 15) {
                try database.rows().map { $0["username"] } == ["long"]
            })
        #expect(try server.uris(of: "short") == [])
        #expect(try server.statistic("usrloc:location_contacts") == 1)
        #expect(try server.statistic("usrloc:location_expires") == 1)
    }

    @Test(
        "db_mode 1: the row is there when the 200 arrives", arguments: TestDatabase.Kind.installed)
    func writeThrough(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 1, database.url)
        let phone = try server.phone()
        for number in 1...8 {
            let reply = try phone.register("alice", "sip:alice@192.0.2.1", cseq: number)
            #expect(reply.status == 200)
            #expect(try database.rows().map { $0["cseq"] } == ["\(number)"])
        }
        try phone.register("alice", "sip:alice@192.0.2.1", expires: 0, cseq: 9)
        #expect(try database.count() == 0)
    }

    @Test(
        "db_mode 1: kill -9 loses nothing that was answered",
        arguments: TestDatabase.Kind.installed)
    func writeThroughCrash(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let server = try ServerProcess(databaseMode: 1, database.url)
        let report = try RegisterBurst(port: server.sipPort, users: 0..<150).run()
        server.kill()
        #expect(report.statuses == [200: 150])
        #expect(try database.count() == 150)
        try server.start()
        #expect(try server.everything().count == 150)
    }

    @Test("db_mode 4 loads and never writes", arguments: TestDatabase.Kind.installed)
    func readOnly(kind: TestDatabase.Kind) throws {
        let database = try TestDatabase(kind)
        let writer = try ServerProcess(databaseMode: 1, database.url)
        let phone = try writer.phone()
        for user in ["alice", "bob", "carol"] {
            try phone.register(user, "sip:\(user)@192.0.2.1")
        }
        writer.stop()
        // One that will not survive the reader's timer, if the reader wrote.
        try database.sql(
            "UPDATE location SET expires = \(database.moment(2)) WHERE username = 'carol';")
        let before = try database.rows()
        let reader = try ServerProcess(databaseMode: 4, database.url, timerInterval: 1)
        #expect(try reader.uris(of: "alice") == ["sip:alice@192.0.2.1"])
        let other = try reader.phone()
        #expect(try other.register("alice", "sip:alice@192.0.2.1", cseq: 2).status == 200)
        #expect(try other.register("bob", "sip:bob@192.0.2.1", expires: 0, cseq: 2).contacts == [])
        #expect(try other.register("dave", "sip:dave@192.0.2.1").status == 200)
        #expect(try reader.uris(of: "bob") == [])
        #expect(try eventually(within: 10) { try reader.uris(of: "carol") == [] })
        _ = try reader.rpc.fault("ul.flush")
        #expect(reader.stop() == 0)
        #expect(try database.rows() == before)
    }

    @Test("db_mode 0 never opens the database")
    func memory() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("never.sqlite")
        let server = try ServerProcess(databaseMode: 0, "sqlite:///\(path)", timerInterval: 1)
        try server.phone().register("alice", "sip:alice@192.0.2.1")
        try server.rpc.call("ul.flush")
        #expect(try server.status("database") == "unused")
        #expect(server.stop() == 0)
        let isThere = unsafe access(path, F_OK) == 0
        #expect(!isThere)
        try server.start()
        #expect(try server.uris(of: "alice") == [])
    }
}
