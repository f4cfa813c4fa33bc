internal import Basics

/// What becomes of records between a question to the store and its answer.
///
/// A database answers later, and a store in memory may answer while other work waits in front; what
/// is ordered meanwhile makes the answer an old one. To go by it would bring back an entity tag or
/// a dialog that is no more.
public struct PUAOvertaken: Sendable {
    /// A record that is being looked up.
    private struct Look: Sendable {
        /// Look-ups that are not answered.
        var count = 0
        /// What was ordered last since the first of them.
        var change: PUAChange?
    }

    private var looks: [PUAIdentity: Look] = [:]
    /// Records that were changed since what is due was asked for; nil while nobody asks.
    private var changed: Set<PUAIdentity>?
    /// Whether there were too many to be kept.
    private var isBeyondCount = false

    /// Nothing is asked for.
    public init() {}

    /// A record is going to be looked up.
    public mutating func beginLook(_ identity: PUAIdentity) {
        looks[identity, default: Look()].count += 1
    }

    /// What is due is going to be asked for.
    public mutating func beginDue() {
        changed = []
        isBeyondCount = false
    }

    /// Changes were ordered.
    public mutating func note(_ changes: [PUAChange]) {
        guard !looks.isEmpty || changed != nil else { return }
        for change in changes {
            switch change {
            case .save(let record, let replaced):
                note(record.identity, change)
                if let replaced { note(replaced, .remove(replaced)) }
            case .remove(let identity): note(identity, change)
            }
        }
    }

    private mutating func note(_ identity: PUAIdentity, _ change: PUAChange) {
        looks[identity]?.change = change
        guard let count = changed?.count else { return }
        if count < Limits.userAgentQueueMax {
            changed?.insert(identity)
        } else {
            isBeyondCount = true
        }
    }

    /// A look-up was answered; the record as it is by now.
    public mutating func endLook(_ identity: PUAIdentity, _ found: PUARecord?) -> PUARecord? {
        guard var look = looks[identity] else { return found }
        look.count -= 1
        looks[identity] = look.count > 0 ? look : nil
        switch look.change {
        case .save(let record, _): return record
        case .remove: return nil
        case nil: return found
        }
    }

    /// What is due was answered; the records that are still as they were.
    ///
    /// The others have been seen to, or come again when their claim is over.
    public mutating func endDue(_ records: [PUARecord]) -> [PUARecord] {
        defer { changed = nil }
        guard let changed, !changed.isEmpty else { return records }
        if isBeyondCount { return [] }
        return records.filter { !changed.contains($0.identity) }
    }
}
