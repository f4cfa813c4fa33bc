import ModuleKit
import RouteScript
import Testing

/// What a configuration assigns to its global parameters, one `name=value` each.
private func globals(
    _ text: String, defines: [Definition] = [], files: [String: String] = [:],
    environment: [String: String] = [:]
) throws(ScriptErrors) -> [String] {
    let file = try parse(text, defines: defines, files: files, environment: environment)
    return file.tree.settings.compactMap { setting in
        guard case .global(let name, let value, _) = setting else { return nil }
        return switch value {
        case .integer(let number): "\(name)=\(number)"
        case .string(let text): "\(name)=\(text)"
        case .unset: nil
        }
    }
}

/// The first error of a configuration: kind, line and message.
private func fault(
    _ text: String, files: [String: String] = [:], environment: [String: String] = [:]
) -> String {
    do {
        return try globals(text, files: files, environment: environment).joined(separator: " ")
    } catch {
        let first = error.errors[0]
        return "\(first.kind) \(first.location.line): \(first.message)"
    }
}

@Suite("Preprocessor")
struct PreprocessorTests {
    @Test(
        "definitions",
        arguments: [
            ("#!define A 5\na=A", "a=5"),
            ("#!def A 5\na=A", "a=5"),
            ("!!define A 5\na=A", "a=5"),
            ("#!define A \"x y\"\na=A", "a=x y"),
            ("#!define A 5 # the rest of the line\na=A\nb=2", "a=5 b=2"),
            ("#!define A 5 // so is this\na=A", "a=5"),
            ("#!define A \\\n5\na=A", "a=5"),
            ("#!define A \\\r\n5\r\na=A\r\n", "a=5"),
            ("#!define A B\n#!define B 7\na=A", "a=7"),
            ("a=1\n#!define a b\na=2", "a=1 b=2"),
            ("#!define A\na=A", "a=A"),
            ("#!define A 5\na=\"A\"\nb='A'", "a=A b=A"),
            ("#!trydefine A 5\n#!trydef A 6\na=A", "a=5"),
            ("#!define A 5\n#!redefine A 6\na=A", "a=6"),
            ("#!define A 5\n#!redef A 6\na=A", "a=6"),
            ("#!redefine A 6\na=A", "a=6"),
            ("#!define A 5\n#!undef A\na=A", "a=A"),
            ("#!define A 5\n#!undefine A\n#!define A 6\na=A", "a=6"),
            ("\t #!define A 5\n a=A", "a=5"),
            ("#!define NET 10.0\na=NET.1", "a=10.0.1"),
            ("a=KAMAILIO_VERSION b=OS_NAME", "a=5006003 b=linux"),
        ])
    func definitions(text: String, expected: String) {
        #expect(fault(text) == expected)
    }

    @Test(
        "wrong definitions name their line",
        arguments: [
            ("a=1\n#!define A 1\n#!define A 2", "lexical 3: \"A\" is already defined"),
            ("#!undef A", "lexical 1: \"A\" is not defined"),
            ("#!define", "lexical 1: #!define needs a name"),
            ("#!define 5 6", "lexical 1: #!define needs a name"),
            ("#!define A-B 6", "lexical 1: #!define needs a name"),
            ("#!define A A\na=A", "limit 2: the definition of \"A\" leads back to itself"),
            (
                "#!define A B\n#!define B A\na=A",
                "limit 3: the definition of \"A\" leads back to itself"
            ),
            ("#!defin A 5", "lexical 1: unknown directive \"#!defin\""),
            ("#!ifexp A", "lexical 1: #!ifexp has no #!endif"),
            ("a=1\n#!SER", "lexical 2: unknown directive \"#!SER\""),
            ("#!SER", "unsupported 1: the compatibility mode of SER is not supported"),
            (
                "#!define A #!define B 1\na=A",
                "lexical 2: a definition cannot hold a directive"
            ),
            ("#!define A \"x\na=A", "lexical 2: the string is not closed"),
        ])
    func wrongDefinitions(text: String, expected: String) {
        #expect(fault(text) == expected)
    }

    @Test("too many definitions are refused")
    func manyDefinitions() {
        let text = (0..<600).map { "#!define A\($0) 1\n" }.joined()
        #expect(fault(text).contains("there are more than 512 definitions"))
    }

    @Test("definitions that double each other end at a bound")
    func doubling() {
        var text = "#!define A0 ;\n"
        for place in 1..<31 { text += "#!define A\(place) A\(place - 1) A\(place - 1)\n" }
        #expect(fault(text + "request_route { A30 }").contains("used too often"))
        let long = "#!define A ;#" + String(repeating: "x", count: 400_000) + "\n"
        let uses = String(repeating: "A ", count: 50)
        #expect(fault(long + "request_route { \(uses) }").contains("grow too large"))
    }

    @Test(
        "first lines choose how the rest is read",
        arguments: [
            "#!KAMAILIO", "#!MAXCOMPAT", "#!ALL", "#!OPENSER", "#!/usr/sbin/roost -f", "#!",
        ])
    func modes(line: String) {
        #expect(fault(line + "\na=1") == "a=1")
    }

    @Test(
        "conditionals",
        arguments: [
            ("#!ifdef ROOST\na=1\n#!endif", "a=1"),
            ("#!ifdef NONE\na=1\n#!endif\nb=2", "b=2"),
            ("#!ifndef NONE\na=1\n#!endif", "a=1"),
            ("#!ifndef ROOST\na=1\n#!else\na=2\n#!endif", "a=2"),
            ("#!ifdef ROOST\na=1\n#!else\na=2\n#!endif", "a=1"),
            ("#!ifdef KAMAILIO_5\na=1\n#!endif\n#!ifdef KAMAILIO_5_6\nb=2\n#!endif", "a=1 b=2"),
            ("#!ifdef KAMAILIO_6\na=1\n#!endif", ""),
            (
                "#!ifdef ROOST\n#!ifdef NONE\na=1\n#!else\na=2\n#!endif\n#!else\na=3\n#!endif",
                "a=2"
            ),
            ("#!ifdef NONE\n#!ifdef ROOST\na=1\n#!else\na=2\n#!endif\n#!else\na=3\n#!endif", "a=3"),
            ("#!ifdef NONE\nanything \" ' /* $( goes\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n# #!endif\na=1\n#!endif\nb=2", "b=2"),
            ("#!ifdef NONE\n#!define A 1\n#!endif\na=A", "a=A"),
            ("#!ifdef NONE\n#!include_file \"none\"\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\na=1\n#!else\nb=2\n#!else\nc=3\n#!endif\nd=4", "b=2 d=4"),
            ("!!ifdef NONE\na=1\n!!endif\nb=2", "b=2"),
            ("#!ifdef ROOST # comment\na=1\n#!endif # comment\nb=2", "a=1 b=2"),
            ("loadmodule \"x.so\"\n#!ifdef MOD_x\na=1\n#!endif", "a=1"),
            ("loadmodule(\"x.so\")\n#!ifdef MOD_x\na=1\n#!endif", "a=1"),
            ("#!ifdef MOD_x\na=1\n#!endif\nloadmodule \"x.so\"", ""),
        ])
    func conditionals(text: String, expected: String) {
        #expect(fault(text) == expected)
    }

    @Test(
        "unbalanced conditionals name the line that is alone",
        arguments: [
            ("a=1\n#!ifdef ROOST\nb=1", "lexical 2: #!ifdef has no #!endif"),
            ("a=1\n#!ifndef ROOST\nb=1", "lexical 2: #!ifndef has no #!endif"),
            ("a=1\n#!endif", "lexical 2: #!endif has no #!ifdef before it"),
            ("a=1\n#!else", "lexical 2: #!else has no #!ifdef before it"),
            ("#!ifdef", "lexical 1: #!ifdef needs a name"),
        ])
    func unbalanced(text: String, expected: String) {
        #expect(fault(text) == expected)
    }

    @Test("conditionals nest only so deep")
    func deepConditionals() {
        let text = String(repeating: "#!ifdef ROOST\n", count: 600)
        #expect(fault(text).contains("conditionals nest more than 512 deep"))
    }

    @Test(
        "substitutions change strings, pseudo-variables and names of files",
        arguments: [
            ("#!subst \"/old/new/\"\na=\"old old\"", "a=new old"),
            ("#!subst \"/old/new/g\"\na=\"old old\"", "a=new new"),
            ("#!subst \"/OLD/new/i\"\na='an old one'", "a=an new one"),
            ("#!subst \"!a/b!c!\"\na=\"a/b\"", "a=c"),
            ("#!subst \"/([a-z]+)-([0-9]+)/\\\\2-\\\\1/\"\na=\"ab-12\"", "a=12-ab"),
            ("#!subst \"/x/y/\"\n#!subst \"/y/z/\"\na=\"x\"", "a=z"),
            ("a=\"x\"\n#!subst \"/x/y/\"\nb=\"x\"", "a=x b=y"),
            ("#!subst \"/x/y/\"\na=x", "a=x"),
            ("#!subst \"/x*/-/g\"\na=\"axb\"", "a=-a-b-"),
            ("#!subst \"/\\\\//-/g\"\na=\"a/b/c\"", "a=a-b-c"),
            ("#!substdef \"!ME!you!g\"\na=\"ME and ME\" b=ME", "a=you and you b=you"),
            ("#!substdefs \"/ME/you two/g\"\na=\"ME\" b=ME", "a=you two b=you two"),
            ("#!substdef \"/HOST/$env(HOSTNAME)/\"\na=\"HOST\"", "a=box"),
            ("#!subst \"/name/other/\"\n#!include_file \"name.cfg\"", "o=1"),
        ])
    func substitutions(text: String, expected: String) {
        #expect(
            fault(text, files: ["other.cfg": "o=1"], environment: ["HOSTNAME": "box"])
                == expected)
    }

    @Test(
        "wrong substitutions say what is missing",
        arguments: [
            ("#!subst /a/b/", "lexical 1: #!subst needs a string behind it"),
            ("#!subst \"/a/b\"", "lexical 1: a substitution has the form \"/old/new/flags\""),
            ("#!subst \"//b/\"", "lexical 1: a substitution has the form \"/old/new/flags\""),
            (
                "#!subst \"abc\"",
                "lexical 1: a substitution begins with its separator: \"/old/new/\""
            ),
            ("#!subst \"/a/b/x\"", "lexical 1: \"x\" is no flag of a substitution: i and g are"),
            ("#!substdef \"/a b/c/\"", "lexical 1: \"a b\" is no name to define"),
            (
                "#!substdef \"/A/$rU/\"",
                "unsupported 1: \"$rU\" has no value before the start"
            ),
        ])
    func wrongSubstitutions(text: String, expected: String) {
        #expect(fault(text) == expected)
    }

    @Test("too many substitutions and wrong patterns are refused")
    func manySubstitutions() {
        let many = String(repeating: "#!subst \"/a/b/\"\n", count: 70)
        #expect(fault(many).contains("more than 64 substitutions"))
        #expect(fault("#!subst \"/(/b/\"").contains("is no regular expression"))
    }

    @Test(
        "environment variables",
        arguments: [
            ("#!defenv HOME\na=\"x\" b=HOME", "a=x b=/home/sip"),
            ("#!defenv H=HOME\na=H", "a=/home/sip"),
            ("#!defenvs WORDS\na=WORDS", "a=two words"),
            ("#!trydefenv NONE\na=NONE", "a=NONE"),
            ("#!trydefenvs WORDS\na=WORDS", "a=two words"),
            ("#!define HOME 5\n#!trydefenv HOME\na=HOME", "a=5"),
            (
                "#!defenv NONE",
                "lexical 1: the environment variable \"NONE\" is not set"
            ),
        ])
    func environment(text: String, expected: String) {
        let variables = ["HOME": "/home/sip", "WORDS": "two words"]
        #expect(fault(text, environment: variables) == expected)
    }

    @Test("the command line defines names, with and without values")
    func commandLine() throws {
        let defines = [
            try Definition(argument: "A"), try Definition(argument: "B=7"),
            try Definition(argument: "C=x=y"), try Definition(argument: "D="),
        ]
        #expect(defines.map(\.value) == ["", "7", "x=y", ""])
        #expect(
            try globals("#!ifdef A\na=1\n#!endif\nb=B", defines: defines) == ["a=1", "b=7"])
        #expect(throws: (any Error).self) { try Definition(argument: "A-B=5") }
        #expect(throws: (any Error).self) { try Definition(argument: "=5") }
        #expect(throws: (any Error).self) { try Definition(argument: "5A") }
    }

    @Test("a name of the command line counts as defined when the file defines it")
    func commandLineTwice() {
        #expect(throws: ScriptErrors.self) {
            _ = try globals("#!define A 5", defines: [Definition("A", "6")])
        }
    }
}

@Suite("Included files")
struct IncludeTests {
    @Test("files are read where they stand, with and without the mark of a directive")
    func including() throws {
        let files = ["one.cfg": "b=2", "sub/two.cfg": "c=3\ninclude_file \"three.cfg\"\n"]
        let more = files.merging(["sub/three.cfg": "d=4"]) { $1 }
        let text = "a=1\n#!include_file \"one.cfg\"\ninclude_file \"sub/two.cfg\"\ne=5"
        #expect(try globals(text, files: more) == ["a=1", "b=2", "c=3", "d=4", "e=5"])
    }

    @Test("what an included file defines holds behind it")
    func definitions() throws {
        let files = ["defs.cfg": "#!define A 5\n#!ifdef A\n#!define B 6\n#!endif"]
        #expect(try globals("include_file \"defs.cfg\"\na=A b=B", files: files) == ["a=5", "b=6"])
    }

    @Test("a file that is missing is an error with include_file and none with import_file")
    func missing() throws {
        #expect(
            fault("a=1\ninclude_file \"none.cfg\"")
                == "file 2: cannot read \"none.cfg\": No such file or directory")
        #expect(try globals("import_file \"none.cfg\"\na=1") == ["a=1"])
        #expect(fault("#!include_file none") == "lexical 1: include_file needs a string behind it")
        #expect(fault("include_file \"\"").contains("is no name of a file"))
    }

    @Test("files include each other only so deep")
    func depth() {
        let files = ["loop.cfg": "include_file \"loop.cfg\"\n"]
        #expect(
            fault("include_file \"loop.cfg\"", files: files)
                == "limit 1: files include each other more than 10 deep")
        var chain: [String: String] = [:]
        for place in 1...9 { chain["\(place)"] = "include_file \"\(place + 1)\"" }
        chain["10"] = "a=1"
        #expect(fault("include_file \"1\"", files: chain) == "a=1")
    }

    @Test("errors in an included file name that file and its line")
    func errorPlaces() throws {
        let files = ["bad.cfg": "a=1\nb=\n"]
        do {
            _ = try parse("include_file \"bad.cfg\"\nc=1", files: files)
            Issue.record("it was accepted")
        } catch {
            #expect(error.errors[0].location.line >= 2)
            #expect(["bad.cfg", "test.cfg"].contains(error.errors[0].location.file))
        }
    }

    @Test("configurations that are too large are refused")
    func tooLarge() {
        let large = String(repeating: "# comment\n", count: 1_700_000)
        #expect(throws: ScriptErrors.self) { _ = try parse(large) }
        let half = String(repeating: "# comment\n", count: 900_000)
        #expect(
            fault("include_file \"a\"\ninclude_file \"a\"", files: ["a": half])
                == "limit 2: the configuration is larger than 16 MiB")
    }

    @Test("the disk is read, and what it cannot read is said")
    func disk() throws {
        let disk = DiskFiles()
        #expect(disk.environment("SURELY_NOT_SET_ANYWHERE") == nil)
        #expect(disk.environment("PATH") != nil)
        #expect(throws: FileFailure(isMissing: true, "No such file or directory")) {
            _ = try disk.read("/nowhere/at/all.cfg")
        }
        #expect(throws: FileFailure(isMissing: false, "it is not a regular file")) {
            _ = try disk.read("/tmp")
        }
        do {
            _ = try ConfigurationFile.parse(path: "/nowhere/at/all.cfg")
            Issue.record("a missing file was read")
        } catch {
            #expect(error.errors[0].kind == .file)
            #expect(error.rendered.hasPrefix("/nowhere/at/all.cfg:1:1: error: cannot read"))
        }
    }
}

private func fault(_ text: String, files: [String: String]) -> String {
    fault(text, files: files, environment: [:])
}
