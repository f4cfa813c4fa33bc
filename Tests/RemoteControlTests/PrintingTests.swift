import JSONValue
import RemoteControl
import Testing

@Suite("printing answers")
struct PrintingTests {
    /// A result and the lines that people see.
    static let results: [(String, String)] = [
        (#""roost 0.2.0""#, "roost 0.2.0"), ("5", "5"), ("-0.5", "-0.5"), ("null", "null"),
        ("true", "true"), ("{}", ""), ("[]", "(none)"), (#"["a","b"]"#, "a\nb"),
        (#"{"now":"Sat","uptime":41}"#, "now: Sat\nuptime: 41"),
        (#"{"a":{"b":1,"c":[]},"d":{}}"#, "a:\n  b: 1\n  c: (none)\nd: (empty)"),
        (#"{"a":["x","y"]}"#, "a:\n  - x\n  - y"),
        (
            #"[{"IDX":0,"PID":14549,"DSC":"main"},{"IDX":1,"PID":7,"DSC":""}]"#,
            "IDX  PID    DSC\n0    14549  main\n1    7"
        ),
        (
            #"[{"socket":{"proto":"udp","port":"5060"}}]"#,
            "- socket:\n    proto: udp\n    port: 5060"
        ),
        (#"{"list":[{"a":1,"b":"x"},{"a":22,"b":"y"}]}"#, "list:\n  a   b\n  1   x\n  22  y"),
        (#"[{"a":1},{"b":2}]"#, "- a: 1\n- b: 2"),
        (
            #"{"AoR":"alice","Contacts":[{"Contact":{"Address":"sip:a","Q":0.5}}]}"#,
            "AoR: alice\nContacts:\n  - Contact:\n      Address: sip:a\n      Q: 0.5"
        ),
        (#"[[1,2],[3]]"#, "- - 1\n  - 2\n- - 3"),
        (#"{"User-Agent":"\u001b[2Jevil\n\u202e"}"#, #"User-Agent: \u{1b}[2Jevil\n\u{202e}"#),
    ]

    @Test("a result is laid out for people", arguments: results)
    func readable(_ json: String, _ text: String) throws {
        let value = try JSONValue(parsing: json)
        #expect(ReadableText.lines(value).joined(separator: "\n") == text)
    }

    @Test("a document is taken apart into tokens, however it is cut")
    func tokens() throws {
        let text = #"{"a":[1,-2.5,"x\"]}",true,null,{}],"b\u0041":{"c":"é"} }"#
        let expected: [JSONTokenReader.Token] = [
            .beginObject, .name("a"), .beginArray, .scalar(1), .scalar(-2.5), .scalar("x\"]}"),
            .scalar(true), .scalar(nil), .beginObject, .endObject, .endArray, .name("bA"),
            .beginObject, .name("c"), .scalar("é"), .endObject, .endObject,
        ]
        let bytes = Array(text.utf8)
        for size in [1, 2, 5, bytes.count] {
            var reader = JSONTokenReader()
            var found: [JSONTokenReader.Token] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                try reader.take(piece) { found.append($0) }
            }
            #expect(found == expected)
            #expect(reader.isBalanced)
        }
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "]", "{]", "[}", "[tru]", "[1x]", "[\"\\x\"]", "[01]",
            String(repeating: "[", count: 100), String(repeating: "1", count: 100),
        ])
    func malformed(_ text: String) {
        var reader = JSONTokenReader()
        #expect(throws: ControlError.self) { try reader.take(Array(text.utf8)) { _ in } }
    }
}
