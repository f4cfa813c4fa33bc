import Basics
import ModuleKit
import Testing

@testable import RouteScript

/// The first error of a configuration: place, kind, message.
private func fault(_ text: String) -> String {
    guard let first = errors(of: text).first else { return "none" }
    return "\(first.location.line):\(first.location.column) \(first.kind) \(first.message)"
}

@Suite("Every command of the language")
struct CommandMatrixTests {
    /// Arguments that a command takes, so that only their number is wrong.
    private func arguments(_ count: Int) -> String {
        Array(repeating: "\"1\"", count: count).joined(separator: ", ")
    }

    @Test("a command with too few or too many arguments is refused at its name")
    func arity() {
        for command in CoreCommand.allCases {
            let bounds = command.arity
            for count in [bounds.lowerBound - 1, bounds.upperBound + 1] where count >= 0 {
                let call = "\(command.rawValue)(\(arguments(count)));"
                let found = fault(head + "request_route {\n  \(call)\n}")
                #expect(found.hasPrefix("3:3 value \(command.rawValue)() takes "), "\(found)")
                #expect(found.hasSuffix("arguments, found \(count)"))
            }
        }
    }

    @Test("commands that take nothing may be written without parentheses")
    func bare() {
        for command in CoreCommand.allCases where command.arity.contains(0) {
            #expect(fault(head + "request_route { \(command.rawValue); }") == "none")
            #expect(fault(head + "request_route { \(command.rawValue)(); }") == "none")
            #expect(fault(head + "request_route { if (1) \(command.rawValue); }") == "none")
        }
        for command in CoreCommand.allCases where !command.arity.contains(0) {
            #expect(fault(head + "request_route { \(command.rawValue); }").contains("takes"))
        }
    }

    @Test("commands of Kamailio's that are refused say why, in every place of a script")
    func refused() {
        for (name, reason) in CoreCommand.later {
            for body in ["\(name)();", "\(name)(\"x\");", "if (\(name)()) exit;"] {
                let found = errors(of: head + "request_route {\n\(body)\n}")
                #expect(found.map(\.kind) == [.unsupported], "\(name)")
                #expect(found.map(\.message) == ["the command \"\(name)\" is not supported"])
                #expect(found.map(\.hint) == [reason])
            }
        }
    }

    @Test("no command is refused and there at once, and none is a keyword")
    func names() {
        #expect(CoreCommand.names.isDisjoint(with: CoreCommand.later.keys))
        let keywords = ["if", "else", "while", "switch", "case", "default", "exit", "drop"]
        #expect(CoreCommand.names.isDisjoint(with: keywords))
        #expect(CoreCommand.names.isSuperset(of: CoreCommand.addressNames))
    }

    @Test("onsend_route takes the commands that leave the request as it is, and no others")
    func sending() {
        for command in CoreCommand.allCases {
            let call = "\(command.rawValue)(\(arguments(command.arity.lowerBound)));"
            let found = fault(head + "onsend_route { \(call) }")
            if command.isAllowedWhileSending {
                #expect(!found.contains("placement"), "\(command): \(found)")
            } else {
                #expect(found.contains("placement"), "\(command): \(found)")
            }
        }
    }

    @Test(
        "flags from the first to the last, by number and by name",
        arguments: [(0, "0"), (31, "31"), (15, "0xf"), (8, "010"), (3, "1 + 2"), (4, "\"4\"")])
    func flags(bit: Int, spelling: String) throws {
        let body = """
            if (isflagset(\(spelling))) note("early");
            setflag(\(spelling)); setflag(\(spelling));
            if (isflagset(\(bit)) && !isflagset(\(bit == 7 ? 6 : 7))) note("set");
            """
        let harness = try Harness(head + "request_route { \(body) }")
        try harness.run()
        #expect(harness.notes == ["set"])
        #expect(harness.context.flags == 1 << UInt32(bit))
        try harness.run()
        #expect(harness.notes == ["set"], "flags end with their message")
    }

    @Test(
        "commands that change the request URI, one behind the other",
        arguments: [
            ("setuser(\"a\"); sethost(\"h\"); setport(\"7\");", "sip:a@h:7"),
            ("setuser(\"a\"); prefix(\"+\"); prefix(\"0\");", "sip:0+a@example.com"),
            ("setuser(\"abcdef\"); strip(2); strip_tail(1);", "sip:cde@example.com"),
            ("setuser(\"abc\"); strip(0);", "sip:abc@example.com"),
            ("setuser(\"abc\"); strip_tail(3);", "sip:example.com"),
            ("seturi(\"sip:x@y\"); revert_uri(); setuser(\"b\");", "sip:b@example.com"),
            ("sethostport(\"h:1\"); sethostport(\"h:2\");", "sip:h:2"),
            ("rewritehost(\"h\"); rewriteuser(\"u\"); rewriteport(\"9\");", "sip:u@h:9"),
            ("setuserpass(\"u:p\"); sethost(\"h\");", "sip:u:p@h"),
            ("seturi(\"sips:u@h;p=1\");", "sips:u@h;p=1"), ("seturi(\"\");", "sip:example.com"),
            ("setport(\"65536\"); setport(\"x\");", "sip:example.com"),
            ("sethost(\"[2001:db8::1]\");", "sip:[2001:db8::1]"),
        ])
    func uris(commands: String, expected: String) throws {
        #expect(try notes(commands + " note(\"$ru\");") == [expected])
    }

    @Test("commands leave $rc alone, whatever they come to")
    func codes() throws {
        for call in [
            "setflag(1)", "isflagset(9)", "seturi(\"nonsense\")", "strip(3)", "force_rport()",
            "log(\"x\")", "clear_branches()", "setport(\"x\")",
        ] {
            #expect(try notes("code(4); \(call); note(\"$rc\");") == ["4"], "\(call)")
        }
    }

    @Test(
        "values are computed by strlen, strempty and selval",
        arguments: [
            ("strlen(\"\")", "0"), ("strlen(\"äö\")", "4"), ("strlen($rm)", "8"),
            ("strlen(12345)", "5"), ("strlen(-1)", "2"), ("strlen($rm + $rm)", "16"),
            ("strempty(\"\")", "1"), ("strempty(\" \")", "0"), ("strempty(0)", "0"),
            ("strempty($hdr(X-Empty))", "1"), ("strempty($null)", "1"),
            ("selval(2, 5, 6)", "5"), ("selval(0, 5, 6)", "6"), ("selval(\"1\", 5, 6)", "5"),
            ("selval($rm == \"REGISTER\", $ru, $rm)", "sip:example.com"),
            ("selval(0, 1, selval(1, \"in\", \"out\"))", "in"),
            ("selval(1, 2, 3) + selval(0, 2, 3)", "5"), ("strlen(selval(1, \"ab\", \"\"))", "2"),
        ])
    func computed(expression: String, expected: String) throws {
        #expect(try value(of: expression) == expected)
    }

    @Test("log() knows its levels by name and by number, and refuses others")
    func levels() {
        for name in ["L_ALERT", "L_CRIT", "L_ERR", "L_WARN", "L_NOTICE", "L_INFO", "L_DBG"] {
            #expect(fault(head + "request_route { log(\(name), \"x\"); }") == "none", "\(name)")
        }
        for number in -5...3 {
            #expect(fault(head + "request_route { log(\(number), \"x\"); }") == "none")
        }
        #expect(fault(head + "request_route {\n log(L_NONE, \"x\"); }").hasPrefix("3:6 "))
        #expect(fault(head + "request_route {\n log($rc, \"x\"); }").hasPrefix("3:6 value"))
        #expect(fault(head + "request_route {\n log(1, $rm); }").hasPrefix("3:9 value"))
    }
}
