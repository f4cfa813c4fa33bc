import ModuleKit
import RouteScript
import Testing

/// What a configuration assigns, one `name=value` each, or its first error.
private func assigned(
    _ text: String, files: [String: String] = [:], environment: [String: String] = [:]
) -> String {
    do {
        let file = try parse(text, files: files, environment: environment)
        let found: [String] = file.tree.settings.compactMap { setting in
            guard case .global(let name, let value, _) = setting else { return nil }
            return switch value {
            case .integer(let number): "\(name)=\(number)"
            case .string(let text): "\(name)=\(text)"
            case .unset: nil
            }
        }
        return found.joined(separator: " ")
    } catch {
        let first = error.errors[0]
        return "!" + first.message + (first.hint.map { " [\($0)]" } ?? "")
    }
}

@Suite("Rules of reading")
struct ReadingRulesTests {
    @Test(
        "what a definition stands for is the rest of its line",
        arguments: [
            ("#!define A 1\na=A", "a=1"),
            ("#!define A    1\na=A", "a=1"),
            ("#!define\tA\t1\na=A", "a=1"),
            ("#!define A 1   \na=A", "a=1"),
            ("#!define A 1 # one\na=A", "a=1"),
            ("#!define A 1 // one\na=A\nb=2", "a=1 b=2"),
            ("#!define A 1 /* one */\na=A", "a=1"),
            ("#!define A -1\na=A", "a=-1"),
            ("#!define A=1\na A", "a=1"),
            ("#!define A \"x\" \"y\"\na=A", "a=xy"),
            ("#!define A 1\\\n0\na=A", "a=10"),
            ("#!define A \\\n \\\n 1\na=A", "a=1"),
            ("#!define A 1\r\na=A\r\n", "a=1"),
            ("#!define A a=1\nA\nb=2", "a=1 b=2"),
            ("#!define A 1 b=2\na=A", "a=1 b=2"),
            ("#!define A 10.0\na=A.0.1:5060", "a=10.0.0.1:5060"),
            ("#!define AB 1\n#!define A 2\na=AB b=A", "a=1 b=2"),
            ("#!define A 1\na=xA", "a=xA"),
            ("#!define A 1\na=\"A\" b='A' # A", "a=A b=A"),
            ("a=A\n#!define A 1\nb=A", "a=A b=1"),
            ("#!define A 1\na=A\n#!redefine A 2\nb=A\n#!undef A\nc=A", "a=1 b=2 c=A"),
            ("#!define A B\n#!define B C\n#!define C 3\na=A", "a=3"),
            ("#!define B 1\n#!define A B\n#!redefine B 2\na=A", "a=2"),
            ("#!define loadmodule a=1\nloadmodule", "a=1"),
        ])
    func definitions(text: String, expected: String) {
        #expect(assigned(text) == expected)
    }

    @Test(
        "directives have two marks and short names",
        arguments: [
            ("#!def A 1\na=A", "a=1"), ("!!def A 1\na=A", "a=1"), ("!!define A 1\na=A", "a=1"),
            ("#!trydef A 1\n#!trydef A 2\na=A", "a=1"), ("!!trydefine A 1\na=A", "a=1"),
            ("#!redef A 1\n!!redef A 2\na=A", "a=2"), ("#!def A 1\n!!undef A\na=A", "a=A"),
            ("!!ifdef ROOST\na=1\n#!else\na=2\n!!endif", "a=1"),
            ("#!ifndef ROOST\na=1\n!!else\na=2\n#!endif", "a=2"),
            ("!!subst \"/x/y/\"\na=\"x\"", "a=y"), ("!!substdef \"/X/y/\"\na=X", "a=y"),
            ("a=1 #!define B 2\nb=B", "a=1 b=2"),
        ])
    func marks(text: String, expected: String) {
        #expect(assigned(text) == expected)
    }

    @Test(
        "mistyped directives are refused with what was meant",
        arguments: [
            ("a=1\n#!defin A", "!unknown directive \"#!defin\" [did you mean \"define\"?]"),
            ("a=1\n#!ifdeff A", "!unknown directive \"#!ifdeff\" [did you mean \"ifdef\"?]"),
            ("a=1\n#!endiff", "!unknown directive \"#!endiff\" [did you mean \"endif\"?]"),
            (
                "a=1\n#!include \"x\"",
                "!unknown directive \"#!include\" [a comment has a space behind the #]"
            ),
            (
                "a=1\n#!nonsense",
                "!unknown directive \"#!nonsense\" [a comment has a space behind the #]"
            ),
            (
                "#!define A 1\n#!define A 2",
                "!\"A\" is already defined [use #!redefine to change it, #!trydefine to keep it]"
            ),
            ("#!define ABC 1\n#!undef ABD", "!\"ABD\" is not defined [did you mean \"ABC\"?]"),
            ("#!define 1A", "!#!define needs a name [a name has letters, digits and underscores]"),
            ("#!undef", "!#!undef needs a name [a name has letters, digits and underscores]"),
            ("#!ifdef -", "!#!ifdef needs a name [a name has letters, digits and underscores]"),
            ("#!ifdef A", "!#!ifdef has no #!endif [close it with #!endif]"),
            (
                "#!defenv NONE",
                "!the environment variable \"NONE\" is not set "
                    + "[#!trydefenv takes it only if it is set]"
            ),
            (
                "#!substdef \"/A/$env(NONE)/\"",
                "!\"$env(NONE)\" has no value before the start "
                    + "[only $env(NAME) of a variable that is set has one]"
            ),
            ("a=1 /* b=2", "!the comment is not closed [close it with */]"),
        ])
    func mistyped(text: String, expected: String) {
        #expect(assigned(text) == expected)
    }

    @Test(
        "what is skipped may be anything, and its conditionals are counted",
        arguments: [
            ("#!ifdef NONE\n\"\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n'\n#!else\na=1\n#!endif", "a=1"),
            ("#!ifdef NONE\n/*\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n$(\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n\u{1}%\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n#!ifdef X\n#!endif\nb=1\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n#!ifndef X\n#!else\nb=1\n#!endif\n#!else\na=1\n#!endif", "a=1"),
            ("#!ifdef NONE\n#!ifdef\n#!endif\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n#!undef NONE\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\n#!nonsense\n#!endif\na=1", "a=1"),
            ("#!ifdef NONE\nb=1 # #!else\n#!endif\na=1", "a=1"),
            ("#!ifdef ROOST\n#!ifdef ROOST\na=1\n#!endif\nb=2\n#!endif\nc=3", "a=1 b=2 c=3"),
            (
                "#!ifdef ROOST\na=1\n#!else\n#!ifdef X\nb=1\n#!else\nb=2\n#!endif\n#!endif\nc=3",
                "a=1 c=3"
            ),
            ("#!ifndef A\n#!define A 1\n#!endif\n#!ifndef A\na=2\n#!else\na=A\n#!endif", "a=1"),
        ])
    func skipping(text: String, expected: String) {
        #expect(assigned(text) == expected)
    }

    @Test(
        "a conditional that begins in one file may not end the other's",
        arguments: [
            ("#!ifdef ROOST\na=1\n#!endif", "a=1 z=9"),
            ("#!ifdef NONE\na=1\n#!endif\nb=2", "b=2 z=9"),
            ("a=1 b=2", "a=1 b=2 z=9"),
            ("# nothing", "z=9"),
            ("", "z=9"),
            ("#!define Z 9\n", "z=9"),
        ])
    func includedText(text: String, expected: String) {
        let files = ["more.cfg": text]
        #expect(assigned("include_file \"more.cfg\"\nz=9", files: files) == expected)
        #expect(assigned("#!include_file \"more.cfg\"\nz=9", files: files) == expected)
        #expect(assigned("!!import_file \"more.cfg\"\nz=9", files: files) == expected)
        #expect(assigned("import_file 'more.cfg'\nz=9", files: files) == expected)
    }

    @Test(
        "environment variables give values as they are, or quoted",
        arguments: [
            ("#!defenv PORT\na=PORT", "a=5060"),
            ("#!defenv P=PORT\na=P", "a=5060"),
            ("#!defenvs PORT\na=PORT", "a=5060"),
            ("#!defenvs T=TEXT\na=T", "a=a b"),
            ("#!trydefenv P=PORT\n#!trydefenv P=TEXT\na=P", "a=5060"),
            ("#!trydefenv NONE\n#!ifdef NONE\na=1\n#!else\na=2\n#!endif", "a=2"),
            ("#!trydefenvs N=NONE\n#!ifndef N\na=1\n#!endif", "a=1"),
            ("#!substdef \"/HERE/$env(TEXT)/\"\na=\"HERE\"", "a=a b"),
            ("#!substdefs \"/HERE/$env(TEXT)/\"\na=HERE", "a=a b"),
            ("#!substdef \"/HERE/<$env(PORT)>/\"\na=\"HERE\"", "a=<5060>"),
        ])
    func environment(text: String, expected: String) {
        let variables = ["PORT": "5060", "TEXT": "a b"]
        #expect(assigned(text, environment: variables) == expected)
    }

    @Test(
        "tokens end where the language says",
        arguments: [
            ("a<b", "a ~< ~b"), ("a<=b", "a ~<= ~b"), ("a<<b", "a ~<< ~b"),
            ("a<<<b", "a ~<< ~< ~b"),
            ("a===b", "a ~== ~= ~b"), ("a=!b", "a ~= ~! ~b"), ("a!==b", "a ~!= ~= ~b"),
            ("a=~b", "a ~=~ ~b"), ("a= ~b", "a ~= ~ ~b"), ("a&&&b", "a ~&& ~& ~b"),
            ("a|||b", "a ~|| ~| ~b"), ("a+=b", "a ~+= ~b"), ("a++b", "a ~+ ~+ ~b"),
            ("a--b", "a ~- ~- ~b"), ("-5", "- ~#5"), ("5-3", "#5 ~- ~#3"), ("0", "#0"),
            ("00", "#0"), ("0x", "0x"), ("0b", "#0"), ("1b", "#1"), ("2b", "2b"), ("10b", "#2"),
            ("1e5", "1e5"), ("0x1G", "0x1G"), ("0X1f", "#31"), ("09", "09"), ("1_000", "1_000"),
            ("5060;", "#5060 ~;"), ("a.b", "a ~. ~b"), ("[::1]", "[ ~: ~: ~#1 ~]"),
            ("\"a\"\"b\"", "'ab'"), ("\"a\"x", "'a' ~x"), ("'a'\"b\"", "'a' ~'b'"),
            ("$a$b", "$a ~$b"), ("$(a)[0]", "$(a) ~[ ~#0 ~]"), ("$a=5", "$a ~= ~#5"),
            ("a/*b*/c", "a c"), ("a//b\nc", "a c"), ("a#b\nc", "a c"), ("a/ /b", "a ~/ / ~b"),
            ("/* * / */ a", "a"), ("/*/ */ a", "a"), ("a \\\r\n b", "a b"),
        ])
    func boundaries(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test(
        "bytes that mean nothing are named and stepped over",
        arguments: [
            ("a % b", "a !1:3 \"%\" has no meaning here b"),
            ("`", "!1:1 \"`\" has no meaning here"),
            ("a ? b", "a !1:3 \"?\" has no meaning here b"),
            ("\\ a", "!1:1 \"\\\" has no meaning here a"),
            ("\u{7f}", "!1:1 the byte 127 has no meaning here"),
            ("é", "!1:1 the byte 195 has no meaning here !1:2 the byte 169 has no meaning here"),
            ("$", "!1:1 \"$\" begins no pseudo-variable here"),
            ("$-", "!1:1 \"$\" begins no pseudo-variable here ~-"),
        ])
    func strangeBytes(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }
}
