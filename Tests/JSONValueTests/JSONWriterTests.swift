import Basics
import JSONValue
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    private func written(_ isPretty: Bool = false, _ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(isPretty: isPretty)
        body(&writer)
        return writer.bytes.text
    }

    @Test("members and elements are separated by commas")
    func separators() {
        let text = written { writer in
            writer.beginObject()
            writer.key("a")
            writer.integer(1)
            writer.key("list" as String)
            writer.beginArray()
            writer.bool(true)
            writer.null()
            writer.beginObject()
            writer.endObject()
            writer.double(0.5)
            writer.endArray()
            writer.key("b")
            writer.string("x")
            writer.endObject()
        }
        #expect(text == #"{"a":1,"list":[true,null,{},0.5],"b":"x"}"#)
    }

    @Test("pretty documents are indented by tabs, and empty ones stay closed")
    func pretty() {
        let value: JSONValue = ["a": [1, [:]], "b": [], "c": "x"]
        #expect(
            value.encoded(isPretty: true)
                == "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": [],\n\t\"c\": \"x\"\n}")
    }

    @Test(
        "strings are escaped wherever they must be, at every place of a word",
        arguments: [
            ("\"", #"\""#), ("\\", #"\\"#), ("\n", #"\n"#), ("\r", #"\r"#), ("\t", #"\t"#),
            ("\u{8}", #"\b"#), ("\u{C}", #"\f"#), ("\0", #"\u0000"#), ("\u{1F}", #"\u001f"#),
            ("\u{7F}", "\u{7F}"), ("é", "é"), ("😀", "😀"), ("/", "/"), (" ", " "), ("~", "~"),
            ("!", "!"), ("#", "#"), ("[", "["), ("]", "]"),
        ])
    func escapes(_ raw: String, _ escaped: String) {
        for before in 0..<20 {
            for behind in [0, 1, 7, 8, 9] {
                let head = String(repeating: "a", count: before)
                let tail = String(repeating: "z", count: behind)
                let text = written { $0.string(head + raw + tail) }
                #expect(text == "\"\(head)\(escaped)\(tail)\"")
            }
        }
    }

    @Test("bytes that are no UTF-8 become U+FFFD, so that every dump can be read")
    func replacement() {
        let bytes: [UInt8] = [0x61, 0xFF, 0x62, 0xC3, 0x22, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0x80]
        let text = written { $0.string(bytes.span) }
        #expect(text == "\"a\u{FFFD}b\u{FFFD}\\\"€\u{FFFD}\u{FFFD}\u{FFFD}\"")
    }

    @Test("names that are not known when the program is built are escaped too")
    func keys() {
        let value: JSONValue = .object([.init("a\"b\n", 1)])
        #expect(value.encoded() == #"{"a\"b\n":1}"#)
    }

    @Test(
        "numbers are written in the shortest form that is read back as the same",
        arguments: [
            (0.1, "0.1"), (1.0, "1"), (-2.0, "-2"), (1e16, "1e+16"), (1.5e300, "1.5e+300"),
            (0.000001, "1e-06"), (.nan, "null"), (.infinity, "null"),
        ] as [(Double, String)])
    func numbers(_ number: Double, _ text: String) {
        #expect(written { $0.double(number) } == text)
    }

    @Test("what is written may be taken out between two pieces")
    func pieces() {
        var writer = JSONWriter()
        var text = ""
        writer.beginArray()
        for number in 0..<100 {
            writer.integer(number)
            text += writer.bytes.text
            writer.bytes.removeAll()
        }
        writer.endArray()
        text += writer.bytes.text
        #expect((try? JSONValue(parsing: text))?.items?.count == 100)
    }

    @Test("a rendered document is placed like any value")
    func rendered() {
        let inner = Array(#"{"x":1}"#.utf8)
        let text = written { writer in
            writer.beginArray()
            writer.rendered(inner.span)
            writer.rendered(inner.span)
            writer.endArray()
        }
        #expect(text == #"[{"x":1},{"x":1}]"#)
    }

    @Test("a writer that was reset starts afresh")
    func reset() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.integer(1)
        writer.reset()
        writer.integer(2)
        #expect(writer.bytes.text == "2")
    }
}

@Suite("JSON round trips")
struct JSONRoundTripTests {
    /// A small generator of documents; one seed gives one document.
    private struct Source {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }

        mutating func text() -> String {
            let letters: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "é", "😀", "\u{0}", " ", "/"]
            var text = String.UnicodeScalarView()
            for _ in 0..<next(12) { text.append(letters[next(letters.count)]) }
            return String(text)
        }

        mutating func document(_ depth: Int) -> JSONValue {
            switch next(depth > 4 ? 5 : 7) {
            case 0: return .null
            case 1: return .bool(next(2) == 0)
            case 2: return .integer(Int64(next(1 << 30)) - (1 << 29))
            case 3: return .double(Double(next(1 << 30)) / 1024 + 0.5 / 1024)
            case 4: return .string(text())
            case 5: return .array((0..<next(4)).map { _ in document(depth + 1) })
            default:
                return .object((0..<next(4)).map { .init("\($0)\(text())", document(depth + 1)) })
            }
        }
    }

    @Test("what is written is read back as the same document", arguments: 1...200)
    func roundTrip(_ seed: Int) throws {
        var source = Source(state: UInt64(seed))
        let value = source.document(0)
        #expect(try JSONValue(parsing: value.encoded()) == value)
        #expect(try JSONValue(parsing: value.encoded(isPretty: true)) == value)
    }

    @Test("subscripts and accessors look without trapping")
    func access() {
        let value: JSONValue = ["a": [1, 2.0, "x", true, nil], "b": ["c": 5]]
        #expect(value["a"]?[0]?.integer == 1)
        #expect(value["a"]?[1]?.integer == 2)
        #expect(value["a"]?[1]?.number == 2)
        #expect(value["a"]?[2]?.text == "x")
        #expect(value["a"]?[3]?.flag == true)
        #expect(value["a"]?[4]?.isNull == true)
        #expect(value["a"]?[5] == nil)
        #expect(value["b"]?["c"] == 5)
        #expect(value["b"]?["d"] == nil)
        #expect(value[0] == nil)
        #expect(value["a"]?["b"] == nil)
    }
}
