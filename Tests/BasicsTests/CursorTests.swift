import Basics
import Testing

/// The cursor stays within its range whatever it is told.
@Suite("Cursor")
struct CursorTests {
    @Test("an empty range is at its end and yields nothing")
    func empty() {
        let bytes = Array("abc".utf8)
        var cursor = Cursor(bytes.span, in: ByteRange(offset: 1, count: 0))
        #expect(cursor.isAtEnd == true)
        #expect(cursor.current == nil)
        #expect(cursor.peek(0) == nil)
        let taken = cursor.take(UInt8(ascii: "b"))
        #expect(!taken)
        cursor.advance(5)
        #expect(cursor.position == 1)
    }

    @Test("offsets are those of the whole span")
    func offsets() {
        let bytes = Array("xxtoken;".utf8)
        var cursor = Cursor(bytes.span, in: ByteRange(offset: 2, count: 6))
        let run = cursor.run(of: ByteSet("tokne"))
        #expect(run == ByteRange(offset: 2, count: 5))
        #expect(cursor.current == UInt8(ascii: ";"))
        #expect(cursor.remaining == 1)
        let start = cursor.range(from: 2)
        #expect(start.count == 5)
    }

    @Test("advance stops at the end of the range, not of the span")
    func advanceStops() {
        let bytes = Array("abcdef".utf8)
        var cursor = Cursor(bytes.span, in: ByteRange(offset: 0, count: 3))
        cursor.advance(2)
        #expect(cursor.current == UInt8(ascii: "c"))
        cursor.advance(.max)
        #expect(cursor.position == 3)
        #expect(cursor.isAtEnd == true)
    }

    @Test("peek looks ahead without moving")
    func peek() {
        let bytes = Array("abc".utf8)
        let cursor = Cursor(bytes.span)
        #expect(cursor.peek(2) == UInt8(ascii: "c"))
        #expect(cursor.peek(3) == nil)
        #expect(cursor.peek(.max) == nil)
        #expect(cursor.position == 0)
    }

    @Test("seek finds a byte or stops at the end")
    func seek() {
        let bytes = Array("a,b".utf8)
        var cursor = Cursor(bytes.span)
        var found = cursor.seek(UInt8(ascii: ","))
        #expect(found)
        #expect(cursor.position == 1)
        found = cursor.seek(UInt8(ascii: "z"))
        #expect(!found)
        #expect(cursor.isAtEnd == true)
    }

    @Test(
        "decimal numbers are read with their limit",
        arguments: [
            ("0", UInt64.max, UInt64?(0), 1),
            ("0068", .max, 68, 4),
            ("12ab", .max, 12, 2),
            ("", .max, nil, 0),
            ("x", .max, nil, 0),
            ("256", 255, nil, 3),
            ("255", 255, 255, 3),
            ("18446744073709551615", .max, .max, 20),
            ("18446744073709551616", .max, nil, 20),
            ("18446744073709551620", .max, nil, 20),
            ("36893488147419103232", .max, nil, 20),
            ("0000000000000000000000000000000007", .max, 7, 34),
            ("99999999999999999999999999999999999", .max, nil, 35),
        ])
    func decimal(text: String, limit: UInt64, value: UInt64?, passed: Int) {
        let bytes = Array(text.utf8)
        var cursor = Cursor(bytes.span)
        let found = cursor.decimal(upTo: limit)
        #expect(found == value)
        #expect(cursor.position == passed)
    }

    @Test("a cursor outside of its span is a programming error")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            let bytes = Array("abc".utf8)
            let cursor = Cursor(bytes.span, in: ByteRange(offset: 2, count: 2))
            _ = cursor.current
        }
        await #expect(processExitsWith: .failure) {
            let bytes = Array("abc".utf8)
            var cursor = Cursor(bytes.span)
            cursor.move(to: 4)
        }
    }
}

/// Sets of bytes, comparisons and the other small tools of the parsers.
@Suite("Bytes")
struct ByteTests {
    @Test("a set holds exactly its characters")
    func sets() {
        let set = ByteSet("aZ09-~\t", beyond: false)
        for byte in UInt8.min...UInt8.max {
            #expect(set.contains(byte) == "aZ09-~\t".utf8.contains(byte))
        }
        let wide = ByteSet("a", beyond: true)
        #expect(wide.contains(200))
        #expect(!wide.contains(98))
        let both = ByteSet("a").union(ByteSet("b"))
        #expect(both.contains(97) && both.contains(98) && !both.contains(99))
        #expect(set == ByteSet(low: set.low, high: set.high))
    }

    @Test(
        "texts match but for the case of letters",
        arguments: [
            ("Via", "via", true),
            ("VIA", "via", true),
            ("vi", "via", false),
            ("", "", true),
            ("a-b", "A-B", true),
            ("a\rb", "a-b", false),
            ("@", "`", false),
            ("[", "{", false),
            ("ä", "Ä", false),
            ("Content-Length", "content-LENGTH", true),
        ])
    func matches(one: String, two: String, same: Bool) {
        let left = Array(one.utf8)
        let right = Array(two.utf8)
        let found = left.span.matches(right.span)
        #expect(found == same)
        let back = right.span.matches(left.span)
        #expect(back == same)
    }

    @Test("literals are compared with and without regard to case")
    func literals() {
        let bytes = Array("SIP/2.0".utf8)
        let span = bytes.span
        #expect(span.matches("sip/2.0") == true)
        #expect(span.equals("sip/2.0") == false)
        #expect(span.equals("SIP/2.0") == true)
        #expect(span.equals("SIP/2.00") == false)
        #expect(span.hasPrefix(matching: "sip/") == true)
        #expect(span.hasPrefix(matching: "sip/2.0/") == false)
        #expect(span.matches("sip/2.1") == false)
        let other = Array("SIP/2.0".utf8)
        #expect(span.equals(other.span) == true)
        #expect(span.equals(other.span.extracting(0..<6)) == false)
    }

    @Test("a span is a decimal number only as a whole")
    func decimals() {
        let text = Array("00421 ".utf8)
        #expect(text.span.extracting(0..<5).decimal() == 421)
        #expect(text.span.decimal() == nil)
        #expect(text.span.extracting(0..<5).decimal(upTo: 420) == nil)
        #expect(text.span.part(ByteRange(offset: 2, count: 2)).decimal() == 42)
    }

    @Test("hexadecimal digits have values, other bytes none")
    func hexadecimals() {
        #expect(hexadecimal(UInt8(ascii: "0")) == 0)
        #expect(hexadecimal(UInt8(ascii: "9")) == 9)
        #expect(hexadecimal(UInt8(ascii: "a")) == 10)
        #expect(hexadecimal(UInt8(ascii: "F")) == 15)
        for byte in "g/:@G`".utf8 { #expect(hexadecimal(byte) == nil) }
    }

    @Test("a writer gives its first bytes away and keeps the others")
    func removeFirst() {
        var writer = ByteWriter(capacity: 16)
        writer.append("abcdef" as StaticString)
        writer.removeFirst(0)
        #expect(writer.text == "abcdef")
        writer.removeFirst(2)
        #expect(writer.text == "cdef")
        writer.append("g" as StaticString)
        writer.removeFirst(5)
        #expect(writer.count == 0)
    }

    @Test("a fixed buffer keeps its values apart")
    func fixedBuffer() {
        var buffer = FixedBuffer(repeating: UInt16(7), count: 5)
        #expect(buffer.count == 5)
        buffer[3] = 9
        #expect(buffer[2] == 7)
        #expect(buffer[3] == 9)
        #expect(buffer.span[3] == 9)
        buffer.fill(1)
        let all = (0..<5).map { buffer[$0] }
        #expect(all == [1, 1, 1, 1, 1])
    }

    @Test("an index outside of a fixed buffer is a programming error")
    func fixedBufferBounds() async {
        await #expect(processExitsWith: .failure) {
            let buffer = FixedBuffer(repeating: UInt8(0), count: 2)
            _ = buffer[2]
        }
    }
}
