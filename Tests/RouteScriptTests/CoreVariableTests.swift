import Basics
import ModuleKit
import RouteScript
import Testing

@Suite("Variables of the language")
struct CoreVariableTests {
    @Test(
        "definitions, as Kamailio 5.6.3 shows them",
        arguments: [
            ("$def(ANSWER)", "41"), ("$def(EMPTY)", ""), ("$def(STR)", "\"quoted text\""),
            ("$def(NOPE)", "<null>"), ("$defn(ANSWER)", "41"), ("$defn(NOPE)", "0"),
            ("$defn(HEX)", "31"), ("$defn(STR)", "\"quoted text\""), ("$defv(STR)", "quoted text"),
            ("$defv(ANSWER)", "41"), ("$defv(NOPE)", "<null>"), ("$def(MOD_probe)", ""),
            ("$def(KAMAILIO_5_6)", ""), ("$def(OS_NAME)", "linux"), ("$def(MOD_none)", "<null>"),
        ])
    func definitions(variable: String, expected: String) throws {
        let harness = try Harness(
            "#!define ANSWER 41\n#!define EMPTY\n#!define STR \"quoted text\"\n#!define HEX 0x1f\n"
                + head + "request_route { note(\"\(variable)\"); }")
        try harness.run()
        #expect(harness.notes == [expected])
    }

    @Test("a definition that a number is made of is one")
    func numbers() throws {
        #expect(try value(of: "$defn(KAMAILIO_VERSION) + 1") == "5006004")
        #expect(try value(of: "$def(KAMAILIO_VERSION) + 1") == "50060031")
    }

    @Test("the environment")
    func environment() throws {
        let path = try #require(DiskFiles().environment("PATH"))
        #expect(try value(of: "$env(PATH)") == path)
        #expect(try value(of: "$env(ROOST_IS_NOT_SET)") == "0")
        #expect(try value(of: "$envn(PATH)") == path)
        #expect(try holds("$env(ROOST_IS_NOT_SET) == $null"))
    }

    @Test("the version: that of the language, and that of the server")
    func version() throws {
        #expect(try value(of: "$version(num)") == "5.6.3")
        #expect(try value(of: "$version(full)") == ProductVersion.banner)
        #expect(try value(of: "$version(hash)") == "unknown")
    }

    @Test("where a variable itself stands")
    func place() throws {
        let harness = try Harness(
            head + """
                request_route {
                    note("$cfg(route):$cfg(line)");
                    note("$cfg(file)");
                    $var(l) = $cfg(line);
                    note("$var(l)");
                    route(SUB);
                }
                route[SUB] { note("$cfg(route):$cfg(line)"); }
                failure_route[F] { note("$cfg(route)"); }
                reply_route { note("$cfg(route)"); }
                onsend_route { note("$cfg(route)"); }
                """)
        try harness.run()
        harness.program.run(.failure("F"), in: harness.context)
        harness.program.run(.reply, in: harness.context)
        harness.program.run(.send, in: harness.context)
        #expect(
            harness.notes == [
                "DEFAULT_ROUTE:3", "test.cfg", "5", "SUB:9", "F", "DEFAULT_ONREPLY",
                "DEFAULT_ONSEND",
            ])
    }

    @Test(
        "$_s puts a text together",
        arguments: [
            ("$_s(sip:$hdr(X-Number))", "sip:42"), ("$_s(plain)", "plain"), ("$_s($$)", "$"),
            ("$_s($rm and $rm)", "REGISTER and REGISTER"), ("$_s($hdr(X-None))", "<null>"),
            ("$_s($_s($rm)!)", "REGISTER!"),
        ])
    func format(variable: String, expected: String) throws {
        #expect(try value(of: variable) == expected)
    }

    @Test(
        "parts that they have not are refused",
        arguments: [
            ("$version(x)", "$version has no part \"x\" [it has num, full and hash]"),
            ("$cfg(x)", "$cfg has no part \"x\" [it has line, file and route]"),
            ("$def", "$def needs a name in parentheses [write $def(name)]"),
            ("$env()", "$env needs a name in parentheses [write $env(name)]"),
            ("$rc(1)", "$rc has no parts"), ("$null(x)", "$null has no parts"),
            ("$(def(A)[0])", "$def has no parts"),
            ("$_s($nothing)", "unknown pseudo-variable \"$nothing\""),
        ])
    func refused(variable: String, expected: String) {
        let found = errors(of: head + "request_route { $var(x) = \(variable); }")
        #expect(found.map { $0.message + ($0.hint.map { " [\($0)]" } ?? "") } == [expected])
    }

    @Test(
        "none of them can be set",
        arguments: [
            "$def(A)", "$env(A)", "$version(num)", "$cfg(line)", "$sel(method)", "$_s(a)", "$rc",
        ])
    func readOnly(variable: String) {
        let found = errors(of: head + "request_route { \(variable) = 1; }")
        #expect(found.map(\.kind) == [.value])
        #expect(found.first?.message.hasSuffix("is read-only") ?? false)
    }
}
