import Basics
import TestSupport
import Testing

@Suite("Finding bytes")
struct ByteTextTests {
    @Test("the first of its kind is found, at the start given or behind it")
    func first() {
        let bytes: [UInt8] = [7, 1, 0, 1, 255, 7]
        let span = bytes.span
        #expect(span.firstIndex(of: 7) == 0)
        #expect(span.firstIndex(of: 7, from: 1) == 5)
        #expect(span.firstIndex(of: 7, from: 5) == 5)
        #expect(span.firstIndex(of: 0) == 2)
        #expect(span.firstIndex(of: 255) == 4)
        #expect(span.firstIndex(of: 2) == nil)
        #expect(span.firstIndex(of: 7, from: 6) == nil)
        #expect(span.firstIndex(of: 7, from: 600) == nil)
    }

    @Test("nothing is found in nothing, nor behind the end of a part")
    func bounds() {
        let empty: [UInt8] = []
        #expect(empty.span.firstIndex(of: 0) == nil)
        let bytes: [UInt8] = [1, 2, 3, 4]
        #expect(bytes.span.extracting(1..<3).firstIndex(of: 4) == nil)
        #expect(bytes.span.extracting(1..<3).firstIndex(of: 1) == nil)
        #expect(bytes.span.extracting(1..<3).firstIndex(of: 3) == 1)
    }

    @Test("it finds what a loop finds", arguments: [1, 7, 8, 9, 31, 64, 200])
    func loop(_ count: Int) {
        var numbers = SeededNumbers(seed: UInt64(count))
        for _ in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0..<16, using: &numbers) }
            let wanted = UInt8.random(in: 0..<18, using: &numbers)
            let start = Int.random(in: 0...count, using: &numbers)
            let expected = bytes[start...].firstIndex(of: wanted)
            #expect(bytes.span.firstIndex(of: wanted, from: start) == expected)
        }
    }
}
