import Testing

@testable import Resolution

@Suite("A question")
struct QuestionTests {
    @Test(
        "names are brought to lower case without the last dot",
        arguments: [
            ("Example.COM.", "example.com"), ("_SIP._udp.a", "_sip._udp.a"), ("x-1", "x-1"),
            (String(repeating: "a", count: 63), String(repeating: "a", count: 63)),
        ])
    func canonical(_ name: String, _ expected: String) {
        #expect(Question(name: name, type: .a)?.name == expected)
    }

    @Test(
        "what is no name is refused",
        arguments: [
            "", ".", "a..b", ".a", "a b", "a\\b", "a/b", "\u{0}", "b\u{fc}cher",
            String(repeating: "a", count: 64), String(repeating: "a.", count: 127) + "aa",
            String(repeating: "x", count: 100_000),
        ])
    func refused(_ name: String) {
        #expect(Question(name: name, type: .a) == nil)
    }

    @Test("a name of 253 bytes is the longest")
    func longest() {
        let name = String(repeating: "a.", count: 126) + "a"
        #expect(name.utf8.count == 253)
        #expect(Question(name: name, type: .srv) != nil)
        #expect(Question(name: name + ".", type: .srv) != nil)
        #expect(Question(name: name + "b", type: .srv) == nil)
    }

    @Test("types have their names in any case")
    func types() {
        for type in RecordType.allCases {
            #expect(RecordType(name: type.name.lowercased()) == type)
        }
        #expect(RecordType(name: "PTR") == nil)
    }
}
