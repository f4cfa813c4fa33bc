import Basics
import ModuleKit
import Testing

/// `0123456789` with changes.
private func text(_ edits: MessageEdits, from start: Int = 0, to end: Int = 10) -> String {
    let bytes = Array("0123456789".utf8)
    var writer = ByteWriter()
    edits.write(bytes.span, from: start, to: end, into: &writer)
    return writer.text
}

private func range(_ start: Int, _ count: Int) -> ByteRange {
    ByteRange(offset: start, count: count)
}

@Suite("Changes of ranges")
struct EditRangesTests {
    @Test("a later change takes the place of those that lie within it")
    func override() {
        var edits = MessageEdits()
        edits.replace(range(2, 2), with: [65])
        edits.insert([66], at: 5)
        let done1 = edits.override(range(1, 6), with: Array("xy".utf8))
        #expect(done1)
        #expect(text(edits) == "0xy789")
        let done2 = edits.override(range(1, 6), with: [])
        #expect(done2)
        #expect(text(edits) == "0789")
    }

    @Test("what is put in at the edges of the range stays")
    func edges() {
        var edits = MessageEdits()
        edits.insert([60], at: 2)
        edits.insert([62], at: 5)
        let done3 = edits.override(range(2, 3), with: [])
        #expect(done3)
        #expect(text(edits) == "01<>56789")
    }

    @Test("a change that reaches out of the range is stronger, and nothing changes")
    func refused() {
        var edits = MessageEdits()
        edits.replace(range(4, 4), with: [65])
        edits.insert([66], at: 2)
        let done4 = edits.override(range(1, 5), with: [])
        #expect(!done4)
        #expect(text(edits) == "01B23A89")
        #expect(edits.edits.count == 2)
    }

    @Test(
        "only what is taken out or replaced touches a range",
        arguments: [
            (0, 2, false), (0, 4, true), (4, 2, true), (5, 1, true), (6, 2, false), (8, 2, false),
        ])
    func touching(start: Int, count: Int, expected: Bool) {
        var edits = MessageEdits()
        edits.replace(range(3, 3), with: [65])
        edits.insert([66], at: 8)
        #expect(edits.touches(range(start, count)) == expected)
    }

    @Test(
        "the length of a range is what is written for it",
        arguments: [(0, 10), (0, 3), (3, 3), (5, 5), (8, 2), (9, 1)])
    func lengths(start: Int, count: Int) {
        var edits = MessageEdits()
        edits.replace(range(3, 2), with: Array("abcde".utf8))
        edits.insert([66], at: 8)
        edits.remove(range(9, 1))
        let written = text(edits, from: start, to: start + count)
        #expect(edits.length(of: range(start, count)) == written.utf8.count)
    }

    @Test("an insertion at the end of a part may be left to the next part")
    func parts() {
        var edits = MessageEdits()
        edits.insert([66], at: 4)
        let bytes = Array("0123456789".utf8)
        var writer = ByteWriter()
        edits.write(bytes.span, from: 0, to: 4, includingEnd: false, into: &writer)
        writer.append("|")
        edits.write(bytes.span, from: 4, to: 6, into: &writer)
        #expect(writer.text == "0123|B45")
    }

    @Test("a body counts as changed by its own bytes or by changes in or next to it")
    func body() {
        var edits = MessageEdits()
        #expect(!edits.changes(body: range(5, 5)))
        edits.insert([65], at: 4)
        #expect(!edits.changes(body: range(5, 5)))
        edits.insert([65], at: 10)
        #expect(edits.changes(body: range(5, 5)))
        edits.removeAll()
        edits.body = []
        #expect(edits.changes(body: range(5, 5)))
    }
}
