internal import Dispatch
internal import Synchronization

/// Work of one kind that is done soon after somebody asked for it, on a queue of its own.
///
/// To ask costs one load while the work is asked for already, and an entry in a queue otherwise; so
/// the work waits for some milliseconds, and what happens meanwhile is done with it. Before anybody
/// has said what the work is, to ask does nothing.
final class PromptWork: Sendable {
    /// Milliseconds between the first call of `ask` and the work.
    static let gatherMilliseconds = 4

    private let isRunning = Atomic<Bool>(false)
    private let isAsked = Atomic<Bool>(false)
    private let queue: DispatchQueue
    private let work = Mutex<(@Sendable () -> Void)?>(nil)

    /// Work that nobody has named yet.
    init(_ name: String) { queue = DispatchQueue(label: name) }

    /// Says what the work is; false when somebody has said so before.
    func start(_ work: @escaping @Sendable () -> Void) -> Bool {
        let isFirst = self.work.withLock { kept in
            guard kept == nil else { return false }
            kept = work
            return true
        }
        isRunning.store(true, ordering: .releasing)
        return isFirst
    }

    /// Asks for it; any thread may.
    func ask() {
        guard isRunning.load(ordering: .relaxed), !isAsked.load(ordering: .relaxed),
            !isAsked.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(Self.gatherMilliseconds)) { [self] in
            // Before the work: who asks while it is done asks for another turn.
            isAsked.store(false, ordering: .sequentiallyConsistent)
            perform()
        }
    }

    /// Does what is left and returns when it is done.
    func finish() {
        guard isRunning.load(ordering: .acquiring) else { return }
        queue.sync { perform() }
    }

    private func perform() {
        guard let work = work.withLock({ $0 }) else { return }
        work()
    }
}
