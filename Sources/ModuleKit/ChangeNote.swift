internal import Basics
public import JSONValue
internal import Synchronization

/// One thing that a command has changed, for the record of changes.
public struct ChangeNote: Sendable, Equatable {
    /// What was changed: `core.debug`, `location sip:alice@example.org`.
    public var what: String
    /// The value before; null where there was none.
    public var old: JSONValue
    /// The value now; null where there is none any more.
    public var new: JSONValue
    /// A change.
    public init(_ what: String, old: JSONValue, new: JSONValue) {
        self.what = what
        self.old = old
        self.new = new
    }
}

/// What one call has changed, collected while the command runs.
///
/// The caller's side makes one for commands that change something, and reads it when the command
/// has returned. It is bounded: a command that changes ten thousand rows is told by its parameters.
public final class ChangeNotes: Sendable {
    private let notes = Guarded<[ChangeNote]>([])

    /// Nothing changed so far.
    public init() {}

    /// The changes in the order in which they were made.
    public var all: [ChangeNote] { notes.withLock { $0 } }

    /// Adds a change; the first `Limits.changesPerCallMax` are kept.
    func add(_ note: ChangeNote) {
        notes.withLock { notes in
            if notes.count < Limits.changesPerCallMax { notes.append(note) }
        }
    }
}

extension RPCCall {
    /// Notes what the command has changed, with the old and the new value.
    ///
    /// Call it after the change: what was refused is no change. Nothing is kept where nobody keeps
    /// a record of changes.
    public func note(_ what: String, old: JSONValue, new: JSONValue) {
        changes?.add(ChangeNote(what, old: old, new: new))
    }
}
