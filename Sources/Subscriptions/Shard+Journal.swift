internal import Basics

/// The way of changes to the database.
extension Shard {
    // MARK: What changes

    /// Notes that a publication is new or has changed.
    mutating func journalChange(publication: UInt32, now: WallTime) {
        assert(publications.isLive(publication))
        guard settings.persistsPublications else { return }
        guard !publications[publication].state.contains(.queued) else { return }
        publications[publication].state.insert(.queued)
        journal.append(
            .publication(publications.handle(publication), rowBefore: nil),
            since: UInt32(clamping: now.seconds))
    }

    /// Notes that a subscription is new or has changed.
    mutating func journalChange(subscription: UInt32, now: WallTime) {
        assert(subscriptions.isLive(subscription))
        guard settings.persistsSubscriptions else { return }
        guard !subscriptions[subscription].state.contains(.queued) else { return }
        subscriptions[subscription].state.insert(.queued)
        dialogJournal.append(
            .subscription(subscriptions.handle(subscription)),
            since: UInt32(clamping: now.seconds))
    }

    /// Notes that a decision about a watcher is new or has changed.
    mutating func journalChange(watcher: UInt32, now: WallTime) {
        assert(watchers.isLive(watcher))
        guard settings.persistsWatchers else { return }
        guard !watchers[watcher].state.contains(.queued) else { return }
        watchers[watcher].state.insert(.queued)
        journal.append(
            .watcher(watchers.handle(watcher)), since: UInt32(clamping: now.seconds))
    }

    /// Remembers the entity tag of a publication's row, which is about to differ from its own.
    mutating func rememberTag(_ publication: UInt32) {
        assert(publications.isLive(publication))
        let state = publications[publication].state
        guard settings.persistsPublications, state.contains(.attempted) else { return }
        guard journal.rowsBefore[publication] == nil else { return }
        journal.rowsBefore[publication] = Journal.Erasure(erasure(of: publication))
    }

    // MARK: What goes

    /// Notes that a publication goes; called while it is still there.
    mutating func journalErasure(publication: UInt32, now: WallTime) {
        assert(publications.isLive(publication))
        guard settings.persistsPublications else { return }
        let before = journal.rowsBefore.removeValue(forKey: publication)
        guard publications[publication].state.contains(.attempted) else { return }
        let erasure = before ?? Journal.Erasure(erasure(of: publication))
        journal.append(.erasure(erasure), since: UInt32(clamping: now.seconds))
    }

    /// Notes that a subscription goes; called while it is still there.
    mutating func journalErasure(subscription: UInt32, now: WallTime) {
        assert(subscriptions.isLive(subscription))
        guard settings.persistsSubscriptions else { return }
        guard subscriptions[subscription].state.contains(.attempted) else { return }
        let dialog = DialogText(storage: subscriptions[subscription].dialog.object)
        dialogJournal.append(
            .erasure(Journal.Erasure(.eraseSubscription(dialog))),
            since: UInt32(clamping: now.seconds))
        // It may live on until its last NOTIFY; its row must not.
        subscriptions[subscription].state.remove([.attempted, .stored])
    }

    /// Notes that a decision about a watcher goes; called while it is still there.
    mutating func journalErasure(watcher: UInt32, now: WallTime) {
        assert(watchers.isLive(watcher))
        guard settings.persistsWatchers else { return }
        guard watchers[watcher].state.contains(.attempted) else { return }
        journal.append(
            .erasure(Journal.Erasure(.eraseWatcher(row(watcher: watcher)))),
            since: UInt32(clamping: now.seconds))
    }

    private func erasure(of publication: UInt32) -> PresenceChange {
        assert(publications.isLive(publication))
        let topic = publications[publication].topic
        let presentity = topics[topic].presentity
        return .erasePublication(
            user: Array(copying: presentities[presentity].name.first),
            host: Array(copying: presentities[presentity].name.second),
            package: topics[topic].package, etag: entityTagText(publication))
    }

    // MARK: Batches

    /// Takes changes of some kinds until the batch has `limit`.
    mutating func takeChanges(
        _ kinds: JournalKinds, into batch: inout PresenceBatch, limit: Int
    ) {
        assert(journal.isLanded && dialogJournal.isLanded, "one batch at a time")
        if !kinds.isDisjoint(with: [.publications, .watchers]) {
            while batch.changes.count < limit, var entry = journal.popFirst() {
                guard let change = change(&entry) else { continue }
                batch.changes.append(change)
                let place = journal.depart(entry)
                batch.marks.append(
                    JournalMark(shard: UInt8(number), isDialog: false, entry: place))
            }
        }
        guard kinds.contains(.subscriptions) else { return }
        while batch.changes.count < limit, var entry = dialogJournal.popFirst() {
            guard let change = change(&entry) else { continue }
            batch.changes.append(change)
            let place = dialogJournal.depart(entry)
            batch.marks.append(JournalMark(shard: UInt8(number), isDialog: true, entry: place))
        }
    }

    /// Ends the batch; `failed` are changes of this shard, in the order of the batch.
    mutating func settle(failed: [JournalMark]) {
        let entries = journal.land()
        let dialogs = dialogJournal.land()
        for entry in settle(entries, failed.filter { !$0.isDialog }).reversed() {
            journal.putBack(entry)
        }
        for entry in settle(dialogs, failed.filter(\.isDialog)).reversed() {
            dialogJournal.putBack(entry)
        }
    }

    /// Confirms entries but those that failed; returns what is to be tried again.
    private mutating func settle(
        _ entries: [Journal.Entry], _ failed: [JournalMark]
    ) -> [Journal.Entry] {
        var remaining = failed[...]
        var returning: [Journal.Entry] = []
        for place in entries.indices {
            if remaining.first?.entry == UInt32(place) {
                remaining.removeFirst()
                if let entry = unwritten(entries[place]) { returning.append(entry) }
            } else {
                confirm(entries[place])
            }
        }
        assert(remaining.isEmpty, "a failed change that was not in the batch")
        return returning
    }

    /// Adds what waits here to a status.
    func note(_ kinds: JournalKinds, in status: inout JournalStatus) {
        if !kinds.isDisjoint(with: [.publications, .watchers]) { journal.note(in: &status) }
        if kinds.contains(.subscriptions) { dialogJournal.note(in: &status) }
    }

    /// The change that an entry stands for now; nil when there is nothing to do any more.
    private mutating func change(_ entry: inout Journal.Entry) -> PresenceChange? {
        switch entry.subject {
        case .erasure(let erasure): return erasure.change
        case .publication(let handle, let earlier):
            guard let publication = publications.index(of: handle) else { return nil }
            let before = journal.rowsBefore.removeValue(forKey: publication) ?? earlier
            entry.subject = .publication(handle, rowBefore: before)
            let isNew = !publications[publication].state.contains(.stored)
            publications[publication].state.remove(.queued)
            publications[publication].state.insert(.attempted)
            return .writePublication(
                row(publication: publication), isNew: isNew, storedTag: before?.etag)
        case .subscription(let handle):
            guard let subscription = subscriptions.index(of: handle),
                !subscriptions[subscription].state.contains(.ending)
            else { return nil }
            let isNew = !subscriptions[subscription].state.contains(.stored)
            subscriptions[subscription].state.remove([.queued, .ahead])
            subscriptions[subscription].state.insert(.attempted)
            return .writeSubscription(row(subscription: subscription), isNew: isNew)
        case .watcher(let handle):
            guard let watcher = watchers.index(of: handle) else { return nil }
            let isNew = !watchers[watcher].state.contains(.stored)
            watchers[watcher].state.remove(.queued)
            watchers[watcher].state.insert(.attempted)
            return .writeWatcher(row(watcher: watcher), isNew: isNew)
        }
    }

    /// Notes that a change is in the database.
    private mutating func confirm(_ entry: Journal.Entry) {
        switch entry.subject {
        case .erasure: break
        case .publication(let handle, _):
            guard let publication = publications.index(of: handle) else { return }
            publications[publication].state.insert(.stored)
        case .subscription(let handle):
            guard let subscription = subscriptions.index(of: handle),
                !subscriptions[subscription].state.contains(.ending)
            else { return }
            subscriptions[subscription].state.insert(.stored)
        case .watcher(let handle):
            guard let watcher = watchers.index(of: handle) else { return }
            watchers[watcher].state.insert(.stored)
        }
    }

    /// What has to be tried again of a change that failed; a later one may stand in for it.
    private mutating func unwritten(_ entry: Journal.Entry) -> Journal.Entry? {
        switch entry.subject {
        case .erasure: return entry
        case .publication(let handle, let before):
            guard let publication = publications.index(of: handle) else {
                // It is gone, and what erases it knows only its last tag.
                return before.map { Journal.Entry(subject: .erasure($0), since: entry.since) }
            }
            // The row still has the tag of before, whatever it was renamed to meanwhile.
            if let before { journal.rowsBefore[publication] = before }
            if publications[publication].state.contains(.queued) { return nil }
            publications[publication].state.insert(.queued)
        case .subscription(let handle):
            guard let subscription = subscriptions.index(of: handle),
                subscriptions[subscription].state.isDisjoint(with: [.ending, .queued])
            else { return nil }
            subscriptions[subscription].state.insert(.queued)
        case .watcher(let handle):
            guard let watcher = watchers.index(of: handle),
                !watchers[watcher].state.contains(.queued)
            else { return nil }
            watchers[watcher].state.insert(.queued)
        }
        return entry
    }
}
