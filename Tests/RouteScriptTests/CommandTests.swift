import ModuleKit
import Testing

@testable import RouteScript

@Suite("Commands of the language")
struct CommandTests {
    /// The request URI after a command, and the value of the command.
    private func rewritten(_ uri: String, by command: String) throws -> String {
        let harness = try Harness(
            head + "request_route { $var(c) = \(command); note(\"$ru $var(c)\"); }")
        try harness.run(Harness.register.replacing("sip:example.com SIP", with: "\(uri) SIP"))
        return harness.notes.joined()
    }

    @Test(
        "the user part is changed from either end",
        arguments: [
            ("sip:bob@a.org", "prefix(\"00\")", "sip:00bob@a.org 1"),
            ("sip:bob@a.org", "prefix(\"\")", "sip:bob@a.org 1"),
            ("sip:bob@a.org", "strip(0)", "sip:bob@a.org 1"),
            ("sip:bob@a.org", "strip(1)", "sip:ob@a.org 1"),
            ("sip:bob@a.org", "strip(2)", "sip:b@a.org 1"),
            ("sip:bob@a.org", "strip(3)", "sip:a.org 1"),
            ("sip:bob@a.org", "strip(\"1\")", "sip:ob@a.org 1"),
            ("sip:bob@a.org", "strip_tail(0)", "sip:bob@a.org 1"),
            ("sip:bob@a.org", "strip_tail(1)", "sip:bo@a.org 1"),
            ("sip:bob@a.org", "strip_tail(3)", "sip:a.org 1"),
            ("sip:a.org", "prefix(\"bob\")", "sip:bob@a.org 1"),
            ("sip:a.org", "strip(1)", "sip:a.org 1"),
            ("sips:bob@a.org;lr", "strip(1)", "sips:ob@a.org;lr 1"),
            ("tel:123", "strip(1)", "tel:123 -1"),
            ("tel:123", "prefix(\"0\")", "tel:123 -1"),
        ])
    func users(uri: String, command: String, expected: String) throws {
        #expect(try rewritten(uri, by: command) == expected)
    }

    @Test(
        "one part is replaced and the others stay",
        arguments: [
            ("sip:bob@a.org:5070", "sethost(\"b.org\")", "sip:bob@b.org:5070 1"),
            ("sip:bob@a.org:5070", "rewritehost(\"b.org\")", "sip:bob@b.org:5070 1"),
            ("sip:bob@a.org:5070", "sethost(\"[::1]\")", "sip:bob@[::1]:5070 1"),
            ("sip:bob@a.org:5070", "sethostport(\"b.org\")", "sip:bob@b.org 1"),
            ("sip:bob@a.org", "sethostport(\"b.org:5080\")", "sip:bob@b.org:5080 1"),
            ("sip:bob@a.org", "rewritehostport(\"b.org:1\")", "sip:bob@b.org:1 1"),
            ("sip:bob@a.org:5070", "setport(\"\")", "sip:bob@a.org 1"),
            ("sip:bob@a.org", "setport(5080)", "sip:bob@a.org:5080 1"),
            ("sip:bob@a.org", "rewriteport(\"5080\")", "sip:bob@a.org:5080 1"),
            ("sip:bob@a.org", "setuser(\"al\")", "sip:al@a.org 1"),
            ("sip:bob@a.org", "rewriteuser(\"al\")", "sip:al@a.org 1"),
            ("sip:bob@a.org", "setuser(\"\")", "sip:a.org 1"),
            ("sip:bob@a.org", "setuserpass(\"al:pw\")", "sip:al:pw@a.org 1"),
            ("sip:bob@a.org", "rewriteuserpass(\"al:pw\")", "sip:al:pw@a.org 1"),
            ("sip:bob@a.org", "seturi(\"sip:x@y.org;lr\")", "sip:x@y.org;lr 1"),
            ("sip:bob@a.org", "rewriteuri(\"tel:1\")", "tel:1 1"),
            ("sip:bob@a.org", "revert_uri()", "sip:bob@a.org 1"),
            ("tel:123", "sethost(\"b.org\")", "tel:123 -1"),
        ])
    func parts(uri: String, command: String, expected: String) throws {
        #expect(try rewritten(uri, by: command) == expected)
    }

    @Test("every command says how many arguments it takes", arguments: CoreCommand.allCases)
    func arity(command: CoreCommand) {
        let most = command.arity.upperBound
        let arguments = Array(repeating: "1", count: most + 1).joined(separator: ", ")
        let found = errors(of: "request_route { \(command.rawValue)(\(arguments)); }")
        #expect(found.map(\.kind) == [.value])
        #expect(found.first?.message.hasSuffix("arguments, found \(most + 1)") ?? false)
    }

    @Test(
        "commands that are not there are refused by name",
        arguments: CoreCommand.later.keys.sorted())
    func later(name: String) {
        let found = errors(of: "request_route {\n  \(name)();\n}")
        #expect(found.map(\.kind) == [.unsupported])
        #expect(found.map(\.message) == ["the command \"\(name)\" is not supported"])
        #expect(found.map(\.hint) == [CoreCommand.later[name]])
        #expect(found.map(\.location.column) == [3])
    }

    @Test("each of the 32 flags is set, tested and reset by itself", arguments: 0...31)
    func flags(number: Int) throws {
        let harness = try Harness(
            head + """
                request_route {
                    if (isflagset(\(number))) note("early");
                    setflag(\(number));
                    if (isflagset(\(number))) note("set");
                    if ($rm == "REGISTER") exit;
                    resetflag(\(number));
                    if (!isflagset(\(number))) note("reset");
                }
                """)
        try harness.run()
        #expect(harness.notes == ["set"])
        #expect(harness.context.flags == UInt32(1) << UInt32(number))
        try harness.run(Harness.register.replacing("REGISTER", with: "OPTIONS"))
        #expect(harness.notes == ["set", "reset"])
        #expect(harness.context.flags == 0)
    }

    @Test(
        "lengths and choices",
        arguments: [
            ("strlen(\"\")", "0"), ("strlen(\"abc\")", "3"), ("strlen(12345)", "5"),
            ("strlen(\"é\")", "2"), ("strlen($hdr(X-None))", "0"), ("strlen($rm)", "8"),
            ("strlen($rm + $rm)", "16"), ("strempty(\"\")", "1"), ("strempty(\"a\")", "0"),
            ("strempty(0)", "0"), ("strempty($hdr(X-None))", "1"), ("strempty($hdr(X-Empty))", "1"),
            ("strempty($null)", "1"), ("selval(1, \"a\", \"b\")", "a"),
            ("selval(-1, \"a\", \"b\")", "b"), ("selval(\"2\", 3, 4)", "3"),
            ("selval($rm == \"REGISTER\", $rm, $ru)", "REGISTER"),
            ("selval(selval(0, 1, 0), 1, 2)", "2"),
        ])
    func tests(expression: String, expected: String) throws {
        #expect(try value(of: expression) == expected)
    }
}
