import Basics

/// Finds the `HeaderName` of a name: a small open-addressed table, built once from the rows.
///
/// A name is packed into three words of lower-case letters; longer names are none that we know.
///
/// A class, so that look-ups read the table where it is: a struct of this size would be copied.
final class HeaderNameTable: Sendable {
    /// A name of up to 24 bytes in lower case.
    struct Packed: Hashable {
        /// Bytes 1 to 8, the first one lowest; missing ones are 0.
        var first: UInt64 = 0
        /// Bytes 9 to 16.
        var second: UInt64 = 0
        /// Bytes 17 to 24.
        var third: UInt64 = 0
    }

    /// One place of the table; empty when its header is `other`.
    private struct Entry {
        var name = Packed()
        var header = HeaderName.other
        /// Bytes of the name; without it a zero byte behind a name would be taken for padding.
        var count: UInt8 = 0
    }

    /// Number of places; a power of two, more than twice the number of names and compact forms.
    private static let size = 256

    /// The one table, built when it is first asked.
    static let shared = HeaderNameTable()

    private let entries: InlineArray<256, Entry>

    private init() {
        var entries = InlineArray<256, Entry>(repeating: Entry())
        for header in HeaderName.allCases where header != .other {
            let row = header.row
            var writer = ByteWriter(capacity: 32)
            writer.append(row.name)
            Self.insert(writer.span, header, &entries)
            if row.compact != 0 {
                writer.removeAll()
                writer.append(row.compact)
                Self.insert(writer.span, header, &entries)
            }
        }
        self.entries = entries
    }

    /// The header field of a name without regard to case.
    func find(_ bytes: Span<UInt8>, _ range: ByteRange) -> HeaderName {
        assert(range.end <= bytes.count)
        guard range.count <= 24, range.count > 0 else { return .other }
        let name = Self.pack(bytes, range)
        var place = Self.bucket(name)
        while entries[place].header != .other {
            if entries[place].name == name, UInt32(entries[place].count) == range.count {
                return entries[place].header
            }
            place = (place &+ 1) & (Self.size - 1)
        }
        return .other
    }

    /// The header field whose name starts at an offset and ends at a colon within sixteen bytes:
    /// what nearly all fields of nearly all messages are.
    ///
    /// Nil when it must be looked at more closely.
    func known(_ bytes: Span<UInt8>, at start: Int) -> (name: HeaderName, count: Int)? {
        assert(start >= 0)
        guard start &+ 16 <= bytes.count else { return nil }
        let raw = unsafe bytes.bytes
        // Both loads are within the bounds by the condition above.
        var name = Packed()
        let word = unsafe raw.unsafeLoadUnaligned(
            fromUncheckedByteOffset: start, as: UInt64.self)
        var count = 0
        if let bits = Self.bitsBeforeColon(UInt64(littleEndian: word)) {
            guard bits > 0 else { return nil }
            name.first = Self.lower(word, bits)
            count = bits / 8
        } else {
            let more = unsafe raw.unsafeLoadUnaligned(
                fromUncheckedByteOffset: start &+ 8, as: UInt64.self)
            guard let bits = Self.bitsBeforeColon(UInt64(littleEndian: more)) else { return nil }
            name.first = Self.lowerCase(UInt64(littleEndian: word))
            if bits > 0 { name.second = Self.lower(more, bits) }
            count = 8 + bits / 8
        }
        var place = Self.bucket(name)
        while entries[place].header != .other {
            if entries[place].name == name, Int(entries[place].count) == count {
                return (entries[place].header, count)
            }
            place = (place &+ 1) & (Self.size - 1)
        }
        return nil
    }

    /// Number of bits in front of the first colon of a word, nil when there is none.
    private static func bitsBeforeColon(_ word: UInt64) -> Int? {
        let colons = zeroBytes(word ^ 0x3a3a_3a3a_3a3a_3a3a)
        return colons == 0 ? nil : colons.trailingZeroBitCount & ~7
    }

    private static func lower(_ word: UInt64, _ bits: Int) -> UInt64 {
        assert(bits > 0 && bits < 64)
        return lowerCase(UInt64(littleEndian: word))
            & (UInt64.max &>> UInt64(64 &- bits))
    }

    private static func insert(
        _ bytes: Span<UInt8>, _ header: HeaderName, _ entries: inout InlineArray<256, Entry>
    ) {
        precondition(bytes.count <= 24, "a header name longer than the table can hold")
        let name = pack(bytes, ByteRange(offset: 0, count: bytes.count))
        var place = bucket(name)
        while entries[place].header != .other {
            precondition(entries[place].name != name, "two header fields of one name")
            place = (place + 1) & (size - 1)
        }
        entries[place] = Entry(name: name, header: header, count: UInt8(bytes.count))
    }

    /// The words of a name of 1 to 24 bytes.
    static func pack(_ bytes: Span<UInt8>, _ range: ByteRange) -> Packed {
        assert(range.count > 0 && range.count <= 24 && range.end <= bytes.count)
        var name = Packed()
        name.first = word(bytes, range.start, min(Int(range.count), 8))
        if range.count > 8 {
            name.second = word(bytes, range.start + 8, min(Int(range.count) - 8, 8))
        }
        if range.count > 16 { name.third = word(bytes, range.start + 16, Int(range.count) - 16) }
        return name
    }

    /// Up to eight bytes in lower case, the first one lowest.
    static func word(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        precondition(start >= 0 && count > 0 && count <= 8)
        if start + 8 <= bytes.count {
            let raw = unsafe bytes.bytes
            // Within the bounds by the condition above.
            let all = unsafe raw.unsafeLoadUnaligned(
                fromUncheckedByteOffset: start, as: UInt64.self)
            let mask = UInt64.max &>> UInt64(64 - count * 8)
            return lowerCase(UInt64(littleEndian: all)) & mask
        }
        var word: UInt64 = 0
        for place in 0..<count {
            word |= UInt64(bytes[start + place]) << UInt64(place * 8)
        }
        return lowerCase(word)
    }

    /// Sets bit 5 of every byte that has bit 6: letters become lower case, and no other byte
    /// becomes a letter, a digit or one of `-.+`, so that names which hold only those are compared
    /// exactly.
    private static func lowerCase(_ word: UInt64) -> UInt64 {
        word | (word & 0x4040_4040_4040_4040) &>> 1
    }

    private static func bucket(_ name: Packed) -> Int {
        let mixed =
            (name.first ^ (name.second &* 0x9e37_79b9_7f4a_7c15) ^ name.third)
            &* 0xff51_afd7_ed55_8ccd
        return Int(truncatingIfNeeded: mixed >> 56)
    }
}
