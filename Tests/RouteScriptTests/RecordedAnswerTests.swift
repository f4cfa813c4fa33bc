import ModuleKit
import RouteScript
import Testing

/// Answers that Kamailio 5.6.3 gave to the same statements, asked one message a row.
@Suite("Recorded answers")
struct RecordedAnswerTests {
    /// Runs a script with the blocks below and returns what it noted.
    private func notes(_ body: String) throws -> [String] {
        let harness = try Harness(head + "request_route {\n\(body)\n}\n\(Self.blocks)\n")
        try harness.run()
        return harness.notes
    }

    private static let blocks = """
        route[R0] { return 0; }
        route[R5] { return 5; }
        route[RN] { return -3; }
        route[BREAK] { break; }
        route[EXIT] { exit; }
        route[FAIL] { return 5 + (1 / $var(z)); }
        """

    @Test(
        "operators without parentheses",
        arguments: [
            ("7 - 2 - 1", "4"), ("100 / 5 / 2", "10"), ("2 + 3 * 4 - 5", "9"),
            ("3 & 5 | 8", "9"), ("1 | 6 ^ 3 & 5", "5"), ("1 || 0 && 0", "1"),
            ("(1 || 0) && 0", "0"), ("5 > 3 > 1", "0"), ("- - 5", "5"), ("!!5", "1"),
            ("~ - 1", "0"), ("not not 5", "1"), ("-5 mod 3 * 2", "-4"), ("10 mod 4 * 3", "6"),
            ("- 2 * 3", "-6"), ("~5", "-6"), ("-7 / 2", "-3"), ("-7 mod 3", "-1"),
            ("1 | 2 == 2", "1"), ("6 & 3 == 3", "0"), ("8 >> 1 << 2", "16"),
            ("1 << 2 >> 1", "2"), ("1 < 2 == 1", "1"), ("2 == 1 < 2", "0"),
            ("not 1 == 0", "1"), ("!0 == 1", "1"), ("1 << 3", "8"), ("1 << 3 + 1", "16"),
            ("2 + 3 << 1", "10"), ("5 == 5 | 2", "3"), ("1 ^ 3 == 3", "0"), ("4 | 2 && 0", "0"),
            ("not 5 + 1", "1"), ("!5 + 1", "1"), ("-5 + 8", "3"), ("~1 + 1", "-1"),
            ("3 * -2", "-6"), ("3 - -2", "5"), ("8 / 2 * 4", "16"), ("2 * 3 mod 4", "2"),
            ("1 == 1 == 1", "1"), ("3 == 3 != 0", "1"), ("7 & 3 << 1", "6"),
            ("16 >> 2 >> 1", "2"), ("1 && -1", "1"), ("0 || -1", "1"),
            ("defined $hdr(X-None) == 0", "1"), ("defined $hdr(X-Number) + 1", "2"),
            ("(int)\"5\" + 1", "6"), ("(str)5 + 1", "51"), ("strlen(\"abc\") + 1", "4"),
            ("\"a\" == \"a\" && \"b\" == \"b\"", "1"), ("!(\"a\" == \"b\")", "1"),
        ])
    func operators(expression: String, expected: String) throws {
        #expect(try value(of: expression) == expected)
    }

    @Test(
        "types of operands",
        arguments: [
            ("$hdr(X-None) + 5", "5"), ("5 + $hdr(X-None)", "5"), ("\"0x10\" + 0", "0x100"),
            ("\"a\" + 1 + 2", "a12"), ("\"5\" == 5", "1"), ("\"abc\" eq \"abc\"", "1"),
            ("5 ine 6", "1"), ("\"a\\x41\\101\\tb\\qc\"", "aAA\tb\\qc"), ("'a\\nb'", "a\\nb"),
            ("\"a\" \"b\"", "ab"), ("0x10 + 010 + 11b", "27"), ("yes + on", "2"),
            ("strlen($hdr(X-None))", "0"), ("selval(1, \"a\", \"b\")", "a"),
            ("selval(-1, \"a\", \"b\")", "b"), ("selval($hdr(X-None), \"a\", \"b\")", "b"),
        ])
    func types(expression: String, expected: String) throws {
        #expect(try value(of: expression) == expected)
    }

    @Test(
        "strings that hold numbers",
        arguments: [
            ("\"5\"", "$var(s) + 1", "51"), ("\"5\"", "$var(s) * 2", "10"),
            ("\"x\"", "$var(s) * 2 + 1", "1"), ("\"5\"", "$var(s) == 5", "1"),
            ("\"05\"", "$var(s) == 5", "0"), ("\"05\"", "5 == $var(s)", "1"),
        ])
    func numbers(text: String, expression: String, expected: String) throws {
        let body = "$var(s) = \(text); $var(x) = \(expression); note(\"$var(x)\");"
        #expect(try notes(body) == [expected])
    }

    @Test(
        "calls in expressions: alone their code, with operators 1 or 0",
        arguments: [
            ("route(R5)", "5 5"), ("route(RN)", "-3 -3"), ("(route(R5))", "5 5"),
            ("code(2)", "2 2"), ("code(-1)", "-1 -1"), ("route(R5) + 1", "2 5"),
            ("-route(R5)", "-1 5"), ("\"c\" + route(R5)", "c1 5"), ("1 + route(R5)", "2 5"),
            ("route(RN) + 1", "1 -3"), ("!route(R5)", "0 5"), ("route(R5) == 1", "1 5"),
            ("(int)route(R5)", "1 5"), ("(str)route(R5)", "1 5"), ("route(R5) * 2", "2 5"),
            ("isflagset(7)", "-1 0"), ("isflagset(7) == 0", "1 0"),
            ("isflagset(7) == -1", "0 0"), ("!isflagset(7)", "1 0"),
            ("setflag(7) + 1", "2 0"), ("!seturi(\"bad\")", "1 0"), ("strlen(\"abc\")", "3 0"),
        ])
    func codes(expression: String, expected: String) throws {
        #expect(try notes("$var(x) = \(expression); note(\"$var(x) $rc\");") == [expected])
    }

    @Test(
        "conditions over calls, assignments and headers",
        arguments: [
            ("route(R5) == 5", "no 5"), ("route(R5) == 1", "yes 5"), ("route(RN) == -3", "no -3"),
            ("route(RN) == 0", "yes -3"), ("code(2) == 2", "no 2"), ("code(-1) == -1", "no -1"),
            ("code(-1) == 0", "yes -1"), ("route(BREAK)", "no 0"), ("!route(RN)", "yes -3"),
            ("($var(q) = 0)", "yes 0"), ("($var(q) = \"\")", "yes 0"),
            ("($var(q) = $null)", "yes 0"), ("($var(q) = -5)", "yes 0"),
            ("\"abc\" =~ \"B\"", "yes 0"), ("$hdr(X-None) =~ \"\"", "yes 0"),
            ("$hdr(X-None) =~ \"x\"", "no 0"), ("$hdr(X-Number) =~ \"^4.$\"", "yes 0"),
            ("$hdr(X-Number) > 41", "yes 0"), ("$hdr(X-None) == $null", "yes 0"),
            ("$hdr(X-Empty) == $null", "no 0"), ("$hdr(X-None) != \"a\"", "yes 0"),
            ("$hdr(X-None) == \"\"", "yes 0"), ("$hdr(X-None) == 0", "yes 0"),
            ("$hdr(X-None)", "no 0"), ("$hdr(X-Number)", "yes 0"), ("!$hdr(X-Number)", "no 0"),
            ("$hdr(X-Number) && 1", "yes 0"), ("defined $hdr(X-Empty)", "yes 0"),
            ("not defined $hdr(X-None)", "yes 0"), ("strempty($hdr(X-None))", "yes 0"),
            ("uri == myself", "no 0"), ("af == INET", "yes 0"), ("src_port > 1", "yes 0"),
            ("msg:len > 100", "yes 0"), ("from_uri =~ \"ALICE\"", "yes 0"),
            ("to_uri == \"SIP:alice@example.COM\"", "yes 0"), ("method == register", "yes 0"),
        ])
    func conditions(condition: String, expected: String) throws {
        let body = "if (\(condition)) note(\"yes $rc\"); else note(\"no $rc\");"
        #expect(try notes(body) == [expected])
    }

    @Test(
        "values that are returned",
        arguments: [
            ("return (1) + 2;", "3"), ("$var(v) = 5; return ($var(v)) + 1;", "6"),
            ("return (1);", "1"), ("return(5);", "5"), ("return -1;", "-1"),
            ("return 2 + 3 * 4;", "14"), ("$var(r) = \"8\"; return $var(r);", "8"),
            ("return ((2));", "2"), ("return (1) == (1);", "1"), ("return();", "1"),
        ])
    func returned(body: String, expected: String) throws {
        let harness = try Harness(
            head + "request_route { route(A); note(\"$rc\"); } route[A] { \(body) }")
        try harness.run()
        #expect(harness.notes == [expected])
    }

    @Test(
        "the value of a route that ends with its last action",
        arguments: [
            (";", "1"), ("$var(q) = 9;", "1"), ("$var(q) = 0;", "1"), ("$var(q) = \"abc\";", "1"),
            ("$var(q) = \"\";", "1"), ("$var(q) = $null;", "1"), ("if (0) code(3);", "1"),
            ("$var(q) = 5; while ($var(q) > 0) { $var(q) = $var(q) - 1; }", "1"),
            ("switch (1) { case 1: $var(q) = 0; break; }", "0"), ("isflagset(7);", "-1"),
            ("code(-1); setflag(7); resetflag(7);", "1"), ("if (isflagset(7)) { exit; }", "1"),
            ("while (1) { $var(q) = 1; }", "-1"), ("$var(z) = 0; $var(q) = 1 / $var(z);", "-1"),
            ("if (0) { code(1); } else { code(-1); }", "-1"),
            ("code(-1); if (0) { code(1); }", "1"), ("if (1) { code(-1); }", "-1"),
            ("if (code(-1)) { code(1); }", "1"), ("while (1) { code(-1); break; }", "0"),
            ("code(-1); switch ($rm) { case \"X\": code(4); break; }", "1"),
            ("if (1) { if (1) { code(-1); } }", "-1"),
            ("code(-1); while (0) { code(1); }", "1"), ("switch (1) { case 1: code(-1); }", "-1"),
            ("code(-1); $var(z) = 0; switch (1 / $var(z)) { case 1: code(1); }", "-1"),
            (
                "$var(i) = 0; while ($var(i) < 2) { $var(i) = $var(i) + 1; code(-1); }", "-1"
            ),
        ])
    func lastActions(body: String, expected: String) throws {
        let harness = try Harness(
            head + "request_route { route(A); note(\"$rc\"); } route[A] { \(body) }")
        try harness.run()
        #expect(harness.notes == [expected])
    }

    @Test(
        "switch finds its label by the type of its labels",
        arguments: [
            ("$hdr(X-None)", "case \"a\": note(\"a\"); break; case \"\": note(\"e\"); break;", "e"),
            ("$hdr(X-None)", "case /\"^$\": note(\"re\"); break; case \"a\": note(\"a\");", "re"),
            ("$hdr(X-Empty)", "case \"\": note(\"e\"); break;", "e"),
            ("$hdr(X-None)", "case 1: note(\"1\"); break; case 0: note(\"0\"); break;", "0"),
            ("$null", "case 0: note(\"0\"); break;", "0"),
            ("\"x\"", "case 1: note(\"1\"); break; case 0: note(\"0\"); break;", "0"),
            ("\"3\"", "case 3: note(\"3\"); break;", "3"),
            ("\"B\"", "case \"b\": note(\"b\"); break; case \"B\": note(\"B\"); break;", "B"),
            ("\"a\"", "case /\"A\": note(\"A\"); break;", "default"),
            ("5", "case 1: note(\"1\"); case 5: note(\"5\"); case 7: note(\"7\"); break;", "5 7"),
            ("1 / $var(z)", "case 0: note(\"0\"); break; case 1: note(\"1\"); break;", "default"),
            ("route(R5)", "case 5: note(\"5\"); break; case 1: note(\"1\"); break;", "1"),
            ("code(-1)", "case -1: note(\"-1\"); break; case 0: note(\"0\"); break;", "0"),
        ])
    func labels(subject: String, labels: String, expected: String) throws {
        let body = "$var(z) = 0; switch (\(subject)) { \(labels) default: note(\"default\"); }"
        #expect(try notes(body).joined(separator: " ") == expected)
    }

    @Test(
        "what fails does not reach the statements behind it",
        arguments: [
            ("route(FAIL); $var(y) = 7; note(\"$var(y) $rc\");", ["7 -1"]),
            ("if (route(FAIL)) note(\"t\"); else { $var(y) = 7; note(\"$var(y)\"); }", ["7"]),
            ("if (route(FAIL) == 0) { $var(y) = 7; note(\"$var(y)\"); }", ["7"]),
            ("while (route(FAIL)) { note(\"x\"); } $var(y) = 7; note(\"$var(y)\");", ["7"]),
            ("$var(y) = route(FAIL); note(\"$var(y)\");", ["-1"]),
            (
                "if (route(\"A\" + (1 / $var(z)))) note(\"t\"); else { $var(y) = 8; "
                    + "note(\"$var(y)\"); }", ["8"]
            ),
            ("if (code(1 / $var(z))) note(\"t\"); $var(y) = 9; note(\"$var(y)\");", []),
            ("if (!(1 / $var(z))) note(\"t\"); else note(\"f\");", ["f"]),
            ("if (1 / $var(z) == 0) note(\"t\"); else note(\"f\");", ["f"]),
            ("$var(y) = \"k\"; $var(y) = 1 + 1 / $var(z); note(\"$var(y)\");", ["k"]),
            ("$var(y) = \"k\"; $var(y) = \"a\" + 1 / $var(z); note(\"$var(y)\");", ["k"]),
            ("$var(p) = \"(\"; if ($rm =~ $var(p)) note(\"t\"); else note(\"f\");", ["f"]),
        ])
    func failures(body: String, expected: [String]) throws {
        #expect(try notes("$var(z) = 0; \(body)") == expected)
    }

    @Test(
        "ends within routes, blocks and loops",
        arguments: [
            ("drop; note(\"x\");", []), ("drop(); note(\"x\");", []), ("break; note(\"x\");", []),
            ("if (1) { return; } note(\"x\");", []), ("return 0;", []),
            ("route(R0); note(\"after\");", []), ("route(EXIT); note(\"after\");", []),
            ("route(BREAK); note(\"after $rc\");", ["after 0"]),
            ("while (route(RN)) { note(\"x\"); } note(\"$rc\");", ["-3"]),
            (
                "$var(i) = 0; while ($var(i) < 5) { $var(i) = $var(i) + 1; switch ($var(i)) { "
                    + "case 2: note(\"two\"); break; case 4: note(\"four\"); break; } } "
                    + "note(\"$var(i)\");", ["two", "four", "5"]
            ),
            (
                "$var(i) = 0; while ($var(i) < 5) { $var(i) = $var(i) + 1; if ($var(i) == 2) { "
                    + "switch (1) { case 1: break; } note(\"in\"); } if ($var(i) == 3) break; } "
                    + "note(\"$var(i)\");", ["in", "3"]
            ),
            (
                "switch (9) { case 1: note(\"1\"); default: note(\"d\"); case 2: note(\"2\"); }",
                ["d", "2"]
            ),
            (
                "switch (2) { case 1: note(\"1\"); default: note(\"d\"); case 2: note(\"2\"); }",
                ["2"]
            ),
        ])
    func ends(body: String, expected: [String]) throws {
        #expect(try notes(body) == expected)
    }
}
