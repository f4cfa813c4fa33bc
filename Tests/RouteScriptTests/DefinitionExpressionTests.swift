import ModuleKit
import RouteScript
import Testing

@Suite("Expressions of the preprocessor")
struct DefinitionExpressionTests {
    /// Which of two settings a conditional chooses.
    private func holds(_ condition: String, _ defines: String = "") throws -> Bool {
        let file = try parse("\(defines)\n#!ifexp \(condition)\na=1\n#!else\na=0\n#!endif\n")
        guard case .global("a", let value, _)? = file.tree.settings.first else { return false }
        return value == .integer(1)
    }

    @Test(
        "a conditional may be an expression over definitions",
        arguments: [
            ("1", true), ("0", false), ("A", true), ("B", false), ("A == 5", true),
            ("A > 5", false),
            ("A > 4 && C == \"text\"", true), ("C", false), ("C == \"other\"", false),
            ("EMPTY", true), ("!EMPTY", false), ("NOPE", false), ("!NOPE", true),
            ("NOPE || A", true), ("(A + 1) * 2 == 12", true), ("A mod 2", true),
            ("defined A", true), ("KAMAILIO_VERSION >= 5006000", true), ("-1", true),
            ("C + \"s\" == \"texts\"", true), ("not NOPE and EMPTY", true), ("A - 5", false),
        ])
    func conditions(condition: String, expected: Bool) throws {
        let defines = "#!define A 5\n#!define C \"text\"\n#!define EMPTY"
        #expect(try holds(condition, defines) == expected)
    }

    @Test("conditionals of all kinds nest, and skipped ones are counted")
    func nesting() throws {
        let file = try parse(
            """
            #!ifexp 0
            #!ifexp 1
            a=1
            #!endif
            #!ifdef X
            b=1
            #!else
            c=1
            #!endif
            #!else
            d=1
            #!ifexp 1
            e=1
            #!endif
            #!endif
            """)
        let names = file.tree.settings.compactMap { setting -> String? in
            if case .global(let name, _, _) = setting { return name }
            return nil
        }
        #expect(names == ["d", "e"])
    }

    @Test(
        "a definition may be the value of an expression",
        arguments: [
            ("#!defexp B A + 1", "6"), ("#!defexp B A * 2 - 1", "9"),
            ("#!defexp B \"x\" + A", "x5"),
            ("#!defexps B A + 1", "\"6\""), ("#!defexps B \"a\" + \"b\"", "\"ab\""),
            ("#!defexp B NOPE", "0"), ("#!defexp B EMPTY", "1"), ("#!defexp B A == 5", "1"),
            ("#!defexp B 1 << 4", "16"), ("#!defexp B (A > 3) && (A < 9)", "1"),
        ])
    func values(line: String, expected: String) throws {
        let file = try parse("#!define A 5\n#!define EMPTY\n\(line)\n")
        #expect(file.definitions.first { $0.name == "B" }?.value == expected)
    }

    @Test(
        "what is no expression is refused at its line",
        arguments: [
            "#!ifexp", "#!ifexp A +", "#!ifexp (A", "#!ifexp A A", "#!ifexp $var(x)",
            "#!ifexp f(1)", "#!ifexp 1 / 0", "#!defexp B", "#!defexp B 1 +", "#!defexp",
            "#!defexp B \"open", "#!ifexp \"a\" =~ \"b\"", "#!ifexp { exit; }",
        ])
    func wrong(line: String) throws {
        let found = errors(of: "#!define A 1\n\(line)\n#!endif\n")
        #expect(found.first?.location.line == 2, "\(found)")
        #expect(found.first?.kind == .lexical)
    }

    @Test("an expression may not be deeper than others")
    func depth() {
        let deep = String(repeating: "(", count: 5_000) + "1" + String(repeating: ")", count: 5_000)
        #expect(errors(of: "#!ifexp \(deep)\n#!endif\n").first?.message.contains("deep") ?? false)
    }

    @Test("a second definition by expression is refused like any other")
    func twice() {
        let found = errors(of: "#!defexp A 1\n#!defexp A 2\n")
        #expect(found.map(\.message) == ["\"A\" is already defined"])
    }

    @Test(
        "tryundefine forgives names that are not defined", arguments: ["tryundefine", "tryundef"])
    func tryUndefine(word: String) throws {
        let file = try parse("#!define A 1\n#!\(word) A\n#!\(word) A\n#!\(word) NOPE\n")
        #expect(!file.definitions.contains { $0.name == "A" })
    }
}

@Suite("Expanded settings")
struct ExpandedSettingTests {
    private func settings(_ text: String) throws -> [Setting] {
        let defines = "#!define NAME probe\n#!define SIZE 7\n#!define QUOTED \"word\"\n"
        return try parse(defines + text, environment: ["MOD": "usrloc", "NUM": "9"]).tree.settings
    }

    @Test(
        "loadmodulex replaces variables in the name",
        arguments: [
            ("loadmodulex \"$def(NAME).so\"", "probe"), ("loadmodulex \"$env(MOD)\"", "usrloc"),
            ("loadmodulex(\"/lib/$def(NAME).so\")", "probe"), ("loadmodulex \"plain.so\"", "plain"),
            ("loadmodulex \"$defv(QUOTED)\"", "word"),
        ])
    func modules(text: String, expected: String) throws {
        guard case .loadModule(let name, _)? = try settings(text).first else {
            Issue.record("no module")
            return
        }
        #expect(name == expected)
    }

    @Test(
        "modparamx replaces variables in all its arguments",
        arguments: [
            ("modparamx(\"probe\", \"name\", \"a$def(SIZE)b\")", SettingValue.string("a7b")),
            ("modparamx(\"$def(NAME)\", \"name\", $def(SIZE))", .string("7")),
            ("modparamx(\"$def(NAME)\", \"name\", $defn(SIZE))", .integer(7)),
            ("modparamx(\"probe\", \"name\", $envn(NUM))", .integer(9)),
            ("modparamx(\"probe\", \"name\", $env(NUM))", .string("9")),
            ("modparamx(\"probe\", \"name\", $version(num))", .string("5.6.3")),
            ("modparamx(\"probe\", \"name\", 5)", .integer(5)),
            ("modparamx(\"probe\", \"$env(MOD)\", -5)", .integer(-5)),
        ])
    func parameters(text: String, expected: SettingValue) throws {
        guard case .parameter(let module, _, let value, _)? = try settings(text).first else {
            Issue.record("no parameter")
            return
        }
        #expect(module == "probe")
        #expect(value == expected)
    }

    @Test("what modparamx sets is checked like what modparam sets")
    func checked() {
        #expect(
            errors(of: head + "modparamx(\"probe\", \"size\", \"$version(num)\")").map(\.kind) == [
                .value
            ])
        #expect(errors(of: head + "modparamx(\"probe\", \"size\", 70)").map(\.kind) == [.value])
        #expect(errors(of: head + "modparamx(\"probe\", \"size\", 7)").isEmpty)
    }

    @Test(
        "what has no value before the start is refused where it stands",
        arguments: [
            ("loadmodulex \"$rU.so\"", "\"$rU\" has no value before the start"),
            (
                "modparamx(\"probe\", \"name\", $var(x))",
                "\"$var(x)\" has no value before the start"
            ),
            (
                "modparamx(\"probe\", \"name\", \"$def(NOPE)\")",
                "\"$def(NOPE)\" has no value before the start"
            ),
            ("modparamx(\"probe\", \"name\", \"5$\")", "a \"$\" stands alone in \"5$\""),
            (
                "modparam(\"probe\", \"name\", $def(A))",
                "expected a string or an integer, found \"$def(A)\""
            ),
            ("loadmodulex probe", "expected the module's name in quotes, found \"probe\""),
        ])
    func refused(text: String, expected: String) {
        let found = errors(of: text)
        #expect(found.first?.message == expected)
        #expect(found.first?.location.line == 1)
    }
}
