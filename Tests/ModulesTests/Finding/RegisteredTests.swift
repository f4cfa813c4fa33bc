import Basics
import Locations
import ModuleKit
import Testing

@Suite("registrar: registered, unregister, lookup_xavp")
struct RegisteredTests {
    private static let alice = "sip:alice@example.com"

    @Test(
        "match_option compares byte for byte with what the script says, and only then",
        arguments: [
            ("match_callid", "1", "call-1", 1), ("match_callid", "1", "call-2", -1),
            ("match_received", "2", "sip:192.0.2.9", 1), ("match_received", "2", "sip:x", -1),
            ("match_contact", "4", "sip:a@h", 1), ("match_contact", "4", "sip:A@h", -1),
            ("match_contact", "1", "sip:other@h", 1), ("match_contact", "0", "sip:other@h", 1),
        ])
    func match(name: String, option: String, value: String, code: Int) throws {
        let rig = try RegistrarRig(
            "registrar xavp_cfg reg",
            routing(
                """
                $xavp(reg=>\(name)) = "\(value)";
                registered("location", "$ru", "\(option)");
                """))
        try rig.register("<sip:a@h>;received=\"sip:192.0.2.9\"")
        #expect(try rig.send(request(Self.alice)).code == code)
    }

    @Test("it tells which binding it was, unless match_action 2 says not to", arguments: [0, 2])
    func records(action: Int) throws {
        let rig = try RegistrarRig(
            "registrar xavp_rcd ul",
            routing("registered(\"location\", \"$ru\", \"0\", \"\(action)\");"))
        try rig.register("<sip:a@h>")
        #expect(try rig.send(request(Self.alice)).code == 1)
        #expect(rig.context.structured.roots.count == (action == 0 ? 1 : 0))
        #expect(rig.context.rewrittenURI == nil)
    }

    @Test("a URI that is empty or none is nobody's", arguments: ["", "sip:", "x", "sip:bob@h"])
    func nobody(uri: String) throws {
        let rig = try RegistrarRig(
            "", routing("$var(u) = \"\(uri)\"; registered(\"location\", \"$var(u)\");"))
        try rig.register("<sip:a@h>")
        #expect(try rig.send(request(Self.alice)).code == -1)
    }

    @Test(
        "unregister ends all bindings, or the one that is named",
        arguments: [
            ("$ru", "", 1, 0), ("$ru", "first", 1, 1), ("$ru", "uloc-none", -3, 2),
            ("sip:nobody@example.com", "", 1, 2), ("nonsense", "", -1, 2), ("", "", -1, 2),
        ])
    func unregister(uri: String, ruid: String, code: Int, left: Int) throws {
        let rig = try RegistrarRig(
            "",
            routing(
                """
                $var(u) = "\(uri)";
                $var(r) = $hdr(X-Ruid);
                if ("\(ruid)" == "") { unregister("location", "$var(u)"); }
                else { unregister("location", "$var(u)", "$var(r)"); }
                """.replacing("\"$ru\"", with: "$ru")))
        try rig.register("<sip:a@h1>;q=1, <sip:a@h2>")
        let first = try #require(rig.bindings().first?.ruid)
        let name = ruid == "first" ? first : ruid
        #expect(try rig.send(request(Self.alice, "X-Ruid: \(name)")).code == code)
        #expect(try rig.bindings().count == left)
    }

    @Test("without a URI, a unique name is enough where the binding has an instance")
    func unregisterByName() throws {
        let rig = try RegistrarRig(
            "", routing("unregister(\"location\", \"\", \"$hdr(X-Ruid)\");"))
        try rig.register("<sip:a@h1>;+sip.instance=\"<urn:i>\"")
        let ruid = try #require(rig.bindings().first?.ruid)
        #expect(try rig.send(request(Self.alice, "X-Ruid: \(ruid)")).code == 1)
        #expect(try rig.bindings().isEmpty)
        #expect(try rig.send(request(Self.alice, "X-Ruid: \(ruid)")).code == -3)
    }

    @Test("lookup_xavp shows the record and its contacts, the best at place 0")
    func export() throws {
        let rig = try RegistrarRig(
            "", routing("lookup_xavp(\"location\", \"$ru\", \"r\", \"c\");"))
        try rig.register("<sip:a@h1>;q=0.1;received=\"sip:192.0.2.9\", <sip:a@h2>;q=0.9")
        #expect(try rig.send(request(Self.alice)).code == 1)
        let context = rig.context
        func shown(_ root: String, _ place: Int, _ name: String) -> String? {
            context.structured.value(Array(root.utf8), at: place, Array(name.utf8))
                .flatMap { context.text($0) }.map { context.string($0) }
        }
        #expect(shown("r", 0, "aor") == "alice")
        #expect(shown("r", 0, "count") == "2")
        #expect(shown("c", 0, "uri") == "sip:a@h2")
        #expect(shown("c", 1, "uri") == "sip:a@h1")
        #expect(shown("c", 1, "dsturi") == "sip:192.0.2.9")
        #expect(shown("c", 0, "dsturi") == nil)
        #expect(shown("c", 0, "socket") == "udp:127.0.0.1:5060")
        #expect(try rig.send(request("sip:nobody@example.com")).code == -1)
        #expect(context.structured.roots.isEmpty)
    }
}

@Suite("registrar: $ulc")
struct ProfileTests {
    private static let alice = "sip:alice@example.com"
    private static let fetch = "reg_fetch_contacts(\"location\", \"$ru\", \"c\");"

    /// What an expression is after fetching alice's two contacts.
    private func value(_ expression: String) throws -> String {
        let rig = try RegistrarRig(
            "registrar use_path 1; registrar path_mode 0",
            routing(
                """
                \(Self.fetch)
                $var(i) = 1;
                if (\(expression) == $null) { sl_send_reply("299", "null"); exit; }
                sl_send_reply("299", "[\(expression)]");
                """))
        rig.now = WallTime(seconds: 1_000_000)
        try rig.register(
            "<sip:a@h1>;q=0.9;expires=600;methods=\"INVITE\";+sip.instance=\"<urn:i>\"",
            "User-Agent: t/1")
        try rig.register("<sip:a@h2>;received=\"sip:192.0.2.9\"", callID: "c2", "Path: <sip:p;lr>")
        return try rig.send(request(Self.alice)).reason
    }

    @Test(
        "each attribute is that of its contact",
        arguments: [
            ("$ulc(c=>aor)", "[alice]"), ("$ulc(c=>domain)", "[location]"),
            ("$ulc(c=>addr)", "[sip:a@h1]"), ("$(ulc(c=>addr)[1])", "[sip:a@h2]"),
            ("$(ulc(c=>addr)[$var(i)])", "[sip:a@h2]"), ("$(ulc(c=>addr)[2])", "null"),
            ("$(ulc(c=>addr)[-1])", "[sip:a@h2]"), ("$(ulc(c=>path)[1])", "[<sip:p;lr>]"),
            ("$ulc(c=>path)", "[]"), ("$(ulc(c=>received)[1])", "[sip:192.0.2.9]"),
            ("$ulc(c=>expires)", "[1000600]"), ("$ulc(c=>callid)", "[call-1]"),
            ("$ulc(c=>q)", "[900]"), ("$(ulc(c=>q)[1])", "[-1]"), ("$ulc(c=>cseq)", "[1]"),
            ("$ulc(c=>flags)", "[0]"), ("$ulc(c=>cflags)", "[0]"),
            ("$ulc(c=>user_agent)", "[t/1]"), ("$(ulc(c=>user_agent)[1])", "[n/a]"),
            ("$ulc(c=>socket)", "[udp:127.0.0.1:5060]"), ("$ulc(c=>modified)", "[1000000]"),
            ("$ulc(c=>methods)", "[1]"), ("$(ulc(c=>methods)[1])", "[4294967295]"),
            ("$ulc(c=>count)", "[2]"), ("$ulc(c=>regid)", "[0]"), ("$ulc(c=>reg_id)", "[0]"),
            ("$ulc(c=>instance)", "[<urn:i>]"), ("$(ulc(c=>instance)[1])", "null"),
            ("$ulc(c=>conid)", "null"), ("$ulc(c=>server_id)", "[0]"),
            ("$ulc(other=>addr)", "null"),
        ])
    func attributes(expression: String, shown: String) throws {
        #expect(try value(expression) == shown)
    }

    @Test("what is freed, or was looked for in vain, is null")
    func freed() throws {
        let rig = try RegistrarRig(
            "",
            routing(
                """
                \(Self.fetch)
                $var(rc) = $rc;
                if ($hdr(X-Free) != $null) { reg_free_contacts("c"); reg_free_contacts("c"); }
                if ($ulc(c=>aor) == $null) { sl_send_reply("299", "$var(rc) null"); exit; }
                sl_send_reply("299", "$var(rc) $ulc(c=>aor)");
                """))
        try rig.register("<sip:a@h1>;expires=60")
        #expect(try rig.send(request(Self.alice)).reason == "1 alice")
        #expect(try rig.send(request(Self.alice, "X-Free: 1")).reason == "1 null")
        #expect(try rig.send(request(Self.alice)).reason == "1 alice")
        #expect(try rig.send(request("sip:nobody@example.com")).reason == "-1 null")
        // Expired bindings are fetched as well, as long as they are there.
        rig.now.seconds += 100
        #expect(try rig.send(request(Self.alice)).reason == "1 alice")
    }

    @Test(
        "a name that is none is refused with a word on what there is",
        arguments: ["$ulc(c)", "$ulc(=>addr)", "$ulc(c=>nope)", "$ulc(c=>addr=>x)"])
    func refused(reference: String) {
        #expect(throws: (any Error).self) {
            try RegistrarRig("", routing("xlog(\"\(reference)\");"))
        }
    }
}
