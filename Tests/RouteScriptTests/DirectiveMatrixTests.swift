import Basics
import ModuleKit
import Testing

@testable import RouteScript

/// The settings that a text comes to, or its first error with its place.
private func outcome(
    _ text: String, files: [String: String] = [:], environment: [String: String] = [:],
    defines: [Definition] = []
) -> String {
    do {
        let file = try parse(text, defines: defines, files: files, environment: environment)
        return file.tree.settings.compactMap { setting -> String? in
            guard case .global(let name, let value, _) = setting else { return nil }
            switch value {
            case .integer(let number): return "\(name)=\(number)"
            case .string(let text): return "\(name)=\(text)"
            case .unset: return nil
            }
        }.joined(separator: " ")
    } catch {
        let first = error.errors[0]
        return "\(first.location.file):\(first.location.line):\(first.location.column) "
            + first.message
    }
}

@Suite("Every directive in every spelling")
struct DirectiveMatrixTests {
    @Test("both marks begin every directive", arguments: ["#!", "!!"])
    func marks(mark: String) {
        let text = """
            #!define A 1
            #!def B 2
            #!trydefine A 3
            #!trydef C 3
            #!redefine B 4
            #!redef C 5
            #!undefine A
            #!undef B
            #!tryundefine A
            #!tryundef NEVER
            #!define D
            #!defexp E 2 + 3 * 4
            #!defexps F "x" + 1
            #!ifdef D
            a=C
            #!endif
            #!ifndef A
            b=E
            #!else
            b=0
            #!endif
            #!ifexp E == 14 && D
            c=F
            #!endif
            """
        #expect(outcome(text.replacing("#!", with: mark)) == "a=5 b=14 c=x1")
    }

    @Test(
        "each directive says where it is wrong and what it needs",
        arguments: [
            ("a=1\n  #!define", "test.cfg:2:11 #!define needs a name"),
            ("#!def 5 1", "test.cfg:1:7 #!def needs a name"),
            ("#!trydef", "test.cfg:1:9 #!trydef needs a name"),
            ("#!redef -", "test.cfg:1:9 #!redef needs a name"),
            ("#!undef", "test.cfg:1:8 #!undef needs a name"),
            ("#!tryundef 1", "test.cfg:1:12 #!tryundef needs a name"),
            ("#!ifdef", "test.cfg:1:8 #!ifdef needs a name"),
            ("#!ifndef \"A\"", "test.cfg:1:10 #!ifndef needs a name"),
            ("#!defenv", "test.cfg:1:9 #!defenv needs a name"),
            ("#!defexp", "test.cfg:1:9 #!defexp needs a name"),
            ("#!define A 1\n#!def A 2", "test.cfg:2:1 \"A\" is already defined"),
            ("#!defexp A 1\n#!defexp A 2", "test.cfg:2:1 \"A\" is already defined"),
            ("#!undefine A", "test.cfg:1:1 \"A\" is not defined"),
            (
                "#!ifexp\n#!endif",
                "test.cfg:1:1 no expression: expected a value, found the end "
                    + "of the file"
            ),
            (
                "#!ifexp (1\n#!endif",
                "test.cfg:1:1 no expression: expected \")\" behind the "
                    + "expression, found the end of the file"
            ),
            (
                "#!ifexp 1 2\n#!endif",
                "test.cfg:1:1 no expression: expected the end of the "
                    + "line, found \"2\""
            ),
            (
                "#!ifexp 1 / 0\n#!endif",
                "test.cfg:1:1 no expression: it has no value before the "
                    + "start"
            ),
            (
                "#!ifexp $rU\n#!endif",
                "test.cfg:1:1 no expression: it has no value before the "
                    + "start"
            ),
            (
                "#!ifexp f(1)\n#!endif",
                "test.cfg:1:1 no expression: it has no value before the "
                    + "start"
            ),
            ("#!subst", "test.cfg:1:1 #!subst needs a string behind it"),
            ("#!substdef x", "test.cfg:1:1 #!substdef needs a string behind it"),
            ("#!substdefs \"/5/x/\"", "test.cfg:1:1 \"5\" is no name to define"),
            ("#!include_file", "test.cfg:1:1 include_file needs a string behind it"),
            ("import_file 5", "test.cfg:1:1 import_file needs a string behind it"),
            ("#!include_file \"x\"", "test.cfg:1:1 cannot read \"x\": No such file or directory"),
            ("#!IFDEF A", "test.cfg:1:1 unknown directive \"#!IFDEF\""),
            ("a=1\n#!endif", "test.cfg:2:1 #!endif has no #!ifdef before it"),
            ("a=1\n\t#!else", "test.cfg:2:2 #!else has no #!ifdef before it"),
            ("#!ifdef A\n#!ifdef B\n#!endif", "test.cfg:1:1 #!ifdef has no #!endif"),
        ])
    func faults(text: String, expected: String) {
        #expect(outcome(text) == expected)
    }

    @Test(
        "definitions end with their line, and may be continued",
        arguments: [
            ("#!define A 5\na=A", "a=5"), ("#!define A 5 # five\na=A", "a=5"),
            ("#!define A 5 // five\na=A", "a=5"), ("#!define A \"x\" \\\n \"y\"\na=A", "a=xy"),
            ("#!define A 5\r\na=A", "a=5"), ("#!define\tA\t5\na=A", "a=5"),
            ("#!define A  -5\na=A", "a=-5"), ("#!define A a=1 b=2\nA", "a=1 b=2"),
            ("#!define A 5\n#!define B A\na=B", "a=5"), ("#!define B A\n#!define A 6\na=B", "a=6"),
            ("#!define A\na=A", "a=A"), ("#!define A =\na A 5", "a=5"),
            ("#!define A \"A\"\na=A", "a=A"), ("#!define A 5\na=\"A\"", "a=A"),
            ("#!define A 5\na='A' b=A", "a=A b=5"), ("#!define AB 5\na=A b=AB", "a=A b=5"),
            ("#!define A 5\n# a=A\nb=1", "b=1"), ("#!define A 5\n/* A */ b=A", "b=5"),
            ("#!define debug 3\nchildren=debug", "children=3"),
            ("a=1 #!define A 5\nb=A", "a=1 b=5"),
        ])
    func values(text: String, expected: String) {
        #expect(outcome(text) == expected)
    }

    @Test(
        "expressions decide over branches",
        arguments: [
            ("1", true), ("0", false), ("A", true), ("NONE", false), ("!NONE", true),
            ("not A", false), ("A && NONE", false), ("A || NONE", true), ("N == 5", true),
            ("N > 4 and N < 6", true), ("N mod 2 == 1", true), ("S == \"text\"", true),
            ("S == \"Text\"", false), ("S != \"text\"", false), ("S . N == \"text5\"", true),
            ("(N + 1) * 2 == 12", true), ("-1", true), ("\"\"", false), ("\"1\"", true),
            ("KAMAILIO_VERSION >= 5006000", true), ("KAMAILIO_VERSION < 5006000", false),
            ("ROOST", true), ("0x10 == 16", true),
        ])
    func expressions(expression: String, holds: Bool) {
        let text = """
            #!define A
            #!define N 5
            #!define S "text"
            #!ifexp \(expression)
            a=1
            #!else
            a=0
            #!endif
            """
        #expect(outcome(text) == (holds ? "a=1" : "a=0"))
    }

    @Test("what is skipped is not looked at, whatever it holds")
    func skipped() {
        let held = [
            "\"", "'", "/*", "*/", "$(", "}", "{{{", "#!define A 1\n#!define A 2", "#!nonsense",
            "#!include_file \"none\"", "#!subst \"bad\"", "loadmodule", "\u{0}", "#!ifexp (((",
        ]
        for text in held {
            let found = outcome(
                "#!ifdef NONE\n\(text)\n" + (text.contains("#!ifexp") ? "#!endif\n" : "")
                    + "#!else\na=1\n#!endif\nb=2")
            #expect(found == "a=1 b=2", "\(text)")
        }
    }

    @Test(
        "conditionals may begin and end in the middle of statements",
        arguments: [
            ("a=\n#!ifdef ROOST\n1\n#!else\n2\n#!endif\nb=3", "a=1 b=3"),
            ("a=\n#!ifndef ROOST\n1\n#!else\n2\n#!endif\nb=3", "a=2 b=3"),
            ("#!ifdef ROOST\na=1\n#!else\n#!ifdef X\na=2\n#!else\na=3\n#!endif\n#!endif", "a=1"),
            ("#!ifdef X\na=1\n#!else\n#!ifdef Y\na=2\n#!else\na=3\n#!endif\n#!endif", "a=3"),
            ("#!ifdef X\n#!else\n#!else\na=1\n#!else\nb=1\n#!endif", "b=1"),
        ])
    func nested(text: String, expected: String) {
        #expect(outcome(text) == expected)
    }

    @Test(
        "the environment, quoted or not, wanted or needed",
        arguments: [
            ("#!defenv V\na=V", "a=5"), ("#!defenvs V\na=V", "a=5"), ("#!defenv X=V\na=X", "a=5"),
            ("#!defenvs X=W\na=X", "a=two words"), ("#!trydefenv X=NONE\na=X", "a=X"),
            ("#!trydefenvs X=W\na=X", "a=two words"), ("#!define V 6\n#!trydefenv V\na=V", "a=6"),
            ("#!defenv NONE", "test.cfg:1:1 the environment variable \"NONE\" is not set"),
            ("#!defenvs X=NONE", "test.cfg:1:1 the environment variable \"NONE\" is not set"),
            ("#!define V 6\n#!defenv V", "test.cfg:2:1 \"V\" is already defined"),
        ])
    func environment(text: String, expected: String) {
        #expect(outcome(text, environment: ["V": "5", "W": "two words"]) == expected)
    }

    @Test(
        "the last of a definition from outside, try and redefine counts",
        arguments: [
            ("a=A", "a=9"), ("#!trydef A 1\na=A", "a=9"), ("#!redef A 1\na=A", "a=1"),
            ("#!undef A\na=A", "a=A"), ("#!undef A\n#!define A 2\na=A", "a=2"),
            ("#!define A 1", "test.cfg:1:1 \"A\" is already defined"),
        ])
    func outside(text: String, expected: String) {
        #expect(outcome(text, defines: [Definition("A", "9")]) == expected)
    }

    @Test("errors in included files name the file that they stand in, at any depth")
    func places() {
        let files = [
            "dir/a.cfg": "a=1\ninclude_file \"b.cfg\"\nc=3\n", "dir/b.cfg": "b=2\n\n  bad =\n;",
            "ok.cfg": "o=1\n", "open.cfg": "#!ifdef ROOST\no=1\n",
        ]
        #expect(
            outcome("x=1\ninclude_file \"dir/a.cfg\"", files: files)
                == "dir/b.cfg:4:1 expected a value, found \";\"")
        #expect(outcome("include_file \"ok.cfg\"\nx=2", files: files) == "o=1 x=2")
        #expect(
            outcome("include_file \"ok.cfg\"\nx =\n)", files: files)
                == "test.cfg:3:1 expected a value, found \")\"")
        #expect(
            outcome("include_file \"open.cfg\"\nx=2\n#!endif", files: files) == "o=1 x=2")
        #expect(
            outcome("include_file \"open.cfg\"\nx=2", files: files)
                == "open.cfg:1:1 #!ifdef has no #!endif")
    }

    @Test("files nest to the bound, and a definition does not count for it")
    func depth() {
        var files: [String: String] = [:]
        for place in 1..<Limits.includeDepthMax {
            files["\(place)"] = "a\(place)=1\ninclude_file \"\(place + 1)\"\n"
        }
        files["\(Limits.includeDepthMax)"] = "last=1"
        #expect(outcome("include_file \"1\"", files: files).hasSuffix("last=1"))
        #expect(outcome("#!define I include_file \"1\"\nI", files: files).hasSuffix("last=1"))
        files["\(Limits.includeDepthMax)"] = "include_file \"more\""
        files["more"] = "more=1"
        #expect(outcome("include_file \"1\"", files: files).contains("more than 10 deep"))
    }
}
