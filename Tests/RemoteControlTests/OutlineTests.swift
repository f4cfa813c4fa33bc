import JSONValue
import Testing

@testable import RemoteControl

/// The two ways of printing an answer: laid out when it is held, as it comes when it is large.
@Suite("printing as it comes")
struct OutlineTests {
    /// An answer with a result between the other members of the envelope.
    private static func envelope(_ result: String) -> [UInt8] {
        Array(#"{"jsonrpc":"2.0","result":\#(result),"id":1}"#.utf8)
    }

    /// What is printed of bytes that arrive in pieces of `size`, with room for `held` bytes.
    private static func printed(
        _ bytes: [UInt8], asJSON: Bool, held: Int, size: Int
    ) throws -> String {
        let output = Memory()
        var printer = AnswerPrinter(output, asJSON ? .json : .outline, heldBytesMax: held)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try printer.take(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        try printer.end()
        return output.text
    }

    static let outlines: [(String, String)] = [
        ("5", "5\n"), (#""x""#, "x\n"), ("null", "null\n"), ("true", "true\n"), ("{}", ""),
        ("[]", ""), ("[1,2]", "1\n2\n"), (#"{"a":1}"#, "a: 1\n"), (#"{"a":""}"#, "a:\n"),
        (#"{"a":null,"b":-0.5}"#, "a: null\nb: -0.5\n"), (#"{"a":{}}"#, "a:\n"),
        (#"{"a":[1,2]}"#, "a:\n  1\n  2\n"), (#"{"a":{"b":1},"c":2}"#, "a:\n  b: 1\nc: 2\n"),
        (#"[{"a":1},{"a":2}]"#, "  a: 1\n  a: 2\n"),
        (#"{"a":{"b":{"c":"d"}}}"#, "a:\n  b:\n    c: d\n"),
        (#"{"User-Agent":"\u001b[2J\n"}"#, "User-Agent: \\u{1b}[2J\\n\n"),
        (#"{"\u0007":1}"#, "\\u{7}: 1\n"),
    ]

    @Test("an answer beyond the room is an outline, however it is cut", arguments: outlines)
    func outline(_ result: String, _ text: String) throws {
        let bytes = Self.envelope(result)
        for size in [1, 3, 16, bytes.count] {
            #expect(try Self.printed(bytes, asJSON: false, held: 0, size: size) == text)
        }
    }

    @Test("as JSON the two ways print the same", arguments: outlines.map(\.0))
    func same(_ result: String) throws {
        let bytes = Self.envelope(result)
        let whole = try Self.printed(bytes, asJSON: true, held: 1 << 20, size: bytes.count)
        #expect(try JSONValue(parsing: whole) == JSONValue(parsing: result))
        for size in [1, 2, 7, bytes.count] {
            #expect(try Self.printed(bytes, asJSON: true, held: 0, size: size) == whole)
        }
    }

    @Test("the members of the envelope may come in any order")
    func envelopeOrder() throws {
        let bytes = Array(#"{"id":{"result":9},"result":{"id":[3]},"jsonrpc":"2.0"}"#.utf8)
        #expect(try Self.printed(bytes, asJSON: false, held: 0, size: 4) == "id:\n  3\n")
        #expect(try Self.printed(bytes, asJSON: false, held: 1 << 20, size: 4) == "id:\n  - 3\n")
    }

    @Test("the room decides at its last byte")
    func room() throws {
        let bytes = Self.envelope(#"{"a":[1]}"#)
        let held = try Self.printed(bytes, asJSON: false, held: bytes.count, size: bytes.count)
        let streamed = try Self.printed(
            bytes, asJSON: false, held: bytes.count - 1, size: bytes.count)
        #expect(held == "a:\n  - 1\n")
        #expect(streamed == "a:\n  1\n")
    }

    @Test(
        "an answer that is cut off is an error in both ways",
        arguments: ["{", #"{"jsonrpc":"2.0","result":[1"#, #"{"result":"x"#, #"{"result":{"a":1}"#])
    func cutOff(_ text: String) {
        for held in [0, 1 << 20] {
            let error = #expect(throws: ControlError.self) {
                try Self.printed(Array(text.utf8), asJSON: false, held: held, size: 100)
            }
            #expect(error?.kind == .unreachable)
        }
    }

    @Test("an error that is too long to be held is a refusal all the same")
    func longError() {
        let text = #"{"jsonrpc":"2.0","error":{"code":500,"message":"x"},"id":1}"#
        for asJSON in [true, false] {
            let error = #expect(throws: ControlError.self) {
                try Self.printed(Array(text.utf8), asJSON: asJSON, held: 0, size: 5)
            }
            #expect(error?.kind == .refused && error?.status == 1)
        }
    }

    @Test("what arrives and is no JSON is an error at once, before the answer ends")
    func malformed() {
        let output = Memory()
        let error = #expect(throws: ControlError.self) {
            var printer = AnswerPrinter(output, .outline, heldBytesMax: 0)
            try printer.take(Array(#"{"result":[tru]"#.utf8))
        }
        #expect(error?.message.hasPrefix("the server's answer is no JSON: ") == true)
    }
}

/// Text of strangers on a terminal.
@Suite("safe text")
struct SafeTextTests {
    static let texts: [(String, String)] = [
        ("", ""), ("alice", "alice"), ("é😀", "é😀"), ("a\nb", "a\\nb"), ("a\rb", "a\\rb"),
        ("a\tb", "a\\tb"), ("\0", "\\u{0}"), ("\u{1B}[2J", "\\u{1b}[2J"), ("\u{7F}", "\\u{7f}"),
        ("\u{9B}31m", "\\u{9b}31m"), ("\u{A0}", "\u{A0}"), ("\u{200E}x", "\\u{200e}x"),
        ("\u{202E}evil", "\\u{202e}evil"), ("\u{2028}", "\\u{2028}"), ("\u{2066}", "\\u{2066}"),
        ("\u{2069}", "\\u{2069}"), ("\u{206A}", "\u{206A}"), ("\u{2027}", "\u{2027}"),
        ("\r\n", "\\r\\n"),
    ]

    @Test("nothing that moves the cursor or turns the writing passes", arguments: texts)
    func printable(_ raw: String, _ safe: String) {
        #expect(SafeText.printable(raw) == safe)
    }

    @Test("each of the first 160 code points passes exactly when it is printable")
    func everyControl() {
        for code in UInt8(0)..<160 {
            let text = String(Unicode.Scalar(code))
            let isControl = code < 0x20 || code >= 0x7F
            #expect((SafeText.printable(text) == text) == !isControl)
        }
    }

    @Test("what is made safe once stays as it is", arguments: texts)
    func stable(_ raw: String, _ safe: String) {
        #expect(SafeText.printable(safe) == safe)
    }
}

/// Layouts for people beyond the first table.
@Suite("readable text")
struct ReadableTextTests {
    static let scalars: [(JSONValue, String?)] = [
        (nil, "null"), (true, "true"), (false, "false"), (-7, "-7"), (0.25, "0.25"),
        (.double(3), "3"), ("", ""), ("a b", "a b"), ([], "(none)"), ([:], "(empty)"), ([1], nil),
        (["a": 1], nil),
    ]

    @Test("a value fits a line, or is an array or object with content", arguments: scalars)
    func scalar(_ value: JSONValue, _ text: String?) {
        #expect(ReadableText.scalar(value) == text)
    }

    static let layouts: [(String, [String])] = [
        // One object alone is no table: its names would stand over a single line.
        (#"[{"a":1,"b":2}]"#, ["- a: 1", "  b: 2"]),
        // Columns in another order, a column more or a nested value: no table.
        (#"[{"a":1,"b":2},{"b":2,"a":1}]"#, ["- a: 1", "  b: 2", "- b: 2", "  a: 1"]),
        (#"[{"a":1},{"a":2,"b":3}]"#, ["- a: 1", "- a: 2", "  b: 3"]),
        (#"[{"a":1},{"a":[2]}]"#, ["- a: 1", "- a:", "    - 2"]),
        (#"[{"a":1},5]"#, ["- a: 1", "- 5"]),
        // Empty containers fit a cell.
        (#"[{"a":[]},{"a":{}}]"#, ["a", "(none)", "(empty)"]),
        // The widest cell makes the width, the last column has no blanks behind it.
        (#"[{"id":1,"n":"x"},{"id":100,"n":"yy"}]"#, ["id   n", "1    x", "100  yy"]),
        (#"[{"a":"","b":""},{"a":"","b":""}]"#, ["a  b", "", ""]),
        (#"{"x":[[1],[2,3]]}"#, ["x:", "  - - 1", "  - - 2", "    - 3"]),
        (#"[{},{}]"#, ["(empty)", "(empty)"]),
        (#"[null,true,"x"]"#, ["null", "true", "x"]),
    ]

    @Test("lists are tables only when every row is alike", arguments: layouts)
    func layout(_ json: String, _ lines: [String]) throws {
        #expect(ReadableText.lines(try JSONValue(parsing: json)) == lines)
    }

    @Test("a table's cells and names are safe for a terminal")
    func safeTable() throws {
        let value = try JSONValue(parsing: #"[{"\u001b":"\u0007"},{"\u001b":"b"}]"#)
        #expect(ReadableText.lines(value) == ["\\u{1b}", "\\u{7}", "b"])
    }
}

/// The limits of what is read while it arrives.
@Suite("tokens of a large answer")
struct TokenLimitTests {
    /// The tokens of a text, as many as come before an error.
    private func read(_ text: String) throws -> Int {
        var reader = JSONTokenReader()
        var count = 0
        try reader.take(Array(text.utf8)) { _ in count += 1 }
        return count
    }

    @Test("nesting is read to the limit of JSON and refused one deeper")
    func depth() throws {
        #expect(try read(String(repeating: "[", count: 64)) == 64)
        let error = #expect(throws: ControlError.self) {
            try read(String(repeating: "[", count: 65))
        }
        #expect(error?.message == "the server's answer is no JSON: it nests too deep")
    }

    @Test("a number may have 64 characters and not one more")
    func number() throws {
        let digits = String(repeating: "1", count: 62)
        #expect(try read("[1.\(digits)]") == 3)
        #expect(throws: ControlError.self) { try read("[1.\(digits)1]") }
    }

    @Test("a string beyond a megabyte is refused, also when its end never comes")
    func string() throws {
        let most = (1 << 20) - 2
        #expect(try read("[\"\(String(repeating: "x", count: most))\"]") == 3)
        for end in ["\"]", ""] {
            let error = #expect(throws: ControlError.self) {
                try read("[\"\(String(repeating: "x", count: most + 1))x\(end)")
            }
            #expect(error?.message.hasSuffix("a string is too long") == true)
        }
    }

    @Test("a reader in the middle of a value is not balanced", arguments: ["[", "\"x", "[1", "12"])
    func balance(_ text: String) throws {
        var reader = JSONTokenReader()
        #expect(reader.isBalanced)
        try reader.take(Array(text.utf8)) { _ in }
        #expect(!reader.isBalanced)
    }

    @Test("an error of whoever takes the tokens comes through")
    func callerError() {
        var reader = JSONTokenReader()
        #expect(throws: ControlError(.usage, "enough")) {
            try reader.take(Array("[1,2]".utf8)) { (_) throws(ControlError) in
                throw ControlError(.usage, "enough")
            }
        }
    }
}
