import Basics
import ModuleKit
import RouteScript
import Testing

/// What a run came to: its value, whether it dropped, and what was noted.
private struct Course: Equatable, CustomStringConvertible {
    var value: Int
    var isDropped: Bool
    var notes: [String]

    init(_ value: Int, dropped: Bool = false, _ notes: String...) {
        self.value = value
        isDropped = dropped
        self.notes = notes
    }

    init(_ entry: Program.Entry, _ harness: Harness) {
        value = harness.program.run(entry, in: harness.context)
        isDropped = harness.context.isDropped
        notes = harness.notes
    }

    var description: String { "\(value)\(isDropped ? " dropped" : "") \(notes)" }
}

/// The kinds of blocks that the server runs, by their heads.
private let kinds: [(head: String, entry: Program.Entry)] = [
    ("request_route", .request), ("reply_route", .reply), ("onsend_route", .send),
    ("failure_route[F]", .failure("F")), ("branch_route[B]", .branch("B")),
    ("onreply_route[R]", .transactionReply("R")),
]

@Suite("The course of blocks")
struct RouteCourseTests {
    /// Runs the body in a block of each kind.
    private func courses(_ body: String, _ blocks: String = "") throws -> [Course] {
        try kinds.map { kind in
            let harness = try Harness(head + "\(kind.head) { \(body) }\n" + blocks)
            return Course(kind.entry, harness)
        }
    }

    @Test(
        "the ends of a block mean the same in every kind",
        arguments: [
            ("note(\"a\");", Course(1, "a")), ("exit; note(\"x\");", Course(1)),
            ("drop; note(\"x\");", Course(0, dropped: true)),
            ("return; note(\"x\");", Course(1)), ("return 7; note(\"x\");", Course(7)),
            ("return -7; note(\"x\");", Course(-7)), ("return 0; note(\"x\");", Course(0)),
            ("break; note(\"x\");", Course(0)), ("exit 5;", Course(5)), ("exit -5;", Course(-5)),
            ("exit 0;", Course(0)), ("exit 2 + 3;", Course(5)),
            ("drop 5;", Course(0, dropped: true)),
            ("code(9);", Course(9)), ("code(-9);", Course(-9)),
            ("code(0); note(\"x\");", Course(0)),
            ("if (0) exit;", Course(1)), ("setflag(1);", Course(1)), ("isflagset(1);", Course(-1)),
            ("{ { exit; } } note(\"x\");", Course(1)), ("{ return 3; } note(\"x\");", Course(3)),
            ("if (1) { drop; } note(\"x\");", Course(0, dropped: true)),
            ("while (1) { drop; } note(\"x\");", Course(0, dropped: true)),
            ("while (1) { return 4; } note(\"x\");", Course(4)),
            ("while (1) { break; } note(\"a\");", Course(1, "a")),
            ("switch (1) { case 1: drop; } note(\"x\");", Course(0, dropped: true)),
            ("switch (1) { case 1: return 6; } note(\"x\");", Course(6)),
            ("switch (1) { case 1: break; } note(\"a\");", Course(1, "a")),
            ("switch (1) { default: exit 8; } note(\"x\");", Course(8)),
        ] as [(String, Course)])
    fileprivate func ends(body: String, expected: Course) throws {
        for course in try courses(body) { #expect(course == expected, "\(body)") }
    }

    @Test(
        "what a called route does to its callers, in every kind of block",
        arguments: [
            ("exit;", Course(1)), ("exit 5;", Course(5)), ("drop;", Course(0, dropped: true)),
            ("return 0;", Course(0)), ("code(0);", Course(0)), ("return 5;", Course(1, "rc 5")),
            ("return -5;", Course(1, "rc -5")), ("break;", Course(1, "rc 0")),
            (";", Course(1, "rc 1")), ("code(-2);", Course(1, "rc -2")),
            ("if (1) { while (1) { exit; } }", Course(1)),
            ("switch (1) { case 1: drop; }", Course(0, dropped: true)),
            ("route(DEEPER);", Course(1, "rc 3")), ("route(LAST);", Course(1)),
            ("if (route(DEEPER)) return 9;", Course(1, "rc 9")),
            ("if (route(LAST)) return 9; else return 8;", Course(1)),
            ("$var(x) = route(LAST); note(\"x\");", Course(1)),
            ("switch (route(LAST)) { default: note(\"x\"); }", Course(1)),
            ("while (route(LAST)) note(\"x\");", Course(1)),
            ("note(\"in\"); route(\"DEEP\" + \"ER\"); return $rc + 1;", Course(1, "in", "rc 4")),
        ] as [(String, Course)])
    fileprivate func calls(body: String, expected: Course) throws {
        let blocks = """
            route[CALLED] { \(body) }
            route[DEEPER] { return 3; note("x"); }
            route[LAST] { exit; note("x"); }
            """
        let found = try courses("route(CALLED); note(\"rc $rc\");", blocks)
        for course in found { #expect(course == expected, "\(body)") }
    }

    @Test("each run begins anew: $rc is 0, nothing is dropped, nothing has failed")
    func fresh() throws {
        let harness = try Harness(
            head + """
                request_route { note("$rc"); if ($hdr(X-Number) == 42) drop; code(5); }
                failure_route[F] { note("$rc"); $var(z) = 0; return 1 / $var(z); }
                """)
        try harness.run()
        #expect(harness.context.isDropped && harness.context.isStopped)
        #expect(harness.program.run(.failure("F"), in: harness.context) == -1)
        #expect(!harness.context.isDropped && !harness.context.hasFailed)
        try harness.run(Harness.register.replacing("X-Number: 42", with: "X-Number: 7"))
        #expect(!harness.context.isDropped)
        try harness.run()
        #expect(harness.notes == ["0", "0", "0", "0"])
    }

    @Test("$var keeps its value from message to message, as Kamailio's does")
    func variables() throws {
        let harness = try Harness(
            head + "request_route { $var(n) = $var(n) + 1; note(\"$var(n)\"); }")
        for _ in 0..<3 { try harness.run() }
        #expect(harness.notes == ["1", "2", "3"])
    }

    @Test(
        "$rc, $retcode and $? are one, and follow functions and routes only",
        arguments: [
            ("", "0"), ("code(5);", "5"), ("code(-5);", "-5"), ("route(A);", "4"),
            ("code(5); route(A);", "4"), ("route(A); code(6);", "6"), ("code(5); setflag(1);", "5"),
            ("code(5); $var(x) = 1;", "5"), ("code(5); if (1) ;", "5"), ("if (code(7)) ;", "7"),
            ("if (code(-1) || code(8)) ;", "8"), ("if (code(2) && code(-3)) ;", "-3"),
            ("if (code(2) || code(-3)) ;", "2"), ("$var(x) = code(9) + code(10);", "10"),
            ("while (code(-6)) ;", "-6"), ("switch (code(3)) { case 1: ; }", "3"),
            ("$var(x) = selval(code(1), code(2), code(3));", "2"), ("code(code(4));", "1"),
            ("route(A); route(B);", "-4"), ("if (route(B)) code(1); else code(2);", "2"),
        ])
    func returnCode(body: String, expected: String) throws {
        let harness = try Harness(
            head + "request_route { \(body) note(\"$rc $retcode $?\"); }\n"
                + "route[A] { code(1); return 4; } route[B] { return -4; }")
        try harness.run()
        #expect(harness.notes == ["\(expected) \(expected) \(expected)"])
    }

    @Test("routes call each other forwards and backwards, and a route may call itself")
    func mutual() throws {
        let harness = try Harness(
            head + """
                route[LATE] {
                    note("late");
                    if ($var(n) < 3) { $var(n) = $var(n) + 1; route(LATE); }
                }
                request_route { $var(n) = 0; route(EARLY); note("$var(n)"); }
                route[EARLY] { route(LATE); route(OTHER); }
                route[OTHER] { if ($var(n) < 5) { $var(n) = $var(n) + 1; route(EARLY); } }
                """)
        try harness.run()
        let found = harness.notes
        #expect(found.last == "5")
        #expect(found.filter { $0 == "late" }.count == 6)
        #expect(harness.context.depth == 0)
    }

    @Test("the bound on depth holds for every way to nest, and leaves nothing behind")
    func depth() throws {
        for call in [
            "route(A);", "if (1) { route(A); }", "while (1) { route(A); break; }",
            "switch (1) { case 1: route(A); }", "$var(x) = route(A);", "route(\"A\" + \"\");",
            "if (route(A)) ;", "{ { { route(A); } } }",
        ] {
            let harness = try Harness(
                head + "request_route { route(A); note(\"end\"); }\n"
                    + "route[A] { $var(n) = $var(n) + 1; \(call) return 1; }")
            try harness.run()
            #expect(harness.notes == ["end"], "\(call)")
            #expect(harness.context.depth == 0)
            #expect(harness.services.log.written.contains { $0.contains("more than 256 deep") })
        }
    }

    @Test(
        "a loop is ended at its bound, however it is written",
        arguments: [
            "while (1) { $var(n) = $var(n) + 1; }", "while (1) $var(n) = $var(n) + 1;",
            "while ($var(n) >= 0) { if (1) { $var(n) = $var(n) + 1; } }",
            "while (code(1)) { switch (1) { case 1: $var(n) = $var(n) + 1; break; } }",
            "while (($var(n) = $var(n) + 1)) ;", "while (1) { route(COUNT); }",
        ])
    func loops(body: String) throws {
        for (setting, expected) in [("", 100), ("max_while_loops=1\n", 1)] {
            let harness = try Harness(
                setting + head + "request_route { $var(n) = 0; \(body) note(\"$var(n)\"); }\n"
                    + "route[COUNT] { $var(n) = $var(n) + 1; return 1; }")
            try harness.run()
            let count = try #require(harness.notes.first.flatMap { Int($0) })
            // A condition that counts is asked once more than the body runs.
            #expect(count == expected || count == expected + 1)
            #expect(harness.services.log.written.count == 1)
        }
    }

    @Test("loops within loops have bounds of their own")
    func nestedLoops() throws {
        let body = """
            $var(o) = 0; $var(t) = 0;
            while ($var(o) < 5) {
                $var(i) = 0;
                while ($var(i) < 90) { $var(i) = $var(i) + 1; $var(t) = $var(t) + 1; }
                $var(o) = $var(o) + 1;
            }
            note("$var(t)");
            """
        #expect(try notes(body) == ["450"])
    }
}
