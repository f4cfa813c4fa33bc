import Basics
import ModuleKit
import RouteScript
import TestSupport
import Testing

/// Reads and checks; what comes out does not matter, only that it comes out.
private func survive(_ bytes: [UInt8]) {
    do {
        let file = try ConfigurationFile.parse(
            SourceFile(name: "fuzz", bytes: bytes), fileSystem: MemoryFiles())
        _ = try file.check(catalogue: TestCatalogue.modules, core: TestCatalogue.core)
    } catch {
        for one in error.errors { precondition(!one.rendered.isEmpty) }
        precondition(error.errors.count <= Limits.scriptErrorsMax)
    }
}

@Suite("Hostile configurations")
struct HostileInputTests {
    @Test("random bytes are refused and never trap", arguments: 1...8)
    func randomBytes(seed: Int) {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x9e37_79b9)
        for _ in 0..<150 {
            let count = Int.random(in: 0...120, using: &generator)
            survive((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test("random tokens are refused and never trap", arguments: 1...8)
    func randomTokens(seed: Int) {
        let words = [
            "{", "}", "(", ")", "[", "]", ";", ",", "=", "==", "!", "&&", "||", "+", "-", "*", "/",
            ".", ":", "<<", "$rm", "$var(x)", "$(hdr(A)[1])", "$", "\"a\"", "'b'", "\"", "5", "0x5",
            "if", "else", "while", "switch", "case", "default", "exit", "return", "drop", "break",
            "route", "request_route", "event_route", "failure_route", "loadmodule", "modparam",
            "note", "code", "listen", "alias", "flags", "port", "method", "uri", "src_ip", "msg",
            "myself", "defined", "not", "mod", "eq", "(int)", "#!define A A\n", "#!ifdef A\n",
            "#!else\n", "#!endif\n", "#!subst \"/a/b/\"\n", "include_file \"x\"", "A", "\n",
            "probe", "10.0.0.1", "/*", "*/", "#", "@", "+=", "yes",
        ]
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x51_7cc1)
        for _ in 0..<150 {
            let count = Int.random(in: 1...80, using: &generator)
            let tokens = (0..<count).map { _ in words.randomElement(using: &generator) ?? ";" }
            survive(Array((head + tokens.joined(separator: " ")).utf8))
            survive(Array((head + "request_route { " + tokens.joined(separator: " ")).utf8))
        }
    }

    @Test("changed configurations are read or refused and never trap", arguments: 1...8)
    func mutations(seed: Int) {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0xabcd_ef01)
        let originals = [Samples.registrar, Samples.large].map { Array($0.utf8) }
        for turn in 0..<60 {
            var bytes = originals[turn % 2]
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(bytes[bytes.count - 1 - place], at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                }
            }
            survive(bytes)
        }
    }

    @Test("a configuration that is cut off anywhere is read or refused")
    func truncations() {
        let bytes = Array(Samples.large.utf8)
        for end in stride(from: 0, to: bytes.count, by: 7) { survive(Array(bytes[..<end])) }
    }

    @Test(
        "nesting beyond the bound is refused",
        arguments: [
            ("{", "}"), ("if (1) {", "}"), ("while (1) ", ";"), ("$var(x) = (", ")"),
            ("switch (1) { case 1: ", "}"), ("$var(x) = -", ""), ("$var(x) = !", ""),
            ("note(", ")"), ("route(", ")"), ("if (1) ; else ", ";"), ("$var(x) = defined ", ""),
            ("$var(x) = (int)", ""), ("$var(x) = ($var(y) = ", ")"),
        ])
    func nesting(open: String, close: String) {
        for count in [100, 300, 20_000] {
            let first = open.hasPrefix("$var(x) = ") ? String(open.dropFirst(10)) : open
            let lead = open.hasPrefix("$var(x) = ") ? "$var(x) = " : ""
            let text =
                lead + String(repeating: first, count: count) + "1"
                + String(repeating: close, count: count) + ";"
            survive(Array((head + "request_route { \(text) }").utf8))
        }
        let deep = String(repeating: "{", count: 300)
        let found = errors(of: "request_route \(deep)")
        #expect(found.contains { $0.kind == .limit })
    }

    @Test("long chains of operators and of else if are refused, long blocks are not")
    func chains() throws {
        let sum = "1" + String(repeating: " + $var(x)", count: 5_000)
        let found = errors(of: head + "request_route { $var(x) = \(sum); }")
        #expect(found.first?.kind == .limit)
        let arms = String(repeating: "else if (0) ; ", count: 5_000)
        #expect(errors(of: "request_route { if (0) ; \(arms) }").first?.kind == .limit)
        let labels = (0..<2_000).map { "case \($0): " }.joined()
        #expect(errors(of: "request_route { switch (1) { \(labels) } }").first?.kind == .limit)
        let harness = try Harness(
            head + "request_route { " + String(repeating: "$var(x) = $var(x) + 1;", count: 5_000)
                + " note(\"$var(x)\"); }")
        try harness.run()
        #expect(harness.notes == ["5000"])
    }

    @Test("a configuration of ten thousand lines is read and checked within seconds")
    func large() throws {
        var text = head
        for place in 0..<1_250 {
            text += """
                route[R\(place)] {
                \t# A comment that nobody reads.
                \tif ($rm == "REGISTER" && !code(\(place))) {
                \t\t$var(x) = "text" + $var(y);
                \t\troute(R\((place * 7) % 1_250));
                \t}
                \tnote("$rm to $ru");
                }

                """
        }
        let clock = ContinuousClock()
        let time = try clock.measure { _ = try check(text) }
        // A debug build on a busy machine is far slower than what is installed.
        #expect(time < .seconds(20))
    }

    @Test("a loop without a bound is still ended by exit")
    func unlimitedLoop() throws {
        let harness = try Harness(
            "max_while_loops=0\n" + head + "request_route { while (1) {"
                + " $var(n) = $var(n) + 1; if ($var(n) > 5000) exit; } }")
        try harness.run()
        #expect(harness.context.isStopped)
    }

    @Test("what a message carries is never taken for script")
    func messageIsData() throws {
        let message = Harness.register.replacing("X-Number: 42", with: "X-Number: $ru \"; drop; #!")
        #expect(
            try notes(
                "note(\"<$hdr(X-Number)>\"); $var(x) = $hdr(X-Number); note(\"$var(x)\");",
                message: message) == ["<$ru \"; drop; #!>", "$ru \"; drop; #!"])
    }
}
