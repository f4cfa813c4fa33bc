internal import Glibc
internal import Synchronization

/// Calls `ul.dump` again and again on a thread of its own, until it is stopped.
///
/// The full dump and not the brief one: it holds the locks longest and writes most.
final class DumpLoop: Sendable {
    /// Whether dumps are still to be made.
    private let isWanted = Atomic<Bool>(true)
    /// Whether the thread has not ended.
    private let isRunning = Atomic<Bool>(true)
    /// Dumps that have come whole.
    private let count = Atomic<Int>(0)
    /// Seconds that a dump may take.
    private let waitSeconds: Int

    /// Dumps that came to their end.
    var completed: Int { count.load(ordering: .relaxed) }

    /// Starts calling over `rpc`; a dump that is silent for `waitSeconds` is given up.
    init(_ rpc: RPCClient, waitSeconds: Int) {
        self.waitSeconds = waitSeconds
        BackgroundThread.start { [self] in
            while isWanted.load(ordering: .relaxed) {
                if (try? rpc.call("ul.dump", waitSeconds: waitSeconds)) == nil {
                    // Nothing is gained by asking a server that refuses as fast as one can.
                    usleep(10_000)
                } else {
                    count.add(1, ordering: .relaxed)
                }
            }
            isRunning.store(false, ordering: .releasing)
        }
    }

    /// Lets the current call finish and returns then.
    func stop() {
        isWanted.store(false, ordering: .relaxed)
        let patience = Patience(seconds: Double(waitSeconds) + 10)
        _ = patience.wait { !isRunning.load(ordering: .acquiring) }
    }
}
