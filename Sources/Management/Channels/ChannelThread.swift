internal import Basics
internal import Glibc
internal import Synchronization

/// A thread of the control plane, of lower priority than SIP, that can be waited for.
final class ChannelThread: Sendable {
    private let body: @Sendable () -> Void
    private let handle = Guarded<pthread_t?>(nil)

    /// A thread that is to run `body`.
    private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// Starts a thread; nil when the system has none left.
    ///
    /// It ignores the signal about pipes that nobody reads: that is an error of a call here.
    static func start(_ body: @escaping @Sendable () -> Void) -> ChannelThread? {
        let thread = ChannelThread(body)
        var number = pthread_t()
        let context = unsafe Unmanaged.passRetained(thread)
        let result = unsafe pthread_create(
            &number, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let thread = unsafe Unmanaged<ChannelThread>.fromOpaque(context)
                    .takeRetainedValue()
                ThreadPriority.lower()
                var pipes = sigset_t()
                unsafe sigemptyset(&pipes)
                unsafe sigaddset(&pipes, SIGPIPE)
                unsafe pthread_sigmask(SIG_BLOCK, &pipes, nil)
                thread.body()
                return nil
            }, context.toOpaque())
        guard result == 0 else {
            unsafe context.release()
            return nil
        }
        thread.handle.withLock { $0 = number }
        return thread
    }

    /// Waits for its end.
    func join() {
        guard let number = handle.withLock({ $0.take() }) else { return }
        pthread_join(number, nil)
    }

    /// Lets it end by itself: nobody will wait for it.
    func detach() {
        guard let number = handle.withLock({ $0.take() }) else { return }
        pthread_detach(number)
    }
}
