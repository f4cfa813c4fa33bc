internal import Basics
internal import Dispatch
internal import Synchronization

/// Work of one kind that is done as soon as somebody has asked for it, on a queue of its own.
///
/// To ask costs one load while the work is asked for already, and an entry in a queue otherwise.
/// What happens while the work is done is asked for once more and done in one go, so that the
/// portions grow with the load. Before anybody has said what the work is, to ask does nothing.
public final class PromptWork: Sendable {
    private let isNamed = Atomic<Bool>(false)
    private let isRunning = Atomic<Bool>(false)
    private let isAsked = Atomic<Bool>(false)
    private let queue: DispatchQueue
    private let work = GuardedFunction<Void>()

    /// Work that nobody has named yet.
    public init(_ name: String) { queue = DispatchQueue(label: name) }

    /// Says what the work is; false when somebody has said so before.
    public func start(_ work: @escaping @Sendable () -> Void) -> Bool {
        guard !isNamed.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        self.work.set(work)
        isRunning.store(true, ordering: .releasing)
        return true
    }

    /// Asks for it; any thread may.
    public func ask() {
        guard isRunning.load(ordering: .relaxed), !isAsked.load(ordering: .relaxed),
            !isAsked.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        queue.async { [self] in
            // Before the work: who asks while it is done asks for another turn.
            isAsked.store(false, ordering: .sequentiallyConsistent)
            perform()
        }
    }

    /// Does what is left and returns when it is done.
    public func finish() {
        guard isRunning.load(ordering: .acquiring) else { return }
        queue.sync { perform() }
    }

    private func perform() { work.function?(()) }
}
