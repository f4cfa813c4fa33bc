import Basics
import Dispatch
import Synchronization
import Testing

@Suite("Threads that nobody joins")
struct DetachedThreadTests {
    @Test("a thread runs what it is given, and once")
    func runs() {
        let ran = DispatchSemaphore(value: 0)
        let count = Atomic<Int>(0)
        let started = DetachedThread.start {
            count.add(1, ordering: .relaxed)
            ran.signal()
        }
        #expect(started)
        #expect(ran.wait(timeout: .now() + .seconds(30)) == .success)
        #expect(count.load(ordering: .relaxed) == 1)
    }
}
