@testable import LoadGenerator

/// Numbers that look random and are the same in every run, from the generator's own step.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 1
        return BindingOrder.mix(state)
    }
}
