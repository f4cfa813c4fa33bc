import JSONValue
import Testing

/// Documents by the letters of the well-known collections: `y` must be read, `n` must be refused,
/// `i` is left open by RFC 8259, and here is what this parser decided.
@Suite("JSON documents by name")
struct JSONSuiteTests {
    /// One document.
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }
        init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
        var testDescription: String { name }
    }

    private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
        [0x5B, 0x22] + bytes + [0x22, 0x5D]
    }

    static let read: [Sample] = [
        Sample("y array of arrays", "[[]   ]"),
        Sample("y array with an empty string", #"[""]"#),
        Sample("y array that ends with a line", "[\"a\"]\n"),
        Sample("y array of different kinds", #"[null, 1, "1", {}, false]"#),
        Sample("y array with a leading blank", " [1]"),
        Sample("y array of several nulls", "[1,null,null,null,2]"),
        Sample("y array with a trailing blank", "[2] "),
        Sample("y number", "[123e65]"),
        Sample("y number with 0e+1", "[0e+1]"),
        Sample("y number with 0e1", "[0e1]"),
        Sample("y number behind a blank", "[ 4]"),
        Sample("y number close to zero", "[-0.000000000000000000000000000000000000000000001]"),
        Sample("y number with a negative integer", "[-123]"),
        Sample("y number with minus one", "[-1]"),
        Sample("y number with minus zero", "[-0]"),
        Sample("y number with a capital exponent", "[1E22]"),
        Sample("y number with a negative capital exponent", "[1E-2]"),
        Sample("y number with a positive capital exponent", "[1E+2]"),
        Sample("y number with a fraction and an exponent", "[123.456e78]"),
        Sample("y object with nothing", "{}"),
        Sample("y object with an empty name", #"{"":0}"#),
        Sample("y object with a name that holds a zero byte", #"{"foo\u0000bar": 42}"#),
        Sample(
            "y object with long strings", #"{"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}]}"#),
        Sample("y object with lines", "{\n\"a\": \"b\"\n}"),
        Sample("y object whose values are alike", #"{"a":"b","c":"b"}"#),
        Sample("y string with all escapes", #"["\"\\\/\b\f\n\r\t"]"#),
        Sample("y string with a surrogate pair", #"["\uD801\udc37"]"#),
        Sample("y string with two surrogate pairs", #"["\ud83d\ude39\ud83d\udc8d"]"#),
        Sample("y string with a comment in it", #"["a/*b*/c/*d//e"]"#),
        Sample("y string with a double escape", #"["\\a"]"#),
        Sample("y string with an escaped control character", #"["\u0012"]"#),
        Sample("y string with an escaped noncharacter", #"["\uFFFF"]"#),
        Sample("y string with a noncharacter beyond the first plane", #"["\uDBFF\uDFFE"]"#),
        Sample("y string with an unescaped noncharacter", quoted([0xEF, 0xBF, 0xBF])),
        Sample("y string with the last code point", quoted([0xF4, 0x8F, 0xBF, 0xBF])),
        Sample("y string with a reserved character", quoted([0xF3, 0xA0, 0x80, 0xA0])),
        Sample("y string with a line separator", quoted([0xE2, 0x80, 0xA8])),
        Sample("y string with a paragraph separator", quoted([0xE2, 0x80, 0xA9])),
        Sample("y string with a DEL", quoted([0x7F])),
        Sample("y string with a byte order mark inside", quoted([0xEF, 0xBB, 0xBF])),
        Sample("y string with a nonbreaking blank", #"["new\u00A0line"]"#),
        Sample("y string alone", #""asd""#),
        Sample("y number alone", "42"),
        Sample("y null alone", "null"),
        Sample("y blanks of all kinds", "\t[\r\n ]"),
    ]

    @Test("what must be read is read, and read the same after it was written", arguments: read)
    func reads(_ sample: Sample) throws {
        let value = try JSONValue(parsing: sample.bytes.span)
        #expect(try JSONValue(parsing: value.encoded()).encoded() == value.encoded())
    }

    static let refused: [Sample] = [
        Sample("n array with a value behind it", "[\"\"],"),
        Sample("n array with a comma first", "[,1]"),
        Sample("n array with two commas", "[1,,2]"),
        Sample("n array with a comma alone", "[,]"),
        Sample("n array with a double bracket", "[\"x\"]]"),
        Sample("n array that is open", "[\"\""),
        Sample("n array with a colon", "[\"\": 1]"),
        Sample("n array without a comma", "[3[4]]"),
        Sample("n array with a star", "[*]"),
        Sample("n array over lines that is open", "[1,\n1\n,1"),
        Sample("n word in capitals", "[TRUE]"),
        Sample("n word that is cut", "[fals]"),
        Sample("n word that is too long", "[nulll]"),
        Sample("n number with a plus", "[+1]"),
        Sample("n number with two signs", "[--1]"),
        Sample("n number with a sign inside", "[1-2]"),
        Sample("n number with two points", "[1.2.3]"),
        Sample("n number with a point first", "[.123]"),
        Sample("n number with a point last", "[1.]"),
        Sample("n number with an exponent cut", "[1e]"),
        Sample("n number with an exponent's sign only", "[1e-]"),
        Sample("n number with a fraction in the exponent", "[1e1.5]"),
        Sample("n number with a leading zero", "[012]"),
        Sample("n number with a negative leading zero", "[-012]"),
        Sample("n number in hexadecimal", "[0x42]"),
        Sample("n number with a blank inside", "[1 000.0]"),
        Sample("n number of full width", "[１]"),
        Sample("n number that is infinite", "[Infinity]"),
        Sample("n number that is not one", "[NaN]"),
        Sample("n number with a letter", "[1a]"),
        Sample("n minus alone", "[-]"),
        Sample("n object with a comma instead of a colon", #"{"x", null}"#),
        Sample("n object with two colons", #"{"x"::"b"}"#),
        Sample("n object with a trailing comma", #"{"id":0,}"#),
        Sample("n object with two commas", #"{"a":"b",,"c":"d"}"#),
        Sample("n object with a name without quotes", #"{a: "b"}"#),
        Sample("n object with a name in single quotes", "{'a':0}"),
        Sample("n object with a number for a name", "{9999E9999:1}"),
        Sample("n object without a value", #"{"a":"#),
        Sample("n object with a comment", #"{"a":/*comment*/"b"}"#),
        Sample("n object with a comment behind", "{\"a\":\"b\"}//"),
        Sample("n object that is open", #"{"a":"a"#),
        Sample("n object with a bracket of the other kind", #"{"a":1]"#),
        Sample("n string with one surrogate", #"["\uD800"]"#),
        Sample("n string with a cut pair", #"["\uD800\"]"#),
        Sample("n string with a cut escape of a pair", #"["\uD800\u"]"#),
        Sample("n string with half of the second surrogate", #"["\uD800\u1"]"#),
        Sample("n string with surrogates in the wrong order", #"["\uDd1e\uD834"]"#),
        Sample("n string with two high surrogates", #"["\uD800\uD800"]"#),
        Sample("n string with an escape that is none", #"["\a"]"#),
        Sample("n string with an escaped x", #"["\x00"]"#),
        Sample("n string with a capital U", #"["\UA66D"]"#),
        Sample("n string with a cut escape", #"["\u00A"]"#),
        Sample("n string with a backslash last", #"["\"]"#),
        Sample("n string with a raw line end", "[\"new\nline\"]"),
        Sample("n string with a raw tab", "[\"\t\"]"),
        Sample("n string with a raw zero byte", quoted([0x00])),
        Sample("n string in single quotes", "['single quote']"),
        Sample("n string without quotes", "[a"),
        Sample("n string with Latin-1", quoted([0xE9])),
        Sample("n string with a lone continuation", quoted([0x81])),
        Sample("n string with an overlong slash", quoted([0xC0, 0xAF])),
        Sample("n string with an overlong zero in six bytes", quoted([0xFC, 0x80, 0x80, 0x80])),
        Sample("n string with a surrogate in UTF-8", quoted([0xED, 0xBF, 0xBF])),
        Sample("n string beyond the last code point", quoted([0xF4, 0xBF, 0xBF, 0xBF])),
        Sample("n string in UTF-16", [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00]),
        Sample("n nothing", ""),
        Sample("n blank alone", " "),
        Sample("n byte order mark alone", [0xEF, 0xBB, 0xBF]),
        Sample("n byte order mark before a document", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]),
        Sample("n angle brackets", "<null>"),
        Sample("n form feed for a blank", "[\u{C}]"),
        Sample("n zero width blank", "[\u{200B}]"),
        Sample("n two documents", "{}{}"),
        Sample("n open bracket and object", "[{"),
        Sample("n many open brackets", String(repeating: "[", count: 100_000)),
        Sample("n many open objects", String(repeating: #"[{"":"#, count: 50_000)),
        Sample("i a name that occurs twice is refused", #"{"a":"b","a":"c"}"#),
        Sample("i a name that occurs twice with one value is refused", #"{"a":"b","a":"b"}"#),
        Sample("i a number beyond a double is refused", "[1.5e+9999]"),
        Sample("i a negative number beyond a double is refused", "[-123123e100000]"),
    ]

    @Test("what must be refused is refused, within the document", arguments: refused)
    func refuses(_ sample: Sample) throws {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: sample.bytes.span) }
        #expect(try #require(error).offset <= sample.bytes.count)
    }

    static let open: [(Sample, JSONValue)] = [
        (Sample("i a number below a double is zero", "123.456e-789"), 0.0),
        (Sample("i an integer beyond 64 bits is a double", "100000000000000000000"), .double(1e20)),
        (
            Sample("i a negative integer beyond 64 bits is a double", "-100000000000000000000"),
            .double(-1e20)
        ),
        (Sample("i more digits than a double has are rounded", "0.10000000000000000001"), 0.1),
        (Sample("i 64 bits are exact", "9007199254740993"), .integer(9_007_199_254_740_993)),
    ]

    @Test("what is left open is decided", arguments: open)
    func decides(_ sample: Sample, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: sample.bytes.span) == value)
    }

    @Test("errors say in words what is wrong and where")
    func messages() {
        let texts: [(String, String)] = [
            ("[1,]", "an unexpected character at byte 3"),
            ("[1", "the document ends too early at byte 2"),
            ("1 1", "something follows the document at byte 2"),
            ("[01]", "a malformed number at byte 1"),
            (#"{"a":1,"a":1}"#, "a member name that occurs twice at byte 7"),
        ]
        for (text, message) in texts {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
            #expect(error?.message == message)
        }
    }
}
