/// The well-formed byte sequences of UTF-8 (RFC 3629 section 4), for the parser and the writer.
enum UTF8Sequence {
    /// Length of the sequence that starts at `offset`, 0 when it is malformed or cut off.
    ///
    /// Overlong forms, halves of surrogate pairs and what lies beyond U+10FFFF are malformed: they
    /// are ways to smuggle a character past a check.
    static func length(_ bytes: Span<UInt8>, at offset: Int) -> Int {
        let first = bytes[offset]
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return follows(bytes, offset, 1, 0x80...0xBF) ? 2 : 0
        case 0xE0: return follows(bytes, offset, 2, 0xA0...0xBF) ? 3 : 0
        case 0xED: return follows(bytes, offset, 2, 0x80...0x9F) ? 3 : 0
        case 0xE1...0xEF: return follows(bytes, offset, 2, 0x80...0xBF) ? 3 : 0
        case 0xF0: return follows(bytes, offset, 3, 0x90...0xBF) ? 4 : 0
        case 0xF1...0xF3: return follows(bytes, offset, 3, 0x80...0xBF) ? 4 : 0
        case 0xF4: return follows(bytes, offset, 3, 0x80...0x8F) ? 4 : 0
        default: return 0
        }
    }

    /// Whether `count` continuation bytes follow, the first of them within `second`.
    private static func follows(
        _ bytes: Span<UInt8>, _ offset: Int, _ count: Int, _ second: ClosedRange<UInt8>
    ) -> Bool {
        guard offset + count < bytes.count, second.contains(bytes[offset + 1]) else { return false }
        var place = 2
        while place <= count {
            guard bytes[offset + place] & 0xC0 == 0x80 else { return false }
            place += 1
        }
        return true
    }
}
