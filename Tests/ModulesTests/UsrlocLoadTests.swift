import Basics
import JSONValue
import Locations
import ModuleKit
import Storage
import Testing

@testable import Usrloc

@Suite("usrloc: what the database knew before")
struct UsrlocLoadTests {
    private let soon = WallTime(seconds: SystemClock.wall().seconds + 3_600)
    private let gone = WallTime(seconds: SystemClock.wall().seconds - 10)

    private func figure(_ rig: RegistrarRig, _ name: String) throws -> JSONValue? {
        try rig.services.call("ul.status")["result"]?[name]
    }

    @Test("rows become bindings at the start, field for field", arguments: [1, 2, 4])
    func load(mode: Int) throws {
        let database = FakeDatabase()
        database.add(
            "alice", "sip:a@h", ruid: "uloc-1", expires: soon,
            [
                "q": .double(0.5), "cseq": .integer(9), "received": .text("sip:192.0.2.9"),
                "instance": .text("<urn:uuid:1>"), "reg_id": .integer(2),
                "methods": .integer(5), "socket": .text("udp:127.0.0.1:5060"),
                "connection_id": .integer(12),
            ])
        let rig = try RegistrarRig("usrloc db_mode \(mode)", database: database)
        let found = try #require(try rig.bindings().first)
        #expect(found.uri == "sip:a@h")
        #expect(found.ruid == "uloc-1")
        #expect(found.callID == "db-uloc-1")
        #expect(found.received == "sip:192.0.2.9")
        #expect(found.instance == "<urn:uuid:1>")
        #expect(found.values.q == 500)
        #expect(found.values.cseq == 9)
        #expect(found.values.regID == 2)
        #expect(found.values.methods == 5)
        #expect(found.values.expires == soon)
        #expect(found.values.socket == SocketIndex(0))
        // Connections do not survive a restart.
        #expect(found.values.connection == -1)
        #expect(found.state == "CS_SYNC")
        #expect(try figure(rig, "loaded") == true)
        #expect(try figure(rig, "dirty") == 0)
    }

    @Test("permanent rows stay, expired ones are not loaded and their rows go")
    func expiry() throws {
        let database = FakeDatabase()
        database.add("alice", "sip:ever@h", ruid: "r1", expires: WallTime(seconds: 0))
        database.add("alice", "sip:gone@h", ruid: "r2", expires: gone)
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        #expect(try rig.bindings().map(\.uri) == ["sip:ever@h"])
        #expect(try rig.bindings()[0].values.expires == nil)
        #expect(try rig.writer.flush())
        #expect(database.contacts == ["sip:ever@h"])
    }

    @Test(
        "rows are fetched page by page, whatever gaps their numbers have",
        arguments: [1, 2, 7, 25, 26, 100])
    func pages(fetchRows: Int) throws {
        let database = FakeDatabase()
        for number in 0..<25 {
            database.add("user\(number)", "sip:a@h", ruid: "r\(number)", expires: soon)
        }
        database.change { $0.rows.removeAll { $0["id"].seconds % 5 == 0 } }
        let rig = try RegistrarRig(
            "usrloc db_mode 2; usrloc fetch_rows \(fetchRows)", database: database)
        #expect(try rig.table.statistics.users.value == 20)
        let queries = database.log.filter { $0 == "query" }.count - 1
        #expect(queries == 20 / fetchRows + 1)
    }

    @Test("db_load 0 leaves the rows where they are")
    func noLoad() throws {
        let database = FakeDatabase()
        database.add("alice", "sip:a@h", ruid: "r1", expires: soon)
        let rig = try RegistrarRig("usrloc db_mode 2; usrloc db_load 0", database: database)
        #expect(try rig.bindings().isEmpty)
        let readOnly = try RegistrarRig(
            "usrloc db_mode 4; usrloc db_load 0", database: database)
        #expect(try readOnly.bindings().count == 1)
    }

    @Test("a row that cannot be understood is logged, counted and left alone")
    func unreadable() throws {
        let database = FakeDatabase()
        database.add("alice", "sip:good@h", ruid: "r0", expires: soon)
        let faults: [FakeDatabase.Row] = [
            ["expires": .null], ["expires": .text("soon")], ["q": .null], ["cseq": .null],
            ["flags": .null], ["cflags": .null], ["contact": .text("")], ["callid": .text("")],
            ["ruid": .text("")], ["contact": .text(String(repeating: "c", count: 513))],
            ["username": .text(String(repeating: "u", count: Limits.aorBytesMax + 1))],
        ]
        for (number, fault) in faults.enumerated() {
            database.add("alice", "sip:bad@h", ruid: "bad\(number)", expires: soon, fault)
        }
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        #expect(try rig.bindings().map(\.uri) == ["sip:good@h"])
        #expect(try figure(rig, "rows_skipped")?.integer == faults.count)
        let lines = rig.services.lines.all.filter { $0.contains("cannot be understood") }
        #expect(lines.count == faults.count)
        rig.usrloc.tick()
        rig.stop()
        #expect(database.rows.count == faults.count + 1)
    }

    @Test("a table full of nonsense fills no log")
    func manyUnreadable() throws {
        let database = FakeDatabase()
        for number in 0..<200 {
            database.add("alice", "", ruid: "bad\(number)", expires: soon)
        }
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        let lines = rig.services.lines.all.filter { $0.contains("cannot be understood") }
        #expect(lines.count == 20)
        #expect(try figure(rig, "rows_skipped") == 200)
    }

    @Test("a socket that is another server's is not taken for ours")
    func foreignSocket() throws {
        let database = FakeDatabase()
        database.add(
            "alice", "sip:a@h", ruid: "r1", expires: soon, ["socket": .text("udp:10.9.9.9:5060")])
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        #expect(try rig.bindings()[0].values.socket.isNone)
        let shown = try rig.services.call("ul.lookup", "location", "alice")
        let contact = shown["result"]?["Contacts"]?[0]?["Contact"]
        #expect(contact?["Socket"] == "[not set]")
    }

    // MARK: Servers that share a table

    @Test("server_id_filter loads, counts and deletes the rows of this server alone")
    func filter() throws {
        let database = FakeDatabase()
        for server in 1...2 {
            database.add(
                "user\(server)", "sip:a@h", ruid: "r\(server)", expires: soon,
                ["server_id": .integer(server)])
            database.add(
                "old\(server)", "sip:b@h", ruid: "o\(server)", expires: gone,
                ["server_id": .integer(server)])
        }
        let rig = try RegistrarRig(
            "usrloc db_mode 2; usrloc server_id_filter 1", serverID: 2, database: database)
        #expect(try rig.bindings("user2").count == 1)
        #expect(try rig.bindings("user1").isEmpty)
        let count = try rig.services.call("ul.db_contacts", "location")
        #expect(count["result"] == 1)
        rig.usrloc.tick()
        rig.stop()
        #expect(database.rows.map { $0["ruid"].text }.sorted() == ["o1", "r1", "r2"])
    }

    @Test("without it the rows of all servers are loaded")
    func noFilter() throws {
        let database = FakeDatabase()
        for server in 1...2 {
            database.add(
                "user\(server)", "sip:a@h", ruid: "r\(server)", expires: soon,
                ["server_id": .integer(server)])
        }
        let rig = try RegistrarRig("usrloc db_mode 2", serverID: 2, database: database)
        #expect(try rig.table.statistics.users.value == 2)
    }

    // MARK: Starts that fail, and one that does not

    @Test("a database that is away keeps db_mode 1, 3 and 4 from starting", arguments: [1, 3, 4])
    func away(mode: Int) throws {
        let database = FakeDatabase()
        database.change { $0.isAway = true }
        let failure = #expect(throws: StartFailure.self) {
            try RegistrarRig("usrloc db_mode \(mode)", database: database)
        }
        #expect(failure?.message == "usrloc db_url mysql://fake@nowhere/test: the fake is away")
    }

    @Test("a table of another version keeps every mode from starting", arguments: [1, 2, 3, 4])
    func version(mode: Int) throws {
        let database = FakeDatabase()
        for version in [nil, 7, 10] as [Int?] {
            database.change { $0.version = version }
            let failure = #expect(throws: StartFailure.self) {
                try RegistrarRig("usrloc db_mode \(mode)", database: database)
            }
            #expect(failure?.message.contains("version \(version ?? 0)") == true)
            #expect(failure?.message.contains("needs 9") == true)
            #expect(failure?.message.contains("roost migrate") == true)
        }
        let unchecked = "usrloc db_mode \(mode); usrloc version_table 0"
        _ = try RegistrarRig(unchecked, database: database)
    }

    @Test("a database that no module serves keeps the server from starting")
    func noDriver() throws {
        let failure = #expect(throws: StartFailure.self) { try RegistrarRig("usrloc db_mode 2") }
        #expect(failure?.message == "usrloc db_url: there is no database here")
        _ = try RegistrarRig("usrloc db_mode 0")
    }

    @Test("db_mode 2 starts without its database, says so, and tries again each second")
    func degraded() throws {
        let database = FakeDatabase()
        database.change { $0.isAway = true }
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        #expect(rig.services.lines.all.contains { $0.contains("starts without it") })
        #expect(rig.services.jobNames.contains("usrloc.reconnect 1"))
        #expect(try figure(rig, "database") == "away")
        #expect(try figure(rig, "loaded") == false)
        #expect(try rig.register("<sip:a@h>").status == 200)
        #expect(database.rows.isEmpty)
        database.change { $0.isAway = false }
        let attempts = database.log.count
        rig.services.runJob("usrloc.reconnect 1")
        rig.settle()
        if database.log.count == attempts { #expect(try rig.writer.flush()) }
        #expect(try figure(rig, "loaded") == true)
        #expect(try rig.writer.flush())
        #expect(database.rows.count == 1)
        let before = database.log.count
        rig.services.runJob("usrloc.reconnect 1")
        rig.settle()
        #expect(database.log.count == before)
    }

    @Test("what is loaded late is merged with what has registered meanwhile: the newer one wins")
    func merge() throws {
        let database = FakeDatabase()
        database.add(
            "alice", "sip:both@h", ruid: "old", expires: soon, ["callid": .text("call-1")])
        database.add("alice", "sip:only-db@h", ruid: "kept", expires: soon)
        database.add(
            "bob", "sip:newer-in-db@h", ruid: "newer", expires: soon,
            ["callid": .text("call-1"), "cseq": .integer(50)])
        database.add("carol", "sip:removed@h", ruid: "removed", expires: soon)
        database.change { $0.isAway = true }
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        try rig.register("<sip:both@h>;expires=500", cseq: 10)
        try rig.register("<sip:newer-in-db@h>", cseq: 10, to: "<sip:bob@example.com>")
        try rig.register("*", expires: "0", callID: "c", to: "<sip:carol@example.com>")
        try rig.register("<sip:new@h>", to: "<sip:dave@example.com>")
        database.change { $0.isAway = false }
        #expect(try rig.writer.flush())
        let alice = try rig.bindings()
        #expect(alice.map(\.uri).sorted() == ["sip:both@h", "sip:only-db@h"])
        #expect(alice.first { $0.uri == "sip:both@h" }?.values.cseq == 10)
        #expect(try rig.bindings("bob").map(\.values.cseq) == [50])
        #expect(try rig.bindings("carol").isEmpty)
        #expect(try rig.bindings("dave").count == 1)
        #expect(try rig.writer.flush())
        let rows = database.rows.map { "\($0["username"].text) \($0["contact"].text)" }.sorted()
        #expect(
            rows == [
                "alice sip:both@h", "alice sip:only-db@h", "bob sip:newer-in-db@h",
                "dave sip:new@h",
            ])
    }

    @Test("a load that breaks off is taken up again and doubles nothing")
    func brokenOff() throws {
        let database = FakeDatabase()
        for number in 0..<10 {
            database.add("user\(number)", "sip:a@h", ruid: "r\(number)", expires: soon)
        }
        let rig = try RegistrarRig("usrloc db_mode 2; usrloc fetch_rows 3", database: database)
        let loader = LocationLoader(
            reader: LocationReader(
                usesDomain: false, sockets: [], rules: rig.usrloc.rules, keepsConnections: false),
            fetchRows: 4, serverID: nil, checksVersion: true, counters: UsrlocCounters(),
            columns: LocationColumns(usesDomain: false, sockets: []), logger: rig.services.logger)
        let connection = try database.connect()
        try loader.load([rig.table], connection)
        #expect(try rig.table.statistics.contacts.value == 10)
    }

    @Test("db_mode 4 registers in memory and never writes, not even at the stop")
    func readOnly() throws {
        let database = FakeDatabase()
        database.add("alice", "sip:a@h", ruid: "r1", expires: soon)
        database.add("bob", "sip:gone@h", ruid: "r2", expires: gone)
        let rig = try RegistrarRig("usrloc db_mode 4", database: database)
        #expect(try rig.register("<sip:b@h>").contacts.count == 2)
        try rig.register("<sip:a@h>", expires: "0", callID: "db-r1")
        rig.usrloc.tick()
        #expect(try rig.services.call("ul.flush")["result"] == [:])
        rig.stop()
        #expect(database.contacts == ["sip:a@h", "sip:gone@h"])
        #expect(database.log.allSatisfy { $0 == "connect" || $0 == "query" })
    }
}
