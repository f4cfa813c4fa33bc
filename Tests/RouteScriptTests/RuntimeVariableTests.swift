import Basics
import ModuleKit
import RouteScript
import TestSupport
import Testing

/// A configuration whose runtime variables are declared as the server declares them.
private func declared(_ text: String, _ services: TestServices) throws -> Harness {
    for variable in try check(text).customVariables {
        services.settings.declare(
            group: variable.group, name: variable.name, value: variable.value,
            summary: variable.summary)
    }
    return try Harness(text, services: services)
}

@Suite("Runtime variables of the script")
struct RuntimeVariableTests {
    private let text = """
        gw.ip = "10.0.0.1" desc "the gateway"
        gw.port = 5080 descr "its port"
        gw.on = yes
        gw.limit = -3 description "a limit"
        other.ip = 'raw'
        """ + "\n" + head

    @Test("declarations keep their group, name, type and words, in their order")
    func declarations() throws {
        let found = try check(text).customVariables
        #expect(
            found.map { "\($0.group).\($0.name)" } == [
                "gw.ip", "gw.port", "gw.on", "gw.limit", "other.ip",
            ])
        #expect(
            found.map(\.value) == [
                .string("10.0.0.1"), .integer(5080), .integer(1), .integer(-3), .string("raw"),
            ])
        #expect(found.map(\.summary) == ["the gateway", "its port", "", "a limit", ""])
    }

    @Test(
        "both spellings read the same, with their types",
        arguments: [
            ("gw.ip", "10.0.0.1"), ("gw.port", "5080"), ("gw.on", "1"), ("gw.limit", "-3"),
            ("other.ip", "raw"),
        ])
    func spellings(name: String, expected: String) throws {
        let harness = try declared(
            text + "request_route { $var(x) = @cfg_get.\(name); note(\"$var(x)\"); "
                + "note(\"$sel(cfg_get.\(name))\"); if (@cfg_get.\(name) == $sel(cfg_get.\(name))) "
                + "note(\"same\"); }", TestServices())
        try harness.run()
        #expect(harness.notes == [expected, expected, "same"])
    }

    @Test("integers calculate and strings join")
    func types() throws {
        let harness = try declared(
            text + """
                request_route {
                    $var(x) = @cfg_get.gw.port + 1; note("$var(x)");
                    $var(x) = @cfg_get.gw.ip + 1; note("$var(x)");
                    $var(x) = "sip:" + @cfg_get.gw.ip + ":" + @cfg_get.gw.port; note("$var(x)");
                    if (@cfg_get.gw.limit < 0) note("below");
                    if (@cfg_get.gw.ip =~ "^10\\\\.") note("match");
                    switch (@cfg_get.gw.port) { case 5080: note("case"); break; }
                    while (@cfg_get.gw.on) { note("on"); break; }
                }
                """, TestServices())
        try harness.run()
        #expect(
            harness.notes == [
                "5081", "10.0.0.11", "sip:10.0.0.1:5080", "below", "match", "case", "on",
            ])
    }

    @Test("a change holds from the next message on, and a reset takes it back")
    func changes() throws {
        let services = TestServices()
        let harness = try declared(
            text + "request_route { note(\"$sel(cfg_get.gw.ip) $sel(cfg_get.gw.port)\"); }",
            services)
        try harness.run()
        try services.settings.set(group: "gw", name: "port", to: .integer(1))
        try harness.run()
        try services.settings.set(group: "gw", name: "ip", to: .string("h"))
        try harness.run()
        try services.settings.reset(group: "gw")
        try harness.run()
        #expect(harness.notes == ["10.0.0.1 5080", "10.0.0.1 1", "h 1", "10.0.0.1 5080"])
    }

    @Test(
        "what is no declaration is refused where it is wrong",
        arguments: [
            ("gw.ip = ", "2:9 expected a string or an integer, found \"loadmodule\""),
            ("gw.ip 5", "1:7 expected \"=\" behind the variable's name, found \"5\""),
            ("gw. = 5", "1:5 expected the variable's name, found \"=\""),
            ("gw.5 = 5", "1:4 expected the variable's name, found \"5\""),
            ("gw.ip = $rU", "1:9 expected a string or an integer, found \"$rU\""),
            ("gw.ip = word", "1:9 expected a string or an integer, found \"word\""),
            ("gw.ip = 5 desc 5", "1:16 expected the description in quotes, found \"5\""),
            ("gw[1].ip = 5", "1:3 instances of groups (gw[n].name) are not supported"),
            ("probe.size = 5", "1:1 \"probe\" is a module: its parameters are set with modparam"),
            ("core.debug = 5", "1:1 \"core\" is a module: its parameters are set with modparam"),
        ])
    func refused(line: String, expected: String) {
        let first = errors(of: line + "\n" + head).first
        let found = first.map { "\($0.location.line):\($0.location.column) \($0.message)" }
        if line == "gw.ip = " {
            #expect(first?.location.line == 2)
        } else {
            #expect(found == expected)
        }
    }

    @Test(
        "names that nobody declared are refused with their neighbour", arguments: ["$sel(%)", "@%"])
    func unknown(form: String) {
        for (name, hint) in [
            ("cfg_get.gw.prot", "did you mean cfg_get.gw.port?"),
            ("cfg_get.none.x", "declare it: none.x = value"),
        ] {
            let use = form.replacing("%", with: name)
            let found = errors(of: text + "request_route { $var(x) = \(use); }")
            #expect(found.map(\.kind) == [.unknownVariable])
            #expect(found.map(\.hint) == [hint])
        }
    }
}

@Suite("Texts with variables")
struct TemplateMatrixTests {
    @Test(
        "variables in the texts of functions",
        arguments: [
            ("", ""), ("plain", "plain"), ("$rm", "REGISTER"), ("<$rm>", "<REGISTER>"),
            ("$rm$rm", "REGISTERREGISTER"), ("$(rm)", "REGISTER"), ("$rm.$rm", "REGISTER.REGISTER"),
            ("$$", "$"), ("$$rm", "$rm"), ("$$$rm", "$REGISTER"), ("$$$$", "$$"), ("a$$b", "a$b"),
            ("$hdr(X-None)", "<null>"), ("$hdr(X-Empty)", ""), ("$hdr(X-Number)%", "42%"),
            ("$hdr(x-number)", "42"), ("$rc/$retcode/$?", "0/0/0"), ("$null", "<null>"),
            ("$var(fresh)", "0"), ("($rm)", "(REGISTER)"), ("[$rm]", "[REGISTER]"),
            ("{$rm}", "{REGISTER}"), ("$rm,$ru;", "REGISTER,sip:example.com;"),
            ("é$rm ü", "éREGISTER ü"), ("$field(X-$var(n))", "<null>"),
        ])
    func templates(text: String, expected: String) throws {
        #expect(try notes("note(\"\(text)\");") == [expected])
    }

    @Test("variables are not replaced in plain strings of assignments and comparisons")
    func plain() throws {
        #expect(try notes("$var(x) = \"$rm\"; note($var(x));") == ["$rm"])
        #expect(try !holds("\"$rm\" == \"REGISTER\""))
        #expect(try holds("$_s($rm) == \"REGISTER\""))
        #expect(try value(of: "$_s(<$rm> $$ $hdr(X-None))") == "<REGISTER> $ <null>")
    }

    @Test(
        "what is no text with variables is refused when the script is read",
        arguments: [
            ("$", "stands alone"), ("a $ b", "stands alone"), ("$(", "stands alone"),
            ("$var(", "stands alone"), ("$9x", "unknown pseudo-variable \"$9x\""),
            ("$-", "stands alone"), ("$rmm", "unknown pseudo-variable"),
            ("$hdr", "needs a name in parentheses"), ("$rm(x)", "takes nothing in parentheses"),
            ("$(rm{)", "no closing brace"), ("$(rm[x])", "is no index"),
            ("$(rm}x)", "no transformation"), ("$(hdr(A)[1)", "bracket"),
        ])
    func refused(text: String, words: String) {
        let found = errors(of: head + "request_route {\n  note(\"\(text)\");\n}")
        #expect(found.count == 1)
        #expect(found.first.map { SourceMapPlace($0.location) } == SourceMapPlace("test.cfg", 3, 3))
        #expect(found.first?.sourceLine == "  note(\"\(text)\");")
        if text != "$(hdr(A)[1)" {
            #expect(found.first?.message.contains(words) == true, "\(found)")
        }
    }

    @Test("variables nest to their bound and not deeper")
    func nesting() {
        func nested(_ depth: Int) -> String {
            String(repeating: "$field(", count: depth) + "A" + String(repeating: ")", count: depth)
        }
        for depth in [1, 2, 8, Limits.variableDepthMax] {
            #expect(errors(of: head + "request_route { note(\(nested(depth))); }").isEmpty)
        }
        let found = errors(
            of: head + "request_route { note(\(nested(Limits.variableDepthMax + 2))); }")
        #expect(found.count == 1)
        #expect(found.first?.message.contains("deep in each other") == true)
    }

    @Test("names that are computed are computed for each message")
    func dynamic() throws {
        let harness = try Harness(
            head + "request_route { $var(n) = \"X-\" + $hdr(X-Which); "
                + "note(\"$field($var(n))\"); $var(i) = $hdr(X-Number); "
                + "note(\"$(field(Via)[$var(i)])\"); }")
        for (which, number) in [("A", 0), ("B", 1), ("None", 2)] {
            try harness.run(
                Harness.register.replacing(
                    "X-Number: 42",
                    with: "X-Which: \(which)\nX-A: one\nX-B: two\nX-Number: \(number)"
                ).replacing("From:", with: "Via: SIP/2.0/TCP b;branch=z9hG4bK2\nFrom:"))
        }
        #expect(
            harness.notes == [
                "one", "SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1", "two",
                "SIP/2.0/TCP b;branch=z9hG4bK2", "<null>", "<null>",
            ])
    }

    @Test("random texts of dollars and brackets are compiled or refused", arguments: 1...6)
    func random(seed: Int) {
        let pieces = [
            "$", "$$", "(", ")", "[", "]", "{", "}", "rm", "var", "hdr", "field", "x", "1", "-1",
            "*", "s.len", ",", ".", " ", "é", "?", "_s", "sel", "@", "\\\\", "\\n", "err.class",
        ]
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x6666_5555)
        for _ in 0..<80 {
            let count = Int.random(in: 1...14, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }
                .joined()
            let script = head + "request_route {\nnote(\"\(text)\");\n}"
            let found = errors(of: script)
            #expect(found.allSatisfy { $0.location.line == 3 }, "\(text)")
            if found.isEmpty { #expect(throws: Never.self) { try Harness(script).run() } }
        }
    }
}

@Suite("instances of groups in scripts")
struct SelectedInstanceTests {
    @Test("cfg_select takes up an instance, cfg_reset leaves it, and so does the next message")
    func selected() throws {
        let services = TestServices()
        let harness = try declared(
            "gw.port = 5080 desc \"port\"\n" + head + """
                request_route {
                    note("$sel(cfg_get.gw.port)");
                    cfg_select("gw", 7); note("$rc $sel(cfg_get.gw.port)");
                    cfg_reset("gw"); note("$sel(cfg_get.gw.port)");
                    cfg_select("gw", 7);
                }
                """, services)
        try harness.run()
        let first = harness.notes
        #expect(first.first == "5080" && first[1].hasSuffix(" 5080"))
        try services.settings.addInstance(of: "gw", 7)
        try services.settings.set(group: "gw", instance: 7, name: "port", to: .integer(6))
        for _ in 0..<2 {
            try harness.run()
            let seen = harness.notes.map { $0.split(separator: " ").last ?? "" }
            #expect(seen == ["5080", "6", "5080"])
        }
    }

    @Test("a constant that is no number of an instance is refused at load")
    func constants() {
        let found = errors(of: "request_route {\n  cfg_select(\"gw\", -1);\n}")
        #expect(found.map(\.kind) == [.value])
    }
}
