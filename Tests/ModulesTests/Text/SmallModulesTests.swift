import Basics
import JSONValue
import ModuleKit
import Testing

@Suite("Module sl: further cases")
struct SLSettingTests {
    @Test(
        "the functions answer with the status and reason that they are given",
        arguments: ["sl_send_reply", "sl_reply", "send_reply"],
        [
            ("100", "Trying"), ("199", "Early"), ("200", "OK"), ("302", "Moved"),
            ("404", "Not Found"), ("699", "Last"),
        ])
    func statuses(name: String, reply: (String, String)) throws {
        let rig = try ScriptRig("\(name)(\"\(reply.0)\", \"\(reply.1)\"); note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(rig.replies.map { $0.prefix { $0 != "\n" } } == ["SIP/2.0 \(reply.0) \(reply.1)"])
    }

    @Test(
        "a computed status outside of the six classes becomes the one that is set",
        arguments: ["99", "700", "0", "-1", "9223372036854775807", "-9223372036854775807"])
    func computed(value: String) throws {
        for call in [
            "sl_send_reply(\"$var(c)\", \"x\")", "send_reply_mode(\"$var(c)\", \"x\", \"1\")",
        ] {
            let rig = try ScriptRig("$var(c) = \(value); \(call); note(\"$rc\");")
            #expect(try rig.run() == ["1"], "\(call)")
            #expect(rig.replies.first?.hasPrefix("SIP/2.0 500 Internal Server Error\n") == true)
        }
    }

    @Test("a reply repeats what RFC 3261 8.2.6 asks for, and has a tag of its own")
    func fields() throws {
        let rig = try ScriptRig("sl_send_reply(\"404\", \"No\");")
        try rig.run(adding("Record-Route: <sip:r;lr>", "Timestamp: 5"))
        let reply = try #require(rig.replies.first)
        for line in [
            "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1",
            "From: \"Al\" <sip:alice@example.org>;tag=tag-a", "Call-ID: call-script",
            "CSeq: 61 MESSAGE", "Content-Length: 0",
        ] {
            #expect(reply.contains("\n\(line)"), "\(line)")
        }
        #expect(reply.contains("\nTo: \"Carol C\" <sip:carol@example.com>;tag="))
        #expect(!reply.contains("\nUser-Agent: t/6") && !reply.contains("\nContact"))
        #expect(reply.hasSuffix("\n\n"))
    }

    @Test("a tag that To has already is kept")
    func tag() throws {
        let rig = try ScriptRig("sl_send_reply(\"481\", \"No\");")
        try rig.run(
            ScriptRig.request.replacing(
                "<sip:carol@example.com>\n", with: "<sip:carol@example.com>;tag=mine\n"))
        #expect(rig.replies.first?.contains("<sip:carol@example.com>;tag=mine\n") == true)
    }

    @Test(
        "a reason of any bytes stays one line",
        arguments: [
            "a\\r\\nB: c", "a\\tb", "\\r\\n\\r\\nbody", "",
        ])
    func reasons(reason: String) throws {
        for call in ["sl_send_reply(\"200\", \"\(reason)\")", "sl_reply(200, \"$var(r)\")"] {
            let rig = try ScriptRig("$var(r) = \"\(reason)\"; \(call);")
            try rig.run()
            let reply = try #require(rig.replies.first)
            #expect(reply.hasPrefix("SIP/2.0 200 "))
            #expect(reply.split(separator: "\n").dropFirst().first?.hasPrefix("Via:") == true)
        }
    }

    @Test("each call sends a reply of its own")
    func several() throws {
        let rig = try ScriptRig("sl_send_reply(\"100\", \"a\"); sl_send_reply(\"200\", \"b\");")
        try rig.run()
        #expect(rig.replies.count == 2)
        try rig.run(ScriptRig.request.replacing("MESSAGE", with: "ACK"))
        #expect(rig.replies.isEmpty)
    }

    @Test(
        "arguments and settings that are none are refused when the script is loaded",
        arguments: [
            ("send_reply_mode(\"99\", \"x\", \"0\");", "", "99 is no status"),
            ("send_reply(\"0\", \"x\");", "", "0 is no status"),
            ("send_reply_mode(\"200\", \"x\");", "", "takes 3 arguments"),
            ("sl_reply_error(\"x\");", "", "takes 0 arguments"),
            ("exit;", "\"default_code\", 399", "must be from 400 to 699"),
            ("exit;", "\"default_code\", 700", "must be from 400 to 699"),
            ("exit;", "\"default_reason\", 5", "default_reason"),
            ("exit;", "\"nothing\", 5", "has no parameter"),
        ])
    func wrong(statement: String, setting: String, expected: String) {
        let before = setting.isEmpty ? "" : "modparam(\"sl\", \(setting))\n"
        let error = scriptError(statement, before: before)
        #expect(error.contains(expected), "\(error)")
    }
}

@Suite("Module xlog: further cases")
struct XlogSettingTests {
    @Test(
        "levels are names in their usual spelling, or numbers",
        arguments: [
            ("L_ALERT", "critical"), ("L_BUG", "critical"), ("L_CRIT", "critical"),
            ("L_ERR", "error"), ("L_WARN", "warning"), ("L_NOTICE", "notice"),
            ("L_INFO", "info"), ("L_DBG", "debug"), ("-1", "error"), ("0", "warning"),
            ("2", "info"), ("3", "debug"), ("-3", "critical"),
        ])
    func levels(name: String, expected: String) throws {
        for (call, prepared) in [("xlog", false), ("xlogm", false), ("xlog", true)] {
            let argument = prepared ? "$var(l)" : name
            let before = "modparam(\"xlog\", \"methods_filter\", 0)\n"
            let rig = try ScriptRig(
                "$var(l) = \"\(name)\"; \(call)(\"\(argument)\", \"text\"); note(\"$rc\");",
                before: before)
            #expect(try rig.run() == ["1"], "\(call)")
            #expect(rig.services.lines.all == ["\(expected) <script>: text"], "\(call)")
        }
    }

    @Test(
        "the size of a line counts from its text, not from its prefix",
        arguments: [(16, 16), (17, 17), (4096, 300), (65535, 300)])
    func size(limit: Int, expected: Int) throws {
        let before = """
            modparam("xlog", "buf_size", \(limit))
            modparam("xlog", "prefix", "a long prefix, more than sixteen bytes ")
            """
        let rig = try ScriptRig("xinfo(\"$rb\");", before: before)
        try rig.run(withBody(String(repeating: "x", count: 300)))
        let line = try #require(rig.services.lines.all.first)
        #expect(line.count { $0 == "x" } == expected + 2)
    }

    @Test(
        "a method is silent or not by its bit",
        arguments: [
            ("INVITE", 1, true), ("INVITE", 2, false), ("CANCEL", 2, true), ("ACK", 4, true),
            ("BYE", 8, true), ("INFO", 16, true), ("REGISTER", 32, true), ("OPTIONS", 512, true),
            ("MESSAGE", 256, true), ("NOTIFY", 128, true),
            ("REGISTER", 0, false), ("REGISTER", -1, true), ("REGISTER", 0xffff_ffff, true),
            ("REGISTER", 31, false),
        ])
    func filter(method: String, mask: Int, isSilent: Bool) throws {
        let rig = try ScriptRig(
            "xlogm(\"L_ERR\", \"x\"); note(\"$rc\");",
            before: "modparam(\"xlog\", \"methods_filter\", \(mask))\n")
        #expect(try rig.run(ScriptRig.request.replacing("MESSAGE", with: method)) == ["1"])
        #expect(rig.services.lines.all.isEmpty == isSilent)
    }

    @Test("what strangers send stays one line of the log")
    func injection() throws {
        let rig = try ScriptRig("xinfo(\"$hdr(X-Fold)\");")
        try rig.run(adding("X-Fold: a", " b"))
        #expect(rig.services.lines.all.count == 1)
    }

    @Test(
        "arguments and settings that are none are refused when the script is loaded",
        arguments: [
            ("xlog(\"L_ERR\", \"$\");", "", nil),
            ("xlog(\"a\", \"b\", \"c\", \"d\");", "", "takes"),
            ("xlogm(\"L_ERR\");", "", "takes 2 arguments"),
            ("xlogm(\"LOUD\", \"x\");", "", "is no level"),
            ("xalert();", "", "takes 1 arguments"),
            ("xdbg(\"a\", \"b\");", "", "takes 1 arguments"),
            ("exit;", "\"buf_size\", 65536", "must be from 16 to 65535"),
            ("exit;", "\"methods_filter\", -2", "must be from -1"),
            ("exit;", "\"prefix\", 5", "prefix"),
        ] as [(String, String, String?)])
    func wrong(statement: String, setting: String, expected: String?) {
        let before = setting.isEmpty ? "" : "modparam(\"xlog\", \(setting))\n"
        let error = scriptError(statement, before: before)
        if let expected { #expect(error.contains(expected), "\(error)") }
    }
}

@Suite("Modules kex and corex: further cases")
struct FlagEdgeTests {
    @Test("script flags at both ends are apart from each other", arguments: [0, 1, 15, 30, 31])
    func scriptFlags(flag: Int) throws {
        let others = [0, 1, 15, 30, 31].filter { $0 != flag }
        let tests = others.map { "issflagset(\"\($0)\"); note(\"$rc\");" }.joined(separator: " ")
        let lines = try noted("setsflag(\"\(flag)\"); \(tests) issflagset(\(flag)); note(\"$rc\");")
        #expect(lines == ["-1", "-1", "-1", "-1", "1"])
    }

    @Test("extended flags at both ends are apart from each other", arguments: [0, 31, 32, 63])
    func extendedFlags(flag: Int) throws {
        let others = [0, 31, 32, 63].filter { $0 != flag }
        let tests = others.map { "isxflagset(\"\($0)\"); note(\"$rc\");" }.joined(separator: " ")
        let lines = try noted("setxflag(\"\(flag)\"); \(tests) isxflagset(\(flag)); note(\"$rc\");")
        #expect(lines == ["-1", "-1", "-1", "1"])
    }

    @Test("flags of scripts, branches and the extension are three sets")
    func sets() throws {
        let lines = try noted(
            """
            setsflag("5"); isbflagset("5"); note("$rc"); isxflagset("5"); note("$rc");
            setbflag("6"); issflagset("6"); note("$rc"); isxflagset("6"); note("$rc");
            setxflag("7"); issflagset("7"); note("$rc"); isbflagset("7"); note("$rc");
            resetsflag("5"); resetbflag("6"); resetxflag("7");
            issflagset("5"); note("$rc"); isbflagset("6"); note("$rc"); isxflagset("7");
            note("$rc");
            """)
        #expect(lines == Array(repeating: "-1", count: 9))
    }

    @Test("a computed number of a flag is the one that is meant")
    func computed() throws {
        for kind in ["s", "b", "x"] {
            let lines = try noted(
                """
                $var(n) = 4; set\(kind)flag("$var(n)"); is\(kind)flagset("4"); note("$rc");
                $var(n) = 64; set\(kind)flag("$var(n)"); note("$rc");
                reset\(kind)flag("$var(n)"); note("$rc");
                """)
            #expect(lines == ["1", "-1", "-1"], "\(kind)")
        }
    }

    @Test("a flag of the request goes into the targets that are added behind it")
    func inherited() throws {
        let lines = try noted(
            """
            setbflag("2"); append_branch("sip:a@b"); setbflag("3"); append_branch("sip:c@d");
            isbflagset("2", "1"); note("$rc"); isbflagset("3", "1"); note("$rc");
            isbflagset("2", "2"); note("$rc"); isbflagset("3", "2"); note("$rc");
            isbflagset("2", "3"); note("$rc"); setbflag("2", "9223372036854775807"); note("$rc");
            """)
        #expect(lines == ["1", "-1", "1", "1", "-1", "-1"])
    }

    @Test(
        "a destination is a URI",
        arguments: [
            ("sip:[::1]:5060;transport=tcp", "1"), ("sips:h", "1"), ("tel:+1", nil), ("", "-1"),
            ("h", "-1"), ("sip:", "-1"), ("sip:a b", "-1"),
        ] as [(String, String?)])
    func destinations(uri: String, expected: String?) throws {
        let lines = try noted("setdsturi(\"\(uri)\"); note(\"$rc\"); isdsturiset(); note(\"$rc\");")
        if let expected { #expect(lines == [expected, expected]) }
        #expect(lines[0] == lines[1])
    }

    @Test(
        "our own addresses are known with ports, transports and parameters",
        arguments: [
            ("sip:127.0.0.1", true), ("sip:u@127.0.0.1:5060;transport=udp", true),
            ("sips:127.0.0.1", nil), ("127.0.0.2", false), ("sip:[::1]:5060", true),
            ("sip:[::1]:5061", false), ("[::2]", false), ("localhost", nil), ("::1", nil),
            ("sip:a@sub.example.com", false), ("sip:a@example.com.", nil), ("tel:+1", false),
        ] as [(String, Bool?)])
    func myself(text: String, expected: Bool?) throws {
        let found = try holds("is_myself(\"\(text)\")")
        if let expected { #expect(found == expected) }
    }

    @Test(
        "a priority has three digits at most, and belongs to its target",
        arguments: [
            ("0.7", "700"), ("1.0", "1000"), ("1.", "1000"), ("0.001", "1"), ("0.999", "999"),
            (".5", nil), ("1.1", nil), ("00.5", nil), ("0,5", nil), ("0.5 ", nil), ("+0.5", nil),
        ] as [(String, String?)])
    func priorities(text: String, expected: String?) throws {
        let rig = try ScriptRig("append_branch(\"sip:x\", \"\(text)\"); note(\"$rc\");")
        let lines = try rig.run()
        if expected != nil || text != "00.5" && text != "+0.5" {
            #expect(lines == [expected == nil ? "-1" : "1"])
        }
        if let expected { #expect(rig.context.branches.first.map { "\($0.q)" } == expected) }
    }

    @Test("a target that is the request's own takes its destination along")
    func ownTarget() throws {
        let rig = try ScriptRig(
            "$ru = \"sip:new@h\"; $du = \"sip:d\"; append_branch(); $ru = \"sip:other@h\";")
        try rig.run()
        let branch = try #require(rig.context.branches.first)
        #expect(String(decoding: branch.uri, as: UTF8.self) == "sip:new@h")
        #expect(branch.destination.map { String(decoding: $0, as: UTF8.self) } == "sip:d")
        try rig.run()
        #expect(rig.context.branches.count == 1)
    }

    @Test(
        "arguments that are none are refused when the script is loaded",
        arguments: [
            ("setsflag();", "takes 1 arguments"), ("setsflag(\"x\");", "expected an integer"),
            ("setbflag(\"1\", \"x\");", "expected an integer"),
            ("isxflagset();", "takes 1 arguments"), ("setdsturi();", "takes 1 arguments"),
            ("resetdsturi(\"x\");", "takes 0 arguments"), ("is_myself();", "takes 1 arguments"),
            ("pv_printf(\"$var(x)\");", "takes 2 arguments"),
            ("append_branch(\"a\", \"b\", \"c\");", "takes 0 to 2 arguments"),
        ])
    func wrong(statement: String, expected: String) {
        let error = scriptError(statement)
        #expect(error.contains(expected), "\(error)")
    }

    @Test("targets are added by requests alone")
    func routes() {
        #expect(
            scriptError("exit;", before: "reply_route { append_branch(); }\n")
                .contains("cannot be called in this block"))
    }
}
