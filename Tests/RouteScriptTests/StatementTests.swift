import Basics
import Logging
import ModuleKit
import RouteScript
import Testing

@Suite("Statements")
struct StatementTests {
    /// Runs a script with further blocks and returns what it noted.
    private func notes(_ body: String, blocks: String) throws -> [String] {
        let harness = try Harness(head + "request_route {\n\(body)\n}\n\(blocks)\n")
        try harness.run()
        return harness.notes
    }

    @Test(
        "if runs the first branch whose condition holds",
        arguments: [
            ("if (1) note(\"a\");", ["a"]),
            ("if (0) note(\"a\");", []),
            ("if (0) note(\"a\"); else note(\"b\");", ["b"]),
            ("if (0) note(\"a\"); else if (1) note(\"b\"); else note(\"c\");", ["b"]),
            ("if (0) note(\"a\"); else if (0) note(\"b\"); else note(\"c\");", ["c"]),
            ("if (1) { } else note(\"b\");", []),
            ("if (1) ; note(\"b\");", ["b"]),
            ("if (code(2)) note(\"$rc\"); else note(\"no\");", ["2"]),
            ("if (code(-2)) note(\"yes\"); else note(\"$rc\");", ["-2"]),
            ("if 1 == 1 note(\"a\");", ["a"]),
            ("if (1) { { note(\"a\"); } { note(\"b\"); } }", ["a", "b"]),
        ])
    func conditionals(body: String, expected: [String]) throws {
        #expect(try notes(body, blocks: "") == expected)
    }

    @Test(
        "exit, drop and a code of 0 end the script wherever they stand",
        arguments: [
            "exit; note(\"x\");", "drop; note(\"x\");", "code(0); note(\"x\");",
            "exit(); note(\"x\");", "drop(); note(\"x\");",
            "if (code(0)) { note(\"x\"); } note(\"y\");",
            "if (1) { { exit; } } note(\"x\");", "while (1) { exit; } note(\"x\");",
            "while (code(0)) { note(\"x\"); } note(\"y\");",
            "switch (1) { case 1: exit; } note(\"x\");",
            "switch (code(0)) { case 0: note(\"x\"); } note(\"y\");",
            "route(E); note(\"x\");", "$var(a) = route(E); note(\"x\");",
            "if (route(E)) { note(\"x\"); } else { note(\"y\"); } note(\"z\");",
            "route(Z); note(\"x\");", "$var(a) = code(0); note(\"x\");",
            "return 0; note(\"x\");", "route(D); note(\"x\");",
        ])
    func ends(body: String) throws {
        let blocks = "route[E] { exit; } route[Z] { return 0; } route[D] { drop; }"
        #expect(try notes(body, blocks: blocks) == [])
    }

    @Test("return ends the route and not the script")
    func returns() throws {
        let blocks = "route[A] { if (1) { return 3; } note(\"x\"); }"
        #expect(try notes("route(A); note(\"$rc\");", blocks: blocks) == ["3"])
        #expect(try notes("note(\"a\"); return; note(\"b\");", blocks: "") == ["a"])
    }

    @Test(
        "a route's value is its return code, or that of its last action",
        arguments: [
            ("return 5;", "5"), ("return -3;", "-3"), ("return;", "1"), ("return 2 + 3;", "5"),
            ("return code(7);", "7"), ("return $var(seven);", "7"), ("", "1"),
            ("code(4);", "4"), ("code(-4);", "-4"), ("$var(x) = 5;", "1"), ("$var(x) = 0;", "1"),
            ("code(4); if (0) exit;", "1"), ("code(4); setflag(1);", "1"), ("break;", "0"),
            ("code(4); if (1) break;", "0"), ("if (1) code(6);", "6"),
        ])
    func routeValues(body: String, expected: String) throws {
        let script = "$var(seven) = 7; route(A); note(\"$rc\");"
        #expect(try notes(script, blocks: "route[A] { \(body) }") == [expected])
    }

    @Test("core commands and assignments leave $rc alone")
    func unchangedCode() throws {
        #expect(
            try notes("code(9); setflag(1); $var(x) = 3; force_rport(); note(\"$rc\");", blocks: "")
                == ["9"])
    }

    @Test("while runs as long as its condition holds, break leaves it")
    func loops() throws {
        let body = """
            $var(i) = 0;
            while ($var(i) < 5) { note("$var(i)"); $var(i) = $var(i) + 1; if ($var(i) == 3) break; }
            note("end");
            while ($var(i) > 0) $var(i) = $var(i) - 1;
            note("$var(i)");
            """
        #expect(try notes(body, blocks: "") == ["0", "1", "2", "end", "0"])
        #expect(
            try notes("route(A); note(\"$rc\");", blocks: "route[A] { while (1) { return 8; } }")
                == ["8"])
    }

    @Test("a loop ends at its bound, which a global parameter sets")
    func loopBound() throws {
        let body = "$var(i) = 0; while (1) { $var(i) = $var(i) + 1; } note(\"$var(i)\");"
        let services = TestServices()
        let harness = try Harness(head + "request_route { \(body) }", services: services)
        try harness.run()
        #expect(harness.notes == ["100"])
        #expect(services.log.written == ["error a while loop was ended after 100 turns"])
        let other = try Harness("max_while_loops=7\n" + head + "request_route { \(body) }")
        try other.run()
        #expect(other.notes == ["7"])
    }

    @Test(
        "switch jumps to the label and falls through until break",
        arguments: [
            ("\"a\"", ["a", "b"]), ("\"b\"", ["b"]), ("\"dx\"", ["d"]), ("\"A\"", ["other"]),
            ("\"\"", ["other"]), ("$hdr(X-None)", ["other"]), ("$rm", ["other"]),
            ("\"e\"", ["e", "last"]),
        ])
    func textSwitch(subject: String, expected: [String]) throws {
        let body = """
            switch (\(subject)) {
                case "a": note("a");
                case "b": note("b"); break;
                case /"^d": note("d"); break;
                default: note("other"); break;
                case "e": note("e");
                case "f": note("last");
            }
            """
        #expect(try notes(body, blocks: "") == expected)
    }

    @Test(
        "switch on integers converts its value",
        arguments: [
            ("1", ["one"]), ("\"1\"", ["one"]), ("-2", ["minus"]), ("7", []), ("$var(new)", []),
            ("code(5)", ["one"]),
        ])
    func integerSwitch(subject: String, expected: [String]) throws {
        let body = "switch (\(subject)) { case 1: note(\"one\"); break; case -2: note(\"minus\"); }"
        #expect(try notes(body, blocks: "") == expected)
    }

    @Test("return within a switch leaves the route, break within an if leaves the switch")
    func leavingSwitch() throws {
        let blocks = """
            route[A] { switch (1) { case 1: return 4; } note("x"); }
            route[B] { switch (1) { case 1: if (1) break; note("x"); } note("behind"); return 5; }
            """
        #expect(
            try notes("route(A); note(\"$rc\"); route(B); note(\"$rc\");", blocks: blocks)
                == ["4", "behind", "5"])
    }

    @Test("routes are called by name, by string and by expression")
    func routeCalls() throws {
        let blocks =
            "route[A] { note(\"A\"); } route[\"B C\"] { note(\"BC\"); } route[7] { note(\"7\"); }"
        let body =
            "route(A); route(\"B C\"); route(7); $var(n) = \"A\"; route($var(n));"
            + " route(\"B\" + \" C\");"
        #expect(try notes(body, blocks: blocks) == ["A", "BC", "7", "A", "BC"])
    }

    @Test("a route that is not there fails at run time when its name is computed")
    func missingRoute() throws {
        let services = TestServices()
        let harness = try Harness(
            head + "request_route { $var(n) = \"Z\"; route($var(n)); note(\"$rc\"); }",
            services: services)
        try harness.run()
        #expect(harness.notes == ["-1"])
        #expect(services.log.written == ["error there is no route[Z]"])
    }

    @Test("routes that call each other end at the bound on depth")
    func recursion() throws {
        let services = TestServices()
        let blocks = """
            route[A] { $var(n) = $var(n) + 1; if (1) { { route(B); } } }
            route[B] { route(A); }
            """
        let harness = try Harness(
            head + "request_route { route(A); note(\"$var(n) $rc\"); }\n" + blocks,
            services: services)
        try harness.run()
        let depth = try #require(
            harness.notes.first?.split(separator: " ").first.flatMap { Int($0) })
        #expect(depth > 20 && depth < Limits.scriptDepthMax)
        #expect(services.log.written.contains { $0.contains("nest more than 256 deep") })
        #expect(harness.context.depth == 0)
        try harness.run()
        #expect(harness.context.depth == 0)
    }

    @Test("a long chain of routes compiles and runs")
    func longChain() throws {
        let count = 200
        var blocks = ""
        for place in 0..<count {
            let next = place + 1 < count ? "route(R\(place + 1));" : "note(\"end\");"
            blocks += "route[R\(place)] { \(next) }\n"
        }
        let harness = try Harness(head + "request_route { route(R0); }\n" + blocks)
        try harness.run()
        #expect(harness.notes.isEmpty || harness.notes == ["end"])
        let short = try Harness(
            head + "request_route { route(R100); }\n" + blocks)
        try short.run()
        #expect(short.notes == ["end"])
    }

    @Test("flags are set, tested and reset, by number and by declared name")
    func flags() throws {
        let body = """
            setflag(3); setflag(ACC);
            if (isflagset(3) && isflagset(ACC) && !isflagset(4)) note("a");
            resetflag(3);
            if (isflagset(3)) note("b"); else note("c");
            """
        let harness = try Harness("flags ACC:5, NAT\n" + head + "request_route { \(body) }")
        try harness.run()
        #expect(harness.notes == ["a", "c"])
        #expect(harness.context.flags == 1 << 5)
    }

    @Test(
        "commands rewrite the request URI",
        arguments: [
            ("sethost(\"h.org\");", "sip:bob:pw@h.org:5080;lr?x=y"),
            ("sethostport(\"h.org:99\");", "sip:bob:pw@h.org:99;lr?x=y"),
            ("setport(\"99\");", "sip:bob:pw@example.com:99;lr?x=y"),
            ("setuser(\"al\");", "sip:al:pw@example.com:5080;lr?x=y"),
            ("setuserpass(\"al:p\");", "sip:al:p@example.com:5080;lr?x=y"),
            ("prefix(\"00\");", "sip:00bob:pw@example.com:5080;lr?x=y"),
            ("strip(1);", "sip:ob:pw@example.com:5080;lr?x=y"),
            ("strip_tail(2);", "sip:b:pw@example.com:5080;lr?x=y"),
            ("strip(9);", "sip:example.com:5080;lr?x=y"),
            ("seturi(\"sip:new@n.org\");", "sip:new@n.org"),
            (
                "rewriteuri(\"sip:new@n.org\"); revert_uri();",
                "sip:bob:pw@example.com:5080;lr?x=y"
            ),
            ("seturi(\"nonsense\");", "sip:bob:pw@example.com:5080;lr?x=y"),
            ("sethost(\"a b\");", "sip:bob:pw@example.com:5080;lr?x=y"),
        ])
    func rewriting(command: String, expected: String) throws {
        let message = Harness.register.replacing(
            "REGISTER sip:example.com SIP", with: "REGISTER sip:bob:pw@example.com:5080;lr?x=y SIP")
        let harness = try Harness(head + "request_route { \(command) note(\"$ru\"); }")
        try harness.run(message)
        #expect(harness.notes == [expected])
    }

    @Test("log writes at its level, and only when the level is on")
    func logging() throws {
        let services = TestServices(level: .notice)
        let body =
            "log(L_ERR, \"a\"); log(1, \"b\\n\"); log(\"c\"); log(L_INFO, \"d\"); log(-5, \"$x\");"
        let harness = try Harness(head + "request_route { \(body) }", services: services)
        try harness.run()
        #expect(services.log.written == ["error a", "notice b\n", "critical $x"])
    }

    @Test("force_rport is noted in the context")
    func forcedRport() throws {
        let harness = try Harness(head + "request_route { add_rport; }")
        try harness.run()
        #expect(harness.context.forcesRport)
    }
}
