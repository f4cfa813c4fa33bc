internal import Basics
internal import Dispatch
internal import Synchronization

/// A thread that does what is due, about a hundred times a second while there is anything to wait
/// for, and ten times otherwise.
final class TimerThread: Sendable {
    /// Milliseconds between two looks while transactions are open.
    static let busyMilliseconds = 10
    /// Milliseconds between two looks while none is: less than any first interval in use.
    static let idleMilliseconds = 100

    private let body: @Sendable () -> Bool
    private let isStopping = Atomic<Bool>(false)
    private let alarm = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    /// A thread that is to run `body` again and again, which says whether there is more to wait
    /// for.
    init(_ body: @escaping @Sendable () -> Bool) { self.body = body }

    /// Starts it; false when the system has no thread for it.
    func start(announcing announce: @escaping @Sendable () -> Void) -> Bool {
        DetachedThread.start {
            announce()
            self.run()
        }
    }

    /// Has it look at once.
    func wake() { alarm.signal() }

    /// Ends it, and waits until it has ended.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        alarm.signal()
        _ = finished.wait(timeout: .now() + .seconds(5))
    }

    private func run() {
        while !isStopping.load(ordering: .relaxed) {
            let pause = body() ? Self.busyMilliseconds : Self.idleMilliseconds
            _ = alarm.wait(timeout: .now() + .milliseconds(pause))
        }
        finished.signal()
    }
}
