/// The order in which bindings take their turn: a permutation that costs one multiplication.
///
/// Phones do not register in the order of their names, and a server whose memory is walked in order
/// looks faster than it is. `(a * i + b) mod n` with `a` prime to `n` visits all of them once.
struct BindingOrder: Sendable {
    /// Number of bindings.
    let count: Int
    private let factor: Int
    private let offset: Int

    /// An order of `count` bindings, the same for the same `seed`; seed 0 keeps them in order.
    init(count: Int, seed: UInt64) {
        precondition(count > 0 && count < 1 << 31)
        self.count = count
        guard seed != 0, count > 2 else {
            factor = 1
            offset = 0
            return
        }
        let mixed = Self.mix(seed)
        var candidate = Int(mixed % UInt64(count))
        while Self.greatestCommonDivisor(candidate, count) != 1 { candidate += 1 }
        factor = candidate
        offset = Int(Self.mix(mixed) % UInt64(count))
    }

    /// The binding whose turn is the `turn`-th, counted from 0 and starting over at `count`.
    func binding(at turn: Int) -> Int {
        assert(turn >= 0)
        return (turn % count * factor + offset) % count
    }

    /// One step of the generator SplitMix64 (Steele, Lea, Flood 2014).
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Euclid's algorithm.
    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        var (a, b) = (left, right)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
