import Basics
import SIPSyntax
import TestSupport
import Testing

/// Laws that hold for every header section and every list, tried on random ones.
@Suite("Laws of header fields")
struct HeaderPropertyTests {
    /// A field by all its names, and a value in words that a fold may stand between.
    private struct Field {
        var names: [String]
        var words: [String]
        var value: String { words.joined(separator: " ") }
    }

    private static let pool: [Field] = [
        Field(names: ["Subject", "s"], words: ["I", "know", "you're", "there"]),
        Field(names: ["Supported", "k"], words: ["path"]),
        Field(names: ["Contact", "m"], words: ["\"A, B\"", "<sip:a,b@h>;x=\"q ;\""]),
        Field(names: ["Content-Type", "c"], words: ["application/sdp"]),
        Field(names: ["Event", "o"], words: ["reg;id=5"]),
        Field(names: ["Allow"], words: ["INVITE,ACK"]),
        Field(names: ["Route"], words: ["<sip:p;lr>,", "<sip:q;lr>"]),
        Field(names: ["X-Unknown"], words: ["any", "thing;", "<at all", "\"unclosed"]),
        Field(names: ["Y"], words: ["\u{e4}\u{f6}\u{fc}", "\u{1f600}"]),
        Field(names: ["User-Agent"], words: ["Phone/1.0", "(x;", "y)"]),
        Field(names: ["Empty"], words: []),
        Field(names: ["Via", "v"], words: ["SIP/2.0/UDP", "h;branch=z9hG4bK1"]),
    ]

    /// A name in random case.
    private func spelled(_ name: String, _ random: inout SeededNumbers) -> String {
        String(
            name.map {
                Bool.random(using: &random)
                    ? Character($0.uppercased()) : Character($0.lowercased())
            })
    }

    private func choice(_ options: [String], _ random: inout SeededNumbers) -> String {
        options[Int.random(in: 0..<options.count, using: &random)]
    }

    @Test(
        "names, case, folds, blanks and line ends change nothing of what a field says",
        arguments: [31, 32, 33] as [UInt64])
    func presentation(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<120 {
            var fields: [Field] = []
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                fields.append(Self.pool[Int.random(in: 0..<Self.pool.count, using: &random)])
            }
            let end = choice(["\r\n", "\n"], &random)
            var text = "OPTIONS sip:h SIP/2.0" + end
            for field in fields {
                text += spelled(choice(field.names, &random), &random)
                text += choice(["", " ", "\t "], &random) + ":"
                for word in field.words {
                    text += choice([" ", "\t", "  ", end + " ", end + "\t "], &random) + word
                }
                text += choice(["", " ", "\t"], &random) + end
            }
            let message = try loaded(text + end)
            #expect(message.headerCount == fields.count)
            for (number, field) in fields.enumerated() {
                let found = message.field(number)
                let name = Array(field.names[0].utf8)
                #expect(found.name == HeaderName(name: name.span), "\(text)")
                var writer = ByteWriter()
                message.writeValue(ofField: number, into: &writer)
                let words = writer.text.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
                #expect(words == field.value, "\(text)")
            }
        }
    }

    @Test("fields of a name are found in their order, by name and by text")
    func order() throws {
        var random = SeededNumbers(seed: 34)
        for _ in 0..<60 {
            var text = "OPTIONS sip:h SIP/2.0\r\n"
            var expected: [String: [String]] = [:]
            for number in 0..<Int.random(in: 1...40, using: &random) {
                let name = choice(["X-A", "X-B", "Subject", "Path", "Warning"], &random)
                expected[name, default: []].append("v\(number)")
                text += "\(spelled(name, &random)): v\(number)\r\n"
            }
            let message = try loaded(text + "\r\n")
            for (name, values) in expected {
                let bytes = Array(name.utf8)
                var found: [String] = []
                var number = message.firstField(named: bytes.span)
                while let field = number {
                    found.append(message.text(message.field(field).value) ?? "")
                    number = message.nextField(named: bytes.span, after: field)
                }
                #expect(found == values)
                for (occurrence, value) in values.enumerated() {
                    let range = message.header(named: bytes.span, occurrence: occurrence)
                    #expect(message.text(range) == value)
                }
                let behind = message.header(named: bytes.span, occurrence: values.count)
                #expect(behind == nil)
            }
        }
    }

    /// A random Contact without blanks around it.
    private func contact(_ random: inout SeededNumbers) -> String {
        var text = choice(
            [
                "<sip:a@h>", "\"x, y\" <sip:a,b@h;lr>", "sip:bare@h", "Name N <sips:[::1]:5061>",
                "\"q\\\"uote\\\\\"<tel:+1>", "<sip:h?a=b&c=d>", "\"<>\" <sip:odd@h>",
            ], &random)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            text += choice(
                [
                    ";q=0.5", ";expires=60", ";x=\"a, b;c\"", ";flag", " ; spaced = 1",
                    ";+sip.instance=\"<urn:x,y>\"",
                ], &random)
        }
        return text
    }

    @Test(
        "two ways of walking a list agree, across commas, fields and blanks",
        arguments: [41, 42] as [UInt64])
    func lists(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<150 {
            var expected: [String] = []
            var text = "REGISTER sip:h SIP/2.0\r\n"
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                var line: [String] = []
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    line.append(contact(&random))
                }
                expected += line
                let comma = choice([",", ", ", " ,", " , ", ",\r\n ", ",,", ", ,"], &random)
                text += "Contact:" + line.joined(separator: comma) + "\r\n"
            }
            let message = try loaded(text + "\r\n")
            var walked: [String?] = []
            var all = message.contacts
            while let contact = try all.next() { walked.append(message.text(contact.whole)) }
            #expect(walked == expected, "\(text)")
            #expect(message.texts(.contact) == expected, "\(text)")
        }
    }

    @Test("a comma at an end or between commas separates nothing from nothing")
    func emptyElements() throws {
        for line in [",<sip:a>", "<sip:a>,", " , ,<sip:a>, ,", ",,,<sip:a>"] {
            let message = try loaded(Sample.request("Contact: \(line)"))
            #expect(message.texts(.contact) == ["<sip:a>"])
            var contacts = message.contacts
            let first = try contacts.next()
            #expect(message.text(first?.whole) == "<sip:a>")
            let second = try contacts.next()
            #expect(second == nil)
        }
        let none = try loaded(Sample.request("Contact: ,", "Supported:", "k: , ,"))
        #expect(none.texts(.contact).isEmpty)
        #expect(none.texts(.supported).isEmpty)
    }

    @Test("parameters are found as they were written", arguments: [51, 52] as [UInt64])
    func parameters(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<200 {
            var expected: [String] = []
            var text = ""
            for number in 0..<Int.random(in: 0...8, using: &random) {
                let name = "n\(number)" + choice(["", "-x", ".y", "!%*_+`'~"], &random)
                let value = choice(
                    ["", "v", "\"\"", "\"a;b=c,d\"", "\"\\\"\"", "[::1]", "1.5", "\"\\\\\""],
                    &random)
                expected.append(name + (value.isEmpty ? "" : "=" + value))
                text += choice([";", " ;", "; ", "\t;\t"], &random) + name
                if !value.isEmpty { text += choice(["=", " = ", "= ", "\t="], &random) + value }
            }
            let bytes = Array(text.utf8)
            var all = HeaderParameters(bytes.span, in: ByteRange(offset: 0, count: bytes.count))
            var found: [String] = []
            while let parameter = all.next() {
                let name = cut(text, parameter.name) ?? ""
                found.append(name + (cut(text, parameter.value).map { "=" + $0 } ?? ""))
                let upper = Array(name.uppercased().utf8)
                let again = HeaderParameters.find(
                    upper.span, of: bytes.span, in: ByteRange(offset: 0, count: bytes.count))
                #expect(again?.name == parameter.name)
            }
            #expect(found == expected, "\(text)")
        }
    }

    @Test("of parameters of one name the first counts")
    func firstParameter() {
        let text = ";a=1;A=2;a"
        let bytes = Array(text.utf8)
        let name = Array("A".utf8)
        let found = HeaderParameters.find(
            name.span, of: bytes.span, in: ByteRange(offset: 0, count: bytes.count))
        #expect(cut(text, found?.value) == "1")
        let missing = Array("b".utf8)
        let none = HeaderParameters.find(
            missing.span, of: bytes.span, in: ByteRange(offset: 0, count: bytes.count))
        #expect(none == nil)
    }

    @Test(
        "quotes are taken off where there are two of them",
        arguments: [
            ("\"a\"", "a"), ("\"\"", ""), ("a", "a"), ("\"", "\""), ("", ""), ("\"a", "\"a"),
            ("a\"", "a\""), ("\"a\"b\"", "a\"b"), ("'a'", "'a'"),
        ])
    func unquoted(text: String, expected: String) {
        let range = with(text) { bytes in
            ByteRange(offset: 0, count: bytes.count).unquoted(in: bytes)
        }
        #expect(cut(text, range) == expected)
    }
}
