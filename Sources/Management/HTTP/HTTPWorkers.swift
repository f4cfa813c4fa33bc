internal import Basics
internal import Dispatch
internal import Synchronization

/// Threads for the answers that may have to wait: for a database, for a reply, for their reader.
///
/// There are never more of them than connections, since a connection has one answer at a time. A
/// thread stays for a while when its answer is done, because the next one is usually near.
final class HTTPWorkers: Sendable {
    /// What becomes of a thread whose work is done.
    enum Ending {
        /// It may be used again.
        case reusable
        /// It was lowered for good, and ends.
        case spent
    }
    /// One piece of work.
    typealias Work = @Sendable () -> Ending
    /// It in a box: a lock would wrap a bare function once more each time.
    private struct Order: Sendable {
        let work: Work
    }

    /// A thread that has nothing to do.
    private final class Rest: Sendable {
        let bell = DispatchSemaphore(value: 0)
        let order = Guarded<Order?>(nil)
    }
    /// What the lock guards.
    private struct State {
        var resting: [Rest] = []
        /// Works that have not ended.
        var working = 0
    }
    private let state = Guarded(State())

    /// Whether any work has not ended.
    var isBusy: Bool { state.withLock { $0.working > 0 } }

    /// Has a thread do something; false when the system has none for it.
    func run(_ work: @escaping Work) -> Bool {
        let rest = state.withLock { state in
            state.working += 1
            return state.resting.popLast()
        }
        if let rest {
            rest.order.withLock { $0 = Order(work: work) }
            rest.bell.signal()
            return true
        }
        guard DetachedThread.start({ [self] in serve(work) }) else {
            state.withLock { $0.working -= 1 }
            return false
        }
        return true
    }

    /// Works until nothing has come for a while.
    private func serve(_ first: @escaping Work) {
        var work = first
        let rest = Rest()
        while true {
            let ending = work()
            state.withLock { state in
                state.working -= 1
                if ending == .reusable { state.resting.append(rest) }
            }
            guard ending == .reusable, let next = wait(rest) else { return }
            work = next
        }
    }

    /// The next work of a thread; nil when none has come in time.
    private func wait(_ rest: Rest) -> Work? {
        let patience = DispatchTime.now() + .milliseconds(Limits.httpWorkerIdleMilliseconds)
        if rest.bell.wait(timeout: patience) == .timedOut {
            let isFree = state.withLock { state in
                guard let place = state.resting.firstIndex(where: { $0 === rest }) else {
                    return false
                }
                state.resting.remove(at: place)
                return true
            }
            if isFree { return nil }
            // Work was given at the last moment, and its bell rings at once.
            rest.bell.wait()
        }
        return rest.order.withLock { $0.take() }?.work
    }
}
