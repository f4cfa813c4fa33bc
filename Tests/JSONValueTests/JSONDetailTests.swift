import Basics
import JSONValue
import Testing

/// Rules of the parser that need more than one document to be seen.
@Suite("JSON parser in detail")
struct JSONDetailTests {
    @Test(
        "an error is one sentence with its place",
        arguments: [
            ("[1", "the document ends too early at byte 2"),
            ("1 1", "something follows the document at byte 2"),
            ("[?]", "an unexpected character at byte 1"),
            ("01", "a malformed number at byte 0"),
            ("\"\n\"", "an unescaped control character at byte 1"),
            (#""\x""#, "a malformed escape at byte 1"),
            (#"{"a":1,"a":1}"#, "a member name that occurs twice at byte 7"),
        ])
    func sentences(_ text: String, _ sentence: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.message == sentence)
    }

    @Test("bytes that are no UTF-8 and nesting beyond the limit have their sentences too")
    func otherSentences() {
        let bytes: [UInt8] = [0x22, 0xFF, 0x22]
        let encoding = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes.span) }
        #expect(encoding?.message == "bytes that are not UTF-8 at byte 1")
        let nested = Array("[[[".utf8)
        let depth = #expect(throws: JSONError.self) {
            try JSONValue(parsing: nested.span, depthMax: 2)
        }
        #expect(depth?.message == "too deep nesting at byte 2")
    }

    @Test("the depth allowed is counted over arrays and objects alike", arguments: 1...6)
    func depth(_ most: Int) throws {
        for level in 1...8 {
            var text = "7"
            for step in 0..<level { text = step % 2 == 0 ? "[\(text)]" : "{\"a\":\(text)}" }
            let bytes = Array(text.utf8)
            let read = try? JSONValue(parsing: bytes.span, depthMax: most)
            #expect((read != nil) == (level <= most))
        }
    }

    @Test("siblings do not count as depth")
    func siblings() throws {
        let bytes = Array("[\(Array(repeating: "[]", count: 500).joined(separator: ","))]".utf8)
        #expect(try JSONValue(parsing: bytes.span, depthMax: 2).items?.count == 500)
    }

    @Test("a document without depth is the author's mistake")
    func noDepth() async {
        await #expect(processExitsWith: .failure) {
            _ = try? JSONValue(parsing: [UInt8]([0x31]).span, depthMax: 0)
        }
    }

    @Test("blanks may stand between any two tokens, and only the four of RFC 8259 are blanks")
    func blanks() throws {
        let tokens = [
            "{", "\"a\"", ":", "[", "1", ",", "-2.5e1", ",", "true", ",", "null", "]", ",",
            "\"b\"", ":", "{", "}", "}",
        ]
        let plain = try JSONValue(parsing: tokens.joined())
        for blank in [" ", "\t", "\n", "\r", "\r\n \t"] {
            let text = blank + tokens.joined(separator: blank) + blank
            #expect(try JSONValue(parsing: text) == plain)
        }
        for other in ["\u{B}", "\u{C}", "\u{A0}", "\u{2003}", "\0"] {
            #expect(throws: JSONError.self) {
                try JSONValue(parsing: tokens.joined(separator: other))
            }
        }
    }

    @Test("a duplicate is found at each place of objects around the change to a set")
    func duplicates() throws {
        for count in 1...20 {
            let members = (0..<count).map { "\"name\($0)\":\($0)" }
            let text = "{" + members.joined(separator: ",")
            #expect(try JSONValue(parsing: text + "}").members?.count == count)
            for place in 0..<count {
                #expect(throws: JSONError(.duplicate, at: text.utf8.count + 1)) {
                    try JSONValue(parsing: text + ",\"name\(place)\":0}")
                }
            }
        }
    }

    @Test("the same name in another object is no duplicate")
    func nestedNames() throws {
        let value = try JSONValue(parsing: #"{"a":{"a":{"a":1}},"b":[{"a":2},{"a":3}]}"#)
        #expect(value["a"]?["a"]?["a"] == 1)
        #expect(value["b"]?[1]?["a"] == 3)
    }

    /// Four digits of an escape.
    private static func digits(_ code: Int, isUpper: Bool) -> String {
        let text = String(code, radix: 16, uppercase: isUpper)
        return String(repeating: "0", count: 4 - text.count) + text
    }

    @Test("every escape of four digits is its character, and half a pair is none")
    func everyEscape() throws {
        for start in stride(from: 0, to: 0x10000, by: 1024) {
            let isHalf = start >= 0xD800 && start < 0xE000
            var text = ""
            var expected = String.UnicodeScalarView()
            for code in start..<(start + 1024) {
                text += "\\u" + Self.digits(code, isUpper: code % 2 == 0)
                if let scalar = Unicode.Scalar(UInt32(code)) { expected.append(scalar) }
            }
            if isHalf {
                #expect(throws: JSONError(.escape, at: 1)) {
                    try JSONValue(parsing: "\"\(text)\"")
                }
            } else {
                let read = try #require(try JSONValue(parsing: "\"\(text)\"").text)
                #expect(read.unicodeScalars.elementsEqual(expected))
            }
        }
    }

    @Test(
        "a pair of escapes is one character beyond the first plane",
        arguments: [
            ("D800", "DC00", 0x10000), ("d800", "dfff", 0x103FF), ("dbff", "dc00", 0x10FC00),
            ("DBFF", "DFFF", 0x10FFFF), ("D83D", "DE00", 0x1F600),
        ] as [(String, String, UInt32)])
    func pairs(_ high: String, _ low: String, _ code: UInt32) throws {
        let read = try JSONValue(parsing: "\"\\u\(high)\\u\(low)\"").text
        #expect(read?.unicodeScalars.map(\.value) == [code])
        #expect(throws: JSONError.self) { try JSONValue(parsing: "\"\\u\(low)\\u\(high)\"") }
    }

    @Test("a room that strings share holds nothing of the string before")
    func sharedRoom() throws {
        let value = try JSONValue(parsing: #"["\u00e9long","\n","","é","\\"]"#)
        #expect(value == ["élong", "\n", "", "é", "\\"])
    }

    @Test("random doubles are read back to the last bit", arguments: 1...20)
    func doubles(_ seed: UInt64) throws {
        var state = seed
        for _ in 0..<100 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Double(bitPattern: state)
            guard number.isFinite else { continue }
            let read = try JSONValue(parsing: JSONValue.double(number).encoded())
            #expect(read.number == number)
        }
    }

    static let bounds: [(String, JSONValue)] = [
        ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
        ("-1.7976931348623157e308", .double(-Double.greatestFiniteMagnitude)),
        ("5e-324", .double(.leastNonzeroMagnitude)), ("2e-324", .double(0)),
        ("9007199254740993", 9_007_199_254_740_993), ("1.0", .double(1)), ("1e0", .double(1)),
        ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
        ("100000000000000000000", .double(1e20)), ("0.1", 0.1), ("0e0", .double(0)),
    ]

    @Test("integers stay integers to 64 bits, everything else is a double", arguments: bounds)
    func numberBounds(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test("noise is refused within its bounds, never beyond its end", arguments: 1...40)
    func noise(_ seed: UInt64) {
        let letters = Array("{}[]\",:\\u0e1.-+ tfn\n".utf8) + [0xC3, 0xA9, 0xFF]
        var state = seed
        for _ in 0..<50 {
            var bytes: [UInt8] = []
            for _ in 0..<30 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(letters[Int(state >> 33) % letters.count])
            }
            do {
                _ = try JSONValue(parsing: bytes.span)
            } catch {
                #expect(error.offset <= bytes.count)
            }
        }
    }
}

/// The accessors, and the writer at the edges of its types.
@Suite("JSON values")
struct JSONValueTests {
    static let kinds: [(JSONValue, String)] = [
        (nil, "null"), (true, "a boolean"), (1, "an integer"), (1.5, "a number"),
        ("x", "a string"), ([1], "an array"), (["a": 1], "an object"), ([], "an array"),
        ([:], "an object"),
    ]

    @Test("each kind has its words", arguments: kinds)
    func words(_ value: JSONValue, _ text: String) {
        #expect(value.kindText == text)
    }

    @Test("an accessor answers for its own kind and for no other", arguments: kinds)
    func accessors(_ value: JSONValue, _ text: String) {
        #expect((value.text != nil) == (text == "a string"))
        #expect((value.flag != nil) == (text == "a boolean"))
        #expect((value.items != nil) == (text == "an array"))
        #expect((value.members != nil) == (text == "an object"))
        #expect((value.number != nil) == (text == "a number" || text == "an integer"))
        #expect(value.isNull == (text == "null"))
    }

    @Test(
        "a double is an integer when it has no fraction and fits",
        arguments: [
            (1.0, 1), (-0.0, 0), (1.5, nil), (1e300, nil), (-1e18, -1_000_000_000_000_000_000),
            (9_223_372_036_854_775_808, nil), (-9_223_372_036_854_775_808, Int.min),
            (.infinity, nil),
        ] as [(Double, Int?)])
    func integers(_ number: Double, _ integer: Int?) {
        #expect(JSONValue.double(number).integer == integer)
    }

    @Test("places outside of an array are nil, also negative ones")
    func places() {
        let value: JSONValue = [1, 2]
        #expect(value[-1] == nil && value[2] == nil && value[Int.max] == nil)
        #expect(value[0] == 1 && value[1] == 2)
    }

    @Test("of members that an author gave twice the first is found, and both are kept")
    func twice() {
        let value: JSONValue = .object([.init("a", 1), .init("a", 2)])
        #expect(value["a"] == 1)
        #expect(value.members?.count == 2)
    }

    @Test("members in pairs keep their order")
    func pairs() {
        let value = JSONValue.members(["z": 1, "a": "x", "m": nil])
        #expect(value.encoded() == #"{"z":1,"a":"x","m":null}"#)
        #expect(value != ["a": "x", "z": 1, "m": nil])
    }

    @Test("an integer and a double of the same worth are two values")
    func distinction() {
        #expect(JSONValue.integer(1) != .double(1))
        #expect(JSONValue.integer(1).number == JSONValue.double(1).number)
    }

    @Test("integers of all widths are written whole")
    func widths() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.integer(Int64.min)
        writer.integer(Int64.max)
        writer.integer(UInt64.max)
        writer.integer(Int8.min)
        writer.integer(UInt8(0))
        writer.endArray()
        #expect(
            writer.bytes.text
                == "[-9223372036854775808,9223372036854775807,18446744073709551615,-128,0]")
    }

    @Test(
        "doubles with and without fraction around the change of form are read back",
        arguments: [
            999_999_999_999_999, 1e15, 1e15 + 2, -999_999_999_999_999, 0.1 + 0.2, 1 / 3,
            4_503_599_627_370_496.5,
        ] as [Double])
    func forms(_ number: Double) throws {
        var writer = JSONWriter()
        writer.double(number)
        #expect(try JSONValue(parsing: writer.bytes.text).number == number)
    }

    static let layouts: [(JSONValue, String)] = [
        (1, "1"), ([], "[]"), ([:], "{}"), ([[]], "[\n\t[]\n]"), ([1, 2], "[\n\t1,\n\t2\n]"),
        ([[1], [:]], "[\n\t[\n\t\t1\n\t],\n\t{}\n]"),
        (["a": ["b": "c"]], "{\n\t\"a\": {\n\t\t\"b\": \"c\"\n\t}\n}"),
        (["a": nil, "b": []], "{\n\t\"a\": null,\n\t\"b\": []\n}"),
    ]

    @Test("the layout of several lines", arguments: layouts)
    func layout(_ value: JSONValue, _ text: String) {
        #expect(value.encoded(isPretty: true) == text)
    }

    @Test("what is closed without being opened is the author's mistake")
    func closedTooOften() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginArray()
            writer.endArray()
            writer.endArray()
        }
    }

    @Test("an offset before the document is the author's mistake")
    func offset() async {
        await #expect(processExitsWith: .failure) { _ = JSONError(.trailing, at: -1) }
    }
}
