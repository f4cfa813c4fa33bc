import Basics
import ModuleKit
import Testing

/// The message of the rig with other header fields in place of its X-Multi ones.
private func message(_ fields: String...) -> String {
    ScriptRig.request.replacing(
        "X-Multi: one\nX-Multi: two\nX-Multi: three\n", with: fields.map { $0 + "\n" }.joined())
}

/// `$hdr`, `$hdrc`, `$hfl` and `$hflc`: names in all forms, indexes from both ends, lists.
@Suite("Header fields in variables")
struct HeaderVariableTests {
    @Test(
        "a name is found without regard to case, in long and in compact form",
        arguments: [
            ("Via", "SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"),
            ("VIA", "SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"),
            ("v", "SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"),
            ("V", "SIP/2.0/UDP 10.1.2.3:5070;branch=z9hG4bK1"),
            ("f", "\"Al\" <sip:alice@example.org>;tag=tag-a"),
            ("t", "\"Carol C\" <sip:carol@example.com>"), ("i", "call-script"),
            ("m", "<sip:alice@127.0.0.9>"), ("c", "text/plain"), ("l", "5"), ("k", "path, gruu"),
            ("subject", "hello there"), ("S", "hello there"), ("user-AGENT", "t/6"),
            ("x-multi", "one"), ("X-Mult", "<null>"), ("X-Multii", "<null>"), ("o", "<null>"),
        ])
    func names(name: String, expected: String) throws {
        #expect(try expanded("$hdr(\(name))") == expected)
        #expect(
            try said("$var(n) = \"\(name)\";", "$hdr($var(n))") == expected, "as a computed name")
    }

    @Test(
        "an index counts from the first field or from the last, and beyond either end is null",
        arguments: [
            (0, "one"), (1, "two"), (2, "three"), (3, "<null>"), (99, "<null>"), (-1, "three"),
            (-2, "two"), (-3, "one"), (-4, "<null>"), (-99, "<null>"),
            (Int(Int32.max), "<null>"), (Int(Int32.min), "<null>"),
        ])
    func indexes(index: Int, expected: String) throws {
        #expect(try expanded("$(hdr(X-Multi)[\(index)])") == expected)
        #expect(
            try said("$var(i) = \(index);", "$(hdr(X-Multi)[$var(i)])") == expected, "computed")
        #expect(
            try said("$var(n) = \"X-Multi\"; $var(i) = \(index);", "$(hdr($var(n))[$var(i)])")
                == expected, "computed name and index")
    }

    @Test(
        "an index that is no number when the script runs is null",
        arguments: ["\"x\"", "\"1x\"", "$null", "\"\""])
    func oddIndexes(value: String) throws {
        let shown = try said("$vn(i) = \(value);", "$(hdr(X-Multi)[$vn(i)])")
        // An empty text is worth 0, as everywhere in the language.
        #expect(shown == (value == "\"\"" ? "one" : "<null>"))
    }

    @Test(
        "[*] gives all fields of a name with commas between them",
        arguments: [
            (["X-A: 1"], "1"), (["X-A: 1", "x-a: 2"], "1,2"),
            (["X-A: 1", "Y: 0", "X-A: 2", "X-A: 3"], "1,2,3"), (["X-A:", "X-A: 2"], ",2"),
            (["X-A: a, b", "X-A: c"], "a, b,c"), ([], "<null>"), (["X-B: 1"], "<null>"),
        ])
    func all(fields: [String], expected: String) throws {
        let text = ScriptRig.request.replacing(
            "X-Multi: one\nX-Multi: two\nX-Multi: three\n",
            with: fields.map { $0 + "\n" }.joined())
        #expect(try expanded("$(hdr(X-A)[*])", text) == expected)
        #expect(
            try expanded("$hdrc(X-A)", text)
                == "\(fields.count { $0.lowercased().hasPrefix("x-a") })")
    }

    @Test("an empty field is there, counts, and reads as an empty text")
    func empty() throws {
        let text = message("X-E:", "X-E:   ", "X-E: v")
        #expect(
            try expanded("$hdrc(X-E) [$hdr(X-E)] [$(hdr(X-E)[1])] [$(hdr(X-E)[2])]", text)
                == "3 [] [] [v]")
    }

    @Test(
        "white space around a value does not belong to it, and a folded line does",
        arguments: [
            ("X-W:   v  ", "v"), ("X-W:\tv\t", "v"), ("X-W: a  b", "a  b"),
            ("X-W : v", "v"),
        ])
    func space(field: String, expected: String) throws {
        #expect(try expanded("$hdr(X-W)", message(field)) == expected)
    }

    @Test(
        "what a computed name may be, and what it may not",
        arguments: [
            ("\"X-Multi\"", "one"), ("\"\"", "<null>"), ("\"X Multi\"", "<null>"),
            ("\"X-Multi:\"", "<null>"), ("\"X-Multi\\r\\nEvil\"", "<null>"), ("5", "<null>"),
            ("$null", "<null>"), ("$rm", "<null>"),
        ])
    func computedNames(value: String, expected: String) throws {
        #expect(try said("$vn(n) = \(value);", "$hdr($vn(n))") == expected)
        #expect(
            try said("$vn(n) = \(value);", "$hdrc($vn(n))") == (expected == "one" ? "3" : "0"))
    }

    @Test("the fields of a list are looked at one by one, across lines and in compact form")
    func lists() throws {
        let text = message(
            "Route: <sip:r1@h;lr>, \"A, B\" <sip:r2@h;lr>", "Route: <sip:r3@h;x=\"a,b\";lr>",
            "Record-Route: <sip:rr@h;lr>,<sip:rs@h;lr>", "Path: <sip:p1@h>,<sip:p2@h>",
            "Service-Route: <sip:s@h>", "Allow: INVITE,ACK ,BYE", "m: <sip:m@h>, <sip:n@h>")
        let expected = [
            ("$hflc(Route)", "3"), ("$hfl(Route)", "<sip:r1@h;lr>"),
            ("$(hfl(Route)[1])", "\"A, B\" <sip:r2@h;lr>"),
            ("$(hfl(Route)[2])", "<sip:r3@h;x=\"a,b\";lr>"), ("$(hfl(Route)[3])", "<null>"),
            ("$(hfl(Route)[-3])", "<sip:r1@h;lr>"), ("$(hfl(Route)[-4])", "<null>"),
            ("$hflc(Record-Route)", "2"), ("$(hfl(Record-Route)[-1])", "<sip:rs@h;lr>"),
            ("$hflc(Path)", "2"), ("$(hfl(Path)[1])", "<sip:p2@h>"), ("$hflc(Service-Route)", "1"),
            ("$hflc(Allow)", "3"), ("$(hfl(Allow)[1])", "ACK"), ("$hflc(Contact)", "3"),
            ("$(hfl(m)[2])", "<sip:n@h>"), ("$hflc(k)", "2"), ("$(hfl(Supported)[1])", "gruu"),
        ]
        for (template, value) in expected {
            #expect(try expanded(template, text) == value, "\(template)")
        }
    }

    @Test("a field that is no list is one body, commas or not")
    func noList() throws {
        let text = message("X-L: a, b", "X-L: c")
        #expect(try expanded("$hflc(X-L) $hfl(X-L) $(hfl(X-L)[1])", text) == "2 a, b c")
        #expect(try expanded("$(hfl(Subject)[0]) $hflc(Subject)", text) == "hello there 1")
    }

    @Test("an index of a list may be computed")
    func computedList() throws {
        #expect(
            try said("$var(i) = 1;", "$(hfl(Supported)[$var(i)]) $(hfl(Supported)[-1])")
                == "gruu gruu")
        #expect(try said("$var(i) = \"x\";", "$(hfl(Supported)[$var(i)])") == "<null>")
    }

    @Test("hundreds of fields are counted and reached")
    func many() throws {
        let fields = (0..<40).map { "X-N: v\($0)\n" }.joined()
        let text = ScriptRig.request.replacing(
            "X-Multi: one\nX-Multi: two\nX-Multi: three\n", with: fields)
        #expect(
            try expanded("$hdrc(X-N) $hdr(X-N) $(hdr(X-N)[39]) $(hdr(X-N)[-40])", text)
                == "40 v0 v39 v0")
    }

    @Test("a value lives on in a variable when the next message comes")
    func kept() throws {
        let rig = try ScriptRig(
            "note(\"$var(h) $vn(a)\"); $var(h) = $hdr(X-Multi); $vn(a) = $(hdr(X-Multi)[*]);")
        #expect(try rig.run() == ["0 <null>"])
        let other = message("X-Multi: another value that is longer than the first one")
        #expect(try rig.run(other) == ["one one,two,three"])
        #expect(try rig.run().first?.hasPrefix("another value") == true)
    }

    @Test("a comparison and a match work on the value of a field")
    func conditions() throws {
        #expect(try holds("$hdr(X-Multi) == \"one\""))
        #expect(try holds("$(hdr(X-Multi)[-1]) =~ \"^thr\""))
        #expect(try holds("$hdr(None) == $null"))
        #expect(try holds("$hdrc(X-Multi) > 2"))
        #expect(try !holds("$hdr(X-Multi) == \"ONE\""))
        #expect(try holds("$hdr(None) != \"\"") || holds("$hdr(None) == \"\""))
    }
}
