extension PresenceLedger {
    /// What the body of a NOTIFY is, against what was published.
    private enum Judgement {
        /// The newest state, or rightly none.
        case current
        /// A state that has been replaced meanwhile.
        case old
        /// Anything else.
        case wrong
    }

    /// Takes a NOTIFY at `now`; whether it belongs to a dialog of this run.
    mutating func take(_ notify: Notify, now: UInt64) -> Bool {
        guard notify.run == run, notify.dialog < dialogs.count else {
            tally.unknown += 1
            return false
        }
        guard let sequence = notify.sequence, notify.hasState else {
            tally.malformed += 1
            return true
        }
        guard isNext(sequence, notify) else { return true }
        tally.notifies += 1
        if notify.isTerminated { dialogs[notify.dialog].isActive = false }
        switch judge(notify) {
        case .wrong: tally.wrongBodies += 1
        case .old: tally.late += 1
        case .current: count(notify, now: now)
        }
        return true
    }

    /// Compares CSeq with the one before (RFC 3261 12.2.2) and counts what it should not be.
    private mutating func isNext(_ sequence: UInt32, _ notify: Notify) -> Bool {
        let last = dialogs[notify.dialog].sequence
        if sequence == last {
            // The same branch is the same transaction (RFC 3261 17.2.3): our reply came late.
            if notify.branch == dialogs[notify.dialog].branch {
                tally.repeated += 1
            } else {
                tally.duplicated += 1
            }
            return false
        }
        guard sequence > last else {
            tally.outOfOrder += 1
            return false
        }
        if last > 0 { tally.skipped += Int(sequence - last - 1) }
        dialogs[notify.dialog].sequence = sequence
        dialogs[notify.dialog].branch = notify.branch
        return true
    }

    /// Judges the body.
    ///
    /// The end of a subscription needs no document; and while nothing is published, a server may
    /// say so with a document of its own (RFC 3856 6.6.1).
    private func judge(_ notify: Notify) -> Judgement {
        let presentity = presentity(dialog: notify.dialog)
        let known = presentities[presentity]
        switch notify.document {
        case .absent: return notify.isTerminated || !known.isPublished ? .current : .wrong
        case .unknown: return known.isPublished ? .wrong : .current
        case .state(let named, let version):
            guard named == UInt32(presentity), version <= known.version, version > 0 else {
                return .wrong
            }
            return version == known.version || phase == .remove ? .current : .old
        }
    }

    /// Counts a good NOTIFY towards the operation that has caused it.
    private mutating func count(_ notify: Notify, now: UInt64) {
        let dialog = notify.dialog
        let presentity = presentity(dialog: dialog)
        var isNew = true
        if case .state(_, let version) = notify.document {
            isNew = dialogs[dialog].version != version
            dialogs[dialog].version = version
        }
        if phase == .change || phase == .register, !isNew {
            tally.duplicated += 1
            return
        }
        let subject = phase.isPublication ? presentity : dialog
        guard phase != .unsubscribe || notify.isTerminated,
            let slot = operations.slot(subject: subject), operations[slot].awaited > 0
        else {
            tally.late += 1
            return
        }
        tally.notified(nanoseconds: now - min(now, operations[slot].firstSent))
        if operations.notify(slot: slot) { tally.completed += 1 }
    }
}
