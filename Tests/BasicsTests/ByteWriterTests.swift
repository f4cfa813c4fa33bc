import Basics
import Testing

@Suite("Byte writer")
struct ByteWriterTests {
    @Test("bytes, literals, spans and text are written one behind the other")
    func writesInOrder() {
        var writer = ByteWriter(capacity: 0)
        writer.append(UInt8(ascii: "a"))
        writer.append("bc" as StaticString)
        let more: [UInt8] = [0x64, 0x65]
        writer.append(more.span)
        writer.append(more)
        writer.append("é" as String)
        #expect(writer.text == "abcdedeé")
        #expect(writer.count == 9)
    }

    @Test(
        "numbers are written in decimal",
        arguments: [
            (0, "0"), (7, "7"), (10, "10"), (-1, "-1"), (-90, "-90"), (65_535, "65535"),
            (Int.max, "9223372036854775807"), (Int.min, "-9223372036854775808"),
        ])
    func decimal(value: Int, text: String) {
        var writer = ByteWriter()
        writer.append(decimal: value)
        #expect(writer.text == text)
    }

    @Test("every number of a small range is written as String writes it")
    func decimalExhaustive() {
        for value in -1_100...1_100 {
            var writer = ByteWriter()
            writer.append(decimal: value)
            #expect(writer.text == String(value))
        }
    }

    @Test(
        "numbers are written in hexadecimal, padded to a width",
        arguments: [
            (UInt64(0), 1, "0"), (15, 1, "f"), (16, 1, "10"), (255, 4, "00ff"),
            (UInt64.max, 1, "ffffffffffffffff"), (0, 16, "0000000000000000"),
        ])
    func hexadecimal(value: UInt64, width: Int, text: String) {
        var writer = ByteWriter()
        writer.append(hexadecimal: value, width: width)
        #expect(writer.text == text)
    }

    @Test("a writer grows and keeps what it holds")
    func grows() {
        var writer = ByteWriter(capacity: 16)
        for number in 0..<10_000 { writer.append(UInt8(truncatingIfNeeded: number)) }
        #expect(writer.count == 10_000)
        let kept = Array(copying: writer.span)
        #expect(kept.indices.allSatisfy { kept[$0] == UInt8(truncatingIfNeeded: $0) })
    }

    @Test("removing all keeps the room")
    func removeAllKeepsCapacity() {
        var writer = ByteWriter(capacity: 16)
        writer.append(String(repeating: "x", count: 1_000))
        let capacity = writer.capacity
        writer.removeAll()
        #expect(writer.count == 0)
        #expect(writer.capacity == capacity)
    }

    @Test("truncating forgets the end only")
    func truncates() {
        var writer = ByteWriter()
        writer.append("abcdef" as StaticString)
        writer.truncate(to: 2)
        #expect(writer.text == "ab")
    }

    @Test("a range of what is written can be read and changed in place")
    func ranges() {
        var writer = ByteWriter()
        writer.append("hello" as StaticString)
        #expect(String(copying: writer.span(ByteRange(offset: 1, count: 3))) == "ell")
        var span = writer.mutableSpan
        span[0] = UInt8(ascii: "j")
        #expect(writer.text == "jello")
    }

    @Test("filling appends what the body wrote")
    func fills() {
        var writer = ByteWriter(capacity: 16)
        writer.append("a" as StaticString)
        unsafe writer.fill(100) { room in
            unsafe room[0] = UInt8(ascii: "b")
            return 1
        }
        #expect(writer.text == "ab")
    }

    @Test("a range behind the end is a defect")
    func rangeBehindEnd() async {
        await #expect(processExitsWith: .failure) {
            let writer = ByteWriter()
            _ = writer.span(ByteRange(offset: 0, count: 1)).count
        }
    }
}
