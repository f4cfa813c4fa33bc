import Basics
import ModuleKit
import RouteScript
import Testing

/// The kind of the first error, nil when the text is accepted.
private func refusal(_ text: String, files: [String: String] = [:]) -> ScriptError.Kind? {
    do {
        _ = try parse(text, files: files)
        return nil
    } catch {
        return error.errors[0].kind
    }
}

/// Pieces one behind the other.
private func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
}

@Suite("Limits of scripts")
struct ScriptLimitTests {
    @Test("definitions: as many as there may be, and one more")
    func definitions() {
        let free = Limits.definesMax - Definition.predefined.count
        let full = (0..<free).map { "#!define A\($0)\n" }.joined()
        #expect(refusal(full) == nil)
        #expect(refusal(full + "#!redefine A0 5\n#!trydefine A1 5") == nil)
        #expect(refusal(full + "#!undef A0\n#!define B") == nil)
        #expect(refusal(full + "#!define B") == .limit)
        #expect(refusal(full + "#!trydefine B") == .limit)
        #expect(refusal(full + "#!substdef \"/B/b/\"") == .limit)
    }

    @Test("substitutions: as many as there may be, and one more")
    func substitutions() {
        let full = repeated("#!subst \"/a/b/\"\n", Limits.substitutionsMax)
        #expect(refusal(full) == nil)
        #expect(refusal(full + "#!subst \"/a/b/\"") == .limit)
    }

    @Test("conditionals nest as deep as they may, and not deeper")
    func conditionals() {
        func nested(_ depth: Int) -> String {
            repeated("#!ifdef ROOST\n", depth) + repeated("#!endif\n", depth)
        }
        #expect(refusal(nested(Limits.conditionalDepthMax)) == nil)
        #expect(refusal(nested(Limits.conditionalDepthMax + 1)) == .limit)
    }

    @Test("definitions that name definitions go as deep as they may, and not deeper")
    func expansions() {
        func chain(_ depth: Int) -> String {
            let rows = (1..<depth).map { "#!define A\($0) A\($0 + 1)\n" }
            return rows.joined() + "#!define A\(depth) 5\na=A1"
        }
        #expect(refusal(chain(Limits.expansionDepthMax)) == nil)
        #expect(refusal(chain(Limits.expansionDepthMax + 1)) == .limit)
    }

    @Test("names of included files are as long as they may be, and not longer")
    func includeNames() {
        let longest = repeated("n", Limits.includeNameBytesMax)
        #expect(refusal("include_file \"\(longest)\"", files: [longest: "a=1"]) == nil)
        #expect(refusal("import_file \"\(longest)\"") == nil)
        #expect(refusal("include_file \"\(longest)n\"", files: [longest + "n": "a=1"]) == .limit)
        #expect(refusal("import_file \"\(longest)n\"") == .limit)
    }

    @Test("blocks, groups and calls nest within the bound")
    func nesting() {
        func blocks(_ depth: Int) -> String {
            "route { \(repeated("{", depth)) \(repeated("}", depth)) }"
        }
        #expect(refusal(blocks(Limits.scriptDepthMax - 1)) == nil)
        #expect(refusal(blocks(Limits.scriptDepthMax)) == .limit)
        func groups(_ depth: Int) -> String {
            "route { $x = \(repeated("(", depth))1\(repeated(")", depth)); }"
        }
        #expect(refusal(groups(Limits.scriptDepthMax - 10)) == nil)
        #expect(refusal(groups(Limits.scriptDepthMax + 1)) == .limit)
        func calls(_ depth: Int) -> String {
            "route { $x = \(repeated("f(", depth))1\(repeated(")", depth)); }"
        }
        #expect(refusal(calls(Limits.scriptDepthMax - 10)) == nil)
        #expect(refusal(calls(Limits.scriptDepthMax + 1)) == .limit)
    }

    @Test("operators in a row are bounded, whichever way they lean")
    func operators() {
        func sum(_ count: Int) -> String { "route { $x = 1\(repeated(" + 1", count)); }" }
        #expect(refusal(sum(Limits.scriptDepthMax - 2)) == nil)
        #expect(refusal(sum(Limits.scriptDepthMax + 1)) == .limit)
        func signs(_ count: Int) -> String { "route { $x = \(repeated("- ", count))1; }" }
        #expect(refusal(signs(Limits.scriptDepthMax - 10)) == nil)
        #expect(refusal(signs(Limits.scriptDepthMax + 1)) == .limit)
    }

    @Test("a chain of else if is flat, and bounded")
    func chains() {
        func chain(_ count: Int) -> String {
            "route { if (1) ; \(repeated("else if (1) ; ", count - 1)) else ; }"
        }
        #expect(refusal(chain(Limits.scriptDepthMax)) == nil)
        #expect(refusal(chain(Limits.scriptDepthMax + 1)) == .limit)
    }

    @Test("a switch has a bounded number of labels")
    func labels() {
        func choice(_ count: Int) -> String {
            let rows = (0..<count).map { "case \($0): code(\($0)); break; " }
            return head + "request_route { switch (1) { \(rows.joined()) } }"
        }
        #expect(errors(of: choice(1_024)).isEmpty)
        #expect(errors(of: choice(1_025)).map(\.kind) == [.limit])
    }

    @Test("a long switch finds its last label")
    func longSwitch() throws {
        let numbers = (1...1_000).map { "case \($0): note(\"\($0)\"); break; " }.joined()
        let texts = (1...1_000).map { "case \"t\($0)\": note(\"t\($0)\"); break; " }.joined()
        #expect(try notes("switch (1000) { \(numbers) }") == ["1000"])
        #expect(try notes("switch (\"t1000\") { \(texts) }") == ["t1000"])
        #expect(try notes("switch (1001) { \(numbers) default: note(\"none\"); }") == ["none"])
    }

    @Test(
        "errors: all are shown up to the bound",
        arguments: [
            (1, 1), (19, 19), (20, 20), (21, 20), (300, 20),
        ])
    func errorCount(wrong: Int, shown: Int) {
        let calls = (0..<wrong).map { "  nothing\($0)();\n" }.joined()
        #expect(errors(of: "request_route {\n\(calls)}").count == shown)
        let settings = (0..<wrong).map { "nothing\($0) = 1\n" }.joined()
        #expect(errors(of: settings).count == shown)
    }

    @Test(
        "loops turn as often as their bound says",
        arguments: [(1, 1), (5, 5), (100, 100), (250, 250)])
    func loops(bound: Int, turns: Int) throws {
        let harness = try Harness(
            "max_while_loops=\(bound)\n" + head
                + "request_route { while (1) $var(i) = $var(i) + 1; note(\"$var(i)\"); }")
        try harness.run()
        #expect(harness.notes == ["\(turns)"])
    }

    @Test("a loop that ends by itself just at its bound is not complained of")
    func loopAtBound() throws {
        let services = TestServices()
        let harness = try Harness(
            "max_while_loops=5\n" + head
                + "request_route { while ($var(i) < 5) $var(i) = $var(i) + 1; note(\"$var(i)\"); }",
            services: services)
        try harness.run()
        #expect(harness.notes == ["5"])
        #expect(services.log.written.isEmpty)
    }

    @Test("each loop counts its own turns, and inner loops begin anew")
    func innerLoops() throws {
        let body = """
            while ($var(i) < 9) {
                $var(i) = $var(i) + 1; $var(j) = 0;
                while ($var(j) < 9) { $var(j) = $var(j) + 1; $var(n) = $var(n) + 1; }
            }
            note("$var(n)");
            """
        let harness = try Harness("max_while_loops=9\n" + head + "request_route { \(body) }")
        try harness.run()
        #expect(harness.notes == ["81"])
    }

    @Test("a loop that was ended gives its route the value -1")
    func endedLoop() throws {
        let harness = try Harness(
            "max_while_loops=2\n" + head
                + "request_route { route(A); note(\"$rc\"); }\nroute[A] { while (1) ; }")
        try harness.run()
        #expect(harness.notes == ["-1"])
    }

    @Test("strings grow up to the bound and not beyond")
    func strings() throws {
        let half = repeated("x", 32_767)
        let body = """
            $var(a) = "\(half)";
            $var(b) = $var(a) . $var(a); $var(n) = strlen($var(b)); note("$var(n)");
            $var(b) = $var(b) . "y"; $var(n) = strlen($var(b)); note("$var(n)");
            $var(b) = $var(b) . "z"; $var(n) = strlen($var(b)); note("$var(n)");
            """
        #expect(try notes(body) == ["65534", "65535", "65535"])
    }

    @Test("ports, flags and numbers at their bounds")
    func numbers() {
        #expect(refusal("port = 1") == nil)
        #expect(refusal("port = 65535") == nil)
        #expect(refusal("port = 65536") == .syntax)
        #expect(refusal("listen = udp:a:1") == nil)
        #expect(refusal("listen = udp:a:65535") == nil)
        #expect(refusal("listen = udp:a:0") == .value)
        #expect(refusal("listen = udp:a:65536") == .value)
        #expect(refusal("flags A:0, B:31") == nil)
        #expect(refusal("flags A:32") == .syntax)
        #expect(refusal("a = 9223372036854775807") == nil)
        #expect(refusal("a = 9223372036854775808") == .lexical)
        #expect(refusal("a = 0x7fffffffffffffff") == nil)
    }

    @Test("more flags than there are numbers: those beyond have none")
    func manyFlags() {
        let names = (0..<33).map { "F\($0)" }
        let text = "flags \(names.joined(separator: ", "))\nrequest_route { setflag(F31); }"
        #expect(errors(of: text).isEmpty)
        let beyond = "flags \(names.joined(separator: ", "))\nrequest_route { setflag(F32); }"
        #expect(errors(of: beyond).map(\.kind) == [.value])
    }
}
