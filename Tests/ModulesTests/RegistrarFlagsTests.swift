import Basics
import JSONValue
import Locations
import ModuleKit
import RouteScript
import Testing

@testable import Usrloc

@Suite("save: flags")
struct RegistrarFlagsTests {
    private let phone = "<sip:alice@192.0.2.1>"

    private func rig(_ flags: String, _ settings: String = "") throws -> RegistrarRig {
        try RegistrarRig(settings, "save(\"location\", \"\(flags)\");")
    }

    @Test("0x01 keeps a binding in memory and says so in its flags")
    func memoryOnly() throws {
        let database = FakeDatabase()
        let rig = try RegistrarRig(
            "usrloc db_mode 2", "save(\"location\", \"0x01\");", database: database)
        #expect(try rig.register(phone).status == 200)
        #expect(try rig.bindings()[0].values.flags == 1)
        #expect(try rig.writer.flush())
        #expect(database.rows.isEmpty)
    }

    @Test(
        "0x02 leaves the answer to the script, and the codes stay",
        arguments: ["0x02", "2"])
    func noReply(flags: String) throws {
        let rig = try rig(flags)
        for (contact, expires, code) in [
            (phone, "600", 1), (phone, "600", 2), (nil, nil, 4), (phone, "0", 3),
            ("<sip:a@>", "600", -1),
        ] as [(String?, String?, Int)] {
            let reply = try rig.register(contact, expires: expires)
            #expect(reply.count == 0)
            #expect(reply.code == code)
        }
    }

    @Test("0x02 with too many contacts returns -2")
    func noReplyTooMany() throws {
        let rig = try rig("0x02", "registrar max_contacts 1")
        #expect(try rig.register("<sip:a@h>, <sip:b@h>").code == -2)
    }

    @Test("0x12 leaves Contact for the reply that the script sends")
    func prepared() throws {
        let rig = try RegistrarRig(
            "", "save(\"location\", \"0x12\"); sl_send_reply(\"200\", \"Fine\");")
        let reply = try rig.register(phone, expires: "600")
        #expect(reply.count == 1)
        #expect(reply.reason == "Fine")
        #expect(reply.contact == "\(phone);expires=600")
    }

    @Test("0x04 keeps one contact: the one that was registered last")
    func single() throws {
        let rig = try rig("4")
        try rig.register("<sip:a@h>;expires=600")
        let reply = try rig.register("<sip:b@h>;expires=600")
        #expect(reply.contact == "<sip:b@h>;expires=600")
        #expect(try rig.bindings().map(\.uri) == ["sip:b@h"])
        #expect(try rig.register("<sip:b@h>;expires=700").contact == "<sip:b@h>;expires=700")
    }

    @Test("0x04 replaces the one contact that max_contacts 1 allows")
    func singleWithinLimit() throws {
        let rig = try rig("0x04", "registrar max_contacts 1")
        try rig.register("<sip:a@h>")
        #expect(try rig.register("<sip:b@h>").status == 200)
        #expect(try rig.bindings().map(\.uri) == ["sip:b@h"])
    }

    @Test("all flags together are accepted in decimal and hexadecimal", arguments: ["31", "0x1f"])
    func together(flags: String) throws {
        #expect(try rig(flags).register(phone).code == 1)
    }

    @Test(
        "what is no table, no flag or no constant is refused when the script is loaded",
        arguments: [
            ("save(\"location\", \"0x20\");", "flags"), ("save(\"location\", \"-1\");", "flags"),
            ("save(\"location\", \"many\");", "integer"), ("save(\"loca-tion\");", "table"),
            ("save(\"\");", "table"), ("save();", "arguments"),
            ("save(\"loca-tion\", $var(x));", "table"), ("save($var(t), \"0x20\");", "flags"),
            ("lookup(\"lo'cation\");", "table"),
        ])
    func refused(body: String, word: String) {
        let error = #expect(throws: ScriptErrors.self) { try RegistrarRig("", body) }
        #expect(error?.rendered.contains(word) == true, "\(error?.rendered ?? "nothing")")
    }

    @Test("memory alone is refused where db_mode 3 has no memory")
    func memoryOnlyInDatabaseMode() {
        let error = #expect(throws: ScriptErrors.self) {
            try RegistrarRig(
                "usrloc db_mode 3", "save(\"location\", \"1\");", database: FakeDatabase())
        }
        #expect(error?.rendered.contains("db_mode 3") == true)
    }

    @Test("the same table may be used with different flags in one script")
    func oneTable() throws {
        let rig = try RegistrarRig(
            "", "if ($si == \"10.1.2.3\") { save(\"location\", \"2\"); save(\"location\"); }")
        #expect(try rig.register(phone, cseq: 1).count == 1)
        #expect(rig.usrloc.tables.map(\.name) == ["location"])
    }
}
