internal import Basics
internal import Dispatch
internal import Publications
internal import Synchronization

/// Commands that wait for the reply to a PUBLISH, a bounded number of them: each holds a thread of
/// the management plane.
final class PublishWaiters: Sendable {
    /// Longest wait in seconds: longer than any transaction lasts, repetitions included.
    static let secondsMax = 80

    /// One who waits.
    final class Waiter: Sendable {
        private let signal = DispatchSemaphore(value: 0)
        private let reply = Guarded<PUAReply?>(nil)

        /// The reply is there.
        func take(_ given: PUAReply) {
            reply.withLock { $0 = given }
            signal.signal()
        }

        /// Waits for the reply; nil when there is none in time.
        func wait() -> PUAReply? {
            _ = signal.wait(timeout: .now() + .seconds(PublishWaiters.secondsMax))
            return reply.withLock { $0 }
        }
    }

    private let count = Guarded(0)

    /// Has somebody wait, while `body` runs; nil when as many wait as may.
    func wait<E: Error>(
        _ body: (Waiter) throws(E) -> PUAReply?
    ) throws(E) -> PUAReply?? {
        let isTaken = count.withLock { count in
            guard count < Limits.publishWaitersMax else { return false }
            count += 1
            return true
        }
        guard isTaken else { return nil }
        defer { count.withLock { $0 -= 1 } }
        return try body(Waiter())
    }
}
