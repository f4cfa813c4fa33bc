import ModuleKit
import RouteScript
import Testing

/// Statements and expressions as the reference tells them and Kamailio answers them.
@Suite("The language's reference")
struct ReferenceTests {
    /// Runs a script with further blocks and returns what it noted.
    private func notes(_ body: String, blocks: String) throws -> [String] {
        let harness = try Harness(head + "request_route {\n\(body)\n}\n\(blocks)\n")
        try harness.run()
        return harness.notes
    }

    @Test(
        "recorded answers of Kamailio: expressions",
        arguments: [
            ("arith", "7 + 3 * 2 - 10 / 5", "11"),
            ("mod", "17 mod 5", "2"),
            ("bits", "(6 & 3) + (6 | 3) * 100 + (6 ^ 3) * 10000", "50702"),
            ("shift", "1 << 5", "32"),
            ("neg", "-5 + 2", "-3"),
            ("hex", "0x1f", "31"),
            ("concat", "\"a\" + \"b\" + 3", "ab3"),
            ("intstr", "\"3\" + 4", "34"),
            ("interp", "\"user $rU in $rd by $rm\"", "user $rU in $rd by $rm"),
            ("escape", "\"tab\\there \\\"q\\\" $$x\"", "tab\there \"q\" $$x"),
            ("null", "$null", "0"),
            ("strlen", "strlen(\"hello\")", "5"),
        ])
    func recordedValues(name: String, expression: String, expected: String) throws {
        #expect(try value(of: expression) == expected, "\(name)")
    }

    @Test(
        "recorded answers of Kamailio: conditions",
        arguments: [
            ("nullcmp", "$hdr(X-None) == $null", true),
            ("regex", "\"Hello World\" =~ \"^hello.*WORLD$\"", true),
            ("eqcase", "\"ABC\" == \"abc\"", false),
            ("and", "1 == 1 && 2 == 2 and 3 == 3", true),
            ("not", "!(1 == 2) and not (3 == 4)", true),
            ("cmpint", "10 > 9 && \"10\" > \"9\"", true),
            ("zero", "0", false),
            ("strtrue", "\"abc\"", false),
            ("emptytrue", "\"\"", false),
            ("strempty", "strempty(\"\")", true),
            ("defined", "defined $hdr(X-None)", false),
            ("method", "method == REGISTER && method == \"register\"", true),
            ("proto", "proto == UDP", true),
            ("srcip", "src_ip == 10.0.0.0/8 && src_ip == 10.1.2.3", true),
        ])
    func recordedConditions(name: String, condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected, "\(name)")
    }

    @Test(
        "recorded answers of Kamailio: statements",
        arguments: [
            (
                "while",
                "$var(i) = 0; $var(x) = \"\"; while ($var(i) < 5) { "
                    + "$var(x) = $var(x) + $var(i); $var(i) = $var(i) + 1; "
                    + "if ($var(i) == 4) break; } note(\"$var(x)\");", "0123"
            ),
            (
                "switch",
                "switch (\"c\") { case \"a\": note(\"a\"); break; "
                    + "case \"c\": note(\"c\"); break; default: note(\"d\"); }", "c"
            ),
            (
                "switchint",
                "switch (2) { case 1: note(\"one\"); break; case 2: note(\"two\"); break; }", "two"
            ),
            (
                "fall",
                "switch (1) { case 1: note(\"1\"); case 2: note(\"2\"); break; "
                    + "case 3: note(\"3\"); }",
                "1|2"
            ),
            ("route", "route(SUB); note(\"sub said $rc\");", "sub said 5"),
            ("routearg", "route(NEG); note(\"neg said $rc\");", "neg said -3"),
            ("ret", "if (route(NEG)) note(\"t\"); else note(\"f\");", "f"),
        ])
    func recordedStatements(name: String, body: String, expected: String) throws {
        let blocks = "route[SUB] { return 5; } route[NEG] { return -3; }"
        #expect(try notes(body, blocks: blocks).joined(separator: "|") == expected, "\(name)")
    }

    @Test(
        "definitions and substitutions reach into route blocks",
        arguments: [
            ("#!define ANSWER \"ANSWER\"\n", "ANSWER", "ANSWER"),
            ("#!define N 41\n", "N + 1", "42"),
            ("#!substdef \"!SUBSTME!substituted!g\"\n", "\"SUBSTME\"", "substituted"),
            ("#!subst \"/rm/ru/\"\n", "$rm", "sip:example.com"),
            ("#!define SUM 1 + 2\n", "SUM * 3", "7"),
            ("#!define CALL code(5)\n", "CALL", "5"),
        ])
    func preprocessed(before: String, expression: String, expected: String) throws {
        let harness = try Harness(
            before + head + "request_route { $var(x) = \(expression); note($var(x)); }")
        try harness.run()
        #expect(harness.notes == [expected])
    }

    // MARK: Types

    @Test(
        "+ follows the type of its left operand when the script runs",
        arguments: [
            ("$var(int) + 1", "6"), ("$var(int) + \"1\"", "6"),
            ("$var(int) + $hdr(X-Number)", "47"),
            ("$var(text) + 1", "51"), ("$var(text) + \"x\"", "5x"), ("$hdr(X-None) + 1", "1"),
            ("$hdr(X-None) + \"x\"", "x"), ("$var(int) + \"abc\"", "5"),
            ("$var(int) + $hdr(X-None)", "5"), ("$var(text) + $hdr(X-None)", "5"),
            ("(int)$var(text) + 1", "6"), ("(str)$var(int) + 1", "51"), ("$var(int) . 1", "51"),
            ("$null + \"x\"", "x"), ("$var(int) - \"2\"", "3"), ("$var(text) - 2", "3"),
            ("$var(text) * \"0x10\"", "80"), ("\"010\" + 0", "0100"), ("0 + \"010\"", "10"),
        ])
    func addition(expression: String, expected: String) throws {
        let set = "$var(int) = 5; $var(text) = \"5\"; "
        let found = try notes(set + "$var(x) = \(expression); note($var(x));", blocks: "")
        #expect(found == [expected])
    }

    @Test(
        "== follows the type of its left operand when the script runs",
        arguments: [
            ("$var(int) == 5", true), ("$var(int) == \"5\"", true), ("$var(int) == \"05\"", true),
            ("$var(int) == \"0x5\"", true), ("$var(int) == \"five\"", false),
            ("$var(text) == 5", true), ("$var(text) == \"5\"", true),
            ("$var(text) == \"05\"", false), ("$var(text) != \"05\"", true),
            ("5 == $var(text)", true), ("\"5\" == $var(int)", true), ("\"05\" == $var(int)", false),
            ("$var(text) == $var(int)", true), ("$var(int) == $var(text)", true),
            ("$var(zero) == \"\"", true), ("$hdr(X-None) == \"\"", true),
            ("$hdr(X-None) == 0", true), ("$hdr(X-None) == $hdr(X-Gone)", true),
            ("$hdr(X-Empty) == \"\"", true), ("$hdr(X-Empty) == $hdr(X-None)", true),
            ("$var(int) ieq \"5\"", true), ("$var(text) ieq \"05\"", true),
            ("$var(text) ine 6", true), ("$var(int) eq \"5\"", true),
            ("$var(int) eq \"05\"", false),
            ("$var(int) ne \"05\"", true), ("$var(text) eq 5", true),
            ("$hdr(X-None) eq \"\"", true), ("$hdr(X-None) ieq 0", true),
        ])
    func equality(condition: String, expected: Bool) throws {
        let body = """
            $var(int) = 5; $var(text) = "5"; $var(zero) = 0;
            if (\(condition)) note("yes"); else note("no");
            """
        #expect(try notes(body, blocks: "") == [expected ? "yes" : "no"])
    }

    @Test(
        "a comparison with $null asks whether there is a value",
        arguments: [
            ("$hdr(X-Empty) == $null", false), ("$hdr(X-Empty) != $null", true),
            ("$hdr(X-None) == $null", true), ("$var(x) == $null", false), ("$null == $null", true),
            ("\"\" == $null", false), ("0 == $null", false), ("defined $null", false),
            ("defined $hdr(X-Empty)", true), ("defined $var(x)", true), ("defined 0", true),
            ("!defined $null", true), ("not defined $hdr(X-Number)", false),
        ])
    func nothing(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test(
        "=~ searches an extended regular expression without regard to case",
        arguments: [
            ("$rm =~ \"^REG\"", true), ("$rm =~ \"ster$\"", true), ("$rm =~ \"^ster\"", false),
            ("$rm =~ \"(INVITE|REGISTER)\"", true), ("$rm =~ \"^[a-z]{8}$\"", true),
            ("$rm =~ \"^[a-z]{9}$\"", false), ("$rm =~ \"\"", true), ("$rm =~ \"R.G\"", true),
            ("$hdr(X-None) =~ \"^$\"", true), ("$hdr(X-None) =~ \"x\"", false),
            ("$hdr(X-Number) =~ \"^[0-9]+$\"", true), ("$var(n) =~ \"^42$\"", true),
            ("$rm =~ $var(good)", true), ("$rm =~ $var(bad)", false), ("$rm =~ $null", false),
            ("\"a.b\" =~ \"a\\\\.b\"", true), ("\"axb\" =~ \"a\\\\.b\"", false),
            ("uri =~ \"EXAMPLE\\\\.com$\"", true), ("to_uri =~ \"^sip:alice@\"", true),
        ])
    func patterns(condition: String, expected: Bool) throws {
        let body = """
            $var(n) = 42; $var(good) = "^reg"; $var(bad) = "(";
            if (\(condition)) note("yes"); else note("no");
            """
        #expect(try notes(body, blocks: "") == [expected ? "yes" : "no"])
    }

    @Test("a pattern that is none when the script runs is logged and matches nothing")
    func dynamicPattern() throws {
        let services = TestServices()
        let harness = try Harness(
            head + "request_route { $var(p) = \"(\"; if ($rm =~ $var(p)) note(\"yes\"); }",
            services: services)
        try harness.run()
        #expect(harness.notes == [])
        #expect(
            services.log.written == ["error \"(\" is no regular expression: Unmatched ( or \\("])
    }

    // MARK: Attributes

    @Test(
        "core attributes compare without regard to case, numbers as numbers",
        arguments: [
            ("method == REGISTER", true), ("method == register", true), ("method != INVITE", true),
            ("method == $rm", true), ("method == \"Register\"", true), ("method =~ \"^reg\"", true),
            ("method != \"REGISTER\"", false), ("uri == \"sip:EXAMPLE.com\"", true),
            ("uri != \"sip:example.org\"", true), ("uri == $ru", true),
            ("from_uri == \"SIP:ALICE@EXAMPLE.COM\"", true), ("to_uri != from_uri", false),
            ("src_ip == \"10.1.2.3\"", true), ("src_ip == 10.1.2.4", false),
            ("src_ip != 10.1.2.0/24", false), ("src_ip == 0.0.0.0/0", true),
            ("src_ip == [::]/0", false), ("src_ip =~ \"^10\\\\.\"", true),
            ("dst_ip == 127.0.0.0/8", true), ("dst_ip != 127.0.0.1", false),
            ("src_port == \"5070\"", true), ("src_port != 5070", false), ("src_port < 5071", true),
            ("src_port >= 5070", true), ("src_port > 5070", false), ("dst_port == 5060", true),
            ("dst_port <= 5060", true), ("proto == udp", true), ("proto != TCP", true),
            ("proto == \"udp\"", true), ("proto == \"UDP\"", true), ("proto == WSS", false),
            ("af == inet", true), ("af == IPv4", true), ("af == ipv6", false),
            ("af != INET6", true),
            ("msg:len > 0", true), ("msg:len < 10", false), ("msg:len >= 65536", false),
            ("status == 0", true), ("status == \"200\"", false), ("dst_ip == myself", true),
            ("uri != myself", true), ("from_uri == myself", false), ("to_uri != myself", true),
        ])
    func attributes(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("attributes are values as well")
    func attributeValues() throws {
        let body = """
            $var(x) = method; note($var(x));
            $var(x) = src_ip; note($var(x));
            $var(x) = "p" + src_port; note($var(x));
            $var(x) = proto; note($var(x));
            $var(x) = status; note($var(x));
            $var(x) = af; note($var(x));
            """
        #expect(try notes(body, blocks: "") == ["REGISTER", "10.1.2.3", "p5070", "udp", "0", "2"])
    }

    @Test("an address of this server in the URI is myself, with its port or without one")
    func myself() throws {
        let harness = try Harness(
            head + "request_route { if (uri == myself) note(\"me\"); else note(\"other\"); }")
        for (uri, expected) in [
            ("sip:127.0.0.1", "me"), ("sip:alice@127.0.0.1:5060", "me"),
            ("sip:127.0.0.1:5061", "other"), ("sip:127.0.0.2", "other"), ("tel:127", "other"),
            ("sips:127.0.0.1", "me"), ("sip:127.0.0.1;transport=tcp", "me"),
        ] {
            try harness.run(Harness.register.replacing("sip:example.com SIP", with: "\(uri) SIP"))
            #expect(harness.notes == [expected], "\(uri)")
        }
    }

    // MARK: Codes and ends

    @Test(
        "the truth of codes and numbers",
        arguments: [
            ("code(1)", "yes 1"), ("code(5)", "yes 5"), ("code(-1)", "no -1"),
            ("!code(-1)", "yes -1"), ("!code(1)", "no 1"), ("code(2) == 1", "yes 2"),
            ("code(-1) == -1", "no -1"), ("code(-1) == 0", "yes -1"), ("-1", "no 0"),
            ("!(-1)", "no 0"), ("-1 && 1", "yes 0"), ("-1 || 0", "yes 0"), ("route(P)", "yes 3"),
            ("route(N)", "no -3"), ("route(N) == -3", "no -3"), ("$rc == 0", "yes 0"),
            ("code(-1) || code(7)", "yes 7"), ("code(7) && code(-1)", "no -1"),
            ("code(7) || code(-1)", "yes 7"), ("code(-1) && code(7)", "no -1"),
            ("($var(q) = 5)", "yes 0"), ("($var(q) = 0)", "yes 0"),
            ("($var(q) = \"a\")", "yes 0"), ("($var(q) = \"\")", "yes 0"),
            ("($var(q) = $null)", "yes 0"),
        ])
    func truth(condition: String, expected: String) throws {
        let body = "if (\(condition)) note(\"yes $rc\"); else note(\"no $rc\");"
        let blocks = "route[P] { return 3; } route[N] { return -3; }"
        #expect(try notes(body, blocks: blocks) == [expected])
    }

    @Test(
        "a call that is stored alone gives its code, and 1 or 0 to an operator around it",
        arguments: [
            ("code(3)", "3 3"), ("code(-3)", "-3 -3"), ("code(3) + 1", "2 3"),
            ("code(3) + code(4)", "2 4"), ("-code(3)", "-1 3"), ("route(P)", "3 3"),
            ("route(N)", "-3 -3"), ("\"c\" + code(3)", "c1 3"), ("code(3) . code(-3)", "10 -3"),
            ("selval(code(-3), \"a\", \"b\")", "b -3"), ("strlen(code(3))", "1 3"),
        ])
    func storedCodes(expression: String, expected: String) throws {
        let body = "$var(x) = \(expression); note(\"$var(x) $rc\");"
        let blocks = "route[P] { return 3; } route[N] { return -3; }"
        #expect(try notes(body, blocks: blocks) == [expected])
    }

    @Test(
        "break outside of loops leaves the route and not the script",
        arguments: [
            ("route(B); note(\"after $rc\");", ["before", "after 0"]),
            ("if (route(B)) note(\"yes\"); else note(\"no\");", ["before", "no"]),
            ("while (1) { route(B); break; } note(\"end\");", ["before", "end"]),
            ("break; note(\"x\");", []),
            ("switch (1) { case 1: route(B); note(\"go on\"); }", ["before", "go on"]),
        ])
    func breaking(body: String, expected: [String]) throws {
        let blocks = "route[B] { note(\"before\"); break; note(\"x\"); }"
        #expect(try notes(body, blocks: blocks) == expected)
    }

    @Test("a failed right side leaves the target as it was, and the script goes on")
    func failedAssignments() throws {
        let body = """
            $var(z) = 0; $var(x) = "kept";
            $var(x) = 1 / $var(z);
            $var(x) = "a" + (5 mod $var(z));
            $var(x) = ($var(y) = 1 / $var(z));
            note("$var(x)");
            note("$var(y)");
            """
        #expect(try notes(body, blocks: "") == ["kept", "0"])
    }

    @Test(
        "a division by zero makes what it stands in fail",
        arguments: [
            ("if (1 / $var(z)) note(\"yes\"); else note(\"no\");", ["no", "end"]),
            ("if (!(1 / $var(z))) note(\"yes\"); else note(\"no\");", ["no", "end"]),
            ("while (1 / $var(z) == 0) note(\"turn\");", ["end"]),
            ("switch (1 / $var(z)) { case 7: note(\"seven\"); }", ["end"]),
            ("if (1 || 1 / $var(z)) note(\"yes\");", ["yes", "end"]),
            ("if (0 && 1 / $var(z)) note(\"yes\"); else note(\"no\");", ["no", "end"]),
            ("if (1 mod $var(z) == 0) note(\"yes\");", ["end"]),
        ])
    func divisions(body: String, expected: [String]) throws {
        #expect(try notes("$var(z) = 0; \(body) note(\"end\");", blocks: "") == expected)
    }

    @Test(
        "empty statements, blocks and comments do nothing anywhere",
        arguments: [
            ";", ";;;", "{}", "{ ; }", "{ { } { } }", "if (1) ;", "if (0) ; else ;",
            "if (1) { } else { }", "while (0) ;", "switch (1) { }", "switch (1) { default: }",
            "switch (1) { case 1: case 2: }", "/* a /* b */ c */", "# text\n", "// text\n",
            "if (1) /* x */ { } # y\n else // z\n { }",
        ])
    func empty(body: String) throws {
        #expect(try notes(body + " note(\"end\");", blocks: "") == ["end"])
    }

    @Test("keywords of strings, routes and variables are told apart from keywords")
    func words() throws {
        let blocks = "route[\"if\"] { note(\"if\"); } route[log] { note(\"log\"); }"
        #expect(
            try notes("route(\"if\"); route(log); note(\"while\"); note('exit');", blocks: blocks)
                == ["if", "log", "while", "exit"])
    }
}
