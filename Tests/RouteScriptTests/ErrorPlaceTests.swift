import Basics
import ModuleKit
import RouteScript
import Testing

/// Where the first error of a configuration stands, and of what kind it is: `3:1 unknownFunction`.
private func place(_ text: String) -> String {
    guard let first = errors(of: text).first else { return "no error" }
    return "\(first.location.line):\(first.location.column) \(first.kind)"
}

/// The same for a request route with this body, which begins on line 3.
private func bodyPlace(_ body: String) -> String {
    place(head + "request_route {\n\(body)\n}\n")
}

@Suite("Places of errors")
struct ErrorPlaceTests {
    @Test(
        "an unknown function is shown where its name stands, wherever it is called",
        arguments: [
            ("noet();", "3:1"),
            ("  noet();", "3:3"),
            ("\tnoet();", "3:2"),
            ("\n\nnoet();", "5:1"),
            ("note(\"a\"); noet();", "3:12"),
            ("note(\"é\"); noet();", "3:13"),
            ("/* é */ noet();", "3:10"),
            ("{ { noet(); } }", "3:5"),
            ("if (1) noet();", "3:8"),
            ("if (0) exit; else noet();", "3:19"),
            ("if (noet()) exit;", "3:5"),
            ("while (noet()) exit;", "3:8"),
            ("while (1) noet();", "3:11"),
            ("switch (noet()) { }", "3:9"),
            ("switch (1) { case 1: noet(); }", "3:22"),
            ("switch (1) { default: noet(); }", "3:23"),
            ("$var(x) = noet();", "3:11"),
            ("$var(x) = 1 + noet();", "3:15"),
            ("$var(x) = !noet();", "3:12"),
            ("$var(x) = (int)noet();", "3:16"),
            ("note(noet());", "3:6"),
            ("route(noet());", "3:7"),
            ("return noet();", "3:8"),
            ("exit noet();", "3:6"),
            ("drop noet();", "3:6"),
            ("noet;", "3:1"),
        ])
    func unknownFunctions(body: String, expected: String) {
        #expect(bodyPlace(body) == expected + " unknownFunction")
    }

    @Test(
        "an unknown pseudo-variable is shown where its dollar stands",
        arguments: [
            ("$vra(x) = 1;", "3:1"),
            ("$var(x) = $vra(x);", "3:11"),
            ("$var(x) = 1 + $vra(x);", "3:15"),
            ("if ($rmm == 1) exit;", "3:5"),
            ("if (1 == $rmm) exit;", "3:10"),
            ("if (method == $rmm) exit;", "3:15"),
            ("if (!defined $rmm) exit;", "3:14"),
            ("while ($rmm) exit;", "3:8"),
            ("switch ($rmm) { }", "3:9"),
            ("code($rmm);", "3:6"),
            ("route($rmm);", "3:7"),
            ("return $rmm;", "3:8"),
            ("($rmm = 1);", "3:1"),
        ])
    func unknownVariables(body: String, expected: String) {
        let found = bodyPlace(body)
        // A parenthesis begins no statement: the last row is refused by the grammar.
        let kind = body.hasPrefix("(") ? " syntax" : " unknownVariable"
        #expect(found == expected + kind)
    }

    @Test(
        "what does not fit is shown at the argument or operand that is wrong",
        arguments: [
            ("note(\"$rmm\");", "3:1 value"),
            ("note();", "3:1 value"),
            ("code(\"x\");", "3:1 value"),
            ("route(NONE);", "3:7 unknownRoute"),
            ("route(\"no\" + \"ne\");", "3:12 unknownRoute"),
            ("$rm = 1;", "3:1 value"),
            ("$(var(x){s.len}) = 1;", "3:1 value"),
            ("$var(x) = myself;", "3:11 syntax"),
            ("$var(x) = A + 1;", "3:11 syntax"),
            ("$var(x) = 1 + A;", "3:15 syntax"),
            ("$var(x) = \"a\" - 1;", "3:11 value"),
            ("$var(x) = 1 - \"a\";", "3:15 value"),
            ("$var(x) = 1 & \"a\";", "3:15 value"),
            ("$var(x) = 1 << \"a\";", "3:16 value"),
            ("if (\"a\" =~ 3) exit;", "3:12 value"),
            ("if ($rm =~ \"(\") exit;", "3:9 value"),
            ("if (method =~ \"(\") exit;", "3:15 value"),
            ("if (src_ip == 10.0.0) exit;", "3:15 value"),
            ("if (dst_ip == \"x\") exit;", "3:15 value"),
            ("if (proto == ICMP) exit;", "3:14 value"),
            ("if (af == IPX) exit;", "3:11 value"),
            ("if (uri == bob) exit;", "3:12 value"),
            ("if (uri + 1) exit;", "3:9 value"),
            ("if (status == myself) exit;", "3:15 value"),
            ("setflag(32);", "3:9 value"),
            ("setflag(-1);", "3:9 value"),
            ("setflag(NONE);", "3:9 value"),
            ("setflag($var(x));", "3:9 value"),
            ("setflag();", "3:1 value"),
            ("log($rm, \"x\");", "3:5 value"),
            ("log(1, $rm);", "3:8 value"),
            ("sethost($rm);", "3:9 value"),
            ("strip(\"x\");", "3:7 value"),
            ("strip(-1);", "3:7 value"),
            ("strlen();", "3:1 value"),
            ("selval(1, 2);", "3:1 value"),
            ("forward_tls();", "3:1 unsupported"),
            ("exec(\"rm\");", "3:1 unsupported"),
            ("only_failure();", "3:1 placement"),
        ])
    func operands(body: String, expected: String) {
        #expect(bodyPlace(body) == expected)
    }

    @Test(
        "what the grammar does not have is shown at the first token that does not fit",
        arguments: [
            ("$var(x);", "3:1 syntax"),
            ("$rm == 1;", "3:5 syntax"),
            ("$var(x) += 1;", "3:9 syntax"),
            ("$var(x) + 1 = 2;", "3:9 syntax"),
            ("else exit;", "3:1 syntax"),
            ("case 1: exit;", "3:1 syntax"),
            ("default: exit;", "3:1 syntax"),
            ("note(1 2);", "3:8 syntax"),
            ("note(1,);", "3:8 syntax"),
            ("note(\"a\")", "3:10 syntax"),
            ("exit", "3:5 syntax"),
            ("break", "3:6 syntax"),
            ("$var(x) = 1", "3:12 syntax"),
            ("$var(x) = ;", "3:11 syntax"),
            ("$var(x) = 1 +;", "3:14 syntax"),
            ("$var(x) = (1;", "3:13 syntax"),
            ("switch (1) { exit; }", "3:14 syntax"),
            ("switch (1) exit;", "3:12 syntax"),
            ("switch (1) { default: default: }", "3:23 syntax"),
            ("switch (1) { case $rm: }", "3:19 syntax"),
            ("switch ($rm) { case 1: case \"a\": exit; }", "3:24 value"),
            ("switch ($rm) { case /\"(\": exit; }", "3:16 value"),
            ("\"text\";", "3:1 syntax"),
            ("5;", "3:1 syntax"),
            ("route[A] { }", "3:1 syntax"),
            ("$var(x) = @a;", "3:11 unknownVariable"),
            ("note(\"abc", "3:6 lexical"),
            ("note('abc", "3:6 lexical"),
            ("/* open", "3:1 lexical"),
            ("$var(x", "3:1 lexical"),
            ("%;", "3:1 lexical"),
            ("exit; \u{1}", "3:7 lexical"),
            ("$var(x) = 99999999999999999999;", "3:11 lexical"),
        ])
    func grammar(body: String, expected: String) {
        #expect(bodyPlace(body) == expected)
    }

    @Test(
        "statements outside of blocks show the name, the value or the head that is wrong",
        arguments: [
            ("debg=3", "1:1 unknownGlobal"),
            ("\n  debg=3", "2:3 unknownGlobal"),
            ("debug=99", "1:1 value"),
            ("debug=\"a\"", "1:1 value"),
            ("loadmodule \"prob\"", "1:12 unknownModule"),
            ("loadmodule(\"prob\")", "1:12 unknownModule"),
            ("modparam(\"nobody\", \"a\", 1)", "1:10 unknownModule"),
            ("modparam(\"(\", \"a\", 1)", "1:10 value"),
            ("loadmodule \"probe\"\nmodparam(\"probe\", \"siez\", 1)", "2:10 unknownParameter"),
            ("loadmodule \"probe\"\nmodparam(\"probe\", \"size\", 11)", "2:10 value"),
            ("loadmodule \"probe\"\nmodparam(\"probe\", \"size\", \"1\")", "2:10 value"),
            ("loadmodule \"registrar\"", "1:12 placement"),
            ("probe.x = 5", "1:1 placement"),
            ("core.x = 5", "1:1 placement"),
            ("}", "1:1 syntax"),
            ("a=1 }", "1:5 syntax"),
            ("port = 0", "1:8 syntax"),
            ("port = 65536", "1:8 syntax"),
            ("flags 5", "1:7 syntax"),
            ("flags A:32", "1:9 syntax"),
            ("flags A,", "1:9 syntax"),
            ("listen = udp:a:99999", "1:10 value"),
            ("listen = (a,b)", "1:10 unsupported"),
            ("listen = a virtual", "1:12 unsupported"),
            ("group[3].name = 5", "1:6 unsupported"),
            ("group.5 = 5", "1:7 syntax"),
            ("cfgengine \"ruby\"", "1:1 unsupported"),
            ("socket = {}", "1:1 unsupported"),
            ("avpflags a", "1:1 unsupported"),
            ("route[] { }", "1:6 syntax"),
            ("request_route[x] { }", "1:14 syntax"),
            ("event_route { }", "1:13 syntax"),
            ("failure_route { }", "1:15 syntax"),
            ("route[A] exit;", "1:10 syntax"),
            ("request_route {", "1:15 syntax"),
            ("route {}\nroute {}", "2:1 placement"),
            ("route[0] {}\nrequest_route {}", "2:1 placement"),
            ("failure_route[A] {}", "no error"),
            ("event_route[a:b] {}", "1:1 unknownEvent"),
        ])
    func topLevel(text: String, expected: String) {
        #expect(place(text) == expected)
    }

    @Test(
        "directives show their mark, or the name that they lack",
        arguments: [
            ("#!SER", "1:1 unsupported"),
            ("a=1\n#!SER", "2:1 lexical"),
            ("#!ifexp A", "1:1 lexical"),
            ("#!defexp A (", "1:1 lexical"),
            ("#!tryundef A-", "1:12 lexical"),
            ("#!undef A", "1:1 lexical"),
            ("#!define 5", "1:10 lexical"),
            ("#!define", "1:9 lexical"),
            ("\t#!define", "1:10 lexical"),
            ("#!define A 1\n#!define A 2", "2:1 lexical"),
            ("#!ifdef A", "1:1 lexical"),
            (" #!endif", "1:2 lexical"),
            (" #!else", "1:2 lexical"),
            ("#!include_file \"x\"", "1:1 file"),
            ("  include_file \"x\"", "1:3 file"),
            ("#!subst \"/a\"", "1:1 lexical"),
            ("#!substdef \"/a b/c/\"", "1:1 lexical"),
            ("#!defenv NOT_SET", "1:1 lexical"),
            ("#!define A A\n a=A", "2:4 limit"),
        ])
    func directives(text: String, expected: String) {
        #expect(place(text) == expected)
    }

    @Test("an error in what a definition stands for is shown where the name is used")
    func expansions() {
        let text = "#!define WRONG noet(1)\n" + head + "request_route {\n  WRONG;\n}\n"
        let found = errors(of: text)
        #expect(found.map(\.location.line) == [4])
        #expect(found.map(\.location.column) == [3])
        #expect(found.map(\.sourceLine) == ["  WRONG;"])
    }

    @Test("an error in an included file shows that file's name, line and text")
    func includedFiles() {
        let files = ["sub/more.cfg": "\nrequest_route {\n  noet();\n}\n"]
        let found = errors(of: head + "include_file \"sub/more.cfg\"\n", files: files)
        #expect(found.map(\.location.file) == ["sub/more.cfg"])
        #expect(found.map(\.location.line) == [3])
        #expect(found.map(\.sourceLine) == ["  noet();"])
    }

    @Test("lines that end with carriage returns are shown without them")
    func carriageReturns() {
        let found = errors(of: "debug=1\r\ndebg=2\r\n")
        #expect(found.map(\.sourceLine) == ["debg=2"])
        #expect(found.map(\.location.column) == [1])
    }

    @Test("errors come in the order of the text, whichever check found them")
    func order() {
        let text = """
            loadmodule "probe"
            request_route { noet(); }
            debg = 1
            route[A] { route(B); }
            modparam("probe", "siez", 1)
            event_route[x:y] { }
            """
        let found = errors(of: text)
        #expect(found.map(\.location.line) == [2, 3, 4, 5, 6])
        #expect(
            found.map(\.kind) == [
                .unknownFunction, .unknownGlobal, .unknownRoute, .unknownParameter, .unknownEvent,
            ])
    }

    @Test("the same error at the same place is reported once")
    func once() {
        // The route is compiled for its callers and for itself.
        let text = head + "request_route { route(A); route(A); }\nroute[A] { noet(); }"
        #expect(errors(of: text).count == 1)
    }
}
