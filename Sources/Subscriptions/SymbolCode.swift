/// A prefix code for the numbers from 0 up: those that come often get fewer bits (Huffman).
///
/// The code is fixed when it is made, from weights that say how often each number is expected, so
/// that a coded text needs no table of its own. A code word is written lowest bit first.
struct SymbolCode: Sendable {
    /// Longest code word in bits: with it the table for reading has 4,096 places.
    static let bitsMax = 12

    /// For each symbol its code word, and the number of its bits in the lowest four.
    private let words: [UInt16]
    /// By the next `bitsMax` bits: the symbol, and in the lowest four the bits that it takes.
    private let table: [UInt16]

    /// A code for `weights.count` symbols, at most 1,024; each weight is at least 1.
    init(weights: [Int]) {
        precondition(weights.count >= 2 && weights.count <= 1_024 && weights.allSatisfy { $0 > 0 })
        var weights = weights
        var lengths = Self.lengths(weights)
        // Flatter weights make shallower trees; equal ones need ten bits.
        while lengths.contains(where: { $0 > Self.bitsMax }) {
            for symbol in weights.indices { weights[symbol] = weights[symbol] / 2 + 1 }
            lengths = Self.lengths(weights)
        }
        let words = Self.words(lengths)
        self.words = words
        table = Self.table(words)
    }

    /// The code word of a symbol in the upper twelve bits, and the number of its bits.
    func word(_ symbol: Int) -> (bits: UInt16, count: Int) {
        let word = words[symbol]
        return (word >> 4, Int(word & 15))
    }

    /// The symbol that the lowest bits of `bits` stand for, and how many of them it takes.
    func symbol(_ bits: UInt64) -> (symbol: Int, count: Int) {
        let entry = table[Int(bits & UInt64(1 << Self.bitsMax - 1))]
        return (Int(entry >> 4), Int(entry & 15))
    }

    // MARK: Making

    /// The length of each code word: the depth of its leaf in Huffman's tree.
    private static func lengths(_ weights: [Int]) -> [Int] {
        var lengths = [Int](repeating: 0, count: weights.count)
        // Each tree of the forest: its weight and its leaves.
        var forest = weights.indices.map { (weight: weights[$0], leaves: [$0]) }
        forest.sort { $0.weight > $1.weight }
        while forest.count > 1 {
            let one = forest.removeLast()
            let two = forest.removeLast()
            let leaves = one.leaves + two.leaves
            for leaf in leaves { lengths[leaf] += 1 }
            let weight = one.weight + two.weight
            let place = forest.firstIndex { $0.weight < weight } ?? forest.count
            forest.insert((weight, leaves), at: place)
        }
        return lengths
    }

    /// Code words of these lengths, shorter ones first and then in the order of the symbols.
    private static func words(_ lengths: [Int]) -> [UInt16] {
        var words = [UInt16](repeating: 0, count: lengths.count)
        var next: UInt16 = 0
        for length in 1...bitsMax {
            next <<= 1
            for symbol in lengths.indices where lengths[symbol] == length {
                // Reading looks at the lowest bit first, so the word is turned around.
                let turned = reversed(next) >> UInt16(16 - length)
                words[symbol] = turned << 4 | UInt16(length)
                next += 1
            }
        }
        return words
    }

    private static func table(_ words: [UInt16]) -> [UInt16] {
        var table = [UInt16](repeating: 0, count: 1 << bitsMax)
        for symbol in words.indices {
            let length = Int(words[symbol] & 15)
            var place = Int(words[symbol] >> 4)
            while place < table.count {
                table[place] = UInt16(symbol) << 4 | UInt16(length)
                place += 1 << length
            }
        }
        return table
    }

    private static func reversed(_ word: UInt16) -> UInt16 {
        var result: UInt16 = 0
        for bit in 0..<16 where word >> UInt16(bit) & 1 == 1 { result |= 1 << UInt16(15 - bit) }
        return result
    }
}
