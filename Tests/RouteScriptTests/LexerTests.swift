import ModuleKit
import Testing

@testable import RouteScript

/// The tokens of a text in a short form: words as they are, numbers with #, strings in quotes.
func tokens(_ text: String) -> String {
    var lexer = Lexer(
        SourceFile(name: "t", bytes: Array(text.utf8)), defines: [], files: MemoryFiles())
    var result: [String] = []
    while true {
        do {
            let token = try lexer.next()
            let glue = token.isGlued && !result.isEmpty ? "~" : ""
            switch token.kind {
            case .word: result.append(glue + token.text)
            case .number(let number): result.append(glue + "#\(number)")
            case .string: result.append(glue + "'\(token.text)'")
            case .variable: result.append(glue + token.text)
            case .symbol(let symbol): result.append(glue + symbol.rawValue)
            case .end: return result.joined(separator: " ")
            }
        } catch {
            result.append("!\(error.location.line):\(error.location.column) \(error.message)")
        }
    }
}

@Suite("Tokens")
struct LexerTests {
    @Test(
        "words, numbers and symbols",
        arguments: [
            ("a _b c9", "a _b c9"),
            ("0 7 0x1F 017 101b", "#0 #7 #31 #15 #5"),
            ("9223372036854775807", "#9223372036854775807"),
            ("1a2b 08 0xZZ", "1a2b 08 0xZZ"),
            ("10.0.0.1", "#10 ~. ~#0 ~. ~#0 ~. ~#1"),
            ("a:b-c", "a ~: ~b ~- ~c"),
            ("{ } ( ) [ ] ; , .", "{ } ( ) [ ] ; , ."),
            ("= == != =~ < > <= >= && ||", "= == != =~ < > <= >= && ||"),
            ("! + += - * / % ~", "! + += - * / !1:14 \"%\" has no meaning here ~"),
            ("& | ^ << >> : @", "& | ^ << >> : @"),
            ("a=b", "a ~= ~b"),
            ("a\\\nb", "a b"),
            ("a\u{8}b", "a b"),
            ("\u{1}", "!1:1 the byte 1 has no meaning here"),
            ("", ""),
            ("\n\n  \t\r\n", ""),
        ])
    func words(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test("numbers beyond 64 bits are refused")
    func largeNumbers() {
        #expect(
            tokens("9223372036854775808")
                == "!1:1 the number 9223372036854775808 does not fit 64 bits")
    }

    @Test(
        "strings and their escapes",
        arguments: [
            ("\"abc\"", "'abc'"),
            ("\"a\\\"b\"", "'a\"b'"),
            ("\"\\n\\r\\t\\\\\"", "'\n\r\t\\'"),
            ("\"\\a\"", "'\u{7}'"),
            ("\"\\x41\\x4\"", "'A\\x4'"),
            ("\"\\101\\60\\7\"", "'A0\\7'"),
            ("\"\\q\\ \"", "'\\q\\ '"),
            ("\"a\\\nb\"", "'ab'"),
            ("\"a\nb\"", "'a\nb'"),
            ("\"a\" \"b\"\n\"c\"", "'abc'"),
            ("\"a\" 'b'", "'a' 'b'"),
            ("'a' 'b'", "'a' 'b'"),
            ("'a\\n\"b'", "'a\\n\"b'"),
            ("\"\"", "''"),
            ("\"# no comment\"", "'# no comment'"),
            ("\"abc", "!1:1 the string is not closed"),
            ("a\n 'abc", "a !2:2 the string is not closed"),
            ("\"abc\\", "!1:1 the string is not closed"),
        ])
    func strings(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test(
        "escapes beyond ASCII are text when they make up a character, else an error",
        arguments: [
            ("\"\\xc3\\xa9\"", "'\u{e9}'"),
            ("\"\\303\\251\"", "'\u{e9}'"),
            ("\"\\xc3\" \"\\xa9\"", "'\u{e9}'"),
            ("\"\\xf0\\x9f\\x98\\x80\"", "'\u{1f600}'"),
            ("\"\\x7f\\x00\"", "'\u{7f}\u{0}'"),
            ("'\\xff'", "'\\xff'"),
            ("a \"b\\xff\" c", "a !1:3 the string holds the byte 0xff, which is no UTF-8 there c"),
            ("\n \"\\xc3\"", "!2:2 the string holds the byte 0xc3, which is no UTF-8 there"),
            ("\"\\xa9\\xc3\"", "!1:1 the string holds the byte 0xa9, which is no UTF-8 there"),
            ("\"\\377\"", "!1:1 the string holds the byte 0xff, which is no UTF-8 there"),
            ("\"\\xed\\xa0\\x80\"", "!1:1 the string holds the byte 0xed, which is no UTF-8 there"),
            ("\"\\xc0\\x80\"", "!1:1 the string holds the byte 0xc0, which is no UTF-8 there"),
        ])
    func escapesBeyondASCII(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test("a file in Latin-1 is refused where a string or variable holds its bytes, not elsewhere")
    func latin1() throws {
        let head = Array("# caf".utf8) + [0xe9, 0x0a]
        for (before, what) in [("\"", "string"), ("'", "string"), ("$hdr(", "pseudo-variable")] {
            let after = before == "$hdr(" ? ")" : before
            let bytes = head + Array(before.utf8) + [0xe9] + Array(after.utf8) + Array(" x".utf8)
            var lexer = Lexer(
                SourceFile(name: "t", bytes: bytes), defines: [], files: MemoryFiles())
            let error = #expect(throws: ScriptError.self) { try lexer.next() }
            #expect(error?.message.hasPrefix("the \(what) holds the byte 0xe9") == true)
            #expect(error?.location.line == 2 && error?.location.column == 1)
            #expect(try lexer.next().text == "x")
        }
    }

    @Test("a substitution that cuts a character in two is an error where it is applied")
    func cutCharacter() {
        #expect(
            tokens("#!subst \"/a./b/\"\n'xa\u{e9}' 'ax'")
                == "!2:1 the string holds the byte 0xa9, which is no UTF-8 there 'b'")
    }

    @Test(
        "comments of all kinds are skipped",
        arguments: [
            ("a # b\nc", "a c"), ("a // b\nc", "a c"), ("a /* b */ c", "a c"),
            ("a /* b /* c */ d */ e", "a e"), ("a # b \\\nc", "a c"),
            ("#", ""), ("//", ""), ("/**/", ""),
            ("a /* b", "a !1:3 the comment is not closed"),
            ("a /* /* */ b", "a !1:3 the comment is not closed"),
            ("a/b", "a ~/ ~b"),
        ])
    func comments(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test(
        "pseudo-variables are one token each",
        arguments: [
            ("$rU", "$rU"), ("$rU.$rd", "$rU ~. ~$rd"), ("$var(x)", "$var(x)"),
            ("$(var(x))", "$(var(x))"), ("$(hdr(Via)[-1]{s.len})", "$(hdr(Via)[-1]{s.len})"),
            ("$hdr(X-(a))", "$hdr(X-(a))"), ("$?", "$?"), ("$err.class;", "$err.class ~;"),
            ("$sht(a=>$si)", "$sht(a=>$si)"),
            ("$ a", "!1:1 \"$\" begins no pseudo-variable here a"),
            ("$var(x", "!1:1 the pseudo-variable has no closing parenthesis"),
            ("$(var(x)", "!1:1 the pseudo-variable has no closing parenthesis"),
        ])
    func variables(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test("two exclamation marks are a directive only before the name of one")
    func doubleNot() {
        #expect(tokens("!!$x") == "! ~! ~$x")
        #expect(tokens("!!define A 5\nA") == "#5")
    }

    @Test("lines and columns count bytes from 1")
    func positions() throws {
        var lexer = Lexer(
            SourceFile(name: "t", bytes: Array("a\n\tbc \"x\ny\" d".utf8)), defines: [],
            files: MemoryFiles())
        var places: [String] = []
        while true {
            let token = try lexer.next()
            places.append("\(token.position.line):\(token.position.column)")
            if token.kind == .end { break }
        }
        #expect(places == ["1:1", "2:2", "2:5", "3:4", "3:5"])
    }
}

@Suite("Spelling of pseudo-variables")
struct VariableSyntaxTests {
    @Test(
        "parts are told apart",
        arguments: [
            ("$rU", VariableSyntax("rU")),
            ("$?", VariableSyntax("?")),
            ("$var(x)", VariableSyntax("var", inner: "x")),
            ("$var()", VariableSyntax("var", inner: "")),
            ("$hdr(X-A(b))", VariableSyntax("hdr", inner: "X-A(b)")),
            ("$(rU)", VariableSyntax("rU")),
            ("$(hdr(Via)[0])", VariableSyntax("hdr", inner: "Via", index: .number(0))),
            ("$(hdr(Via)[-1])", VariableSyntax("hdr", inner: "Via", index: .number(-1))),
            ("$(avp(x)[*])", VariableSyntax("avp", inner: "x", index: .all)),
            (
                "$(avp(x)[$var(i)])",
                VariableSyntax("avp", inner: "x", index: .variable("$var(i)"))
            ),
            ("$(rU{s.len})", VariableSyntax("rU", transformations: ["s.len"])),
            (
                "$(var(x){s.select,1,,}{s.len})",
                VariableSyntax("var", inner: "x", transformations: ["s.select,1,,", "s.len"])
            ),
            (
                "$(var(x)[1]{s.rm,$(var(y){s.len})})",
                VariableSyntax(
                    "var", inner: "x", index: .number(1),
                    transformations: ["s.rm,$(var(y){s.len})"])
            ),
            ("$err.class", VariableSyntax("err.class")),
        ])
    func parts(text: String, expected: VariableSyntax) throws {
        #expect(try VariableSyntax.parse(text) == expected)
        #expect(try VariableSyntax.parse(expected.text) == expected)
    }

    @Test(
        "what is no pseudo-variable is refused",
        arguments: [
            "rU", "$", "$$", "$rU x", "$(", "$()", "$((x))", "$(rU", "$(rU[)", "$(rU[x])",
            "$(rU[1)",
            "$(rU{s.len)", "$(rU s)", "$(rU]x)", "$(rU{a}x)",
        ])
    func refused(text: String) {
        #expect(throws: (any Error).self) { _ = try VariableSyntax.parse(text) }
    }
}
