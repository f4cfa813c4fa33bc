import ModuleKit
import RouteScript
import Testing

/// All errors of a configuration as the operator reads them.
private func rendered(_ text: String) -> String {
    errors(of: text).map(\.rendered).joined(separator: "\n")
}

/// The first error of a request route with this body: message and hint.
private func fault(_ body: String, before: String = head, behind: String = "") -> String {
    guard let first = errors(of: before + "request_route {\n\(body)\n}\n" + behind).first else {
        return "no error"
    }
    return first.message + (first.hint.map { " [\($0)]" } ?? "")
}

@Suite("Errors")
struct ErrorTextTests {
    @Test("an error shows file, line, column, the line with a caret, and a hint")
    func golden() {
        let text = """
            loadmodule "probe.so"
            request_route {
            \tif (method == "REGISTER") {
            \t\tnoet("saved");
            \t}
            }
            """
        #expect(
            rendered(text) == """
                test.cfg:4:3: error: unknown function "noet"
                  \t\tnoet("saved");
                  \t\t^ hint: did you mean "note" (module probe)?
                """)
    }

    @Test("several errors are shown in one run, each where it is")
    func several() {
        let text = """
            debg=3
            debug=99
            loadmodule "prob.so"
            loadmodule "probe.so"
            modparam("probe", "siez", 3)
            modparam("probe", "size", 30)
            modparam("probe", "size", "3")
            modparam("nobody", "size", 3)
            request_route {
                note("$rU");
                route(NONE);
                note($r);
            }
            event_route[probe:rnag] { }
            """
        #expect(
            rendered(text) == """
                test.cfg:1:1: error: unknown global parameter "debg"
                  debg=3
                  ^ hint: did you mean "debug"?
                test.cfg:2:1: error: debug must be from -5 to 3, not 99
                  debug=99
                  ^
                test.cfg:3:12: error: unknown module "prob"
                  loadmodule "prob.so"
                             ^ hint: did you mean "probe"?
                test.cfg:5:10: error: module "probe" has no parameter "siez"
                  modparam("probe", "siez", 3)
                           ^ hint: did you mean "size"?
                test.cfg:6:10: error: size must be from 1 to 10, not 30
                  modparam("probe", "size", 30)
                           ^
                test.cfg:7:10: error: parameter "size" is an integer, found the string "3"
                  modparam("probe", "size", "3")
                           ^
                test.cfg:8:10: error: no loaded module is named "nobody"
                  modparam("nobody", "size", 3)
                           ^
                test.cfg:10:5: error: note(): argument 1 (text): unknown pseudo-variable "$rU"; \
                did you mean "$ru"?
                      note("$rU");
                      ^ hint: note(text)
                test.cfg:11:11: error: there is no route[NONE]
                      route(NONE);
                            ^
                test.cfg:12:10: error: unknown pseudo-variable "$r"
                      note($r);
                           ^ hint: did you mean "$rm"?
                test.cfg:14:1: error: no loaded module raises the event "probe:rnag"
                  event_route[probe:rnag] { }
                  ^ hint: did you mean "probe:rang"?
                """)
    }

    @Test("syntax errors are shown together as well, one a statement")
    func syntax() {
        let text = """
            debug = = 3
            request_route {
                note("a")
                note("b");
                $var(x) = ;
                if note("c") ) exit;
                foo bar;
            }
            children=2 }
            """
        #expect(
            rendered(text) == """
                test.cfg:1:9: error: expected a value, found "="
                  debug = = 3
                          ^
                test.cfg:3:14: error: expected ";" before "note"
                      note("a")
                               ^ hint: every statement ends with a semicolon
                test.cfg:5:15: error: expected a value, found ";"
                      $var(x) = ;
                                ^
                test.cfg:6:18: error: expected a statement, found ")"
                      if note("c") ) exit;
                                   ^
                test.cfg:7:8: error: expected ";" before "bar"
                      foo bar;
                         ^ hint: every statement ends with a semicolon
                test.cfg:9:12: error: this "}" closes no block
                  children=2 }
                             ^
                """)
    }

    @Test("the number of errors is bounded")
    func bounded() {
        let wrong = String(repeating: "nothing();\n", count: 500)
        #expect(errors(of: "request_route { \(wrong) }").count == 20)
        let broken = String(repeating: "a = ;\n", count: 500)
        #expect(errors(of: broken).count == 20)
        let unknown = (0..<500).map { "loadmodule \"m\($0)\"\n" }.joined()
        #expect(errors(of: unknown).count == 20)
    }

    @Test(
        "names that are unknown",
        arguments: [
            (
                "saev();",
                "unknown function \"saev\" [did you mean \"save\"? It belongs to "
                    + "module \"registrar\"]"
            ),
            (
                "save(\"l\");",
                "unknown function \"save\" [it belongs to module \"registrar\": "
                    + "loadmodule \"registrar.so\"]"
            ),
            ("setflg(1);", "unknown function \"setflg\" [did you mean \"setflag\"?]"),
            ("entirely_unknown();", "unknown function \"entirely_unknown\""),
            ("nte;", "unknown function \"nte\" [did you mean \"note\" (module probe)?]"),
            (
                "forward_tls();",
                "the command \"forward_tls\" is not supported [the server speaks no TLS]"
            ),
            ("$vra(x) = 1;", "unknown pseudo-variable \"$vra\" [did you mean \"$var\"?]"),
            ("if ($rmm == 1) exit;", "unknown pseudo-variable \"$rmm\" [did you mean \"$rm\"?]"),
            (
                "note(\"x $rmm\");",
                "note(): argument 1 (text): unknown pseudo-variable \"$rmm\"; did you "
                    + "mean \"$rm\"? [note(text)]"
            ),
            ("route(AB);", "there is no route[AB] [did you mean route(ABC)?]"),
            ("route(\"none\");", "there is no route[none]"),
            (
                "setflag(ACC);",
                "there is no flag \"ACC\" [flags are 0 to 31, or declared: flags ACC]"
            ),
        ])
    func unknownNames(body: String, expected: String) {
        #expect(fault(body, behind: "route[ABC] { }") == expected)
    }

    @Test(
        "arguments and types that do not fit",
        arguments: [
            ("note();", "note(): takes 1 arguments, found 0 [note(text)]"),
            ("note(1, 2);", "note(): takes 1 arguments, found 2 [note(text)]"),
            (
                "table(\"a\", 1, 2);",
                "table(): takes 1 to 2 arguments, found 3 [table(name, [flags])]"
            ),
            ("table();", "table(): takes 1 to 2 arguments, found 0 [table(name, [flags])]"),
            (
                "code(\"abc\");",
                "code(): argument 1 (value): expected an integer, found \"abc\" [code(value)]"
            ),
            (
                "table($rm);",
                "table(): argument 1 (name): expected a constant string, found an "
                    + "expression [table(name, [flags])]"
            ),
            (
                "note(\"a $ b\");",
                "note(): argument 1 (text): a \"$\" stands alone in \"a $ b\"; write "
                    + "$$ for the sign [note(text)]"
            ),
            ("only_failure();", "\"only_failure\" cannot be called in this block"),
            ("setflag(32);", "a flag is a number from 0 to 31"),
            ("setflag();", "setflag() takes 1 arguments, found 0"),
            ("log(9, 8, 7);", "log() takes 1 to 2 arguments, found 3"),
            ("log($rm, \"x\");", "log() takes a constant level from -5 to 3"),
            (
                "sethost($rm);",
                "expected a constant string [assign to a pseudo-variable such as $ru "
                    + "for anything else]"
            ),
            ("strip(\"x\");", "strip() takes a number of characters"),
            ("$rm = \"x\";", "$rm is read-only [store it in $var(name)]"),
            ("$rc = 1;", "$rc is read-only [store it in $var(name)]"),
            ("$null = 1;", "$null is read-only [store it in $var(name)]"),
            ("$var(x) = \"a\" - 1;", "\"-\" needs integers, \"a\" is none"),
            ("$var(x) = \"a\" * $var(y);", "\"*\" needs integers, \"a\" is none"),
            ("if ($rm < \"b\") exit;", "\"<\" needs integers, \"b\" is none"),
            (
                "if (\"a\" =~ 3) exit;",
                "\"=~\" needs a regular expression, 3 is none [put it in quotes]"
            ),
            ("if ($rm =~ \"(\") exit;", "\"(\" is no regular expression: Unmatched ( or \\("),
            ("$var(x) = myself;", "\"myself\" is no value here [compare it: uri == myself]"),
            (
                "$var(x) = NOTHING;",
                "\"NOTHING\" is no value here [put it in quotes, or is a #!define missing?]"
            ),
            (
                "if (src_ip == 10.0.0) exit;",
                "\"10.0.0\" is no address and no network [write 10.0.0.1, 10.0.0.0/8 "
                    + "or [2001:db8::]/32]"
            ),
            (
                "if (src_ip == 10.0.0.0/33) exit;",
                "\"10.0.0.0/33\" is no address and no network [write 10.0.0.1, "
                    + "10.0.0.0/8 or [2001:db8::]/32]"
            ),
            (
                "if (proto == ICMP) exit;",
                "\"ICMP\" is no transport [UDP, TCP, TLS, SCTP, WS or WSS]"
            ),
            ("if (af == IPX) exit;", "\"IPX\" is no address family [INET or INET6]"),
            (
                "if (status == myself) exit;",
                "\"status\" cannot be compared with myself [uri, from_uri, to_uri, "
                    + "src_ip and dst_ip can]"
            ),
            ("if (uri == bob) exit;", "\"uri\" cannot be compared with \"bob\" [put it in quotes]"),
            ("if (uri + 1) exit;", "\"uri\" can only be compared, with == != =~ < > <= >="),
            ("if ($hdr() == 1) exit;", "$hdr(): no name"),
            ("if ($hdr == 1) exit;", "$hdr needs a name in parentheses [write $hdr(name)]"),
            ("if ($rm(x) == 1) exit;", "$rm takes nothing in parentheses"),
            ("if ($(rm{s.len}) == 1) exit;", "unknown transformation {s.len}"),
            ("if ($(hdr(A)[*]) == 1) exit;", "$hdr has no index [*] [write a number: $(hdr[0])]"),
            (
                "if ($(hdr(A)[$var(i)]) == 1) exit;",
                "$hdr takes no pseudo-variable as an index [write a number: $(hdr[0])]"
            ),
            (
                "if ($hdr($rm) == 1) exit;",
                "$hdr takes no pseudo-variable within its parentheses "
                    + "[write a constant name: $hdr(name)]"
            ),
            ("if ($rc(1) == 1) exit;", "$rc has no parts"),
            (
                "switch ($rm) { case 1: case \"a\": exit; }",
                "a switch has labels of one type: integers or strings"
            ),
            (
                "switch ($rm) { case /\"(\": exit; }",
                "\"(\" is no regular expression: Unmatched ( or \\("
            ),
        ])
    func wrongArguments(body: String, expected: String) {
        #expect(fault(body) == expected)
    }

    @Test(
        "statements that the grammar does not have",
        arguments: [
            ("exit", "expected \";\" before \"}\" [every statement ends with a semicolon]"),
            (
                "else exit;",
                "\"else\" has no \"if\" before it [is there a semicolon behind the closing brace?]"
            ),
            ("case 1: exit;", "\"case\" stands outside of a switch"),
            ("if (1) { exit; ", "this \"{\" is not closed"),
            (
                "route[A] { }",
                "a route block cannot begin within another [is a \"}\" missing before it?]"
            ),
            ("$var(x) += 1;", "\"+=\" is not part of the language"),
            (
                "$var(x);",
                "an expression alone does nothing [a statement is a call, an "
                    + "assignment or a keyword]"
            ),
            (
                "$rm == 1;",
                "an expression alone does nothing [a statement is a call, an "
                    + "assignment or a keyword]"
            ),
            (
                "$var(x) + 1 = 2;",
                "only a pseudo-variable can be assigned to [a comparison is written ==]"
            ),
            (
                "if (($var(x) + 1 = 2)) exit;",
                "only a pseudo-variable can be assigned to [a comparison is written ==]"
            ),
            (
                "switch (1) { exit; }",
                "expected \"case\" or \"default\" in a switch, found \"exit\""
            ),
            ("switch (1) { default: default: }", "a switch has one \"default\" at most"),
            ("switch (1) { case $rm: }", "a label of a switch must be a constant"),
            (
                "switch (1) { case /1: }",
                "expected a string with a regular expression behind \"/\", found \"1\""
            ),
            ("switch (1) { case 1 exit; }", "expected \":\" behind the label, found \"exit\""),
            ("note(1 2);", "expected \",\" between arguments, found \"2\""),
            ("if (1 exit;", "expected \")\" behind the expression, found \"exit\""),
            ("$var(x) = @;", "expected the name of a select behind \"@\", found \";\""),
            ("$var(x) = 1 +;", "expected a value, found \";\""),
            ("$var(x) = msg:size;", "expected msg:len, found \"size\""),
            ("if (src_ip == [::x) exit;", "expected an IPv6 address in the brackets, found \")\""),
            ("\"text\";", "expected a statement, found the string \"text\""),
            ("5;", "expected a statement, found \"5\""),
        ])
    func wrongStatements(body: String, expected: String) {
        #expect(fault(body) == expected)
    }

    @Test(
        "wrong statements outside of blocks",
        arguments: [
            ("}", "this \"}\" closes no block"),
            ("5", "expected a setting, a module or a route block, found \"5\""),
            ("foo", "\"foo\" begins no statement here [a setting is written name = value]"),
            (
                "loadmodul \"x\"",
                "\"loadmodul\" begins no statement here [did you mean \"loadmodule\"?]"
            ),
            ("loadmodule x", "expected the module's name in quotes, found \"x\""),
            (
                "loadmodule(\"probe\"",
                "expected \")\" behind the module's name, found the end of the file"
            ),
            ("modparam \"a\"", "expected \"(\" behind \"modparam\", found the string \"a\""),
            ("modparam(\"a\")", "expected \",\" between arguments, found \")\""),
            (
                "modparam(\"a\", \"b\", c)",
                "expected a string or an integer, found \"c\" [put it in quotes, or "
                    + "is a #!define missing?]"
            ),
            ("modparam(\"(\", \"b\", 1)", "\"(\" is no list of modules: Unmatched ( or \\("),
            (
                "loadmodulex \"x\"",
                "unknown module \"x\""
            ),
            (
                "modparamx(\"a\",\"b\",1)",
                "no loaded module is named \"a\""
            ),
            ("avpflags a", "\"avpflags\" is not supported"),
            ("socket = { }", "\"socket\" is not supported [use listen = …]"),
            (
                "cfgengine \"ruby\"",
                "the engine \"ruby\" is not supported"
                    + " [\"native\", the language of this file, and \"lua\" are]"
            ),
            ("group[3].name = 5", "instances of groups (group[n].name) are not supported"),
            ("group.5 = 5", "expected the variable's name, found \"5\""),
            ("probe.x = 5", "\"probe\" is a module: its parameters are set with modparam"),
            ("port = 0", "expected a port from 1 to 65535, found \"0\""),
            ("port = x", "expected a port from 1 to 65535, found \"x\""),
            ("flags 5", "expected the flag's name, found \"5\""),
            ("flags A:32", "expected a flag's number from 0 to 31, found \"32\""),
            (
                "listen = udp:a:99999",
                "\"udp:a:99999\" is no address [write [transport:]host[:port], IPv6 in brackets]"
            ),
            (
                "listen = ::1",
                "\"::1\" is no address [write [transport:]host[:port], IPv6 in brackets]"
            ),
            ("listen = (a, b)", "sockets with several addresses are not supported"),
            ("listen = udp:a:1 virtual", "virtual sockets are not supported"),
            ("listen = ", "expected an address, found the end of the file"),
            ("route[] { }", "route needs a name in brackets"),
            ("failure_route { }", "failure_route needs a name in brackets"),
            ("request_route[x] { }", "request_route has no name"),
            ("event_route { }", "an event route names its event [write event_route[module:event]]"),
            (
                "event_route[x] { }",
                "an event route names its event [write event_route[module:event]]"
            ),
            ("route[a b", "expected the name of the block, found the end of the file"),
            ("route[A] exit;", "expected \"{\" behind route[A], found \"exit\""),
            ("request_route {", "this \"{\" is not closed"),
            (
                "route { }\nroute { }",
                "request_route is there twice [the first one stands on line 1]"
            ),
            (
                "route[A] { }\n\nroute[A] { }",
                "route[A] is there twice [the first one stands on line 1]"
            ),
            (
                "loadmodule \"registrar.so\"",
                "module \"registrar\" needs module \"usrloc\" before it [put "
                    + "loadmodule \"usrloc.so\" before this line]"
            ),
            (
                "modparam(\"usrloc\", \"db_mode\", 1)\nloadmodule \"usrloc.so\"",
                "no loaded module is named \"usrloc\" [put loadmodule \"usrloc.so\" "
                    + "before this line]"
            ),
            (
                "event_route[usrloc:contact-expired] { }",
                "no loaded module raises the event \"usrloc:contact-expired\" [it "
                    + "belongs to module \"usrloc\", which is not loaded]"
            ),
            ("log_name=5", "parameter \"log_name\" is a string, found the integer 5"),
            ("children=many", "parameter \"children\" is an integer, found the string \"many\""),
        ])
    func wrongTopLevel(text: String, expected: String) {
        let first = errors(of: text).first
        let found = first.map { $0.message + ($0.hint.map { " [\($0)]" } ?? "") } ?? "no error"
        #expect(found == expected)
    }

    @Test("the branches of a broken if are no errors of their own")
    func brokenConditions() {
        let body = """
            if (@1 == "") { note("a"); } else if (1) { note("b"); } else { note("c"); }
            if (1 { exit; }
            else exit;
            note($nothing);
            """
        let found = errors(of: head + "request_route {\n\(body)\n}")
        #expect(found.map(\.location.line) == [3, 4])
        #expect(found.map(\.kind) == [.syntax, .syntax])
    }

    @Test("an error in a module that is missing is not reported twice")
    func noFollowUps() {
        let found = errors(of: "loadmodule \"xhttp.so\"\nmodparam(\"xhttp\", \"x\", 1)\n")
        #expect(found.map(\.kind) == [.unknownModule])
    }

    @Test("the caret stands behind tabs and characters of several bytes")
    func caret() {
        let error = ScriptError(
            .syntax, at: SourceLocation(file: "f", line: 2, column: 8), "wrong",
            sourceLine: "\té \tx y")
        #expect(error.rendered == "f:2:8: error: wrong\n  \té \tx y\n  \t  \t  ^")
        let plain = ScriptError(
            .file, at: SourceLocation(file: "f", line: 1, column: 1), "gone", hint: "look")
        #expect(plain.rendered == "f:1:1: error: gone\n  hint: look")
    }
}

@Suite("Nearest names")
struct NearestNameTests {
    @Test("suggestions reach the operator for near misses only")
    func nearMisses() {
        func hint(_ name: String) -> String? {
            errors(of: "loadmodule \"\(name)\"").first?.hint
        }
        #expect(hint("usrlco") == "did you mean \"usrloc\"?")
        #expect(hint("USRLOC") == "did you mean \"usrloc\"?")
        #expect(hint("registrars") == "did you mean \"registrar\"?")
        #expect(hint("registar") == "did you mean \"registrar\"?")
        #expect(hint("entirely") == nil)
        #expect(hint(String(repeating: "r", count: 500)) == nil)
        #expect(hint("") == nil)
    }
}
