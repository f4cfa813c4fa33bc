internal import Basics

/// What strings look like inside quotes (RFC 8259 section 7).
enum JSONText {
    /// Whether a string may be copied as it is: printable ASCII without quote and backslash.
    ///
    /// Nearly every string of a dump is, so this looks at eight bytes at once.
    static func isClean(_ text: Span<UInt8>) -> Bool {
        unsafe text.withUnsafeBufferPointer { buffer in
            let raw = UnsafeRawBufferPointer(buffer)
            let count = raw.count
            guard count >= 8 else {
                // A short string is put into a word of blanks.
                var rest: UInt64 = 0x2020_2020_2020_2020
                for place in 0..<count { rest = rest << 8 | UInt64(unsafe raw[place]) }
                return !needsEscape(rest)
            }
            var place = 0
            while place &+ 8 <= count {
                let word = unsafe raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                if needsEscape(word) { return false }
                place &+= 8
            }
            // The last eight bytes, some of them once more: there is no loop for the rest.
            let last = unsafe raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            return !needsEscape(last)
        }
    }

    /// Whether one of eight bytes is a control character, a quote, a backslash or beyond ASCII.
    ///
    /// A byte below n, or equal to a pattern, sets the top bit of its lane by borrowing; a borrow
    /// may set it in a clean lane above as well, but only when a lane below is not clean.
    private static func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let found =
            word | (word &- ones &* 0x20) | ((quote &- ones) & ~quote)
            | ((backslash &- ones) & ~backslash)
        return found & tops != 0
    }

    /// Writes a string with everything escaped that must be; bytes that are no UTF-8 become U+FFFD.
    ///
    /// Only what section 7 demands is escaped. A slash is not, nor is anything beyond ASCII: a dump
    /// is read by people too.
    static func escape(_ text: Span<UInt8>, into bytes: inout ByteWriter) {
        var place = 0
        while place < text.count {
            let byte = text[place]
            if byte < 0x80 {
                escape(byte, into: &bytes)
                place += 1
                continue
            }
            let length = UTF8Sequence.length(text, at: place)
            if length == 0 {
                bytes.append("\u{FFFD}")
                place += 1
            } else {
                bytes.append(text.extracting(place..<(place + length)))
                place += length
            }
        }
    }

    /// Writes one ASCII character of a string.
    private static func escape(_ byte: UInt8, into bytes: inout ByteWriter) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append("\\\"")
        case UInt8(ascii: "\\"): bytes.append("\\\\")
        case 0x20...: bytes.append(byte)
        case 8: bytes.append("\\b")
        case 9: bytes.append("\\t")
        case 10: bytes.append("\\n")
        case 12: bytes.append("\\f")
        case 13: bytes.append("\\r")
        default:
            bytes.append("\\u")
            bytes.append(hexadecimal: UInt64(byte), width: 4)
        }
    }
}
