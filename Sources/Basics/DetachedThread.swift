internal import Glibc

/// A thread of the system that nobody joins: who needs to know its end has it signalled.
public enum DetachedThread {
    /// What the new thread is to do, on its way there.
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread; false when the system has none for it, and then `body` is not run.
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var handle = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body))
        let status = unsafe pthread_create(
            &handle, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            unsafe work.release()
            return false
        }
        pthread_detach(handle)
        return true
    }
}
