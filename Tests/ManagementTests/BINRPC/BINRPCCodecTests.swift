import Basics
import Testing

@testable import Management

/// The bytes of values.
private func encoded(_ values: BINRPCValue...) -> [UInt8] {
    var writer = BINRPCWriter()
    for value in values { writer.value(value) }
    return Array(copying: writer.bytes.span)
}

/// The values of bytes.
private func decoded(_ bytes: [UInt8]) throws(BINRPCError) -> [BINRPCValue] {
    try BINRPCReader.values(bytes.span)
}

@Suite("the records of BINRPC")
struct BINRPCCodecTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let value: BINRPCValue
        let bytes: String
        var testDescription: String { bytes }
    }

    static let examples: [Example] = [
        Example(value: .int(0), bytes: "00"), Example(value: .int(1), bytes: "10 01"),
        Example(value: .int(255), bytes: "10 ff"), Example(value: .int(256), bytes: "20 01 00"),
        Example(value: .int(0x1234), bytes: "20 12 34"),
        Example(value: .int(0x12_3456), bytes: "30 12 34 56"),
        Example(value: .int(.max), bytes: "40 7f ff ff ff"),
        Example(value: .int(-1), bytes: "40 ff ff ff ff"),
        Example(value: .int(.min), bytes: "40 80 00 00 00"),
        Example(value: .string(""), bytes: "11 00"),
        Example(value: .string("abc"), bytes: "41 61 62 63 00"),
        Example(value: .string("abcdef"), bytes: "71 61 62 63 64 65 66 00"),
        Example(value: .string("abcdefg"), bytes: "91 08 61 62 63 64 65 66 67 00"),
        Example(value: .double(0), bytes: "02"), Example(value: .double(0.5), bytes: "22 01 f4"),
        Example(value: .double(1), bytes: "22 03 e8"),
        Example(value: .double(-0.001), bytes: "82 ff ff ff ff ff ff ff ff"),
        Example(value: .double(4_294_967_295), bytes: "62 03 e7 ff ff fc 18"),
        Example(value: .structure([]), bytes: "03 83"), Example(value: .array([]), bytes: "04 84"),
        Example(
            value: .structure([.init("a", .int(1)), .init(nil, .string("b"))]),
            bytes: "03 25 61 00 10 01 21 62 00 83"),
        Example(
            value: .structure([.init("a", .structure([.init("b", .array([.int(0)]))]))]),
            bytes: "03 25 61 00 03 25 62 00 04 00 84 83 83"),
        Example(value: .bytes([]), bytes: "06"), Example(value: .bytes([0, 1]), bytes: "26 00 01"),
    ]

    @Test("a value has these bytes, and they have this value", arguments: examples)
    func values(example: Example) throws {
        #expect(encoded(example.value) == hexadecimal(example.bytes))
        #expect(try decoded(hexadecimal(example.bytes)) == [example.value])
    }

    @Test("long strings have a length in as many bytes as it needs")
    func long() throws {
        for (count, head) in [(254, "91 ff"), (255, "a1 01 00"), (70_000, "b1 01 11 71")] {
            let text = String(repeating: "x", count: count)
            let bytes = encoded(.string(text))
            #expect(Array(bytes.prefix(hexadecimal(head).count)) == hexadecimal(head))
            #expect(try decoded(bytes) == [.string(text)])
        }
    }

    @Test("numbers that 32 bits do not hold travel as doubles, all ones as -1")
    func integers() throws {
        let table: [(Int64, BINRPCValue)] = [
            (0, .int(0)), (-1, .int(-1)), (2_147_483_647, .int(.max)),
            (2_147_483_648, .double(2_147_483_648)), (4_294_967_295, .int(-1)),
            (3_020_259_189, .double(3_020_259_189)), (4_294_967_296, .double(4_294_967_296)),
            (-2_147_483_649, .double(-2_147_483_649)),
        ]
        for (number, value) in table {
            var writer = BINRPCWriter()
            writer.integer(number)
            #expect(try BINRPCReader.values(writer.bytes.span) == [value], "\(number)")
        }
        for number in [Int64.max, .min] {
            var writer = BINRPCWriter()
            writer.integer(number)
            #expect(writer.bytes.count <= 9)
        }
    }

    @Test("doubles are rounded to thousandths; what is none is the nearest that there is")
    func doubles() throws {
        for (given, kept) in [(0.29, 0.29), (1.0005, 1.001), (-2.5, -2.5), (.nan, 0)] {
            #expect(try decoded(encoded(.double(given))) == [.double(kept)])
        }
        #expect(encoded(.double(.infinity)).count == 9)
        #expect(encoded(.double(-.infinity)).count == 9)
    }

    @Test("a zero byte within a string is left out: it would end it")
    func zeros() throws {
        #expect(try decoded(encoded(.string("a\0b"))) == [.string("ab")])
    }

    @Test(
        "malformed records are refused where they are",
        arguments: [
            ("10", BINRPCError.Kind.truncated, 1), ("50 01 02 03 04 05", .badRecord, 0),
            ("90 01 01", .badRecord, 0), ("01", .badRecord, 0), ("11 61", .badRecord, 0),
            ("31 61 00 62", .badRecord, 0), ("31 00 61 00", .badRecord, 0),
            ("21 61", .truncated, 1), ("81 61 00", .badRecord, 0),
            ("d1 00 00 00 00 02 61 00", .badRecord, 0), ("c1 ff ff ff ff", .truncated, 5),
            ("03", .truncated, 1), ("83", .badRecord, 0), ("84", .badRecord, 0),
            ("03 25 61 00 83", .badRecord, 4), ("25 61 00", .badRecord, 0),
            ("04 25 61 00 84", .badRecord, 1), ("04 83", .badRecord, 1), ("07", .badRecord, 0),
            ("0f", .badRecord, 0), ("92 01 02 03 04 05 06 07 08 09", .badRecord, 0),
            ("26 00", .truncated, 1), ("00 10 01 3b", .badRecord, 3),
        ])
    func malformed(bytes: String, kind: BINRPCError.Kind, offset: Int) {
        #expect(throws: BINRPCError(kind, at: offset)) { try decoded(hexadecimal(bytes)) }
    }

    @Test("structures nest as deep as they may and no deeper")
    func depth() throws {
        let most = Limits.binrpcDepthMax
        let right = [UInt8](repeating: 3, count: most) + [UInt8](repeating: 0x83, count: most)
        #expect(try decoded(right).count == 1)
        for opening in [UInt8(3), 4] {
            let deep = [UInt8](repeating: opening, count: 60_000)
            #expect(throws: BINRPCError(.tooLarge, at: most)) { try decoded(deep) }
        }
    }

    @Test("more values side by side than anybody sends are refused")
    func many() {
        let zeros = [UInt8](repeating: 0, count: Limits.binrpcValuesMax + 1)
        #expect(throws: BINRPCError.self) { try decoded(zeros) }
    }
}

@Suite("the header of BINRPC")
struct BINRPCHeaderTests {
    @Test(
        "a header has these bytes",
        arguments: [
            (BINRPCHeader(.request, bodyCount: 14, cookie: 0x11), "a1 00 0e 11"),
            (BINRPCHeader(.reply, bodyCount: 0, cookie: 0), "a1 10 00 00"),
            (
                BINRPCHeader(.reply, bodyCount: 0x39b, cookie: 0x5ebd_7af0),
                "a1 17 03 9b 5e bd 7a f0"
            ),
            (BINRPCHeader(.fault, bodyCount: 255, cookie: 0x100), "a1 31 ff 01 00"),
            (BINRPCHeader(.reply, bodyCount: 0x10_0000, cookie: 1), "a1 18 10 00 00 01"),
            (BINRPCHeader(.reply, bodyCount: 0x100_0000, cookie: 1), "a1 1c 01 00 00 00 01"),
        ])
    func bytes(header: BINRPCHeader, text: String) throws {
        var writer = ByteWriter()
        header.write(into: &writer)
        #expect(Array(copying: writer.span) == hexadecimal(text))
        let read = try BINRPCHeader.read(writer.span)
        #expect(read?.header == header)
        #expect(read?.count == writer.count)
        #expect(writer.count <= BINRPCHeader.bytesMax)
        // With any byte missing it is not there yet.
        for count in 0..<writer.count {
            let isMissing = try BINRPCHeader.read(writer.span.extracting(0..<count)) == nil
            #expect(isMissing)
        }
    }

    @Test("numbers may have more bytes than they need")
    func wide() throws {
        let bytes = hexadecimal("a1 0f 00 00 00 05 00 00 00 07")
        let read = try BINRPCHeader.read(bytes.span)
        #expect(read?.header == BINRPCHeader(.request, bodyCount: 5, cookie: 7))
        #expect(read?.count == 10)
    }

    @Test(
        "what is no packet is told at once, or when its length is there",
        arguments: [
            "00", "a2", "47", "51", "a1 20", "a1 40", "a1 f0", "a1 0c 80 00 00 00",
            "a1 0c ff ff ff ff", "a1 0c 10 00 00 01",
        ])
    func foreign(text: String) {
        #expect(throws: BINRPCError.self) { try BINRPCHeader.read(hexadecimal(text).span) }
    }
}

/// Numbers that look random and are the same in every run.
private struct Dice {
    var state: UInt64
    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % sides
    }
}

@Suite("BINRPC from strangers")
struct BINRPCHostileTests {
    /// Reads whatever bytes as a server does; what it takes must survive being written and read.
    private func swallow(_ bytes: [UInt8]) throws {
        guard let read = try? BINRPCHeader.read(bytes.span) else { return }
        let body = Array(bytes[read.count...].prefix(read.header.bodyCount))
        guard let values = try? BINRPCReader.values(body.span) else { return }
        var writer = BINRPCWriter()
        for value in values { writer.value(value) }
        #expect(try BINRPCReader.values(writer.bytes.span) == values)
    }

    @Test(
        "a packet that is cut off anywhere is neither a crash nor a value", arguments: Capture.all)
    func cut(capture: Capture) throws {
        for bytes in [capture.request, capture.reply] {
            for count in 0..<bytes.count {
                let part = Array(bytes[..<count])
                try swallow(part)
                let isWhole = (try? Packet(part)) != nil
                #expect(!isWhole)
            }
        }
    }

    @Test("packets with bytes changed", arguments: 0..<40)
    func changed(seed: Int) throws {
        var dice = Dice(state: UInt64(seed))
        for _ in 0..<500 {
            let capture = Capture.all[dice.roll(Capture.all.count)]
            var bytes = dice.roll(2) == 0 ? capture.request : capture.reply
            for _ in 0...dice.roll(4) {
                let place = dice.roll(bytes.count)
                switch dice.roll(3) {
                case 0: bytes[place] = UInt8(dice.roll(256))
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(dice.roll(256)), at: place)
                }
            }
            try swallow(bytes)
        }
    }

    @Test("bytes of chance behind a right header", arguments: 0..<20)
    func chance(seed: Int) throws {
        var dice = Dice(state: UInt64(seed) &+ 99)
        for _ in 0..<1_000 {
            let count = dice.roll(60)
            let body = (0..<count).map { _ in UInt8(dice.roll(256)) }
            try swallow([0xA1, 0x00, UInt8(count), 1] + body)
        }
    }
}
