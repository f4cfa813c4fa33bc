internal import Basics
internal import Glibc
internal import Synchronization

/// A bounded number of threads that write answers which may have to wait for their readers.
final class AnswerThreads: Sendable {
    private let count = Guarded(0)
    private let countMax: Int

    /// At most so many threads at a time.
    init(max countMax: Int) {
        precondition(countMax > 0)
        self.countMax = countMax
    }

    /// Runs `body` on a thread of its own; false when as many run already.
    func run(_ body: @escaping @Sendable () -> Void) -> Bool {
        let isFree = count.withLock { count in
            guard count < countMax else { return false }
            count += 1
            return true
        }
        guard isFree else { return false }
        let thread = ChannelThread.start { [self] in
            body()
            count.withLock { $0 -= 1 }
        }
        guard let thread else {
            count.withLock { $0 -= 1 }
            return false
        }
        thread.detach()
        return true
    }

    /// Waits until all have ended, for at most five seconds.
    func wait() {
        for _ in 0..<1_000 where count.withLock({ $0 > 0 }) { usleep(5_000) }
    }
}
