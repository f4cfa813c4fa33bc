internal import Basics
internal import ModuleKit

/// `{s.encode.…}` and `{s.decode.…}`: bytes as letters and digits.
///
/// What is no such encoding decodes to null: scripts decode what strangers send.
extension Transformations {
    /// Encodings and their reverse.
    static var encodings: [TransformationRow] {
        [
            .plain("s.encode.hexa", "In lower-case hexadecimal.") { $1.append(hexadecimal: $0) },
            .built("s.decode.hexa", "From hexadecimal; an odd digit at the end is left out.") {
                bytes, _, _, writer in decodeHexadecimal(bytes, &writer)
            },
            base64("base64", .standard, pads: true), base64("base64t", .standard, pads: false),
            base64("base64url", .url, pads: true), base64("base64urlt", .url, pads: false),
            unBase64("base64", .standard, mustPad: true),
            unBase64("base64t", .standard, mustPad: false),
            unBase64("base64url", .url, mustPad: false),
            unBase64("base64urlt", .url, mustPad: false),
            .built("s.encode.base58", "In base 58, whose digits are hard to mistake.") {
                bytes, _, _, writer in encodeBase58(bytes, &writer)
            },
            .built("s.decode.base58", "From base 58.") { bytes, _, _, writer in
                decodeBase58(bytes, &writer)
            },
            .plain("s.encode.7bit", "Packed to seven bits a character, in hexadecimal.") {
                pack($0, &$1)
            },
            .built("s.decode.7bit", "From characters packed to seven bits, in hexadecimal.") {
                bytes, _, _, writer in unpack(bytes, &writer)
            },
        ]
    }

    private static func decodeHexadecimal(
        _ bytes: Span<UInt8>, _ writer: inout ByteWriter
    ) -> Bool {
        var place = 0
        while place + 1 < bytes.count {
            guard let high = hexadecimal(bytes[place]), let low = hexadecimal(bytes[place + 1])
            else { return false }
            writer.append(high << 4 | low)
            place += 2
        }
        return true
    }

    // MARK: Base 64 (RFC 4648)

    /// The two alphabets, which differ in the last two digits (RFC 4648 4 and 5).
    private enum Alphabet {
        case standard, url

        func digit(_ value: UInt32) -> UInt8 {
            switch UInt8(value & 63) {
            case let v where v < 26: 65 + v
            case let v where v < 52: 71 + v
            case let v where v < 62: v - 4
            case 62: self == .url ? UInt8(ascii: "-") : UInt8(ascii: "+")
            default: self == .url ? UInt8(ascii: "_") : UInt8(ascii: "/")
            }
        }

        func value(_ digit: UInt8) -> UInt32? {
            switch digit {
            case 65...90: UInt32(digit - 65)
            case 97...122: UInt32(digit - 71)
            case 48...57: UInt32(digit + 4)
            case UInt8(ascii: "+") where self == .standard: 62
            case UInt8(ascii: "-") where self == .url: 62
            case UInt8(ascii: "/") where self == .standard: 63
            case UInt8(ascii: "_") where self == .url: 63
            default: nil
            }
        }
    }

    private static func base64(
        _ name: String, _ alphabet: Alphabet, pads: Bool
    ) -> TransformationRow {
        let kind = alphabet == .url ? "base 64 for URLs" : "base 64"
        let summary = "In \(kind) (RFC 4648)\(pads ? "" : " without = at the end")."
        return .plain("s.encode." + name, summary) { bytes, writer in
            var place = 0
            while place < bytes.count {
                let count = min(3, bytes.count - place)
                var word: UInt32 = 0
                for offset in 0..<3 {
                    word = word << 8 | (offset < count ? UInt32(bytes[place + offset]) : 0)
                }
                for digit in 0..<4 {
                    if digit <= count {
                        writer.append(alphabet.digit(word >> UInt32(18 - digit * 6)))
                    } else if pads {
                        writer.append("=")
                    }
                }
                place += 3
            }
        }
    }

    private static func unBase64(
        _ name: String, _ alphabet: Alphabet, mustPad: Bool
    ) -> TransformationRow {
        let kind = alphabet == .url ? "base 64 for URLs" : "base 64"
        let summary = "From \(kind) (RFC 4648)\(mustPad ? "" : "; = at the end may be missing")."
        return .built("s.decode." + name, summary) { bytes, _, _, writer in
            guard !mustPad || bytes.count % 4 == 0 else { return false }
            var end = bytes.count
            while end > 0, bytes.count - end < 2, bytes[end - 1] == UInt8(ascii: "=") { end -= 1 }
            // One digit alone has six bits: no byte. Padding fills a group of four, nothing more.
            guard end % 4 != 1, end == bytes.count || !mustPad || bytes.count % 4 == 0 else {
                return false
            }
            var word: UInt32 = 0
            var bits = 0
            for place in 0..<end {
                guard let value = alphabet.value(bytes[place]) else { return false }
                word = word << 6 | value
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    writer.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
                }
            }
            return true
        }
    }

    // MARK: Base 58

    private static let digits58: StaticString =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

    private static func value58(_ digit: UInt8) -> UInt32? {
        for value in 0..<digits58.utf8CodeUnitCount
        where unsafe digits58.utf8Start[value] == digit { return UInt32(value) }
        return nil
    }

    /// The bytes as one large number; zeros ahead are a digit 1 each.
    private static func encodeBase58(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) -> Bool {
        let start = writer.count
        guard convert(bytes, from: 256, to: 58, { UInt32($0) }, &writer) else { return false }
        for place in start..<writer.count {
            let value = Int(writer.span[place])
            var span = writer.mutableSpan
            span[place] = unsafe digits58.utf8Start[value]
        }
        return true
    }

    private static func decodeBase58(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) -> Bool {
        convert(bytes, from: 58, to: 256, value58, &writer)
    }

    /// Writes a number of one base in another, zeros ahead as zeros.
    ///
    /// It takes time with the square of the length, which is bounded for that reason.
    private static func convert(
        _ bytes: Span<UInt8>, from base: UInt32, to other: UInt32,
        _ value: (UInt8) -> UInt32?, _ writer: inout ByteWriter
    ) -> Bool {
        guard bytes.count <= Limits.base58BytesMax else { return false }
        var zeros = 0
        while zeros < bytes.count, value(bytes[zeros]) == 0 { zeros += 1 }
        for _ in 0..<zeros { writer.append(0) }
        let start = writer.count
        for place in zeros..<bytes.count {
            guard var carry = value(bytes[place]) else { return false }
            // Digits stand with the lowest first while the number grows.
            for digit in start..<writer.count {
                let sum = UInt32(writer.span[digit]) * base + carry
                var span = writer.mutableSpan
                span[digit] = UInt8(truncatingIfNeeded: sum % other)
                carry = sum / other
            }
            while carry > 0 {
                writer.append(UInt8(truncatingIfNeeded: carry % other))
                carry /= other
            }
        }
        var span = writer.mutableSpan
        var low = start
        var high = span.count - 1
        while low < high {
            span.swapAt(low, high)
            low += 1
            high -= 1
        }
        return true
    }

    // MARK: Seven bits (3GPP TS 23.038 6.1.2.1)

    private static func pack(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) {
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for place in bytes.indices {
            word |= UInt32(bytes[place] & 0x7f) << bits
            bits += 7
            if bits >= 8 {
                writeOctet(word, &writer)
                word >>= 8
                bits -= 8
            }
        }
        if bits > 0 { writeOctet(word, &writer) }
    }

    /// Two upper-case digits, as Kamailio writes this one encoding.
    private static func writeOctet(_ word: UInt32, _ writer: inout ByteWriter) {
        for shift: UInt32 in stride(from: 0, through: 4, by: 4) {
            let nibble = UInt8(word >> (4 - shift) & 15)
            writer.append(nibble < 10 ? 48 + nibble : 55 + nibble)
        }
    }

    private static func unpack(_ bytes: Span<UInt8>, _ writer: inout ByteWriter) -> Bool {
        guard bytes.count % 2 == 0 else { return false }
        var word: UInt32 = 0
        var bits: UInt32 = 0
        var place = 0
        while place < bytes.count {
            guard let high = hexadecimal(bytes[place]), let low = hexadecimal(bytes[place + 1])
            else { return false }
            word |= UInt32(high << 4 | low) << bits
            bits += 8
            place += 2
            while bits >= 7 {
                // Seven octets with nothing in their last seven bits hold seven characters.
                if place == bytes.count, bits == 7, word & 0x7f == 0 { break }
                writer.append(UInt8(word & 0x7f))
                word >>= 7
                bits -= 7
            }
        }
        return true
    }
}
