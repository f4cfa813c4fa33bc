internal import CLinux

/// Threads of lower priority, for work that must not take time from SIP.
public enum ThreadPriority {
    /// How much lower management runs than SIP, in steps of nice(2).
    public static let managementNice: Int32 = 10

    /// Lowers the calling thread for good; threads that it starts inherit that.
    public static func lower(by nice: Int32 = managementNice) {
        precondition(nice >= 0 && nice < 20)
        _ = clinux_nice_thread(nice)
    }

    /// Runs `body` on a new thread that is lowered first and named, and waits for its end.
    ///
    /// A library that starts threads of its own is started this way: Linux gives a new thread the
    /// priority of the thread that makes it.
    public static func runLowered(_ name: String, _ body: @escaping () -> Void) {
        let work = Work(body)
        unsafe clinux_run_thread(
            name, managementNice,
            { argument in
                guard let argument = unsafe argument else { return }
                unsafe Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
            }, unsafe Unmanaged.passUnretained(work).toOpaque())
        withExtendedLifetime(work) {}
    }

    /// What a new thread runs, as one pointer can carry it.
    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
}
