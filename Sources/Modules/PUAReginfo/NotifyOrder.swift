internal import Basics

/// The number of the last NOTIFY of each dialog: an older one that arrives late tells nothing new.
///
/// A document that lists all contacts would otherwise end those that a newer one has told of.
struct NotifyOrder: Sendable {
    /// Whether this server follows anybody; from then on it takes documents of its own
    /// subscriptions alone.
    var hasFollowed = false

    private var last: [UInt64: UInt32] = [:]

    /// Whether the NOTIFY of a dialog is newer than the last.
    ///
    /// One that is sent again is not: its lifetimes would be counted from a later time.
    mutating func isCurrent(_ dialog: UInt64, _ cseq: UInt32) -> Bool {
        if let known = last[dialog], cseq <= known { return false }
        // Forgotten numbers let an old NOTIFY pass once, which the next one puts right.
        if last.count >= Limits.followedDialogsMax { last.removeAll() }
        last[dialog] = cseq
        return true
    }

    /// Forgets a dialog whose last NOTIFY could not be taken over: it is welcome once more.
    mutating func forget(_ dialog: UInt64) { last[dialog] = nil }
}
