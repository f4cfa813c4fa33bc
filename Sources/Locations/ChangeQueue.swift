internal import Basics

/// Contacts that changed and are not in the database yet, oldest change first.
///
/// A doubly linked list through the contacts themselves: to queue one allocates nothing, however
/// many wait, and one that is removed before it was ever written leaves the middle of the queue.
struct ChangeQueue: Sendable {
    /// The one that waits longest, or `Slab.none`.
    private(set) var first: UInt32 = .max
    /// The one queued last, or `Slab.none`.
    private(set) var last: UInt32 = .max
    /// Number of contacts that wait.
    private(set) var count = 0

    /// Adds a contact at the end.
    mutating func append(_ contact: UInt32, in contacts: inout Slab<ContactRecord>) {
        precondition(!contacts[contact].state.contains(.queued), "queued already")
        contacts[contact].state.insert(.queued)
        contacts[contact].queueNext = .max
        contacts[contact].queuePrevious = last
        if last == .max { first = contact } else { contacts[last].queueNext = contact }
        last = contact
        count += 1
    }

    /// Adds a contact at the front: its batch failed, and it has waited longest.
    mutating func prepend(_ contact: UInt32, in contacts: inout Slab<ContactRecord>) {
        precondition(!contacts[contact].state.contains(.queued), "queued already")
        contacts[contact].state.insert(.queued)
        contacts[contact].queueNext = first
        contacts[contact].queuePrevious = .max
        if first == .max { last = contact } else { contacts[first].queuePrevious = contact }
        first = contact
        count += 1
    }

    /// Takes a contact out, wherever it stands.
    mutating func remove(_ contact: UInt32, in contacts: inout Slab<ContactRecord>) {
        precondition(contacts[contact].state.contains(.queued), "not queued")
        let next = contacts[contact].queueNext
        let previous = contacts[contact].queuePrevious
        if next == .max { last = previous } else { contacts[next].queuePrevious = previous }
        if previous == .max { first = next } else { contacts[previous].queueNext = next }
        contacts[contact].state.remove(.queued)
        count -= 1
        assert((count == 0) == (first == .max))
    }
}

/// How far the database has followed the changes of a shard.
struct ChangeNumbers: Sendable {
    /// The last change.
    var latest: UInt64 = 0
    /// The last change that is certain to be in the batch being written or an earlier one.
    var handedOut: UInt64 = 0
    /// The last change that is certain to be in the database.
    var confirmed: UInt64 = 0
}
