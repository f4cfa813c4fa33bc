import Basics
import ModuleKit
import Testing

@Suite("Changes of a message that wait")
struct MessageEditsTests {
    /// For calls that change what they are asked of, which `#expect` cannot take apart.
    private func holds(_ value: Bool, _ location: Testing.SourceLocation = #_sourceLocation) {
        #expect(value, sourceLocation: location)
    }

    private func apply(_ text: String, _ change: (inout MessageEdits) -> Void) -> String {
        var edits = MessageEdits()
        change(&edits)
        var writer = ByteWriter()
        let bytes = Array(text.utf8)
        edits.write(bytes.span, from: 0, to: bytes.count, into: &writer)
        return writer.text
    }

    @Test("changes are made in the order of the message, whatever order they were asked for in")
    func order() {
        let text = apply("0123456789") { edits in
            edits.replace(ByteRange(offset: 6, count: 2), with: Array("late".utf8))
            edits.insert(Array("in".utf8), at: 3)
            edits.remove(ByteRange(offset: 0, count: 1))
        }
        #expect(text == "12in345late89")
    }

    @Test("insertions at one place keep the order they were asked for in")
    func insertions() {
        let text = apply("ab") { edits in
            edits.insert(Array("1".utf8), at: 1)
            edits.insert(Array("2".utf8), at: 1)
            edits.insert(Array("<".utf8), at: 0)
            edits.insert(Array(">".utf8), at: 2)
        }
        #expect(text == "<a12b>")
    }

    @Test("an insertion stands in front of what is replaced at its place")
    func insertionBeforeReplacement() {
        let text = apply("abc") { edits in
            edits.replace(ByteRange(offset: 1, count: 1), with: Array("B".utf8))
            edits.insert(Array("-".utf8), at: 1)
        }
        #expect(text == "a-Bc")
    }

    @Test("what overlaps an earlier replacement is refused and changes nothing")
    func overlap() {
        var edits = MessageEdits()
        holds(edits.remove(ByteRange(offset: 2, count: 4)))
        holds(!edits.replace(ByteRange(offset: 5, count: 3), with: [65]))
        holds(!edits.remove(ByteRange(offset: 0, count: 3)))
        holds(edits.remove(ByteRange(offset: 6, count: 1)))
        #expect(edits.edits.count == 2)
    }

    @Test("a part of the message is written with the changes that begin in it")
    func part() {
        var edits = MessageEdits()
        edits.insert(Array("x".utf8), at: 1)
        edits.insert(Array("y".utf8), at: 6)
        let bytes = Array("abcdefgh".utf8)
        var writer = ByteWriter()
        edits.write(bytes.span, from: 0, to: 4, into: &writer)
        #expect(writer.text == "axbcd")
    }

    @Test("the number of changes is bounded")
    func bound() {
        var edits = MessageEdits()
        for place in 0..<Limits.messageEditsMax { holds(edits.insert([65], at: place)) }
        holds(!edits.insert([65], at: 0))
        edits.removeAll()
        #expect(edits.isEmpty)
    }
}
