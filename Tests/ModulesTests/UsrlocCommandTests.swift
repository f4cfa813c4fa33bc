import Basics
import JSONValue
import Locations
import ModuleKit
import Synchronization
import Testing

@testable import Usrloc

@Suite("usrloc: commands")
struct UsrlocCommandTests {
    private func code(_ answer: JSONValue) -> Int? { answer["error"]?["code"]?.integer }

    private func registered(_ settings: String = "") throws -> RegistrarRig {
        let rig = try RegistrarRig(settings)
        try rig.register(
            "<sip:alice@192.0.2.1>;q=0.5;expires=600;+sip.instance=\"<urn:uuid:1>\"",
            "User-Agent: t/3", "Allow: INVITE, BYE")
        return rig
    }

    @Test("every example runs and has the shape that its command declares")
    func examples() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig("usrloc db_mode 2", database: database)
        for method in rig.services.loadedModules.flatMap(\.methods) {
            guard method.name.hasPrefix("ul.") else { continue }
            try rig.register("<sip:alice@127.0.0.1>")
            let answer = try rig.services.exchange(method.name, .array(method.example.parameters))
            #expect(answer["error"] == nil, "\(method.name): \(answer.encoded())")
        }
    }

    @Test("ul.lookup shows a binding field for field")
    func lookup() throws {
        let rig = try registered()
        let result = try rig.services.call("ul.lookup", "location", "alice")["result"]
        #expect(result?["AoR"] == "alice")
        let contact = try #require(result?["Contacts"]?[0]?["Contact"])
        let expected: [(String, JSONValue)] = [
            ("Address", "sip:alice@192.0.2.1"), ("Q", 0.5), ("Call-ID", "call-1"), ("CSeq", 1),
            ("User-Agent", "t/3"), ("Received", "[not set]"), ("Path", "[not set]"),
            ("State", "CS_NEW"), ("Flags", 0), ("CFlags", 0), ("Socket", "udp:127.0.0.1:5060"),
            ("Methods", 9), ("Instance", "<urn:uuid:1>"), ("Reg-Id", 0), ("Server-Id", 0),
            ("Tcpconn-Id", -1), ("Keepalive", 0), ("KA-Roundtrip", 0),
        ]
        for (name, value) in expected { #expect(contact[name] == value, "\(name)") }
        let expires = try #require(contact["Expires"]?.integer)
        #expect((590...600).contains(expires))
        #expect(contact["Ruid"]?.text?.hasPrefix("uloc-") == true)
        #expect(contact["Last-Modified"]?.integer == rig.now.seconds)
    }

    @Test("a domain counts in a command's AoR only where it counts at all")
    func domains() throws {
        let plain = try registered()
        for name in ["alice", "ALICE", "alice@anywhere.example"] {
            #expect(try plain.services.call("ul.lookup", "location", .string(name))["error"] == nil)
        }
        let rig = try registered("usrloc use_domain 1")
        #expect(
            try rig.services.call("ul.lookup", "location", "Alice@EXAMPLE.com")["error"] == nil)
        #expect(code(try rig.services.call("ul.lookup", "location", "alice")) == 500)
        #expect(code(try rig.services.call("ul.lookup", "location", "alice@h")) == 500)
    }

    @Test("the case of a name counts where the registrar says so, and as soon as it does")
    func cases() throws {
        let rig = try RegistrarRig("registrar case_sensitive 1")
        try rig.register("<sip:a@h>", to: "<sip:Alice@example.com>")
        #expect(try rig.services.call("ul.lookup", "location", "Alice")["error"] == nil)
        #expect(code(try rig.services.call("ul.lookup", "location", "alice")) == 500)
    }

    @Test(
        "unknown tables and AoRs, and parameters left out, have their codes",
        arguments: [
            ("ul.lookup", ["location", "bob"], 500), ("ul.lookup", ["nowhere", "alice"], 500),
            ("ul.lookup", ["location"], 500), ("ul.lookup", [], 500),
            ("ul.rm", ["nowhere", "alice"], 500), ("ul.rm", ["location"], 500),
            ("ul.rm_contact", ["location", "bob", "sip:a@h"], 404),
            ("ul.rm_contact", ["location", "alice", "sip:other@h"], 404),
            ("ul.rm_contact", ["location", "alice"], 500),
            ("ul.db_users", ["location"], 500), ("ul.db_contacts", ["location"], 500),
            ("ul.db_expired_contacts", ["location"], 500), ("ul.db_users", [], 500),
        ])
    func errors(method: String, parameters: [String], expected: Int) throws {
        let rig = try registered()
        let answer = try rig.services.exchange(
            method, .array(parameters.map { .string($0) }))
        #expect(code(answer) == expected, "\(answer.encoded())")
        #expect(try rig.bindings().count == 1)
    }

    @Test("ul.rm removes an AoR and is content when there is none")
    func remove() throws {
        let rig = try registered()
        for _ in 0..<2 {
            #expect(try rig.services.call("ul.rm", "location", "alice")["result"] == [:])
        }
        #expect(try rig.bindings().isEmpty)
    }

    @Test("ul.rm_contact removes one binding, whatever the matching mode", arguments: [0, 1, 2, 3])
    func removeContact(mode: Int) throws {
        let rig = try RegistrarRig("usrloc matching_mode \(mode)")
        try rig.register("<sip:a@h>", callID: "one")
        try rig.register("<sip:b@h>", callID: "two")
        let answer = try rig.services.call("ul.rm_contact", "location", "alice", "sip:b@h")
        #expect(answer["result"] == [:])
        #expect(try rig.bindings().map(\.uri) == ["sip:a@h"])
    }

    // MARK: ul.add

    @Test("ul.add binds a contact with all that it is given")
    func add() throws {
        let rig = try RegistrarRig()
        let answer = try rig.services.call(
            "ul.add", "location", "carol", "sip:carol@127.0.0.9:5099", 300, 0.5,
            "<sip:edge@h;lr>", 0, 3, 32, "sip:192.0.2.9", "udp:127.0.0.1:5060")
        #expect(answer["result"] == [:])
        let found = try #require(try rig.bindings("carol").first)
        #expect(found.callID == "dfjrewr12386fd6-343@kamailio.rpc")
        #expect(found.userAgent == "kamailio SIP Router - RPC Server")
        #expect(found.received == "sip:192.0.2.9")
        #expect(found.ruid.hasPrefix("ulcx-"))
        #expect(found.values.q == 500)
        #expect(found.values.cseq == 1)
        #expect(found.values.cflags == 3)
        #expect(found.values.methods == 32)
        #expect(found.values.socket == SocketIndex(0))
    }

    @Test("ul.add refreshes what it added, and what a phone registered")
    func addAgain() throws {
        let rig = try registered()
        for _ in 0..<3 {
            let answer = try rig.services.call(
                "ul.add", "location", "alice", "sip:alice@192.0.2.1", 300, -1.0, ".", 0, 0, -1)
            #expect(answer["result"] == [:])
        }
        let found = try rig.bindings()
        #expect(found.count == 1)
        #expect(found[0].values.methods == .max)
        #expect(found[0].values.q == nil)
    }

    @Test("ul.add with 0 seconds binds for ever, and the reply shows a large number")
    func permanent() throws {
        let rig = try registered()
        _ = try rig.services.call(
            "ul.add", "location", "bob", "sip:b@h", 0, 1.0, "0", 0, 0, -1)
        let shown = try rig.services.call("ul.lookup", "location", "bob")["result"]
        #expect(shown?["Contacts"]?[0]?["Contact"]?["Expires"] == "permanent")
        let reply = try rig.register(to: "<sip:bob@example.com>")
        #expect(reply.contact == "<sip:b@h>;q=1;expires=2147483647")
        rig.now.seconds += 1_000_000
        #expect(try rig.register(to: "<sip:bob@example.com>").contacts.count == 1)
    }

    @Test(
        "what ul.add is given wrongly is refused, and nothing is bound",
        arguments: [
            ["location", "bob", "", 60, 0.5, "", 0, 0, -1],
            ["location", "bob", "bob", 60, 0.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@192.0.2.10:5060transport=udp", 60, 0.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@h\r\nEvil: yes", 60, 0.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@h", -1, 0.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@h", 2_147_483_648, 0.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@h", 60, 1.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@h", 60, 0.5, "a\r\nEvil: yes", 0, 0, -1],
            ["location", "bob", "sip:b@h", 60, 0.5, "", 0, 0, -1, "x\";evil=\"", ""],
            ["location", "bob", "sip:b@h", 60, 0.5, "", 0, 0, -1, "", "udp:10.9.9.9:5060"],
            ["nowhere", "bob", "sip:b@h", 60, 0.5, "", 0, 0, -1],
            ["location", "bob", "sip:b@h", 60, 0.5, "", 0, 0],
            ["location", "bob%zz", "sip:b@h", 60, 0.5, "", 0, 0, -1],
        ] as [[JSONValue]])
    func badAdd(parameters: [JSONValue]) throws {
        let rig = try registered()
        let answer = try rig.services.exchange("ul.add", .array(parameters))
        #expect(code(answer) == 500, "\(answer.encoded())")
        #expect(try rig.table.statistics.contacts.value == 1)
    }

    @Test("parameters of another type get the code of JSON-RPC")
    func types() throws {
        let rig = try registered()
        let answer = try rig.services.call(
            "ul.add", "location", "bob", "sip:b@h", "soon", 0.5, "", 0, 0, -1)
        #expect(code(answer) == RPCError.invalidParameters)
    }

    // MARK: Status and statistics

    @Test("ul.status without a database says so")
    func status() throws {
        let status = try registered().services.call("ul.status")["result"]
        #expect(status?["db_mode"] == 0)
        #expect(status?["database"] == "unused")
        #expect(status?["dirty"] == 0)
    }

    @Test("ul.status shows how long the oldest change has waited")
    func oldest() throws {
        let rig = try RegistrarRig("usrloc db_mode 2", database: FakeDatabase())
        rig.now.seconds -= 50
        try rig.register("<sip:a@h>")
        let age = try #require(
            try rig.services.call("ul.status")["result"]?["oldest_dirty"]?.integer)
        #expect((50...60).contains(age))
    }

    @Test("statistics name each table, and expiries can be reset")
    func statistics() throws {
        let rig = try RegistrarRig("usrloc preload aliases")
        rig.now.seconds -= 1_000
        try rig.register("<sip:a@h>;expires=600, <sip:b@h>;expires=5000")
        try rig.register("<sip:c@h>;expires=5000", to: "<sip:bob@example.com>")
        rig.usrloc.tick()
        let module = try #require(rig.services.loadedModules.first { $0.name == "usrloc" })
        func read() -> [String: Int] {
            Dictionary(uniqueKeysWithValues: module.statistics.map { ($0.name, $0.value) })
        }
        #expect(
            read() == [
                "registered_users": 2, "location_users": 2, "location_contacts": 2,
                "location_expires": 1, "aliases_users": 0, "aliases_contacts": 0,
                "aliases_expires": 0,
            ])
        for reading in module.statistics { reading.reset?() }
        #expect(read()["location_expires"] == 0)
        #expect(read()["location_users"] == 2)
    }

    @Test("tables have names that a database takes", arguments: ["", "a b", "a;b", "a`b", "ä"])
    func names(name: String) throws {
        let rig = try RegistrarRig()
        #expect(throws: StartFailure.self) { try rig.usrloc.table(named: name) }
        #expect(throws: StartFailure.self) {
            try rig.usrloc.table(named: String(repeating: "a", count: 65))
        }
        #expect(try rig.usrloc.table(named: "location_2").name == "location_2")
    }

    // MARK: ul.dump

    /// Takes a dump to its end, `between` its pieces something else happens.
    private func dump(
        _ rig: RegistrarRig, isBrief: Bool, between: (Int) throws -> Void = { _ in }
    ) throws -> (document: JSONValue, pieces: Int, longest: Int) {
        let stream = rig.usrloc.dump(isBrief: isBrief)
        var writer = JSONWriter()
        var pieces = 1
        var longest = 0
        var text = ""
        while stream.produce(into: &writer) {
            longest = max(longest, writer.bytes.count)
            text += writer.bytes.text
            writer.bytes.removeAll()
            try between(pieces)
            pieces += 1
        }
        return (try JSONValue(parsing: text + writer.bytes.text), pieces, longest)
    }

    @Test("an empty server dumps empty tables")
    func emptyDump() throws {
        let result = try RegistrarRig().services.call("ul.dump")["result"]
        let table = result?["Domains"]?[0]?["Domain"]
        #expect(table?["Domain"] == "location")
        #expect(table?["AoRs"] == [])
        #expect(table?["Stats"] == ["Records": 0, "Max-Slots": 0])
    }

    @Test("a full dump shows what ul.lookup shows, a brief one the names")
    func dumps() throws {
        let rig = try registered()
        let lookup = try rig.services.call("ul.lookup", "location", "alice")["result"]
        let full = try rig.services.call("ul.dump")["result"]?["Domains"]?[0]?["Domain"]
        #expect(full?["AoRs"]?[0]?["Info"]?["AoR"] == "alice")
        #expect(full?["AoRs"]?[0]?["Info"]?["Contacts"] == lookup?["Contacts"])
        #expect(full?["Stats"]?["Records"] == 1)
        let brief = try rig.services.call("ul.dump", "brief")["result"]?["Domains"]?[0]?["Domain"]
        #expect(brief?["AoRs"] == [["AoR": "alice"]])
    }

    @Test("several contacts of an AoR stand in one record")
    func severalContacts() throws {
        let rig = try RegistrarRig()
        let list = (0..<40).map { "<sip:a\($0)@h>" }.joined(separator: ", ")
        try rig.register(list)
        try rig.register(list, to: "<sip:bob@example.com>")
        let records = try rig.services.call("ul.dump")["result"]?["Domains"]?[0]?["Domain"]?["AoRs"]
        #expect(records?.items?.count == 2)
        for record in records?.items ?? [] {
            #expect(record["Info"]?["Contacts"]?.items?.count == 40)
        }
    }

    @Test("a dump comes in pieces while bindings come and go, and tells each of the rest once")
    func changing() throws {
        let rig = try RegistrarRig()
        for number in 0..<1_500 {
            try rig.register("<sip:a@h>", to: "<sip:stays\(number)@example.com>")
            if number < 300 {
                try rig.register("<sip:a@h>", to: "<sip:goes\(number)@example.com>")
            }
        }
        let (document, pieces, longest) = try dump(rig, isBrief: false) { piece in
            for number in 0..<10 {
                let one = piece * 10 + number
                try rig.register("<sip:a@h>", to: "<sip:comes\(one)@example.com>")
                try rig.register("*", expires: "0", to: "<sip:goes\(one)@example.com>")
                try rig.register("<sip:a@h>", to: "<sip:stays\(one)@example.com>")
            }
        }
        #expect(pieces > 5)
        #expect(longest < LocationDump.pieceBytes * 3)
        let domain = document["Domains"]?[0]?["Domain"]
        let names = (domain?["AoRs"]?.items ?? []).compactMap { $0["Info"]?["AoR"]?.text }
        #expect(domain?["Stats"]?["Records"]?.integer == names.count)
        #expect(Set(names).count == names.count)
        #expect(Set(names).isSuperset(of: (0..<1_500).map { "stays\($0)" }))
    }

    @Test("names and texts that need it are escaped")
    func escapes() throws {
        let rig = try RegistrarRig()
        try rig.register(
            "<sip:a@h>;received=\"a\\\\b\"", to: "<sip:al%22%5c%0aice@example.com>",
            "User-Agent: \"q\"\t\u{e9}")
        let text = try rig.services.call("ul.dump")["result"]?["Domains"]?[0]?["Domain"]?["AoRs"]?[
            0]
        #expect(text?["Info"]?["AoR"] == "al\"\\\nice")
        #expect(
            text?["Info"]?["Contacts"]?[0]?["Contact"]?["User-Agent"] == "\"q\"\t\u{e9}")
    }
}
