import Basics
import Synchronization
import Testing

@Suite("Guarded")
struct GuardedTests {
    /// A value that cannot be copied, as a shard.
    private struct Box: ~Copyable {
        var number = 0
    }

    /// Shared by the tasks of a test.
    private final class Shared: Sendable {
        let box = Guarded(Box())
    }

    @Test("counts of several tasks add up")
    func sums() async {
        let shared = Shared()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<1_000 { shared.box.withLock { $0.number += 1 } }
                }
            }
        }
        #expect(shared.box.withLock { $0.number } == 4_000)
    }

    @Test("an error leaves the lock open")
    func errors() {
        struct Refusal: Error {}
        let shared = Shared()
        #expect(throws: Refusal.self) {
            try shared.box.withLock { (_) throws(Refusal) in throw Refusal() }
        }
        #expect(shared.box.withLock { $0.number } == 0)
    }
}
