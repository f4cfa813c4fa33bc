/// Numbers that look random and are the same for the same seed.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    /// The next 64 bits (xorshift64*).
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }

    /// A number from 0 to `sides - 1`.
    mutating func roll(_ sides: Int) -> Int { Int(next() >> 33) % sides }

    /// Whether something with a chance of `percent` happens.
    mutating func happens(_ percent: Int) -> Bool { roll(100) < percent }
}
