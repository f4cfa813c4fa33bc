import Basics

/// Repeatable random numbers, so that a failing seed is a command line.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Some bytes of an alphabet.
    mutating func bytes(_ lengths: ClosedRange<Int>, of alphabet: String) -> [UInt8] {
        let letters = Array(alphabet.utf8)
        return (0..<Int.random(in: lengths, using: &self)).map { _ in
            letters[Int.random(in: 0..<letters.count, using: &self)]
        }
    }
}
