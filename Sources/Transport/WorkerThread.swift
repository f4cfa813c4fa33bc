internal import Basics
internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A thread with a name that can be waited for, but not for ever.
final class WorkerThread: Sendable {
    /// Its number in the system's process list; 0 before it runs.
    var threadID: Int { number.load(ordering: .relaxed) }

    private let number = Atomic<Int>(0)
    private let finished = DispatchSemaphore(value: 0)
    private let handle = Guarded<pthread_t?>(nil)
    private let body: @Sendable () -> Void
    private let name: String

    /// A thread that is to run `body`; the system keeps 15 bytes of its name.
    init(name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    /// Starts it.
    func start() throws(SystemError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self)
        let result = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<WorkerThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            unsafe context.release()
            throw SystemError(number: result)
        }
        handle.withLock { $0 = thread }
    }

    /// Waits for its end; false when it still runs at the deadline, and is then left to itself.
    func join(until deadline: DispatchTime) -> Bool {
        guard let thread = handle.withLock({ $0.take() }) else { return true }
        guard finished.wait(timeout: deadline) == .success else {
            pthread_detach(thread)
            return false
        }
        return pthread_join(thread, nil) == 0
    }

    /// Lets the calling thread rest.
    static func pause(milliseconds: CInt) { _ = poll(nil, 0, milliseconds) }

    /// What the thread does from its start to its end.
    private func run() {
        unsafe clinux_name_thread(name)
        number.store(Int(clinux_thread_id()), ordering: .relaxed)
        body()
        finished.signal()
    }
}
