import Basics
import ModuleKit
import Testing

@testable import RouteScript

@Suite("Parts of the reader")
struct PartsTests {
    @Test("every symbol is found by its bytes, and nothing else is one")
    func symbols() {
        for symbol in Symbol.allCases {
            let bytes = Array(symbol.rawValue.utf8)
            #expect(bytes.count == 1 || bytes.count == 2)
            let found = bytes.count == 1 ? Symbol.single(bytes[0]) : Symbol.pair(bytes[0], bytes[1])
            #expect(found == symbol)
        }
        let spellings = Set(Symbol.allCases.map(\.rawValue))
        for byte in UInt8(0)...127 {
            let text = String(UnicodeScalar(byte))
            #expect((Symbol.single(byte) != nil) == spellings.contains(text))
        }
        for byte in UInt8(128)...255 { #expect(Symbol.single(byte) == nil) }
        #expect(Symbol.pair(UInt8(ascii: "="), UInt8(ascii: "<")) == nil)
        #expect(Symbol.pair(UInt8(ascii: "-"), UInt8(ascii: "=")) == nil)
    }

    @Test("tokens describe themselves as messages name them")
    func descriptions() {
        func text(_ kind: Token.Kind, _ text: String) -> String {
            Token(kind: kind, text: text, position: .start, isGlued: false).description
        }
        #expect(text(.word, "abc") == "\"abc\"")
        #expect(text(.number(5), "0x5") == "\"0x5\"")
        #expect(text(.variable, "$rU") == "\"$rU\"")
        #expect(text(.string, "a b") == "the string \"a b\"")
        #expect(text(.symbol(.shiftLeft), "") == "\"<<\"")
        #expect(text(.end, "") == "the end of the file")
        let long = String(repeating: "x", count: 50)
        #expect(text(.string, long) == "the string \"\(long.prefix(40))\"")
    }

    @Test(
        "escapes of double quotes",
        arguments: [
            ("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t"), ("\\a", "\u{7}"), ("\\\"", "\""),
            ("\\\\", "\\"), ("\\x41", "A"), ("\\x4a", "J"), ("\\x4A", "J"), ("\\x4", "\\x4"),
            ("\\xg0", "\\xg0"), ("\\101", "A"), ("\\12", "\n"), ("\\1", "\\1"), ("\\8", "\\8"),
            ("\\18", "\\18"), ("\\\n", ""), ("\\b", "\\b"), ("\\$", "\\$"), ("\\", "\\"),
            ("\\1012", "A"), ("\\x414", "A"),
        ])
    func escapes(text: String, expected: String) {
        let bytes = Array(text.utf8)
        var content: [UInt8] = []
        let end = Escape.resolve(bytes, at: 0, into: &content)
        #expect(end > 0 && end <= bytes.count)
        let rest = end < bytes.count && expected.hasPrefix("\\") ? bytes[end...] : []
        #expect(String(decoding: content + rest, as: UTF8.self) == expected)
    }

    @Test(
        "names of definitions are letters, digits and underscores",
        arguments: [
            ("A", true), ("_", true), ("a9", true), ("WITH_TLS", true), ("", false), ("9a", false),
            ("A-B", false), ("A.B", false), ("Ä", false), ("A ", false), (" A", false),
        ])
    func names(text: String, expected: Bool) {
        #expect(Definition.isName(text) == expected)
        #expect(((try? Definition(argument: text)) != nil) == expected)
        #expect(((try? Definition(argument: text + "=1")) != nil) == expected)
    }

    @Test("definitions are kept by name, changed and forgotten")
    func definitions() {
        var definitions = Definitions()
        #expect(definitions["A"] == nil)
        let done1 = definitions.remove("A")
        #expect(!done1)
        let done2 = definitions.set("B", [50])
        #expect(done2)
        let done3 = definitions.set("A", [])
        #expect(done3)
        #expect(definitions.contains("A") && definitions["A"] == [])
        let done4 = definitions.set("A", [49])
        #expect(done4)
        #expect(definitions.all == [Definition("A", "1"), Definition("B", "2")])
        #expect(definitions.names.sorted() == ["A", "B"])
        let done5 = definitions.remove("A")
        #expect(done5)
        #expect(!definitions.contains("A"))
    }

    @Test("a table of definitions that is full still lets values change")
    func fullDefinitions() {
        var definitions = Definitions()
        for place in 0..<Limits.definesMax {
            let isStored = definitions.set("A\(place)", [])
            #expect(isStored)
        }
        let done6 = definitions.set("B", [])
        #expect(!done6)
        let done7 = definitions.set("A0", [49])
        #expect(done7)
        let done8 = definitions.remove("A1")
        #expect(done8)
        let done9 = definitions.set("B", [])
        #expect(done9)
    }

    @Test(
        "a source map finds lines with any end",
        arguments: [
            (1, "one"), (2, "two"), (3, ""), (4, "four"), (5, ""), (6, ""), (100, ""),
        ])
    func lines(number: Int, expected: String) {
        var map = SourceMap()
        let file = map.add(SourceFile(name: "f", bytes: Array("one\ntwo\r\n\nfour\n".utf8)))
        #expect(map.line(Position(file: file, line: number, column: 1)) == expected)
        #expect(map.line(Position(file: file + 1, line: number, column: 1)) == "")
    }

    @Test("a position of a file that is not there has a mark for its name")
    func unknownFile() {
        var map = SourceMap()
        #expect(map.location(.start).file == "?")
        let indices = [
            map.add(SourceFile(name: "a", bytes: [])), map.add(SourceFile(name: "b", bytes: [])),
        ]
        #expect(indices == [0, 1])
        let place = map.location(Position(file: 1, line: 3, column: 4))
        #expect(SourceMapPlace(place) == SourceMapPlace("b", 3, 4))
        #expect(map.files.map(\.name) == ["a", "b"])
    }

    @Test("diagnostics leave out what they have, and stop when they are full")
    func diagnostics() {
        var diagnostics = Diagnostics()
        func error(_ line: Int) -> ScriptError {
            ScriptError(
                .syntax, at: SourceLocation(file: "f", line: line, column: 1), "wrong")
        }
        diagnostics.report(error(1))
        diagnostics.report(error(1))
        #expect(diagnostics.errors.count == 1 && !diagnostics.isFull)
        for line in 2...Limits.scriptErrorsMax { diagnostics.report(error(line)) }
        #expect(diagnostics.isFull)
        diagnostics.report(error(1_000))
        #expect(diagnostics.errors.count == Limits.scriptErrorsMax)
        #expect(diagnostics.errors.last?.location.line == Limits.scriptErrorsMax)
    }

    @Test("errors render one behind the other")
    func rendering() {
        let place = SourceLocation(file: "f", line: 1, column: 1)
        let errors = ScriptErrors([
            ScriptError(.syntax, at: place, "one"), ScriptError(.file, at: place, "two"),
        ])
        #expect(errors.rendered == "f:1:1: error: one\nf:1:1: error: two")
    }

    @Test("files in memory are found by name, variables too")
    func memoryFiles() throws {
        let files = MemoryFiles(["a": "x"], variables: ["HOME": "/home/sip"])
        #expect(try files.read("a") == [120])
        #expect(throws: FileFailure(isMissing: true, "No such file or directory")) {
            _ = try files.read("b")
        }
        #expect(files.environment("HOME") == "/home/sip")
        #expect(files.environment("PATH") == nil)
    }

    @Test(
        "distances count insertions, deletions, replacements and swaps",
        arguments: [
            ("save", "save", 0), ("save", "SAVE", 0), ("save", "sav", 1), ("save", "saves", 1),
            ("save", "sane", 1), ("save", "saev", 1), ("save", "asev", 2), ("", "ab", 2),
            ("kitten", "sitting", 3), ("abc", "cba", 2),
        ])
    func distances(left: String, right: String, expected: Int) {
        #expect(NearestName.distance(left, right, atMost: 9) == expected)
        #expect(NearestName.distance(right, left, atMost: 9) == expected)
        #expect(NearestName.distance(left, right, atMost: expected) == expected)
        guard expected > 0 else { return }
        #expect(NearestName.distance(left, right, atMost: expected - 1) == nil)
    }

    @Test("of several near names the nearest is suggested, of equals the first")
    func nearest() {
        #expect(NearestName.find("lookup", among: ["lookups", "lokup", "xyz"]) == "lookups")
        #expect(NearestName.find("lookupp", among: ["lookxpx", "lookup"]) == "lookup")
        #expect(NearestName.find("abc", among: ["abc"]) == nil)
        #expect(NearestName.find("ab", among: ["xy"]) == nil)
        #expect(NearestName.find("a", among: ["b"]) == "b")
        let long = String(repeating: "a", count: 65)
        #expect(NearestName.find(long, among: [long + "b"]) == nil)
        #expect(NearestName.distance(long, long, atMost: 9) == nil)
    }
}

@Suite("Networks")
struct NetworkTests {
    /// Whether a network holds an address; nil when one of them is no address.
    private func holds(_ network: String, _ address: String) -> Bool? {
        let bytes = Array(address.utf8)
        guard let network = Network(network),
            let address = PeerAddress(literal: bytes.span, port: 5060)
        else { return nil }
        return network.contains(address)
    }

    @Test(
        "addresses belong to networks by their first bits",
        arguments: [
            ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("10.9.9.9/8", "10.0.0.1", true), ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::2", false), ("::/0", "10.0.0.1", false),
            ("192.168.1.128/25", "192.168.1.127", false),
            ("192.168.1.128/25", "192.168.1.200", true), ("10.0.0.0/31", "10.0.0.1", true),
            ("10.0.0.0/31", "10.0.0.2", false), ("10.0.0.0/32", "10.0.0.1", false),
            ("128.0.0.0/1", "255.0.0.1", true), ("128.0.0.0/1", "127.0.0.1", false),
            ("[2001:db8::]/32", "2001:db8:1::1", true), ("[2001:db8::]/32", "2001:db9::1", false),
            ("[2001:db8::1]", "2001:db8::1", true), ("[2001:db8::1]", "2001:db8::2", false),
            ("2001:db8::/64", "2001:db8::ffff", true), ("2001:db8::/64", "2001:db8:0:1::", false),
            ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("::/0", "2001:db8::1", true),
            ("2001:db8::1/128", "2001:db8::1", true), ("2001:db8::1/127", "2001:db8::", true),
        ])
    func members(network: String, address: String, expected: Bool) {
        #expect(holds(network, address) == expected)
    }

    @Test(
        "what is no network is refused",
        arguments: [
            "", "10", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/-1",
            "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8/8", "/8", "2001:db8::/129", "[::1", "[]",
            "example.com", "::1::2", "[10.0.0.1]",
        ])
    func refused(text: String) {
        #expect(Network(text) == nil)
    }
}

@Suite("Substitutions")
struct SubstitutionTests {
    @Test(
        "matches are replaced, once or everywhere",
        arguments: [
            ("/a/b/", "aaa", "baa"), ("/a/b/g", "aaa", "bbb"), ("/A/b/ig", "aAa", "bbb"),
            ("/A/b/g", "aaa", "aaa"), ("!a!b!", "a/a", "b/a"), ("/x/y/", "abc", "abc"),
            ("/x/y/", "", ""), ("/^/>/", "abc", ">abc"), ("/$/</", "abc", "abc<"),
            ("/b*/-/g", "abc", "-a-c-"), ("/(a)(b)/\\2\\1/", "abab", "baab"),
            ("/(a)(b)/\\2\\1/g", "abab", "baba"), ("/(a)|(b)/[\\1\\2]/g", "ab", "[a][b]"),
            ("/a/\\0\\0/", "a", "aa"), ("/a/\\\\/", "a", "\\"), ("/a/\\q/", "a", "\\q"),
            ("/\\//-/g", "a/b/c", "a-b-c"), ("/a/\\//", "a", "/"), ("/a//g", "banana", "bnn"),
            ("/[0-9]+/N/g", "1 22 333", "N N N"), ("/é/e/", "café", "cafe"),
            ("/a.c/x/", "abc", "x"), ("@a@b@", "cat", "cbt"), ("/b/$&/", "abc", "a$&c"),
        ])
    func replacing(rule: String, text: String, expected: String) throws {
        #expect(try Substitution(rule).apply(to: Array(text.utf8)) == Array(expected.utf8))
    }

    @Test(
        "what is no rule is refused",
        arguments: [
            "", "a", "/", "//", "///", "/a", "/a/b", "/a/b/c/d", "a/b/c", "1a1b1", "/a/b/x",
            "/a/b/gx", "/(/b/", "/[/b/", "/a{2,1}/b/",
        ])
    func refused(rule: String) {
        #expect(throws: ArgumentError.self) { _ = try Substitution(rule) }
    }

    @Test("a replacement that makes a string long ends near the bound")
    func bounded() throws {
        let rule = try Substitution("/a/\(String(repeating: "b", count: 1_000))/g")
        let bytes = rule.apply(to: [UInt8](repeating: 97, count: 10_000))
        #expect(bytes.count <= Limits.scriptTextBytesMax + 11_000)
        #expect(bytes.last == 97)
    }
}
