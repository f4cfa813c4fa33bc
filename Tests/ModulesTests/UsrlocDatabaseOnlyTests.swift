import Basics
import JSONValue
import Locations
import ModuleKit
import Storage
import Testing

@testable import Usrloc

@Suite("usrloc: the database alone (db_mode 3)")
struct UsrlocDatabaseOnlyTests {
    private let soon = WallTime(seconds: SystemClock.wall().seconds + 3_600)

    private func rig(
        _ database: FakeDatabase, _ more: String = "", serverID: Int = 0
    ) throws -> RegistrarRig {
        try RegistrarRig(
            "usrloc db_mode 3; registrar retry_after 5;\(more)", serverID: serverID,
            database: database)
    }

    @Test("each request reads its AoR and writes it back; nothing stays in memory")
    func life() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        #expect(try rig.register("<sip:a@h>;expires=600").code == 1)
        #expect(database.contacts == ["sip:a@h"])
        #expect(try rig.bindings().isEmpty)
        #expect(try rig.register("<sip:a@h>;expires=900").code == 2)
        #expect(database.rows.count == 1)
        #expect(try rig.register().contact == "<sip:a@h>;expires=900")
        #expect(try rig.register("<sip:a@h>", expires: "0").code == 3)
        #expect(database.rows.isEmpty)
        #expect(try rig.table.statistics.contacts.value == 0)
        #expect(try rig.table.dirtyCount == 0)
    }

    @Test("what another server wrote is seen by the next request")
    func shared() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        database.add(
            "alice", "sip:other@h", ruid: "x-1", expires: soon,
            ["q": .double(1), "connection_id": .integer(8)])
        let reply = try rig.register("<sip:a@h>;expires=600")
        #expect(reply.contacts.count == 2)
        #expect(reply.contacts[0].hasPrefix("<sip:other@h>;q=1"))
        try rig.register("*", expires: "0")
        #expect(database.rows.isEmpty)
    }

    @Test("the rules of CSeq hold across requests")
    func order() throws {
        let rig = try rig(FakeDatabase())
        try rig.register("<sip:a@h>", cseq: 5)
        #expect(try rig.register("<sip:a@h>", cseq: 4).status == 400)
        #expect(try rig.register("<sip:a@h>", cseq: 5).status == 200)
    }

    @Test("the AoR's domain finds its rows")
    func domain() throws {
        let database = FakeDatabase()
        let rig = try rig(database, "usrloc use_domain 1")
        try rig.register("<sip:a@h>")
        try rig.register("<sip:b@h>", to: "<sip:alice@example.org>")
        try rig.register("<sip:c@h>", to: "<sip:example.org>")
        #expect(try rig.register().contacts.count == 1)
        #expect(try rig.register(to: "<sip:example.org>").contacts.count == 1)
        #expect(database.rows.count == 3)
    }

    @Test("while the database is away a request gets 503 and Retry-After, and changes nothing")
    func away() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        try rig.register("<sip:a@h>")
        database.change { $0.isAway = true }
        for contact in ["<sip:b@h>", nil] as [String?] {
            let reply = try rig.register(contact)
            #expect(reply.status == 503)
            #expect(reply["Retry-After"] == "5")
            #expect(reply.failure == "Location database unavailable")
            #expect(reply.code == -1)
        }
        #expect(try rig.register("*", expires: "0").status == 503)
        database.change { $0.isAway = false }
        #expect(try rig.register().contacts.count == 1)
        #expect(database.contacts == ["sip:a@h"])
    }

    @Test("a removal that got 503 is not carried out by the next request")
    func refusedRemoval() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        try rig.register("<sip:a@h>")
        database.change { $0.deadlocks = 5 }
        #expect(try rig.register("<sip:a@h>", expires: "0").status == 503)
        #expect(try rig.table.dirtyCount == 0)
        #expect(try rig.register("<sip:b@h>").status == 200)
        #expect(database.contacts == ["sip:a@h", "sip:b@h"])
    }

    @Test("a row that the database refuses undoes the whole request")
    func refusedRow() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        database.change { $0.refusedContacts = ["sip:bad@h"] }
        let reply = try rig.register("<sip:a@h>, <sip:bad@h>")
        #expect(reply.status == 503)
        #expect(database.rows.isEmpty)
        #expect(try rig.register("<sip:a@h>").status == 200)
        #expect(database.contacts == ["sip:a@h"])
    }

    @Test("a transaction that lost a race is run again before anyone notices")
    func deadlock() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        database.change { $0.deadlocks = 3 }
        #expect(try rig.register("<sip:a@h>").status == 200)
        #expect(database.rows.count == 1)
    }

    @Test("a row that cannot be understood is left alone, and the others serve")
    func unreadable() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        database.add("alice", "sip:bad@h", ruid: "bad", expires: soon, ["cseq": .null])
        database.add("alice", "sip:good@h", ruid: "good", expires: soon)
        #expect(try rig.register().contacts.count == 1)
        try rig.register("*", expires: "0")
        #expect(database.contacts == ["sip:bad@h"])
        #expect(rig.services.lines.all.contains { $0.contains("cannot be understood") })
    }

    @Test("the timer deletes what expired, of this server alone where that is asked for")
    func timer() throws {
        let database = FakeDatabase()
        let gone = WallTime(seconds: SystemClock.wall().seconds - 5)
        for server in 1...2 {
            database.add(
                "alice", "sip:gone\(server)@h", ruid: "g\(server)", expires: gone,
                ["server_id": .integer(server)])
        }
        database.add("alice", "sip:ever@h", ruid: "e", expires: WallTime(seconds: 0))
        let filtering = try rig(database, "usrloc server_id_filter 1", serverID: 2)
        filtering.usrloc.tick()
        #expect(database.contacts == ["sip:ever@h", "sip:gone1@h"])
        #expect(try filtering.table.statistics.expired.value == 1)
        let all = try rig(database)
        all.usrloc.tick()
        #expect(database.contacts == ["sip:ever@h"])
    }

    @Test("a timer without a database does nothing, and goes on later")
    func timerAway() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        database.change { $0.isAway = true }
        rig.usrloc.tick()
        database.change { $0.isAway = false }
        rig.usrloc.tick()
        #expect(try rig.register("<sip:a@h>").status == 200)
    }

    @Test("ul.status follows the database")
    func status() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        func figure(_ name: String) throws -> JSONValue? {
            try rig.services.call("ul.status")["result"]?[name]
        }
        #expect(try figure("db_mode") == 3)
        #expect(try figure("database") == "connected")
        #expect(try figure("loaded") == true)
        #expect(try figure("rows_written") == 0)
        try rig.register("<sip:a@h>")
        #expect(try figure("rows_written") == 1)
        #expect(try figure("last_flush_rows") == 1)
        database.change { $0.isAway = true }
        try rig.register("<sip:b@h>")
        #expect(try figure("database") == "away")
        #expect(try figure("last_error") == "the fake is away")
        database.change { $0.isAway = false }
        try rig.register("<sip:b@h>")
        #expect(try figure("database") == "connected")
    }

    @Test("commands read and write the database, and say when they cannot")
    func commands() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        try rig.register("<sip:a@h>, <sip:b@h>")
        let shown = try rig.services.call("ul.lookup", "location", "alice")
        #expect(shown["result"]?["Contacts"]?.items?.count == 2)
        let removed = try rig.services.call("ul.rm_contact", "location", "alice", "sip:a@h")
        #expect(removed["result"] == [:])
        #expect(database.contacts == ["sip:b@h"])
        let added = try rig.services.call(
            "ul.add", "location", "bob", "sip:bob@h", 60, 0.5, "", 0, 0, -1)
        #expect(added["result"] == [:])
        #expect(database.rows.count == 2)
        #expect(try rig.services.call("ul.db_users", "location")["result"] == 2)
        #expect(try rig.services.call("ul.dump")["result"] == ["Domains": []])
        #expect(try rig.services.call("ul.flush")["result"] == [:])
        let memoryOnly = try rig.services.call(
            "ul.add", "location", "bob", "sip:x@h", 60, 0.5, "", 1, 0, -1)
        #expect(memoryOnly["error"]?["code"] == 500)
        database.change { $0.isAway = true }
        for call in ["ul.lookup", "ul.rm"] {
            let answer = try rig.services.call(call, "location", "alice")
            #expect(answer["error"]?["message"] == "Operation failed: the fake is away")
        }
        let counted = try rig.services.call("ul.db_contacts", "location")
        #expect(counted["error"]?["message"]?.text?.hasSuffix("the fake is away") == true)
    }

    @Test("connections are kept, given back, and closed at the stop")
    func connections() throws {
        let database = FakeDatabase()
        let rig = try rig(database)
        for number in 0..<20 {
            try rig.register("<sip:a@h>", to: "<sip:user\(number)@example.com>")
        }
        #expect(database.connects == 1)
        database.change { $0.isAway = true }
        try rig.register("<sip:a@h>")
        #expect(database.open == 0)
        database.change { $0.isAway = false }
        try rig.register("<sip:a@h>")
        #expect(database.open == 1)
        rig.stop()
        #expect(database.open == 0)
    }

    @Test("before the start a request is refused and not lost in memory")
    func beforeStart() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 3", database: database, starts: false)
        #expect(try rig.register("<sip:a@h>").status == 503)
    }
}
