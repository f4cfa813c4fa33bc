internal import Glibc
internal import Synchronization

/// The process groups that were started and have not been ended, so that none outlives the rig.
///
/// A fixed array of atomics, because a signal handler may neither lock nor allocate
/// (signal-safety(7)).
public enum ChildRegistry {
    /// Most children at one time; a further one is simply not remembered.
    static let slots = 32

    /// The groups of all programs that run.
    private static let groups = Groups()

    /// A class, since a global must not be copied and an atomic cannot be.
    private final class Groups: Sendable {
        let pids: [32 of Atomic<Int32>] = .init { _ in Atomic<Int32>(0) }
    }

    /// Remembers a process group.
    static func add(_ pid: Int32) {
        for index in 0..<slots {
            let change = groups.pids[index].compareExchange(
                expected: 0, desired: pid, ordering: .relaxed)
            if change.exchanged { return }
        }
    }

    /// Forgets a process group.
    static func remove(_ pid: Int32) {
        for index in 0..<slots {
            _ = groups.pids[index].compareExchange(
                expected: pid, desired: 0, ordering: .relaxed)
        }
    }

    /// The groups that are remembered.
    static var remembered: [Int32] {
        (0..<slots).map { groups.pids[$0].load(ordering: .relaxed) }.filter { $0 != 0 }
    }

    /// From now on SIGINT and SIGTERM end all children before they end this process.
    public static func endChildrenOnSignal() {
        _ = remembered  // The array must exist before a handler may look at it.
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                for index in 0..<ChildRegistry.slots {
                    let pid = ChildRegistry.groups.pids[index].load(ordering: .relaxed)
                    if pid > 0 { kill(-pid, SIGKILL) }
                }
                _exit(128 + number)
            }
        }
    }
}
