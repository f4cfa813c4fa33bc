internal import Basics

/// A DNS message as it came, read with every offset checked (RFC 1035 4).
///
/// The library could parse answers too, but its parsers of SRV and NAPTR keep neither the time to
/// live nor the aliases that led to the records, and a stranger's bytes are better read by code
/// that cannot leave its array.
struct WireMessage {
    /// The bytes of the message.
    let bytes: [UInt8]

    /// One record, its data not yet read.
    struct Entry {
        /// The name that it belongs to.
        var owner: String
        /// Its type's number.
        var type: UInt16
        /// How long it may be kept, in seconds.
        var secondsToLive: Int
        /// Where its data stand.
        var data: Range<Int>
    }

    /// A number of two bytes, nil beyond the end.
    func word(_ offset: Int) -> UInt16? {
        guard offset >= 0, offset + 2 <= bytes.count else { return nil }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    /// A number of four bytes, nil beyond the end.
    func long(_ offset: Int) -> UInt32? {
        guard let high = word(offset), let low = word(offset + 2) else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// Reads a name, which moves `offset` behind it; empty for the root.
    ///
    /// Each pointer must point further back than the one before (RFC 1035 4.1.4: "a prior
    /// occurrence"), so that none can form a loop. A name that no question could hold, such as one
    /// with a dot inside a label, is read as "?", which is equal to no other.
    func name(_ offset: inout Int) -> String? {
        var text: [UInt8] = []
        var place = offset
        var end: Int?
        var lowest = offset
        while place < bytes.count {
            let length = Int(bytes[place])
            if length == 0 {
                offset = end ?? place + 1
                if text.isEmpty { return "" }
                return Question.canonical(String(decoding: text, as: UTF8.self)) ?? "?"
            }
            if length >= 0xc0 {
                guard let pointer = word(place), Int(pointer & 0x3fff) < lowest else { return nil }
                if end == nil { end = place + 2 }
                place = Int(pointer & 0x3fff)
                lowest = place
                continue
            }
            guard length <= Limits.domainLabelBytesMax, place + 1 + length <= bytes.count,
                text.count + length <= Limits.domainNameBytesMax
            else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in bytes[(place + 1)...(place + length)] {
                // A dot of a label must not look like the end of one.
                text.append(byte == UInt8(ascii: ".") ? UInt8(ascii: "?") : byte)
            }
            place += 1 + length
        }
        return nil
    }

    /// Reads a record, which moves `offset` behind it; nil when the message ends within it.
    func entry(_ offset: inout Int) -> Entry? {
        guard let owner = name(&offset), let type = word(offset), let kind = word(offset + 2),
            let life = long(offset + 4), let length = word(offset + 8)
        else { return nil }
        let start = offset + 10
        guard start + Int(length) <= bytes.count else { return nil }
        offset = start + Int(length)
        // RFC 2181 8: a time with its highest bit set is none. A class other than IN has no types
        // that are of use here.
        let seconds = life > UInt32(Int32.max) ? 0 : Int(life)
        return Entry(
            owner: owner, type: kind == 1 ? type : 0, secondsToLive: seconds,
            data: start..<offset)
    }

    /// Reads a string of a record, which moves `offset` behind it (RFC 1035 3.3).
    func characterString(_ offset: inout Int, within data: Range<Int>) -> String? {
        guard data.contains(offset) else { return nil }
        let end = offset + 1 + Int(bytes[offset])
        guard end <= data.upperBound else { return nil }
        defer { offset = end }
        return String(decoding: bytes[(offset + 1)..<end], as: UTF8.self)
    }
}
