import Basics
import Dispatch
import Synchronization
import TestSupport
import Testing
import Usrloc

@Suite("Work that is done as soon as somebody asks")
struct PromptWorkTests {
    @Test("before it is named nobody can ask for it, and it is named once")
    func naming() {
        let work = PromptWork("test.naming")
        let done = Atomic(0)
        work.ask()
        work.finish()
        let isFirst = work.start { done.add(1, ordering: .relaxed) }
        let isSecond = work.start { done.add(1_000, ordering: .relaxed) }
        #expect(isFirst && !isSecond)
        work.finish()
        #expect(done.load(ordering: .relaxed) == 1)
    }

    @Test("whoever asks while it is done is served by another turn, and no ask is lost")
    func gathering() {
        let work = PromptWork("test.gathering")
        let asked = Atomic(0)
        let seen = Atomic(0)
        let turns = Atomic(0)
        _ = work.start {
            turns.add(1, ordering: .relaxed)
            seen.store(asked.load(ordering: .sequentiallyConsistent), ordering: .relaxed)
        }
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<5_000 {
                asked.add(1, ordering: .sequentiallyConsistent)
                work.ask()
            }
        }
        let isComplete = eventually(within: 10) { seen.load(ordering: .relaxed) == 20_000 }
        #expect(isComplete)
        let count = turns.load(ordering: .relaxed)
        #expect(count >= 1 && count <= 20_000)
    }

    @Test("what was asked for is done when finish returns")
    func finishing() {
        let work = PromptWork("test.finishing")
        let done = Atomic(0)
        _ = work.start { done.add(1, ordering: .relaxed) }
        work.ask()
        work.finish()
        #expect(done.load(ordering: .relaxed) >= 1)
    }
}
