/// Packs short texts of one kind, such as documents of one XML vocabulary, into few bytes.
///
/// What general compressors need kilobytes of text to learn is known here beforehand: `phrases`
/// that such texts consist of, which a packed text refers to, and how often each byte comes
/// otherwise, which gives frequent ones short codes. So a text of some hundred bytes shrinks to a
/// third, in a few microseconds and without any state. A packed text is good in the process that
/// made it and with the same code only: it is no format to store or to send.
///
/// A packed text is a row of symbols: a byte, or a repetition of what stands up to 4,096 bytes
/// before, the phrases being thought in front of the text (Ziv and Lempel 1977).
struct PhraseCode: Sendable {
    /// Shortest repetition: what is shorter is cheaper byte by byte.
    static let matchMin = 4
    /// Longest repetition.
    static let matchMax = matchMin + 2_047
    /// Bits of a distance.
    static let distanceBits = 12
    /// Largest distance.
    static let distanceMax = 1 << distanceBits
    /// Symbols above the bytes: the number of bits of a repetition's length behind `matchMin`.
    static let lengthSymbols = 12
    /// Bits of the hash by which a repetition is found.
    static let hashBits: UInt32 = 10
    /// Phrases that begin with the same bytes and are compared, at most.
    static let candidatesMax = 8

    /// The phrases, one behind the other.
    let phrases: [UInt8]
    /// The code of bytes and lengths.
    let symbols: SymbolCode
    /// By hash of four bytes: the last place in `phrases` where they stand, plus one; 0 for none.
    let heads: [UInt16]
    /// By place in `phrases`: the place before it with the same hash, plus one.
    let chain: [UInt16]

    /// A code for texts that consist of `phrases` and else look like `sample`.
    ///
    /// - Parameters:
    ///   - phrases: What comes again and again, at most 2,048 bytes.
    ///   - sample: Text that has letters and digits as often as what is not in the phrases.
    init(phrases: String, sample: String) {
        let phrases = Array(phrases.utf8)
        precondition(phrases.count <= 2_048, "phrases out of reach")
        var weights = [Int](repeating: 1, count: 256 + Self.lengthSymbols)
        for byte in sample.utf8 { weights[Int(byte)] += 16 }
        let total = sample.utf8.count * 16 + 256
        for symbol in 0..<Self.lengthSymbols {
            weights[256 + symbol] = max(1, symbol < 8 ? total / 64 : total / 512)
        }
        symbols = SymbolCode(weights: weights)
        var heads = [UInt16](repeating: 0, count: 1 << Int(Self.hashBits))
        var chain = [UInt16](repeating: 0, count: phrases.count)
        var place = 0
        while place + Self.matchMin <= phrases.count {
            let hash = Self.hash(phrases.span, place)
            chain[place] = heads[hash]
            heads[hash] = UInt16(place + 1)
            place += 1
        }
        self.phrases = phrases
        self.heads = heads
        self.chain = chain
    }

    /// Where four bytes are filed.
    static func hash(_ text: Span<UInt8>, _ place: Int) -> Int {
        let word =
            UInt32(text[place]) | UInt32(text[place + 1]) << 8 | UInt32(text[place + 2]) << 16
            | UInt32(text[place + 3]) << 24
        return Int((word &* 0x9e37_79b1) >> (32 - hashBits))
    }
}
