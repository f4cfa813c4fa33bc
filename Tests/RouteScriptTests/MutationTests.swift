import Basics
import ModuleKit
import RouteScript
import TestSupport
import Testing

/// Configurations that are right, and use most of what there is.
private enum Seeds {
    static let directives = """
        #!KAMAILIO
        #!define A 5
        #!define B "text"
        #!trydefine A 6
        #!redefine B "other"
        #!ifdef A
        #!ifexp A > 3 && B == "other"
        debug=1
        #!else
        debug=2
        #!endif
        #!endif
        #!subst "/old/new/g"
        #!substdef "!ME!you!g"
        #!undef A
        import_file "none.cfg"
        include_file "more.cfg"
        log_name="old ME"
        g.a = 5 desc "five"
        g.b = "x"
        flags ONE:1, TWO
        """

    static let statements = """
        loadmodule "probe.so"
        loadmodule "usrloc.so"
        modparam("probe", "size", 7)
        max_while_loops=20
        route {
            $var(i) = 0; $var(t) = "a" . "b" + 5;
            while ($var(i) < 3 && !code(-1)) { $var(i) = $var(i) + 1; if ($var(i) == 2) break; }
            switch ($rm) { case "A": note("a"); case /"^R": note("r"); break; default: drop; }
            if (uri == myself or src_ip == 10.0.0.0/8) setflag(3); else if (defined $hdr(X)) exit;
            note("$rm $ru $$ $hdr(Via)"); note($field($var(t)));
            route(A); $var(x) = route("A") + (int)"7" * -2; prefix("+"); strip(1);
            if ((@ruri.host == "x") || $sel(cfg_get.g.a) > 2) return $rc;
            { ; { code(1); } }
        }
        g.a = 5
        route[A] { if (isflagset(3)) return 5; else return -1; }
        failure_route[F] { only_failure(); }
        onsend_route { log("x"); }
        reply_route { return 1; }
        event_route[probe:rang] { note("rang"); }
        """

    static let all = [directives, statements, Samples.registrar, Samples.large]

    /// What is put into a configuration: tokens, halves of tokens, and bytes that are none.
    static let pieces = [
        "{", "}", "(", ")", "[", "]", ";", "\"", "'", "$", "$(", "#", "#!", "!!", "/*", "*/", "//",
        "\\", "\\\n", "\n", "\r", "\u{0}", "\u{ff}", "é", "@", "=", "==", "=~", "+=", "&&", "!",
        "-", "~", ".", ":", ",", "0", "9223372036854775808", "0x", "-1", "1e9", "#!define ", "#!if",
        "#!ifdef X\n", "#!else\n", "#!endif\n", "#!ifexp ", "#!include_file \"more.cfg\"\n",
        "#!subst \"/a/aa/g\"\n", "#!subst \"/[a-z]/&&&&/g\"\n", "import_file \"more.cfg\"\n",
        "if", "else", "while", "switch", "case", "default", "route", "route[", "return", "exit",
        "drop", "break", "(int)", "defined ", "not ", "mod ", "myself", "$var(", "$hdr($rm)",
        "$(var(x)[*])", "$(rm{s.len}{s.len})", "@cfg_get.g.a", "A", "B", "ME", "modparam(",
        "loadmodule \"", "cfgengine ", "listen=", "flags ",
    ]

    static let files = MemoryFiles(["more.cfg": "h.c = 1\n#!define MORE 1\n"])
}

/// Reads, checks, compiles and runs; answers whether all of that could be done.
///
/// Whatever comes out, it must be a program or errors that can be shown, and within bounds.
private func survive(_ bytes: [UInt8]) -> Bool {
    do {
        let file = try ConfigurationFile.parse(
            SourceFile(name: "fuzz.cfg", bytes: bytes), fileSystem: Seeds.files)
        _ = try file.check(catalogue: TestCatalogue.modules, core: TestCatalogue.core)
    } catch {
        #expect(!error.errors.isEmpty && error.errors.count <= Limits.scriptErrorsMax)
        for one in error.errors {
            #expect(one.location.line >= 1 && one.location.column >= 1)
            #expect(!one.message.isEmpty && one.rendered.contains(": error: "))
            #expect(["fuzz.cfg", "more.cfg"].contains(one.location.file), "\(one.location)")
        }
        return false
    }
    guard let harness = try? Harness(String(decoding: bytes, as: UTF8.self)) else { return false }
    do {
        try harness.run()
        try harness.run()
        #expect(harness.context.depth == 0)
        return true
    } catch {
        Issue.record("the message is right: \(error)")
        return false
    }
}

/// Changes a configuration in a few places.
private func mutated(_ text: String, _ generator: inout SeededNumbers) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
        let count = min(bytes.count - place, Int.random(in: 1...12, using: &generator))
        switch Int.random(in: 0...5, using: &generator) {
        case 0:
            let piece = Seeds.pieces.randomElement(using: &generator) ?? ";"
            bytes.insert(contentsOf: Array(piece.utf8), at: place)
        case 1: bytes.removeSubrange(place..<(place + count))
        case 2: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 3:
            let copy = Array(bytes[place..<(place + count)])
            let other = Int.random(in: 0..<bytes.count, using: &generator)
            bytes.insert(contentsOf: copy, at: other)
        case 4: bytes = Array(bytes[..<max(1, place)])
        default: bytes.swapAt(place, bytes.count - 1 - place)
        }
    }
    return bytes
}

@Suite("Mutated configurations")
struct MutationTests {
    /// A debug build on a busy machine: a second would do by far where nothing is wrong.
    #if ROOST_ASAN || ROOST_TSAN
        private static let longest = Duration.seconds(300)
    #else
        private static let longest = Duration.seconds(30)
    #endif

    @Test("what is changed is a program or is refused, and never more", arguments: 1...16)
    func mutations(seed: Int) {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x2545_f491)
        var accepted = 0
        for turn in 0..<60 {
            let bytes = mutated(Seeds.all[turn % Seeds.all.count], &generator)
            if survive(bytes) { accepted += 1 }
        }
        // A run that refuses all of them, or none, would test nothing.
        #expect(accepted < 60)
    }

    @Test("the configurations that are changed are right themselves", arguments: 0..<3)
    func originals(place: Int) {
        #expect(throws: Never.self) {
            _ = try ConfigurationFile.parse(
                SourceFile(name: "fuzz.cfg", bytes: Array(Seeds.all[place].utf8)),
                fileSystem: Seeds.files
            ).check(catalogue: TestCatalogue.modules, core: TestCatalogue.core)
        }
    }

    @Test("lines that are left out, doubled or swapped never trap", arguments: 1...6)
    func lines(seed: Int) {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x7777_1111)
        for text in Seeds.all {
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            for _ in 0..<12 {
                let place = Int.random(in: 0..<lines.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0 where lines.count > 3: lines.remove(at: place)
                case 1: lines.insert(lines[place], at: lines.count - 1 - place)
                default: lines.swapAt(place, Int.random(in: 0..<lines.count, using: &generator))
                }
                _ = survive(Array(lines.joined(separator: "\n").utf8))
            }
        }
    }

    @Test("two configurations that are spliced together never trap", arguments: 1...6)
    func splices(seed: Int) {
        var generator = SeededNumbers(seed: UInt64(seed) &* 0x3333_9999)
        for _ in 0..<40 {
            guard let one = Seeds.all.randomElement(using: &generator),
                let other = Seeds.all.randomElement(using: &generator)
            else { continue }
            let (a, b) = (Array(one.utf8), Array(other.utf8))
            let end = Int.random(in: 0..<a.count, using: &generator)
            let start = Int.random(in: 0..<b.count, using: &generator)
            _ = survive(Array(a[..<end] + b[start...]))
        }
    }

    @Test(
        "inputs that grow, repeat or lead back to themselves end soon",
        arguments: [
            ("#!ifexp ", 50_000, ""), ("#!ifexp 1 ", 20_000, "\n"), ("#!ifdef A ", 20_000, ""),
            ("#!else\n", 20_000, ""), ("#!endif\n", 20_000, ""), ("#!define ", 20_000, ""),
            ("#!subst \"/a/b/\"\n", 5_000, ""), ("loadmodule \"xyz\"\n", 20_000, ""),
            ("unknown_setting=1\n", 20_000, ""), ("$(", 20_000, ""), ("\"", 50_001, ""),
            ("/*", 50_000, ""), ("a.b=1\n", 5_000, ""), ("[", 20_000, ""), ("\\\n", 50_000, ""),
            ("route[A] {} ", 3_000, ""), ("event_route[a:b] {} ", 3_000, ""), ("!!", 20_000, ""),
            ("listen=a ", 10_000, ""), ("alias=a:1\n", 10_000, ""), ("flags A\n", 5_000, ""),
            ("modparam(\".*\",\"a\",1)\n", 10_000, ""), ("import_file \"none\"\n", 10_000, ""),
            ("include_file \"more.cfg\"\n", 5_000, ""), ("request_route", 20_000, ""),
        ])
    func repetitions(piece: String, count: Int, end: String) {
        let text = String(repeating: piece, count: count) + end
        let time = ContinuousClock().measure { _ = survive(Array(text.utf8)) }
        #expect(time < Self.longest)
    }

    @Test(
        "statements that repeat within a block end soon",
        arguments: [
            "note(", "{", "if (1) ", "$var(x) = (", "$var(x) = -", "switch (1) { case 1: ",
            "note(\"$(var(x){s.len})\"); ", "$var(x) = $var($var(", "route(A); ", "case 1: ",
            "while (0) ", "return ", "@a.", "@a[1]", "note(\"$var($var(x))\"); ", "else ",
            "$var(x) = \"a\" . ", "unknown(); ", "code(code(", "log(\"x\"); ", "setflag(A); ",
        ])
    func statements(piece: String) {
        for count in [10, 250, 260, 8_000] {
            let text = head + "route { " + String(repeating: piece, count: count)
            let time = ContinuousClock().measure {
                _ = survive(Array(text.utf8))
                _ = survive(Array((text + "} route[A] { }").utf8))
            }
            #expect(time < Self.longest)
        }
    }

    @Test("an expression of the preprocessor reads no files and obeys no directives")
    func expressions() {
        let loop = ["loop.cfg": "#!ifexp include_file \"loop.cfg\"\n#!endif\n"]
        for text in [
            "include_file \"loop.cfg\"", "#!ifexp include_file \"loop.cfg\"\n#!endif",
            "#!ifexp #!ifexp 1\n#!endif", "#!ifexp 1 #!define B 1\n#!endif",
            "#!defexp A #!defexp B 1", "#!ifexp import_file \"loop.cfg\"\n#!endif",
        ] {
            let found = errors(of: text, files: loop)
            #expect(!found.isEmpty, "\(text)")
            #expect(found.allSatisfy { $0.kind == .lexical }, "\(found)")
        }
    }

    @Test("definitions that double each other are bounded in expressions too")
    func doubling() {
        var text = "#!define A0 1 +\n"
        for place in 1..<25 { text += "#!define A\(place) A\(place - 1) A\(place - 1)\n" }
        for _ in 0..<30 { text += "#!ifexp A24 1\n#!endif\n" }
        let time = ContinuousClock().measure { #expect(!errors(of: text).isEmpty) }
        #expect(time < .seconds(30))
    }
}
