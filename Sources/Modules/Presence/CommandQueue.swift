import Dispatch
internal import Basics
internal import Synchronization

/// What scripts ask for that waits for a database, done one after the other on a control thread: a
/// worker goes on with the next message.
///
/// A command that waits already is not queued twice: it will see what is there when its turn comes.
final class CommandQueue: Sendable {
    /// What is to be done, and for whom.
    struct Entry: Sendable, Hashable {
        /// What.
        let command: WatcherCommand
        /// The presentity.
        let uri: [UInt8]
        /// The event package.
        let event: [UInt8]
    }

    /// What threads share.
    private struct Waiting: Sendable {
        /// Those that wait.
        var entries: Set<Entry> = []
        /// Whether nothing is done any more.
        var isClosed = false
    }

    private let queue = DispatchQueue(label: "roost.presence.commands", qos: .utility)
    private let waiting = Guarded(Waiting())

    /// Has `body` called with an entry soon; false when too many wait.
    func add(_ entry: Entry, _ body: @escaping @Sendable (Entry) -> Void) -> Bool {
        let (isTaken, isNew) = waiting.withLock { waiting in
            guard !waiting.isClosed else { return (false, false) }
            if waiting.entries.contains(entry) { return (true, false) }
            guard waiting.entries.count < Limits.watcherCommandsMax else { return (false, false) }
            waiting.entries.insert(entry)
            return (true, true)
        }
        guard isNew else { return isTaken }
        queue.async { [self] in
            // It no longer waits before it begins: what is asked for from now on is asked again.
            let isWanted = waiting.withLock { waiting in
                waiting.entries.remove(entry) != nil && !waiting.isClosed
            }
            if isWanted { body(entry) }
        }
        return true
    }

    /// Waits until what was added before is done.
    func drain() { queue.sync {} }

    /// Forgets what waits; what has begun goes on to its end.
    func close() { waiting.withLock { $0.isClosed = true } }
}
