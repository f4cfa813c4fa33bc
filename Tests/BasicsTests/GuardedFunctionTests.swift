import Basics
import Synchronization
import Testing

@Suite("A function behind a lock")
struct GuardedFunctionTests {
    @Test("it is called with what it is given, until another one stands in its place")
    func calls() {
        let slot = GuardedFunction<Int>()
        #expect(slot.function == nil)
        let seen = Guarded<[Int]>([])
        let isFirst = slot.set { number in seen.withLock { $0.append(number) } }
        #expect(isFirst)
        slot.function?(1)
        let isFirstAgain = slot.set { number in seen.withLock { $0.append(-number) } }
        #expect(!isFirstAgain)
        slot.function?(2)
        slot.set(nil)
        slot.function?(3)
        #expect(seen.withLock { $0 } == [1, -2])
    }

    /// A bare function in a lock comes back wrapped once more each time; a million wrappings need
    /// more stack than a thread has.
    @Test("a million look-ups leave it as it is")
    func lookups() {
        let slot = GuardedFunction<Int>()
        let sum = Atomic(0)
        slot.set { number in sum.add(number, ordering: .relaxed) }
        for _ in 0..<1_000_000 { _ = slot.function }
        slot.function?(7)
        #expect(sum.load(ordering: .relaxed) == 7)
    }
}
