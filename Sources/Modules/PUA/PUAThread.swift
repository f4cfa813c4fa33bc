internal import Dispatch
internal import Glibc
internal import Synchronization

/// A thread that does one thing again and again, which waits by itself.
final class PUAThread: Sendable {
    private let body: @Sendable () -> Void
    private let isStopping = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)

    /// A thread that is to run `body` until it is stopped.
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// What the new thread gets.
    private final class Work: Sendable {
        let thread: PUAThread
        let announce: @Sendable () -> Void
        init(_ thread: PUAThread, _ announce: @escaping @Sendable () -> Void) {
            self.thread = thread
            self.announce = announce
        }
    }

    /// Starts it; false when the system has no thread for it.
    func start(announcing announce: @escaping @Sendable () -> Void) -> Bool {
        var handle = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(self, announce))
        let status = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.announce()
                work.thread.run()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            unsafe work.release()
            return false
        }
        pthread_detach(handle)
        return true
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
