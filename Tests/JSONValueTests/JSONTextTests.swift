import Basics
import Testing

@testable import JSONValue

/// What strings look like inside quotes (RFC 8259 section 7), byte by byte.
@Suite("JSON text")
struct JSONTextTests {
    /// The rule of `isClean` without its tricks: printable ASCII, no quote, no backslash.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5C
    }

    @Test("every byte at every place of three words is judged like the byte alone")
    func everyByteEverywhere() {
        for byte in UInt8.min...UInt8.max {
            for count in 1...24 {
                var text = [UInt8](repeating: 0x61, count: count)
                for place in [0, count / 2, count - 1] {
                    text[place] = byte
                    #expect(JSONText.isClean(text.span) == Self.isPlain(byte))
                    text[place] = 0x61
                }
            }
        }
    }

    @Test("two bytes side by side do not hide each other by a borrow")
    func neighbours() {
        let letters: [UInt8] = [0x00, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80]
        for left in letters {
            for right in letters {
                for place in 0..<7 {
                    var text = [UInt8](repeating: 0x7E, count: 8)
                    text[place] = left
                    text[place + 1] = right
                    #expect(
                        JSONText.isClean(text.span)
                            == (Self.isPlain(left) && Self.isPlain(right)))
                }
            }
        }
    }

    @Test("the empty text is clean")
    func empty() {
        let bytes: [UInt8] = []
        let isClean = JSONText.isClean(bytes.span)
        #expect(isClean)
    }

    /// What is written for the 32 control characters, in their order.
    private static let controls: [String] = (0..<32).map { code in
        switch code {
        case 8: return "\\b"
        case 9: return "\\t"
        case 10: return "\\n"
        case 12: return "\\f"
        case 13: return "\\r"
        default:
            let digits = String(code, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    @Test("each control character has its short escape or four digits", arguments: 0..<32)
    func controls(_ code: Int) throws {
        var writer = ByteWriter(capacity: 16)
        let bytes = [UInt8(code)]
        JSONText.escape(bytes.span, into: &writer)
        #expect(writer.text == Self.controls[code])
        let read = try JSONValue(parsing: "\"\(Self.controls[code])\"")
        #expect(read.text?.utf8.first == UInt8(code))
    }

    @Test("an escaped text of any bytes is read back, and is the text where that was UTF-8")
    func anyBytes() throws {
        var state: UInt64 = 17
        for round in 0..<400 {
            var bytes: [UInt8] = []
            for _ in 0..<(round % 40) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: state >> 40))
            }
            var writer = JSONWriter()
            writer.string(bytes.span)
            let text = try #require(try JSONValue(parsing: writer.bytes.text).text)
            if let valid = String(validating: bytes, as: UTF8.self) {
                #expect(Array(text.utf8) == Array(valid.utf8))
            } else {
                #expect(text.contains("\u{FFFD}"))
            }
        }
    }
}

/// RFC 3629 section 4, against the decoder of the standard library.
@Suite("sequences of UTF-8")
struct UTF8SequenceTests {
    /// Whether bytes are one well-formed character.
    private static func isOne(_ bytes: ArraySlice<UInt8>) -> Bool {
        String(validating: bytes, as: UTF8.self)?.unicodeScalars.count == 1
    }

    @Test("every scalar has the length that its encoding has")
    func scalars() {
        for code in stride(from: UInt32(0), through: 0x10FFFF, by: 61) {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let bytes = Array(String(scalar).utf8)
            #expect(UTF8Sequence.length(bytes.span, at: 0) == bytes.count)
        }
    }

    @Test("every pair of bytes is judged like the standard library does")
    func pairs() {
        for first in UInt8.min...UInt8.max {
            for second in stride(from: UInt8(0), through: 0xFC, by: 4) {
                let bytes = [first, second]
                let length = UTF8Sequence.length(bytes.span, at: 0)
                if length > 0 { #expect(Self.isOne(bytes[..<length])) }
                if length == 0 { #expect(!Self.isOne(bytes[..<1]) && !Self.isOne(bytes[...])) }
            }
        }
    }

    @Test(
        "the second byte is bounded where RFC 3629 bounds it",
        arguments: [
            ([0xE0, 0xA0, 0x80], 3), ([0xE0, 0x9F, 0x80], 0), ([0xED, 0x9F, 0xBF], 3),
            ([0xED, 0xA0, 0x80], 0), ([0xEE, 0x80, 0x80], 3), ([0xF0, 0x90, 0x80, 0x80], 4),
            ([0xF0, 0x8F, 0x80, 0x80], 0), ([0xF4, 0x8F, 0xBF, 0xBF], 4),
            ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF1, 0x80, 0x80, 0x7F], 0),
            ([0xF1, 0x80, 0xC0, 0x80], 0), ([0xE1, 0x80, 0xC0], 0), ([0xC2, 0x80], 2),
            ([0xC2, 0xC0], 0), ([0xC1, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0x80], 0),
        ] as [([UInt8], Int)])
    func bounds(_ bytes: [UInt8], _ length: Int) {
        #expect(UTF8Sequence.length(bytes.span, at: 0) == length)
    }

    @Test("a sequence that the end cuts off is none, wherever it starts")
    func cutOff() {
        for character in ["é", "€", "😀"] {
            let whole = Array(character.utf8)
            for count in 1..<whole.count {
                let bytes = [0x61, 0x62] + Array(whole[..<count])
                #expect(UTF8Sequence.length(bytes.span, at: 2) == 0)
            }
            let behind = [0x61, 0x62] + whole + [0x63]
            #expect(UTF8Sequence.length(behind.span, at: 2) == whole.count)
        }
    }
}
