internal import Basics
internal import Dispatch
internal import Synchronization

/// A thread that does one thing again and again, which waits by itself.
final class PUAThread: Sendable {
    private let body: @Sendable () -> Void
    private let isStopping = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)

    /// A thread that is to run `body` until it is stopped.
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// Starts it; false when the system has no thread for it.
    func start(announcing announce: @escaping @Sendable () -> Void) -> Bool {
        DetachedThread.start {
            announce()
            self.run()
        }
    }

    /// Has it end after what it does now.
    func requestStop() { isStopping.store(true, ordering: .relaxed) }

    /// Waits until it has ended, not for ever.
    func waitForEnd() { _ = finished.wait(timeout: .now() + .seconds(5)) }

    private func run() {
        while !isStopping.load(ordering: .relaxed) { body() }
        finished.signal()
    }
}
