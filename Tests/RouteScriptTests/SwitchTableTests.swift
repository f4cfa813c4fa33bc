import Basics
import ModuleKit
import RouteScript
import Testing

@Suite("Large switches and comparisons without copies")
struct SwitchTableTests {
    @Test("each of many labels is found, whatever its length", arguments: [1, 2, 17, 300])
    func many(count: Int) throws {
        let names = (0..<count).map { String(repeating: "a", count: $0 % 7) + "\($0)" }
        let cases = names.map { "case \"\($0)\": note(\"\($0)\"); break;\n" }.joined()
        let harness = try Harness(
            head + "request_route { switch ($hdr(X-Case)) { \(cases) default: note(\"other\"); } }")
        for name in names + ["none", "", "A0"] {
            try harness.run(Harness.register.replacing("X-Number: 42", with: "X-Case: \(name)"))
            #expect(harness.notes == [names.contains(name) ? name : "other"])
        }
    }

    @Test("of two equal labels the first one wins; an empty label fits an empty text")
    func equalLabels() throws {
        let labels =
            "case \"a\": note(\"1\"); break; case \"a\": note(\"2\"); break; "
            + "case \"\": note(\"e\");"
        #expect(try notes("switch (\"a\" + \"\") { \(labels) }") == ["1"])
        #expect(try notes("switch ($hdr(X-Empty)) { \(labels) }") == ["e"])
        #expect(try notes("switch ($hdr(X-None)) { \(labels) }") == ["e"])
    }

    @Test("patterns regard case, as in Kamailio 5.6.3, and strings are tried in their order")
    func patterns() throws {
        let labels = """
            case /"^re": note("small"); break;
            case "REGISTER": note("same"); break;
            case /"^RE": note("large"); break;
            """
        #expect(try notes("switch ($rm) { \(labels) }") == ["same"])
        #expect(try notes("switch ($rm + \"x\") { \(labels) }") == ["large"])
        #expect(try notes("switch (\"register\") { \(labels) }") == ["small"])
    }

    @Test(
        "texts are compared with numbers in place",
        arguments: [
            ("$hdr(X-Number) == $var(n)", true), ("$hdr(X-Number) ne $var(n)", false),
            ("$var(n) eq $hdr(X-Number)", true), ("$var(n) eq 42", true),
            ("$var(m) eq \"42\"", false),
            ("$hdr(X-None) eq $var(n)", false), ("$hdr(X-None) eq $hdr(X-Empty)", true),
            ("$rm == $var(n)", false), ("$var(n) ne $var(n)", false),
        ])
    func mixed(condition: String, expected: Bool) throws {
        let found = try notes(
            "$var(n) = 42; $var(m) = -42; if (\(condition)) note(\"yes\"); else note(\"no\");")
        #expect(found == [expected ? "yes" : "no"])
    }

    @Test("a chain of sums uses the scratch buffer once, whatever its length")
    func scratch() throws {
        let parts = Array(repeating: "$rm", count: 50).joined(separator: " + ")
        let harness = try Harness(head + "request_route { $var(x) = \(parts); note($var(x)); }")
        try harness.run()
        #expect(harness.notes == [String(repeating: "REGISTER", count: 50)])
        let used = harness.context.scratch.count
        #expect(used == 8 * 50)
    }

    @Test("a template uses the scratch buffer once")
    func templateScratch() throws {
        let harness = try Harness(
            head + "request_route { note(\"$rm, $rm and $hdr(X-Number): $rc$rc\"); }")
        try harness.run()
        #expect(harness.notes == ["REGISTER, REGISTER and 42: 00"])
        let used = harness.context.scratch.count
        #expect(used == "REGISTER, REGISTER and 42: 00".utf8.count)
    }
}
