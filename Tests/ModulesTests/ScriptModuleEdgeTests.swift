import Basics
import ModuleKit
import Testing

@Suite("Module sl: statuses and reasons")
struct SLEdgeTests {
    @Test(
        "each of the three functions answers alike",
        arguments: ["sl_send_reply", "sl_reply", "send_reply"], [100, 183, 200, 302, 404, 500, 699])
    func names(name: String, status: Int) throws {
        let rig = try ScriptRig("\(name)(\"\(status)\", \"Words here\"); note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(rig.replies.count == 1)
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 \(status) Words here\n") == true)
    }

    @Test(
        "a status that is found out at the call and is none gets the default",
        arguments: ["0", "99", "700", "-1", "2147483648"])
    func noStatus(value: String) throws {
        let rig = try ScriptRig("$var(c) = \(value); sl_send_reply(\"$var(c)\", \"x\");")
        try rig.run()
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 500 Internal Server Error\n") == true)
    }

    @Test("a status that is no number, or missing, makes the call fail or be answered by default")
    func noNumber() throws {
        let rig = try ScriptRig("sl_send_reply(\"$rU\", \"x\"); note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 500 ") == true)
    }

    @Test("a reason that has no value sends nothing")
    func noReason() throws {
        let rig = try ScriptRig("sl_send_reply(\"200\", $hdr(None)); note(\"$rc\");")
        #expect(try rig.run() == ["-1"])
        #expect(rig.replies.isEmpty)
    }

    @Test(
        "default_code is a status of a final failure",
        arguments: [
            (399, "default_code must be from 400 to 699, not 399"), (400, "none"), (699, "none"),
            (700, "default_code must be from 400 to 699, not 700"),
        ])
    func defaultCode(code: Int, expected: String) {
        let error = scriptError("", before: "modparam(\"sl\", \"default_code\", \(code))")
        #expect(error == expected || error.hasSuffix(expected))
    }

    @Test("control bytes become spaces in a reason, one each, but tabs stay (RFC 3261 25.1)")
    func control() throws {
        let rig = try ScriptRig("sl_send_reply(\"200\", \"a\\tb\\r\\n\\r\\nc\");")
        try rig.run()
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 200 a\tb    c\n") == true)
    }

    @Test("letters beyond ASCII stand in a reason as they are (RFC 3261 25.1)")
    func utf8() throws {
        let rig = try ScriptRig("sl_send_reply(\"200\", \"größer\");")
        try rig.run()
        #expect(rig.replies.first?.hasPrefix("SIP/2.0 200 größer\n") == true)
    }

    @Test("two replies of one script are both sent, each with a tag that is the same")
    func two() throws {
        let rig = try ScriptRig("sl_send_reply(\"180\", \"a\"); sl_send_reply(\"200\", \"b\");")
        try rig.run()
        let tags = rig.replies.map { reply in
            reply.split(separator: "\n").first { $0.hasPrefix("To:") }
        }
        #expect(tags.count == 2 && tags[0] == tags[1])
    }
}

@Suite("Module xlog: levels and prefixes")
struct XlogEdgeTests {
    @Test(
        "a level is a name or a number, known when the script is loaded",
        arguments: [
            ("-5", "critical"), ("-4", "critical"), ("-3", "critical"), ("-2", "critical"),
            ("-1", "error"), ("0", "warning"), ("1", "notice"), ("2", "info"), ("3", "debug"),
            ("9", "debug"), ("-9", "critical"), ("L_CRIT2", "critical"),
        ])
    func levels(level: String, expected: String) throws {
        let rig = try ScriptRig("xlog(\"\(level)\", \"text\"); note(\"$rc\");")
        #expect(try rig.run() == ["1"])
        #expect(rig.services.lines.all == ["\(expected) <script>: text"])
    }

    @Test(
        "a word that is no level is refused with those that are",
        arguments: ["LOUD", "L_ERROR", "l_err", "", "1.5"])
    func wrong(level: String) {
        #expect(
            scriptError("xlog(\"\(level)\", \"text\");").contains(
                "\"\(level)\" is no level: L_ALERT, L_BUG, L_CRIT, L_ERR, L_WARN, L_NOTICE,"
                    + " L_INFO and L_DBG are"))
    }

    @Test("a level that is found out at the call and is none makes the call fail, in silence")
    func dynamicWrong() throws {
        let rig = try ScriptRig("$var(l) = \"LOUD\"; xlog(\"$var(l)\", \"text\"); note(\"$rc\");")
        #expect(try rig.run() == ["-1"])
        #expect(rig.services.lines.all.isEmpty)
    }

    @Test("a facility of its own is refused")
    func facility() {
        #expect(
            scriptError("xlog(\"LOG_LOCAL0\", \"L_ERR\", \"text\");").contains(
                "a facility of its own is not supported: the log has one"))
    }

    @Test("the prefix stands before each line, and may be empty", arguments: ["", "p> ", "%$"])
    func prefix(text: String) throws {
        let rig = try ScriptRig(
            "xinfo(\"one\"); xerr(\"two\");",
            before: "modparam(\"xlog\", \"prefix\", \"\(text)\")")
        try rig.run()
        #expect(rig.services.lines.all == ["info \(text)one", "error \(text)two"])
    }

    @Test("line ends within a text stay, those behind it go")
    func lineEnds() throws {
        let rig = try ScriptRig("xinfo(\"a\\nb\\n\\r\\n\"); xinfo(\"\\n\");")
        try rig.run()
        #expect(rig.services.lines.all == ["info <script>: a\nb", "info <script>: "])
    }
}

@Suite("Module siputils: more strings and messages")
struct SIPUtilsEdgeTests {
    @Test(
        "an international number has 2 to 15 digits behind a plus",
        arguments: [
            ("+12", true), ("+123456789012345", true), ("+1", false), ("+1234567890123456", false),
            ("+", false), ("", false), ("12", false), ("+0", false), ("+01", false),
            ("+1a", false), ("++1", false), ("+1 2", false),
        ])
    func e164(text: String, expected: Bool) throws {
        #expect(try holds("is_e164(\"\(text)\")") == expected)
    }

    @Test(
        "letters and digits are those of ASCII",
        arguments: [
            ("a", true), ("z", true), ("A", true), ("Z", true), ("0", true), ("9", true),
            ("/", false), (":", false), ("@", false), ("[", false), ("`", false), ("{", false),
            ("é", false), (" ", false), ("a b", false),
        ])
    func alphanumeric(text: String, expected: Bool) throws {
        #expect(try holds("is_alphanum(\"\(text)\")") == expected)
        let isDigit = text == "0" || text == "9"
        #expect(try holds("is_numeric(\"\(text)\")") == isDigit)
        #expect(try holds("is_tel_number(\"\(text)\")") == isDigit)
    }

    @Test("a string without a value is no number, no letters and no URI")
    func missing() throws {
        for name in ["is_numeric", "is_alphanum", "is_tel_number", "is_e164", "is_uri"] {
            #expect(try !holds("\(name)($hdr(None))"), "\(name)")
        }
        #expect(try !holds("cmp_uri($hdr(None), $ru)"))
        #expect(try !holds("cmp_uri($ru, $hdr(None))"))
        #expect(try holds("cmp_uri($ru, $ru)"))
    }

    /// Pairs of RFC 3261 19.1.4, and whether they are equivalent.
    static let pairs: [(String, String, Bool)] = [
        (
            "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true
        ),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
        ("sip:alice@a.com", "sips:alice@a.com", false),
    ]

    @Test("URIs are compared by the rules of RFC 3261 19.1.4", arguments: pairs)
    func equivalence(one: String, two: String, expected: Bool) throws {
        #expect(try holds("cmp_uri(\"\(one)\", \"\(two)\")") == expected)
        #expect(try holds("cmp_uri(\"\(two)\", \"\(one)\")") == expected, "it is symmetric")
    }

    @Test(
        "option tags are found in every Supported field, in any case (RFC 3261 20.37)",
        arguments: [
            ("path", true), ("PATH", true), ("gruu", true), ("timer", true), ("outbound", true),
            ("pat", false), ("pathx", false), ("replaces", false),
        ])
    func supported(tag: String, expected: Bool) throws {
        let message = ScriptRig.request.replacing(
            "Supported: path, gruu\n", with: "Supported: path,gruu\nk: timer ,  outbound\n")
        #expect(try holds("is_supported(\"\(tag)\")", for: message) == expected)
    }

    @Test("without Supported nothing is")
    func unsupported() throws {
        let message = ScriptRig.request.replacing("Supported: path, gruu\n", with: "")
        #expect(try !holds("is_supported(\"path\")", for: message))
    }

    @Test("two values in one Via field are two hops")
    func hops() throws {
        let via = "Via: SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"
        let message = ScriptRig.request.replacing(via, with: via + ", SIP/2.0/UDP 9.9.9.9")
        #expect(try !holds("is_first_hop()", for: message))
    }
}
