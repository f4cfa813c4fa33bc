import Basics
import ModuleKit
import Testing

@testable import RouteScript

/// What the select framework reads; the expectations are answers of Kamailio 5.6.3.
@Suite("Selects")
struct SelectTests {
    private let message = """
        OPTIONS sip:bob@example.com:5070;p=1 SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:25092;branch=z9hG4bK1;rport
        Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK2
        From: "Al Ice" <sip:alice@a.example:5099;x=y>;tag=abc
        To: <sip:bob@b.example>
        Call-ID: c1
        CSeq: 7 OPTIONS
        Contact: "C" <sip:al@10.0.0.9:5061>;q=0.5;expires=60;methods="INVITE"
        Expires: 77
        Event: reg;id=1
        X-Foo: hello
        X-Foo: again
        User-Agent: UA 1.0
        Content-Type: text/plain
        Content-Length: 4

        body
        """

    private static let table: [(String, String)] = [
        ("ruri", "sip:bob@example.com:5070;p=1"), ("ruri.user", "bob"),
        ("ruri.host", "example.com"), ("ruri.port", "5070"), ("ruri.hostport", "example.com:5070"),
        ("ruri.params", "p=1"), ("ruri.params.p", "1"), ("ruri.params.zz", "<null>"),
        ("ruri.type", "sip"), ("ruri.pwd", "<null>"), ("ruri.transport", "udp"),
        ("from", "\"Al Ice\" <sip:alice@a.example:5099;x=y>;tag=abc"),
        ("from.uri", "sip:alice@a.example:5099;x=y"), ("from.uri.user", "alice"),
        ("from.uri.host", "a.example"), ("from.uri.port", "5099"),
        ("from.uri.hostport", "a.example:5099"), ("from.uri.params", "x=y"),
        ("from.uri.params.x", "y"), ("from.tag", "abc"), ("from.params.tag", "abc"),
        ("to.uri", "sip:bob@b.example"), ("to.uri.host", "b.example"), ("to.uri.port", "<null>"),
        ("to.uri.hostport", "b.example"), ("to.tag", "<null>"), ("to.name", "<null>"),
        ("contact.uri", "sip:al@10.0.0.9:5061"), ("contact.uri.user", "al"), ("contact.q", "0.5"),
        ("contact.expires", "60"), ("contact.params.expires", "60"), ("contact.methods", "INVITE"),
        ("contact.received", "<null>"), ("contact.instance", "<null>"),
        ("via.host", "127.0.0.1"), ("via[1].host", "127.0.0.1"), ("via[2].host", "10.0.0.1"),
        ("via[-1].host", "10.0.0.1"), ("via[-2].host", "127.0.0.1"), ("via[0].host", "<null>"),
        ("via[3].host", "<null>"), ("via[-3].host", "<null>"), ("via.port", "25092"),
        ("via[2].port", "<null>"), ("via.transport", "UDP"), ("via[2].transport", "TCP"),
        ("via.branch", "z9hG4bK1"), ("via[1].params.branch", "z9hG4bK1"),
        ("via[2].branch", "z9hG4bK2"), ("via.received", "<null>"), ("via.rport", "<null>"),
        ("cseq", "7 OPTIONS"), ("cseq.num", "7"), ("cseq.method", "OPTIONS"),
        ("method", "OPTIONS"), ("version", "SIP/2.0"), ("call_id", "c1"), ("expires", "77"),
        ("event", "reg;id=1"), ("content_type", "text/plain"), ("content_length", "4"),
        ("user_agent", "UA 1.0"), ("max_forwards", "<null>"), ("date", "<null>"),
        ("msg.header.X_Foo", "hello"), ("msg.h.X_Foo", "hello"), ("msg.header.x_foo", "hello"),
        ("msg.header[\"X-Foo\"]", "hello"), ("msg.header[\"X-Foo\"][2]", "again"),
        ("msg.header.X_Foo[-1]", "again"), ("msg.header.X_Foo[3]", "<null>"),
        ("msg.header.X_Foo[0]", "<null>"),
        ("msg.header.Via[2]", "SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK2"),
        ("msg.header.X_None", "<null>"), ("msg.body", "body"), ("msg.type", "1"),
        ("msg.first_line", "OPTIONS sip:bob@example.com:5070;p=1 SIP/2.0"),
        ("src.ip", "10.1.2.3"), ("src.port", "5070"), ("src.ip_port", "10.1.2.3:5070"),
        ("dst.ip", "127.0.0.1"), ("dst.port", "5060"), ("dst.ip_port", "127.0.0.1:5060"),
        ("received.ip", "127.0.0.1"), ("received.proto", "udp"),
        ("received.proto_ip_port", "udp:127.0.0.1:5060"), ("sys.now", "1700000000"),
        ("sys.server_id", "0"), ("next_hop", "sip:bob@example.com:5070;p=1"),
        ("next_hop.host", "example.com"), ("dst_uri", "<null>"),
    ]

    @Test("a select reads its part of the message", arguments: table)
    func reads(select: String, expected: String) throws {
        let harness = try Harness(
            head + "request_route { note('$sel(\(select))'); if (@\(select) == $null) { "
                + "note(\"<null>\"); } else { $var(x) = @\(select); note(\"$var(x)\"); } }")
        try harness.run(message)
        #expect(harness.notes == [expected, expected])
    }

    @Test("a select is an operand like any other")
    func operands() throws {
        let body = """
            if (@ruri.user == "bob") note("equal");
            if (@msg.header["X-Foo"] =~ "^HEL") note("matches");
            if (@cseq.num > 6) note("greater");
            note(@ruri.user + "@" + @ruri.host);
            note(@ruri.user . "." . @via[1].host);
            switch (@method) { case "OPTIONS": note("switched"); }
            if (strempty(@to.tag)) note("empty");
            """
        #expect(
            try notes(body, message: message) == [
                "equal", "matches", "greater", "bob@example.com", "bob.127.0.0.1", "switched",
                "empty",
            ])
    }

    @Test("the request URI is read as the script has changed it")
    func rewritten() throws {
        let body = "rewriteuser(\"carol\"); note(\"$sel(ruri.user) $sel(ruri)\");"
        #expect(
            try notes(body, message: message) == ["carol sip:carol@example.com:5070;p=1"])
    }

    @Test(
        "parts that a message has not are null",
        arguments: [
            "from.tag", "from.uri.user", "via", "cseq.num", "contact.uri.host", "contact.q",
            "event",
        ])
    func absent(select: String) throws {
        let bare = "OPTIONS sip:b SIP/2.0\nFrom: x\nCSeq: y\nContact: *\n\n"
        let harness = try Harness(head + "request_route { note(\"$sel(\(select))\"); }")
        try harness.run(bare)
        #expect(harness.notes == ["<null>"])
    }

    @Test(
        "what is no select is refused with what could be meant",
        arguments: [
            ("rury.user", "unknown select \"rury.user\"", "did you mean \"ruri\"?"),
            ("ruri.usr", "unknown select \"ruri.usr\"", "did you mean \"user\"?"),
            ("from.uri.hst", "unknown select \"from.uri.hst\"", "did you mean \"host\"?"),
            ("ruri.user.x", "unknown select \"ruri.user.x\"", nil),
            ("method.name", "unknown select \"method.name\"", nil),
            (
                "via.sentby", "unknown select \"via.sentby\"",
                "one of host, port, transport, branch, received, rport, params"
            ),
            ("src.proto", "unknown select \"src.proto\"", "one of ip, port, ip_port"),
            ("contact.params", "unknown select \"contact.params\"", "one of params.NAME"),
            ("cseq.nmu", "unknown select \"cseq.nmu\"", "did you mean \"num\"?"),
            ("cfg_get.probe", "\"cfg_get.probe\" is no select", "write cfg_get.group.name"),
            (
                "cfg_get.pstn.gw_ipp", "there is no setting \"pstn.gw_ipp\"",
                "did you mean cfg_get.pstn.gw_ip?"
            ),
            (
                "cfg_get.none.at_all", "there is no setting \"none.at_all\"",
                "declare it: none.at_all = value"
            ),
        ])
    func unknown(select: String, message: String, hint: String?) {
        for form in ["$sel(\(select))", "@\(select)"] {
            let found = errors(
                of: "pstn.gw_ip = \"x\"\n" + head + "request_route {\n$var(x) = \(form);\n}")
            #expect(found.map(\.message) == [message])
            #expect(found.map(\.hint) == [hint])
            #expect(
                found.map { SourceMapPlace($0.location) } == [SourceMapPlace("test.cfg", 4, 11)])
        }
    }

    @Test(
        "what has not the form of a select",
        arguments: [
            "@", "@1", "@ruri.", "@ruri .user", "@ruri[", "@ruri[x", "@ruri[-]", "@via[\"a]",
        ])
    func form(text: String) {
        #expect(!errors(of: head + "request_route { $var(x) = \(text); }").isEmpty)
    }

    @Test(
        "paths are names, numbers and strings",
        arguments: [
            ("a.b", 2), ("a[1].b", 3), ("a[-1]", 2), ("a[\"x.y\"].b", 3), ("a_b.c1", 2), ("a", 1),
            ("", 0), (".a", 0), ("a.", 0), ("a..b", 0), ("[1]", 0), ("a[]", 0), ("a[1", 0),
            ("a[\"\"]", 0), ("a-b", 0), ("a[x]", 0), ("a[1]b", 0), ("é.a", 0),
        ])
    func paths(text: String, count: Int) {
        #expect((SelectPath(text)?.parts.count ?? 0) == count)
    }
}

@Suite("Runtime settings in scripts")
struct RuntimeSettingTests {
    private let script = """
        pstn.gw_ip = "10.0.0.1" desc "the gateway"
        pstn.port = 5080
        """ + "\n" + head
        + "request_route { note(\"$sel(cfg_get.pstn.gw_ip):$sel(cfg_get.pstn.port)\"); "
        + "if (@cfg_get.pstn.port == 5080) note(\"usual\"); }"

    @Test("a script reads what cfg.* commands change, from the next message on")
    func changes() throws {
        let services = TestServices()
        for variable in try check(script).customVariables {
            services.settings.declare(
                group: variable.group, name: variable.name, value: variable.value,
                summary: variable.summary)
        }
        let harness = try Harness(script, services: services)
        try harness.run()
        #expect(harness.notes == ["10.0.0.1:5080", "usual"])
        try services.settings.set(group: "pstn", name: "port", to: .integer(5090))
        try services.settings.set(group: "pstn", name: "gw_ip", to: .string("10.0.0.2"))
        try harness.run()
        #expect(harness.notes == ["10.0.0.2:5090"])
        try services.settings.reset(group: "pstn")
        try harness.run()
        #expect(harness.notes == ["10.0.0.1:5080", "usual"])
    }

    @Test("a message that is under way sees one value")
    func oneMessage() throws {
        let services = TestServices()
        services.settings.declare(group: "pstn", name: "gw_ip", value: .string("a"), summary: "")
        services.settings.declare(group: "pstn", name: "port", value: .integer(1), summary: "")
        let harness = try Harness(script, services: services)
        try harness.run()
        try services.settings.set(group: "pstn", name: "port", to: .integer(2))
        harness.program.run(.request, in: harness.context)
        #expect(harness.notes == ["a:1", "a:1"])
        try harness.run()
        #expect(harness.notes == ["a:2"])
    }

    @Test("a setting that nobody has declared yet is null")
    func undeclared() throws {
        let harness = try Harness(script)
        try harness.run()
        #expect(harness.notes == ["<null>:<null>"])
    }
}
