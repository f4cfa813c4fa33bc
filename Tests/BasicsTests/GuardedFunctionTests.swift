import Basics
import Dispatch
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

    @Test("threads that set it and threads that call it at once meet one function or another")
    func threads() {
        let slot = GuardedFunction<Int>()
        let calls = [Counted(), Counted()]
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for round in 0..<2_000 {
                if thread == 0 {
                    let count = calls[round % 2]
                    slot.set { number in count.add(number) }
                } else {
                    slot.function?(1)
                }
            }
        }
        slot.set(nil)
        #expect(slot.function == nil)
        let total = calls[0].value + calls[1].value
        #expect(total >= 0 && total <= 6_000)
    }
}

/// A number that threads add to.
private final class Counted: Sendable {
    private let number = Guarded(0)
    var value: Int { number.withLock { $0 } }
    func add(_ more: Int) { number.withLock { $0 += more } }
}
