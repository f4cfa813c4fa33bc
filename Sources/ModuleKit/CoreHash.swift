/// Kamailio's quick hash of strings.
///
/// Anyone can aim collisions at it: nothing that strangers fill depends on it.
public enum CoreHash {
    /// The hash of two strings one behind the other, each taken in words of four bytes.
    public static func hash(_ one: [UInt8], _ other: [UInt8] = []) -> UInt32 {
        var hash: UInt32 = 0
        for text in [one, other] {
            var place = 0
            while place < text.count {
                let end = min(place + 4, text.count)
                let word = text[place..<end].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                hash = hash &+ (word ^ (word >> 3))
                place = end
            }
        }
        return hash &+ (hash >> 11) &+ ((hash >> 13) &+ (hash >> 23))
    }

    /// A hash within a number of bits, 0 to 31.
    public static func fold(_ hash: UInt32, bits: Int) -> Int {
        precondition((0...31).contains(bits))
        return Int(hash & ((1 << UInt32(bits)) - 1))
    }
}
