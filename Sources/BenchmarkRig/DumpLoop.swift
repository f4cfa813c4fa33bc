internal import Glibc
internal import Synchronization

/// Calls `ul.dump` again and again on a thread of its own, until it is stopped.
final class DumpLoop: Sendable {
    private let isWanted = Atomic<Bool>(true)
    private let isRunning = Atomic<Bool>(true)
    private let rpc: RPCClient

    /// Starts calling over `rpc`.
    init(_ rpc: RPCClient) {
        self.rpc = rpc
        BackgroundThread.start { [self] in
            while isWanted.load(ordering: .relaxed) {
                if (try? rpc.call("ul.dump", waitSeconds: 60)) == nil { usleep(10_000) }
            }
            isRunning.store(false, ordering: .releasing)
        }
    }

    /// Lets the current call finish and returns then.
    func stop() {
        isWanted.store(false, ordering: .relaxed)
        _ = Patience(seconds: 90).wait { !isRunning.load(ordering: .acquiring) }
    }
}
