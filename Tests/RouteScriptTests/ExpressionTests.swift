import ModuleKit
import RouteScript
import Testing

@Suite("Expressions")
struct ExpressionTests {
    @Test(
        "values follow precedence, types and folding",
        arguments: [
            ("7 + 3 * 2 - 10 / 5", "11"),
            ("17 mod 5", "2"),
            ("(6 & 3) + (6 | 3) * 100 + (6 ^ 3) * 10000", "50702"),
            ("1 << 5", "32"),
            ("256 >> 4", "16"),
            ("-5 + 2", "-3"),
            ("0x1f", "31"),
            ("010", "8"),
            ("101b", "5"),
            ("yes", "1"),
            ("off", "0"),
            ("\"a\" + \"b\" + 3", "ab3"),
            ("\"3\" + 4", "34"),
            ("4 + \"3\"", "7"),
            ("2 + 3 * 4", "14"),
            ("(2 + 3) * 4", "20"),
            ("10 - 3 - 2", "5"),
            ("100 / 10 / 2", "5"),
            ("1 | 6 == 6", "1"),
            ("6 & 2 == 2", "0"),
            ("3 & 1 ^ 1", "0"),
            ("1 + 1 << 2", "8"),
            ("~0", "-1"),
            ("-(3)", "-3"),
            ("!5", "0"),
            ("!0", "1"),
            ("not 0", "1"),
            ("(int)\"12\" + 1", "13"),
            ("(str)12 + 1", "121"),
            ("\"12\" . 3 + 1", "1231"),
            ("strlen(\"hello\")", "5"),
            ("strempty(\"\")", "1"),
            ("selval(1 > 0, \"a\", \"b\")", "a"),
            ("selval(0, \"a\", \"b\")", "b"),
            ("\"user $rU of $rd\"", "user $rU of $rd"),
            ("'raw \\n'", "raw \\n"),
            ("\"x\\ty\"", "x\ty"),
            ("$hdr(X-None)", "0"),
            ("$hdr(X-None) + \"a\"", "a"),
            ("$hdr(X-Number) + 1", "421"),
            ("1 + $hdr(X-Number)", "43"),
            ("(int)$hdr(X-Number) + 1", "43"),
            ("$rm + \"/\" + $rm", "REGISTER/REGISTER"),
        ])
    func values(expression: String, expected: String) throws {
        #expect(try value(of: expression) == expected)
    }

    @Test(
        "conditions hold when they are above 0",
        arguments: [
            ("1", true), ("0", false), ("-1", false), ("!(-1)", false), ("-1 && 1", true),
            ("\"0\"", false), ("\"abc\"", false), ("\"7\"", true), ("\"\"", false),
            ("1 == 1 && 2 == 3 || 4 == 4", true),
            ("!(1 == 2) and not (3 == 4)", true),
            ("\"ABC\" == \"abc\"", false), ("\"a\" eq \"a\"", true), ("\"a\" ne \"a\"", false),
            ("\"12\" ieq 12", true), ("\"12\" ine 12", false),
            ("10 > 9", true), ("\"10\" > \"9\"", true), ("3 >= 3", true), ("3 <= 2", false),
            ("$rm == \"REGISTER\"", true), ("$rm == \"register\"", false),
            ("$rm != \"INVITE\"", true), ("$rm =~ \"^reg\"", true), ("$rm =~ \"^inv\"", false),
            ("$hdr(X-None) == $null", true), ("$hdr(X-None) != $null", false),
            ("$hdr(X-Number) == $null", false), ("$hdr(X-Number) == 42", true),
            ("$hdr(X-Number) == \"42\"", true), ("$hdr(X-None) == \"\"", true),
            ("$hdr(X-None) == 0", true), ("$hdr(X-None) == \"x\"", false),
            ("defined $hdr(X-Number)", true), ("defined $hdr(X-None)", false),
            ("not defined $hdr(X-None)", true), ("$var(new)", false),
            ("code(3)", true), ("code(-3)", false), ("code(3) == 1", true),
            ("code(-3) == 0", true), ("code(-1) || code(2)", true),
            ("method == REGISTER", true), ("method == \"register\"", true),
            ("method == \"INVITE\"", false), ("method =~ \"REG\"", true),
            ("src_ip == 10.1.2.3", true), ("src_ip == 10.0.0.0/8", true),
            ("src_ip == 192.168.0.0/16", false), ("src_ip != 127.0.0.1", true),
            ("src_ip == \"10.1.0.0/16\"", true), ("src_ip == [2001:db8::1]", false),
            ("src_port == 5070", true), ("dst_ip == 127.0.0.1", true), ("dst_port > 5000", true),
            ("proto == UDP", true), ("proto == TCP", false), ("af == INET", true),
            ("af == INET6", false), ("msg:len > 100", true), ("status == 200", false),
            ("uri == \"SIP:EXAMPLE.COM\"", true), ("from_uri =~ \"alice\"", true),
            ("to_uri == \"sip:alice@example.com\"", true), ("uri == myself", false),
            ("src_ip == myself", false), ("dst_ip == myself", true),
        ])
    func conditions(condition: String, expected: Bool) throws {
        #expect(try holds(condition) == expected)
    }

    @Test("logical operators stop at the operand that decides")
    func shortCircuit() throws {
        let body = """
            if (code(-1) && note("a")) { } else { note("b"); }
            if (code(1) || note("c")) { note("d"); }
            """
        #expect(try notes(body) == ["b", "d"])
    }

    @Test("a function that is assigned gives its code, and $rc has it too")
    func codes() throws {
        #expect(
            try notes(
                "$var(x) = code(5); note(\"$var(x) $rc\"); $var(x) = code(-5);"
                    + " note(\"$var(x) $rc $retcode $?\");") == ["5 5", "-5 -5 -5 -5"])
    }

    @Test("a division by zero fails the expression: conditions are false, nothing is assigned")
    func divisionByZero() throws {
        let body = """
            $var(x) = 3; $var(z) = 0;
            $var(x) = 1 / $var(z);
            note("$var(x)");
            if (1 / $var(z) == 0) { note("yes"); } else { note("no"); }
            $var(x) = 4 mod $var(z);
            note("$var(x)");
            """
        #expect(try notes(body) == ["3", "no", "3"])
    }

    @Test("strings that are put together again and again stay within their bound")
    func longStrings() throws {
        let body = """
            $var(s) = "0123456789abcdef"; $var(i) = 0;
            while ($var(i) < 60) { $var(s) = $var(s) + $var(s); $var(i) = $var(i) + 1; }
            $var(n) = strlen($var(s));
            note("$var(n)");
            """
        let length = try #require(Int(try notes(body).joined()))
        #expect(length > 16_000 && length <= 65_535)
    }

    @Test("functions expand their string arguments, and $$ is one dollar sign")
    func templates() throws {
        let body = """
            note("$rm to $ru");
            note("cost: $$5, $hdr(X-None), $(hdr(X-Number))");
            note("$hdr(X-None)");
            note("plain");
            note("a" + $rm);
            """
        #expect(
            try notes(body) == [
                "REGISTER to sip:example.com", "cost: $5, <null>, 42", "<null>", "plain",
                "aREGISTER",
            ])
    }

    @Test("an assignment in parentheses is a value")
    func assignmentAsValue() throws {
        #expect(try holds("($var(x) = 5)"))
        #expect(try holds("($var(x) = 0)"))
        #expect(try !holds("($ru = \"no uri at all\")"))
        #expect(try notes("$var(a) = ($var(b) = 7); note(\"$var(b)\");") == ["7"])
    }

    @Test("a value that a variable refuses is not assigned")
    func refusedValue() throws {
        let body = """
            $ru = "no uri at all";
            note("$ru");
            $ru = "sip:bob@b.example";
            note("$ru");
            $ru = 5;
            note("$ru");
            """
        #expect(
            try notes(body) == ["sip:example.com", "sip:bob@b.example", "sip:bob@b.example"])
    }
}
