import Basics
import TestSupport
import Testing

/// A writer does what an array of bytes does, whatever it is asked.
@Suite("Laws of the byte writer")
struct ByteWriterPropertyTests {
    @Test(
        "it agrees with an array over a long random life", arguments: 1...4 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var writer = ByteWriter(capacity: Int.random(in: 0...40, using: &random))
        var model: [UInt8] = []
        for step in 0..<3_000 {
            change(&writer, &model, &random)
            let same = Array(copying: writer.span) == model
            check(same, "step \(step) of seed \(seed)")
            check(writer.count == model.count && writer.capacity >= writer.count)
            if !same { return }
        }
    }

    /// One random operation on both.
    private func change(
        _ writer: inout ByteWriter, _ model: inout [UInt8], _ random: inout SeededNumbers
    ) {
        let number = random.next()
        switch Int.random(in: 0...11, using: &random) {
        case 0:
            writer.append(UInt8(truncatingIfNeeded: number))
            model.append(UInt8(truncatingIfNeeded: number))
        case 1:
            let bytes = random.bytes(0...50, of: "abc\r\n")
            writer.append(bytes)
            model += bytes
        case 2:
            writer.append("literal" as StaticString)
            model += Array("literal".utf8)
        case 3:
            writer.append("t\u{e4}xt" as String)
            model += Array("t\u{e4}xt".utf8)
        case 4:
            writer.append(decimal: Int64(bitPattern: number))
            model += Array("\(Int64(bitPattern: number))".utf8)
        case 5:
            writer.append(hexadecimal: number >> 7)
            model += Array(String(number >> 7, radix: 16).utf8)
        case 6:
            let bytes = random.bytes(0...9, of: "\u{0}\u{7f}z")
            writer.append(hexadecimal: bytes.span)
            for byte in bytes {
                model += Array(((byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
            }
        case 7 where !model.isEmpty:
            let start = Int.random(in: 0..<model.count, using: &random)
            let count = min(Int.random(in: 0...60, using: &random), model.count - start)
            writer.append(copying: ByteRange(offset: start, count: count))
            model += Array(model[start..<(start + count)])
        case 8:
            let length = model.count - min(model.count, Int.random(in: 0...300, using: &random))
            writer.truncate(to: length)
            model.removeLast(model.count - length)
        case 9:
            let amount = min(model.count, Int.random(in: 0...300, using: &random))
            writer.removeFirst(amount)
            model.removeFirst(amount)
        case 10 where !model.isEmpty:
            let place = Int.random(in: 0..<model.count, using: &random)
            var span = writer.mutableSpan
            span[place] = UInt8(truncatingIfNeeded: number)
            model[place] = UInt8(truncatingIfNeeded: number)
        default:
            writer.reserve(Int.random(in: 0...500, using: &random))
        }
    }

    @Test("the ends of every kind of integer are written as String writes them")
    func extremes() {
        func written(_ value: some BinaryInteger) -> String {
            var writer = ByteWriter(capacity: 0)
            writer.append(decimal: value)
            return writer.text
        }
        #expect(written(Int8.min) == "-128" && written(Int8.max) == "127")
        #expect(written(UInt8.max) == "255" && written(UInt8.min) == "0")
        #expect(written(Int16.min) == "-32768" && written(UInt16.max) == "65535")
        #expect(written(Int32.min) == "-2147483648" && written(UInt32.max) == "4294967295")
        #expect(written(Int64.min) == "\(Int64.min)" && written(UInt64.max) == "\(UInt64.max)")
        #expect(written(Int128.min) == "\(Int128.min)" && written(UInt128.max) == "\(UInt128.max)")
        for power in 0..<64 {
            let edge = UInt64(1) << UInt64(power)
            for value in [edge &- 1, edge, edge &+ 1] { #expect(written(value) == "\(value)") }
        }
    }

    @Test("a number in hexadecimal has the width asked for, or more", arguments: 1...16)
    func widths(width: Int) {
        for power in 0..<64 {
            let value = UInt64(1) << UInt64(power) | 1
            var writer = ByteWriter()
            writer.append(hexadecimal: value, width: width)
            let digits = String(value, radix: 16)
            let padding = String(repeating: "0", count: max(0, width - digits.count))
            #expect(writer.text == padding + digits)
        }
    }

    @Test("every byte is two digits")
    func bytesInHexadecimal() {
        let all = Array(UInt8.min...UInt8.max)
        var writer = ByteWriter(capacity: 0)
        writer.append(hexadecimal: all.span)
        let text = writer.text
        #expect(text.utf8.count == 512)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        let digits = Array(text.utf8)
        for byte in all {
            let high = hexadecimal(digits[Int(byte) * 2]).map { $0 << 4 }
            let low = hexadecimal(digits[Int(byte) * 2 + 1])
            #expect((high ?? 0) | (low ?? 0) == byte)
        }
        var empty = ByteWriter()
        empty.append(hexadecimal: [UInt8]().span)
        #expect(empty.count == 0)
    }

    @Test("text that is no UTF-8 is replaced when it is shown, and kept as it is")
    func noText() {
        let bytes: [UInt8] = [65, 0xff, 66]
        var writer = ByteWriter()
        writer.append(bytes)
        #expect(writer.text == "A\u{fffd}B")
        let kept = Array(copying: writer.span)
        #expect(kept == bytes)
        #expect(String(copying: bytes.span) == "A\u{fffd}B")
    }

    @Test("more than is there cannot be taken away")
    func beyond() async {
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter()
            writer.removeFirst(1)
        }
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter()
            writer.truncate(to: 1)
        }
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter()
            writer.append(copying: ByteRange(offset: 0, count: 1))
        }
    }
}

/// Messages in an outbox, whatever their sizes.
@Suite("Laws of the outbox")
struct OutboxPropertyTests {
    @Test("each message keeps its bytes and its destination", arguments: [1, 2] as [UInt64])
    func model(seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        var outbox = Outbox(capacity: 8, messages: 1)
        for _ in 0..<20 {
            var expected: [([UInt8], UInt16)] = []
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                outbox.begin()
                let bytes = random.bytes(0...200, of: "message")
                outbox.writer.append(bytes)
                guard !bytes.isEmpty, Bool.random(using: &random) else {
                    outbox.abandon()
                    continue
                }
                let port = UInt16.random(in: 1 ... .max, using: &random)
                outbox.commit(
                    to: Origin(
                        transport: .udp, socket: .none,
                        source: PeerAddress(ipv4: 1, port: port)))
                expected.append((bytes, port))
            }
            let count = outbox.entries.count
            #expect(count == expected.count)
            for (entry, wanted) in zip(outbox.entries, expected) {
                let bytes = Array(copying: outbox.bytes(entry))
                #expect(bytes == wanted.0)
                #expect(entry.destination.source.port == wanted.1)
            }
            outbox.removeAll()
            check(outbox.isEmpty)
        }
    }
}
