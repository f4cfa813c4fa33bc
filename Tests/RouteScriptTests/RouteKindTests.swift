import Basics
import ModuleKit
import RouteScript
import Testing

@Suite("Kinds of route blocks")
struct RouteKindTests {
    private let script = """
        request_route { note("request"); }
        reply_route { note("reply"); }
        onsend_route { note("send"); }
        failure_route[FIRST] { note("failure first"); return 3; }
        failure_route[SECOND] { note("failure second"); drop; }
        branch_route[FIRST] { note("branch first"); exit; }
        onreply_route[FIRST] { note("transaction reply"); }
        event_route[probe:rang] { note("rang"); }
        route[FIRST] { note("called"); }
        """

    @Test(
        "each block runs by its kind and its name",
        arguments: [
            (Program.Entry.request, "request", 1), (.reply, "reply", 1), (.send, "send", 1),
            (.failure("FIRST"), "failure first", 3), (.failure("SECOND"), "failure second", 0),
            (.branch("FIRST"), "branch first", 1),
            (.transactionReply("FIRST"), "transaction reply", 1),
        ])
    func entries(entry: Program.Entry, note: String, value: Int) throws {
        let harness = try Harness(head + script)
        #expect(harness.program.has(entry))
        #expect(harness.program.run(entry, in: harness.context) == value)
        #expect(harness.notes == [note])
        #expect(harness.context.isDropped == (note == "failure second"))
    }

    @Test(
        "a block that is not there does nothing",
        arguments: [
            Program.Entry.failure("NONE"), .branch("SECOND"), .transactionReply("SECOND"),
            .failure("first"), .failure(""), .send, .reply, .request,
        ])
    func missing(entry: Program.Entry) throws {
        let harness = try Harness(head + "failure_route[FIRST] { note(\"x\"); }")
        #expect(!harness.program.has(entry))
        #expect(harness.program.run(entry, in: harness.context) == 1)
        #expect(harness.notes.isEmpty)
    }

    @Test("blocks call named routes, whatever kind they are")
    func calls() throws {
        let harness = try Harness(
            head + """
                failure_route[A] { route(SHARED); note("$rc"); }
                branch_route[A] { if (route(SHARED)) note("branch"); }
                route[SHARED] { note("shared"); return 4; }
                """)
        harness.program.run(.failure("A"), in: harness.context)
        harness.program.run(.branch("A"), in: harness.context)
        #expect(harness.notes == ["shared", "4", "shared", "branch"])
    }

    @Test(
        "functions are checked against the kind of block that they stand in",
        arguments: [
            ("failure_route[A] { only_failure(); }", nil),
            ("request_route { only_failure(); }", "only_failure"),
            ("route[A] { only_failure(); }", "only_failure"),
            ("branch_route[A] { only_failure(); }", "only_failure"),
            ("onreply_route[A] { only_failure(); }", "only_failure"),
            ("onsend_route { only_failure(); }", "only_failure"),
            ("reply_route { only_failure(); }", "only_failure"),
            ("event_route[probe:rang] { only_failure(); }", "only_failure"),
            ("onsend_route { seturi(\"sip:a\"); }", "seturi"),
            ("onsend_route { force_rport(); }", "force_rport"),
            ("onsend_route { setflag(1); log(\"x\"); set_forward_no_connect(); }", nil),
        ])
    func placement(block: String, refused: String?) {
        let found = errors(of: head + block)
        #expect(found.map(\.kind) == (refused == nil ? [] : [.placement]), "\(found)")
        #expect(found.first?.message.contains(refused ?? "") ?? true)
        #expect(found.first?.location.line ?? 2 == 2)
    }

    @Test(
        "a block that is there twice is refused with the first one's line",
        arguments: [
            "failure_route[A]", "branch_route[A]", "onreply_route[A]", "onsend_route",
            "reply_route", "request_route", "route[A]", "event_route[probe:rang]",
        ])
    func twice(block: String) {
        let found = errors(of: head + "\(block) { }\n\(block) { }")
        #expect(found.map(\.message) == ["\(block) is there twice"])
        #expect(found.map(\.hint) == ["the first one stands on line 2"])
        #expect(found.map(\.location.line) == [3])
    }

    @Test("one name may stand for blocks of several kinds")
    func sameName() {
        let kinds = ["route", "failure_route", "branch_route", "onreply_route"]
        #expect(errors(of: head + kinds.map { "\($0)[A] { }\n" }.joined()).isEmpty)
    }

    @Test(
        "a block that a function names must be there",
        arguments: [
            ("arm(\"FAIL\");", nil), ("arm(\"$rm\");", nil), ("arm($rm);", nil),
            ("arm(\"FAIl\");", "there is no failure_route[FAIl]; did you mean \"FAIL\"?"),
            ("arm(\"OTHER\");", "there is no failure_route[OTHER]"),
            ("arm(\"BRANCH\");", "there is no failure_route[BRANCH]"),
        ])
    func named(call: String, expected: String?) {
        let found = errors(
            of: head + "failure_route[FAIL] { }\nbranch_route[BRANCH] { }\n"
                + "request_route { \(call) }")
        #expect(found.map(\.message) == expected.map { ["arm(): argument 1 (name): \($0)"] } ?? [])
    }

    @Test(
        "the name of a route may be computed at each call",
        arguments: [
            ("route(\"R_\" + $rm);", ["R_REGISTER", "1"]),
            ("route(\"R_\" + $hdr(X-Number));", ["R_42", "7"]),
            ("route($hdr(X-None));", ["-1"]),
            ("route(\"R_\" + $hdr(X-None));", ["-1"]),
            ("route(\"r_\" + $rm);", ["-1"]),
            ("if (route(\"R_\" + $rm)) note(\"holds\");", ["R_REGISTER", "holds", "1"]),
        ])
    func computed(call: String, expected: [String]) throws {
        let harness = try Harness(
            head + """
                request_route { \(call) note("$rc"); }
                route[R_REGISTER] { note("R_REGISTER"); }
                route[R_42] { note("R_42"); return 7; }
                """)
        try harness.run()
        #expect(harness.notes == expected)
    }

    @Test("a name that is constant must be there, and its neighbour is suggested")
    func constantName() {
        let found = errors(of: head + "request_route { route(RELAI); }\nroute[RELAY] { }")
        #expect(found.map(\.message) == ["there is no route[RELAI]"])
        #expect(found.map(\.hint) == ["did you mean route(RELAY)?"])
        #expect(found.map(\.location.column) == [23])
    }
}

@Suite("Rules of the run")
struct ScriptRuleTests {
    @Test(
        "return_mode 1 shows conditions the codes themselves",
        arguments: [
            ("if (code(-1)) note(\"t\"); else note(\"f\");", "f", "t"),
            ("if (code(-1) == -1) note(\"t\"); else note(\"f\");", "f", "t"),
            ("if (code(5) == 5) note(\"t\"); else note(\"f\");", "f", "t"),
            ("if (route(NEG) == -7) note(\"t\"); else note(\"f\");", "f", "t"),
            ("if (-3) note(\"t\"); else note(\"f\");", "f", "t"),
            ("if (!code(-1)) note(\"t\"); else note(\"f\");", "t", "f"),
            ("$var(x) = code(-4); note(\"$var(x)\");", "-4", "-4"),
            ("$var(x) = code(9); note(\"$var(x)\");", "9", "9"),
            ("code(-4); note(\"$rc\");", "-4", "-4"),
            (
                "$var(i) = -2; while ($var(i)) { $var(i) = $var(i) + 1; } note(\"$var(i)\");", "-2",
                "0"
            ),
            ("if (1 == 2) note(\"t\"); else note(\"f\");", "f", "f"),
        ])
    func returnMode(body: String, plain: String, raw: String) throws {
        for (mode, expected) in [
            ("", plain), ("return_mode = 0\n", plain), ("return_mode=1\n", raw),
        ] {
            let harness = try Harness(
                mode + head + "request_route { \(body) }\nroute[NEG] { return -7; }")
            try harness.run()
            #expect(harness.notes == [expected], "\(mode)")
        }
    }

    @Test("a code of 0 ends the script in both modes", arguments: ["", "return_mode=1\n"])
    func zero(mode: String) throws {
        let harness = try Harness(
            mode + head + "request_route { if (code(0)) note(\"t\"); note(\"behind\"); }")
        try harness.run()
        #expect(harness.notes.isEmpty)
    }

    @Test(
        "max_recursive_level bounds how deep routes call each other",
        arguments: [
            ("", 256), ("max_recursive_level=20\n", 20), ("max_recursive_level=100\n", 100),
        ])
    func depth(setting: String, most: Int) throws {
        let harness = try Harness(
            setting + head + """
                request_route { $var(n) = 0; route(DOWN); note("$var(n) $rc"); }
                route[DOWN] { $var(n) = $var(n) + 1; route(DOWN); }
                """)
        try harness.run()
        let words = try #require(harness.notes.first).split(separator: " ")
        let depth = try #require(Int(words[0]))
        // Each call costs a level for the route and one for the block around it.
        #expect(depth <= most && depth >= most / 3, "\(depth)")
        #expect(words[1] == "-1")
        #expect(harness.services.log.written.contains { $0.contains("more than \(most) deep") })
    }

    @Test("the bounds of the rules are checked")
    func bounds() {
        #expect(errors(of: "return_mode=2").map(\.kind) == [.value])
        #expect(errors(of: "max_recursive_level=0").map(\.kind) == [.value])
        #expect(errors(of: "max_recursive_level=1000000").map(\.kind) == [.value])
    }
}
