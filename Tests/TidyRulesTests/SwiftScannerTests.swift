import Testing

@testable import TidyRules

@Suite("The scanner")
struct SwiftScannerTests {
    @Test("words, numbers and attributes are whole, operators come in characters")
    func splitsCode() {
        let tokens = SwiftScanner.tokens(of: "@inlinable func a_1(x: Int) -> Int { x &+ 0x1F }")
        #expect(
            tokens.map(\.text) == [
                "@inlinable", "func", "a_1", "(", "x", ":", "Int", ")", "-", ">", "Int", "{", "x",
                "&", "+", "0x1F", "}",
            ])
        #expect(tokens.allSatisfy { $0.kind == .word || $0.kind == .punctuation })
    }

    @Test(
        "a comment is told from a documentation comment",
        arguments: [
            ("// plain", Token.Kind.comment), ("/// documents", .documentation),
            ("//// a line of slashes", .comment), ("/* plain */", .comment),
            ("/** documents */", .documentation), ("/**/", .comment), ("//", .comment),
            ("///", .documentation),
        ])
    func tellsComments(text: String, kind: Token.Kind) {
        let tokens = SwiftScanner.tokens(of: text)
        #expect(tokens.map(\.kind) == [kind])
        #expect(tokens.map(\.text) == [text])
    }

    @Test("tokens know whether a space stands before them")
    func knowsSpaces() {
        let tokens = SwiftScanner.tokens(of: "try! a ! \"ü\"(b)")
        let attached = zip(tokens, tokens.dropFirst()).map { $1.isAttached(to: $0) }
        #expect(attached == [true, false, false, false, true, true, true])
    }

    @Test("block comments nest")
    func nestsComments() {
        let tokens = SwiftScanner.tokens(of: "/* a /* b */ c */ let")
        #expect(tokens.map(\.kind) == [.comment, .word])
        #expect(tokens.last?.text == "let")
    }

    @Test("a block comment spans its lines and code goes on behind it")
    func countsLinesOfComments() {
        let tokens = SwiftScanner.tokens(of: "a\n/* b\nc\n*/ d\ne")
        #expect(tokens.map(\.line) == [1, 2, 4, 5])
        #expect(tokens.map(\.lastLine) == [1, 4, 4, 5])
    }

    @Test(
        "what looks like a comment inside of a string is none",
        arguments: [
            #""http://example.com""#, #""/* not a comment */""#, "\"\"\"\n// no\n/* no\n\"\"\"",
            "#\"// \"no\" \"#", #""\\""#, #""\"//\"""#,
        ])
    func keepsStrings(literal: String) {
        let tokens = SwiftScanner.tokens(of: "a " + literal + " b")
        #expect(tokens.map(\.kind) == [.word, .string, .word])
        #expect(tokens[1].text == literal)
    }

    @Test(
        "what looks like a string inside of a comment is none",
        arguments: ["// it's \"open", "/* \" */", "/// a \"word"])
    func keepsComments(comment: String) {
        let tokens = SwiftScanner.tokens(of: comment + "\nlet a")
        #expect(tokens.map(\.text) == [comment, "let", "a"])
    }

    @Test("a multi-line string keeps single and double quotes and spans its lines")
    func keepsQuotes() {
        let text = "let a = \"\"\"\n    \"one\" \"\"two\n    \\\"\"\"\n    \"\"\"\nlet b"
        let tokens = SwiftScanner.tokens(of: text)
        #expect(tokens.map(\.kind) == [.word, .word, .punctuation, .string, .word, .word])
        #expect(tokens[3].line == 1)
        #expect(tokens[3].lastLine == 4)
        #expect(tokens[4].line == 5)
    }

    @Test("an interpolation holds code, and strings, and interpolations")
    func readsInterpolations() {
        let text = #"print("a \(b("c)", d { "\(e)" })) f") g"#
        #expect(spellings(.word, in: text) == ["print", "b", "d", "e", "g"])
        #expect(
            spellings(.string, in: text) == [
                #""c)""#, #""\(e)""#, #""a \(b("c)", d { "\(e)" })) f""#,
            ])
    }

    @Test("in a raw string only a backslash with as many pounds interpolates")
    func readsRawInterpolations() {
        #expect(spellings(.word, in: ##"#"a \(b) \#(c) "d" "# e"##) == ["c", "e"])
    }

    @Test("a string that is left open ends with its line")
    func endsOpenStrings() {
        let tokens = SwiftScanner.tokens(of: "\"open\nlet a")
        #expect(tokens.map(\.text) == ["\"open", "let", "a"])
        #expect(tokens.map(\.line) == [1, 2, 2])
    }

    @Test(
        "a slash divides after an operand and opens a regular expression elsewhere",
        arguments: [
            ("a / b / c", [String]()), ("f(x)/2 + g/3", []), ("let r = /a\"b/", ["/a\"b/"]),
            ("match(/x{2}/)", ["/x{2}/"]), ("let r = /a\\/b/ c", ["/a\\/b/"]),
            ("let r = #/a/b/#", ["#/a/b/#"]), ("static func / (a: A)", []),
            ("reduce(1, /) + (a / b)", []),
        ])
    func tellsRegularExpressions(text: String, literals: [String]) {
        #expect(spellings(.string, in: text) == literals)
    }

    @Test("names in backticks are one word, spaces included")
    func readsQuotedNames() {
        #expect(spellings(.word, in: "case `default`, `a b`") == ["case", "`default`", "`a b`"])
    }

    @Test("directives keep their pound")
    func readsDirectives() {
        #expect(
            spellings(.word, in: "#if os(Linux)\n#endif\n#expect(a)") == [
                "#if", "os", "Linux", "#endif", "#expect", "a",
            ])
    }

    @Test(
        "every beginning of a text comes to an end",
        arguments: [
            "/* a /* b */", "\"\"\"\n\\(a(\"", "#\"\\#(", "##", "`", "@", "\\", "\"\\", "/a\\",
            "#/",
            "/*", "/", "\"\"\"\n\\", "#\"\\#",
        ])
    func alwaysEnds(text: String) {
        for length in 0...text.count {
            let tokens = SwiftScanner.tokens(of: String(text.prefix(length)))
            #expect(tokens.allSatisfy { $0.line <= $0.lastLine })
        }
    }

    @Test("letters beyond ASCII belong to words")
    func readsForeignLetters() {
        #expect(spellings(.word, in: "let größe = π") == ["let", "größe", "π"])
    }

    @Test("random bytes never stop the scanner")
    func survivesNoise() {
        let alphabet = Array("\"\\()#/*`\n{}ab \"\"\"")
        var seed: UInt64 = 0x5EED
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<40 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(seed >> 33) % alphabet.count])
            }
            let file = Snippet.file(text)
            #expect(file.lineKinds.count == file.text.lines.count, "\(text.debugDescription)")
        }
    }
}
