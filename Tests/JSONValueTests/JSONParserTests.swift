import Basics
import JSONValue
import Testing

/// Documents that RFC 8259 allows, refuses or leaves open, each by the rule that decides.
@Suite("JSON parser")
struct JSONParserTests {
    /// A document and what it means.
    struct Accepted: Sendable, CustomTestStringConvertible {
        let text: String
        let value: JSONValue
        init(_ text: String, _ value: JSONValue) {
            self.text = text
            self.value = value
        }
        var testDescription: String { text }
    }

    static let accepted: [Accepted] = [
        Accepted("null", nil), Accepted("true", true), Accepted("false", false),
        Accepted("0", 0), Accepted("-0", 0), Accepted("-1", -1), Accepted(" 7\n", 7),
        Accepted("9223372036854775807", .integer(.max)),
        Accepted("-9223372036854775808", .integer(.min)),
        Accepted("9223372036854775808", .double(9_223_372_036_854_775_808)),
        Accepted("1.5", 1.5), Accepted("1e3", .double(1000)), Accepted("1E+2", .double(100)),
        Accepted("-2.5e-1", -0.25), Accepted("1e-400", .double(0)),
        Accepted("\"\"", ""), Accepted("\"a\"", "a"), Accepted("\"é\"", "é"),
        Accepted("\"\\u00e9\"", "é"), Accepted("\"\\uD83D\\uDE00\"", "😀"),
        Accepted("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"),
        Accepted("\"\\u0000\"", "\0"), Accepted("\"\u{7F}\"", "\u{7F}"),
        Accepted("\"\u{2028}\"", "\u{2028}"), Accepted("\"\\uFFFF\"", "\u{FFFF}"),
        Accepted("[]", []), Accepted("[ ]", []), Accepted("[1,2]", [1, 2]),
        Accepted("[[],{}]", [[], [:]]), Accepted("[null, 1, \"1\", {}]", [nil, 1, "1", [:]]),
        Accepted("{}", [:]), Accepted("{\"a\":1}", ["a": 1]), Accepted("{\"\":0}", ["": 0]),
        Accepted("{\"a\":1,\"A\":2}", ["a": 1, "A": 2]),
        Accepted("\t{ \"a\" :\r\n[ true ] } ", ["a": [true]]),
        Accepted("{\"b\":1,\"a\":2}", .object([.init("b", 1), .init("a", 2)])),
    ]

    @Test("a document that RFC 8259 allows is read", arguments: accepted)
    func reads(_ document: Accepted) throws {
        #expect(try JSONValue(parsing: document.text) == document.value)
    }

    /// A text that is no document, and what is wrong where.
    struct Refused: Sendable, CustomTestStringConvertible {
        let text: String
        let error: JSONError
        init(_ text: String, _ kind: JSONError.Kind, _ offset: Int) {
            self.text = text
            error = JSONError(kind, at: offset)
        }
        var testDescription: String { text }
    }

    static let refused: [Refused] = [
        Refused("", .incomplete, 0), Refused(" ", .incomplete, 1), Refused("nul", .incomplete, 3),
        Refused("nulL", .unexpected, 3), Refused("True", .unexpected, 0),
        Refused("NaN", .unexpected, 0), Refused("Infinity", .unexpected, 0),
        Refused("'a'", .unexpected, 0), Refused("1 2", .trailing, 2), Refused("[]]", .trailing, 2),
        Refused("null,", .trailing, 4), Refused("{}{}", .trailing, 2),
        Refused("+1", .unexpected, 0), Refused(".5", .unexpected, 0), Refused("-", .incomplete, 1),
        Refused("-a", .number, 1), Refused("01", .number, 0), Refused("-01", .number, 1),
        Refused("1.", .incomplete, 2), Refused("1.e1", .number, 2), Refused("1e", .incomplete, 2),
        Refused("1e+", .incomplete, 3), Refused("1e400", .number, 0), Refused("0x10", .trailing, 1),
        Refused("[1,]", .unexpected, 3), Refused("[,1]", .unexpected, 1),
        Refused("[1", .incomplete, 2), Refused("[1 2]", .unexpected, 3),
        Refused("[1}", .unexpected, 2), Refused("[", .incomplete, 1), Refused("]", .unexpected, 0),
        Refused("{", .incomplete, 1), Refused("{\"a\"", .incomplete, 4),
        Refused("{\"a\":", .incomplete, 5), Refused("{\"a\":1", .incomplete, 6),
        Refused("{\"a\":1,}", .unexpected, 7), Refused("{\"a\" 1}", .unexpected, 5),
        Refused("{a:1}", .unexpected, 1), Refused("{1:1}", .unexpected, 1),
        Refused("{\"a\"::1}", .unexpected, 5), Refused("{\"a\":1 \"b\":2}", .unexpected, 7),
        Refused("{\"a\":1,\"a\":2}", .duplicate, 7),
        Refused("{\"a\":1,\"\\u0061\":2}", .duplicate, 7),
        Refused("\"", .incomplete, 1), Refused("\"a", .incomplete, 2),
        Refused("\"\\", .incomplete, 2), Refused("\"\\x\"", .escape, 1),
        Refused("\"\\u12\"", .escape, 5), Refused("\"\\u12G4\"", .escape, 5),
        Refused("\"\\uD800\"", .escape, 1), Refused("\"\\uDC00\"", .escape, 1),
        Refused("\"\\uD800\\u0041\"", .escape, 1), Refused("\"\\uD800x\"", .escape, 1),
        Refused("\"a\nb\"", .control, 2), Refused("\"\t\"", .control, 1),
        Refused("\"\u{1F}\"", .control, 1), Refused("[1] // no", .trailing, 4),
        Refused("/**/1", .unexpected, 0), Refused("\u{FEFF}1", .unexpected, 0),
        Refused("[\u{A0}1]", .unexpected, 1), Refused("\u{C}1", .unexpected, 0),
    ]

    @Test("a text that is no document is refused at its first wrong byte", arguments: refused)
    func refuses(_ document: Refused) {
        #expect(throws: document.error) { try JSONValue(parsing: document.text) }
    }

    static let malformed: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF],
        [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xEF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    @Test("bytes that are no UTF-8 are refused", arguments: malformed)
    func refusesEncoding(_ bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let document = [quote] + bytes + [quote]
        #expect(throws: JSONError(.encoding, at: 1)) { try JSONValue(parsing: document.span) }
    }

    @Test("nesting is allowed to the limit and refused one deeper")
    func depth() throws {
        let most = Limits.jsonDepthMax
        let deep = String(repeating: "[", count: most) + String(repeating: "]", count: most)
        #expect(try JSONValue(parsing: deep)[0] != nil)
        #expect(throws: JSONError(.depth, at: most)) { try JSONValue(parsing: "[" + deep + "]") }
        let endless = String(repeating: "{\"a\":", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: endless) }
    }

    @Test("names that Unicode calls equal but bytes do not are two names")
    func names() throws {
        let value = try JSONValue(parsing: "{\"\\u00e9\":1,\"e\\u0301\":2}")
        #expect(value.members?.count == 2)
    }

    @Test("an object of very many members costs no quadratic time, and its last duplicate is found")
    func manyMembers() throws {
        var text = "{"
        for number in 0..<50_000 { text += "\"member\(number)\":\(number)," }
        #expect(try JSONValue(parsing: text + "\"last\":0}").members?.count == 50_001)
        #expect(throws: JSONError(.duplicate, at: text.utf8.count)) {
            try JSONValue(parsing: text + "\"member4711\":0}")
        }
    }

    @Test("no cut of a document is a document, and none is read beyond its end")
    func cuts() {
        let text = #"{"a":[1,-2.5e3,true,false,null,"x\u00e9\n"],"b":{"c":""}}"#
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(bytes[..<length]).span) }
        }
    }

    @Test("one changed byte leads to a value or an error, never to a trap")
    func mutations() {
        let bytes = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00"],"b":{}}"#.utf8)
        var read = 0
        for place in bytes.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = bytes
                changed[place] = byte
                if (try? JSONValue(parsing: changed.span)) != nil { read += 1 }
            }
        }
        #expect(read > 0)
    }
}
