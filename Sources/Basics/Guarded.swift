#if ROOST_TSAN
    internal import Synchronization

    /// `Mutex` as ThreadSanitizer can see it; see the other declaration.
    ///
    /// Sendable because the value is only reached under the lock, and the place never changes.
    @safe
    public struct Guarded<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        private let mutex: Mutex<Value>
        /// A place that stands for the lock; the sanitizer keeps its clock there.
        private let place = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)

        /// A lock around `value`.
        public init(_ value: consuming sending Value) { mutex = Mutex(value) }

        deinit { unsafe place.deallocate() }

        /// Runs `body` with the value while nobody else has it.
        public borrowing func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            let place = unsafe place
            return try mutex.withLock { (value) throws(Failure) -> sending Result in
                unsafe sanitizerAcquire(place)
                defer { unsafe sanitizerRelease(place) }
                return try body(&value)
            }
        }
    }

    @_silgen_name("__tsan_acquire")
    private func sanitizerAcquire(_ place: UnsafeRawPointer)

    @_silgen_name("__tsan_release")
    private func sanitizerRelease(_ place: UnsafeRawPointer)
#else
    public import Synchronization

    /// A value behind a lock: `Mutex` under a name that can stand for something else.
    ///
    /// The lock of the library is a futex that ThreadSanitizer knows nothing of, so that it reports
    /// every guarded value as a race. Built with `-Xswiftc -DROOST_TSAN`, this name stands for a
    /// lock that tells it; in any other build it is `Mutex` itself and costs nothing.
    public typealias Guarded<Value: ~Copyable> = Mutex<Value>
#endif
