import Basics
import ModuleKit
import SIPSyntax
import Testing

private func loaded(_ lines: String) throws -> ScriptContext {
    let context = try kitContext()
    let text = "OPTIONS sip:x SIP/2.0\n\(lines)\n\n"
    let bytes = Array(text.replacing("\n", with: "\r\n").utf8)
    try context.message.load(bytes.span)
    return context
}

private func values(_ context: ScriptContext, isWhole: Bool = false) -> [String] {
    context.listedValues(Array("L".utf8 + [45, 76]), isWhole: isWhole).map {
        context.string(.message($0.range))
    }
}

@Suite("Values of header fields that are lists")
struct ListedValueTests {
    @Test(
        "values are found across fields and commas, but not within quotes or brackets",
        arguments: [
            ("L-L: a", ["a"]), ("L-L: a,b", ["a", "b"]), ("L-L: a , b ,", ["a", "b"]),
            ("L-L: a\nX: y\nl-l: b", ["a", "b"]), ("L-L: \"a,b\" <c,d>;e", ["\"a,b\" <c,d>;e"]),
            ("L-L:", []), ("L-L: ,,", []), ("X: a", []),
        ])
    func finding(lines: String, expected: [String]) throws {
        #expect(values(try loaded(lines)) == expected)
    }

    @Test("fields with credentials are one value each")
    func whole() throws {
        #expect(values(try loaded("L-L: a, b\nL-L: c"), isWhole: true) == ["a, b", "c"])
    }

    @Test("every set of values can be taken out of a list")
    func removing() throws {
        let names = ["a", "b", "c", "d"]
        for mask in 0..<16 {
            let context = try loaded("X: 1\nL-L: a, b , c\nL-L: d\nY: 2")
            let listed = context.listedValues(Array("L-L".utf8))
            #expect(context.removeValues(listed) { mask & (1 << $0) != 0 })
            var writer = ByteWriter()
            context.renderEdited(into: &writer)
            var again = SIPMessage()
            try again.load(writer.span)
            context.message = again
            let left = names.enumerated().filter { mask & (1 << $0.offset) == 0 }.map(\.element)
            context.edits.removeAll()
            #expect(values(context) == left, "\(mask)")
            #expect(context.message.headerCount == 2 + (mask & 7 == 7 ? 0 : 1) + (mask < 8 ? 1 : 0))
        }
    }
}
