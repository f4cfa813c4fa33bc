import Basics
import ModuleKit
import TestSupport
import Testing

/// The same changes kept in the simplest way: a list in the order of asking, and a message that is
/// written byte by byte.
private struct NaiveEdits {
    struct Change {
        var start: Int
        var count: Int
        var text: [UInt8]
        var end: Int { start + count }
    }
    var changes: [Change] = []

    mutating func replace(_ range: ByteRange, _ text: [UInt8]) -> Bool {
        let start = range.start
        let end = range.end
        let overlaps = changes.contains { other in
            (start..<end).contains { (other.start..<other.end).contains($0) }
        }
        if overlaps { return false }
        changes.append(Change(start: start, count: end - start, text: text))
        return true
    }

    mutating func override(_ range: ByteRange, _ text: [UInt8]) -> Bool {
        let kept = changes.filter { change in
            if change.count == 0 {
                return change.start <= range.start || change.start >= range.end
            }
            return change.start < range.start || change.end > range.end
        }
        var trial = NaiveEdits(changes: kept)
        guard trial.replace(range, text) else { return false }
        self = trial
        return true
    }

    /// The bytes from `start` to `end`, with what begins there.
    func text(_ bytes: [UInt8], _ start: Int, _ end: Int, includingEnd: Bool) -> [UInt8] {
        var written: [UInt8] = []
        var place = start
        while place <= end {
            if place < end || includingEnd {
                for change in changes where change.count == 0 && change.start == place {
                    written += change.text
                }
                if let change = changes.first(where: { $0.count > 0 && $0.start == place }) {
                    written += change.text
                    place = min(change.end, end)
                    // An insertion at the end of what is taken out stands behind it.
                    if place == end, includingEnd, change.start < end {
                        for other in changes where other.start == end && other.count == 0 {
                            written += other.text
                        }
                        for other in changes where other.start == end && other.count > 0 {
                            written += other.text
                        }
                    }
                    if place == end { break }
                    continue
                }
            }
            if place < end { written.append(bytes[place]) }
            place += 1
        }
        return written
    }
}

/// A message with the same random changes in both forms.
private struct Pair {
    var edits = MessageEdits()
    var naive = NaiveEdits()
    /// Whether both took each change, or both refused it.
    var agrees = true

    mutating func change(_ numbers: inout SeededNumbers, in count: Int) {
        let start = Int.random(in: 0...count, using: &numbers)
        let length = min(Int.random(in: 0...6, using: &numbers), count - start)
        let range = ByteRange(offset: start, count: length)
        let size = Int.random(in: 0...3, using: &numbers)
        let text = (0..<size).map { _ in UInt8.random(in: 65...90, using: &numbers) }
        let isTaken: Bool
        let isExpected: Bool
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0:
            isTaken = edits.insert(text, at: start)
            isExpected = naive.replace(ByteRange(offset: start, count: 0), text)
        case 1:
            isTaken = edits.remove(range)
            isExpected = naive.replace(range, [])
        case 2:
            isTaken = edits.replace(range, with: text)
            isExpected = naive.replace(range, text)
        default:
            guard length > 0 else { return }
            isTaken = edits.override(range, with: text)
            isExpected = naive.override(range, text)
        }
        if isTaken != isExpected { agrees = false }
    }

    func written(_ bytes: [UInt8], _ start: Int, _ end: Int, _ includingEnd: Bool) -> [UInt8] {
        var writer = ByteWriter()
        edits.write(
            bytes.span, from: start, to: end, includingEnd: includingEnd, into: &writer)
        return Array(copying: writer.span)
    }
}

@Suite("Random changes beside a naive model")
struct EditPropertyTests {
    private let bytes = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private func pair(_ seed: Int, changes: Int) -> Pair {
        var numbers = SeededNumbers(seed: UInt64(seed))
        var pair = Pair()
        for _ in 0..<changes { pair.change(&numbers, in: bytes.count) }
        return pair
    }

    @Test("the same changes are taken and refused, and the same message is written")
    func whole() {
        for seed in 0..<400 {
            let pair = pair(seed, changes: 1 + seed % 24)
            let expected = pair.naive.text(bytes, 0, bytes.count, includingEnd: true)
            guard pair.agrees, pair.written(bytes, 0, bytes.count, true) == expected else {
                Issue.record("seed \(seed)")
                return
            }
        }
    }

    @Test("every part is written as the model writes it, with and without its end")
    func parts() {
        for seed in 0..<60 {
            let pair = pair(seed, changes: 10)
            for start in stride(from: 0, through: bytes.count, by: 3) {
                for end in stride(from: start, through: bytes.count, by: 2) {
                    for isIncluding in [true, false] {
                        let expected = pair.naive.text(
                            bytes, start, end, includingEnd: isIncluding)
                        guard pair.written(bytes, start, end, isIncluding) == expected else {
                            Issue.record("seed \(seed), \(start) to \(end), \(isIncluding)")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("the length of every part is the number of bytes that are written for it")
    func lengths() {
        for seed in 0..<120 {
            let pair = pair(seed, changes: 12)
            for start in 0...bytes.count {
                for end in stride(from: start, through: bytes.count, by: 5) {
                    let range = ByteRange(offset: start, count: end - start)
                    let count = pair.written(bytes, start, end, true).count
                    guard pair.edits.length(of: range) == count else {
                        Issue.record("seed \(seed), \(start) to \(end)")
                        return
                    }
                }
            }
        }
    }

    @Test("a message that is written in two parts, cut where nothing is taken out, is the same")
    func cuts() {
        for seed in 0..<120 {
            let pair = pair(seed, changes: 12)
            let whole = pair.written(bytes, 0, bytes.count, true)
            for cut in 1..<bytes.count {
                let around = ByteRange(offset: cut - 1, count: 2)
                if pair.edits.touches(around) { continue }
                let parts =
                    pair.written(bytes, 0, cut, false) + pair.written(bytes, cut, bytes.count, true)
                guard parts == whole else {
                    Issue.record("seed \(seed), cut at \(cut)")
                    return
                }
            }
        }
    }

    @Test("a range is touched when one of its bytes is taken out, and not by insertions")
    func touching() {
        for seed in 0..<120 {
            let pair = pair(seed, changes: 8)
            for start in 0..<bytes.count {
                for count in 0...3 where start + count <= bytes.count {
                    let isTaken = pair.naive.changes.contains { change in
                        (start..<start + count).contains {
                            (change.start..<change.end).contains($0)
                        }
                    }
                    let range = ByteRange(offset: start, count: count)
                    guard count == 0 || pair.edits.touches(range) == isTaken else {
                        Issue.record("seed \(seed), \(start) and \(count) bytes")
                        return
                    }
                }
            }
        }
    }

    @Test("changes are kept in the order of the message, and never overlap")
    func order() {
        for seed in 0..<200 {
            let edits = pair(seed, changes: 30).edits.edits
            for (one, next) in zip(edits, edits.dropFirst()) {
                #expect(one.range.start <= next.range.start)
            }
            let taken = edits.filter { !$0.range.isEmpty }.map(\.range)
            for (one, next) in zip(taken, taken.dropFirst()) {
                #expect(one.end <= next.start)
            }
        }
    }

    @Test("what is forgotten is forgotten: the message is written as it came")
    func forgotten() {
        for seed in 0..<40 {
            var pair = pair(seed, changes: 20)
            pair.edits.removeAll()
            #expect(pair.edits.isEmpty && pair.edits.text.isEmpty)
            #expect(pair.written(bytes, 0, bytes.count, true) == bytes)
        }
    }
}

@Suite("Bounds and corners of changes")
struct EditBoundTests {
    @Test("a change within removed bytes is neither written nor counted")
    func covered() {
        var edits = MessageEdits()
        edits.remove(ByteRange(offset: 2, count: 4))
        let isTaken = edits.insert(Array("lost".utf8), at: 4)
        #expect(isTaken)
        #expect(edits.length(of: ByteRange(offset: 0, count: 10)) == 6)
        var writer = ByteWriter()
        let bytes = Array("0123456789".utf8)
        edits.write(bytes.span, from: 0, to: 10, into: &writer)
        #expect(writer.text == "016789")
    }

    @Test("the texts of all changes together are no longer than a message")
    func texts() {
        var edits = MessageEdits()
        let half = [UInt8](repeating: 65, count: Limits.messageBytesMax / 2 + 1)
        let first = edits.insert(half, at: 0)
        let second = edits.insert(half, at: 1)
        let third = edits.insert([66], at: 1)
        #expect(first && !second && third)
        #expect(edits.edits.count == 2)
    }

    @Test("too many changes leave the first ones as they are")
    func many() {
        var edits = MessageEdits()
        for place in 0..<Limits.messageEditsMax {
            edits.remove(ByteRange(offset: 2 * place, count: 1))
        }
        let before = edits.edits
        let isInserted = edits.insert([65], at: 1)
        let isOverridden = edits.override(ByteRange(offset: 9_000, count: 2), with: [65])
        #expect(!isInserted && !isOverridden)
        #expect(edits.edits == before)
    }

    @Test("an override may take the place of others even when no further change has room")
    func fullOverride() {
        var edits = MessageEdits()
        for place in 0..<Limits.messageEditsMax {
            edits.remove(ByteRange(offset: 2 * place, count: 1))
        }
        let done = edits.override(ByteRange(offset: 0, count: 10), with: [65])
        #expect(done)
        #expect(edits.edits.count == Limits.messageEditsMax - 4)
    }

    @Test("an empty message takes insertions only")
    func empty() {
        var edits = MessageEdits()
        edits.insert(Array("a".utf8), at: 0)
        edits.insert(Array("b".utf8), at: 0)
        var writer = ByteWriter()
        let nothing: [UInt8] = []
        edits.write(nothing.span, from: 0, to: 0, into: &writer)
        #expect(writer.text == "ab")
        #expect(edits.length(of: .empty) == 2)
    }

    @Test("an empty body is a change, and no change is none")
    func bodies() {
        var edits = MessageEdits()
        #expect(edits.isEmpty)
        edits.body = []
        #expect(!edits.isEmpty)
        edits.removeAll()
        #expect(edits.isEmpty && edits.body == nil)
    }
}
