internal import Basics

/// Rows taken up at start.
extension Shard {
    /// Takes up a publication; false when it is unusable.
    ///
    /// The row of one that has expired goes.
    mutating func restore(
        _ row: borrowing PublicationRow, _ name: borrowing Name, dialogKey: UInt64,
        isTerminated: Bool, now: WallTime
    ) -> Bool {
        precondition(!row.etag.isEmpty && row.body.count > 0)
        let isOver =
            row.expires >= 0 && dueTime(UInt32(clamping: row.expires)) <= Int64(now.seconds)
        if isOver {
            eraseRow(
                .erasePublication(
                    user: row.user, host: row.host, package: row.package, etag: row.etag),
                settings.persistsPublications, now: now)
            return false
        }
        let topic = makeTopic(name, row.package)
        guard publication(topic, tag: row.etag.span) == nil,
            Int(topics[topic].publicationCount) < settings.publicationsPerPresentityMax
        else {
            dropIfEmpty(topic)
            return false
        }
        let random = drawRandom()
        var record = PublicationRecord(
            body: nil, text: TextBlock(row.etag.span, row.ruid.span, row.sender.span),
            random: random, topic: topic,
            expires: row.expires < 0 ? 0 : UInt32(clamping: row.expires),
            received: UInt32(clamping: row.received), priority: row.priority)
        record.dialogKey = dialogKey
        record.state = [.foreignTag, .attempted, .stored]
        if !row.ruid.isEmpty { record.state.insert(.foreignName) }
        if isTerminated { record.state.insert(.terminated) }
        isLoading = true
        let publication = add(record)
        isLoading = false
        setDocument(of: publication, row.body.span)
        if row.ruid.isEmpty { journalChange(publication: publication, now: now) }
        // Whoever watches already was restored too and will be told with the next change.
        if topics[topic].isWatched { audiences[topics[topic].audience].serial &+= 1 }
        forgetDocument(topic)
        return true
    }

    /// Takes up a subscription; false when it is unusable.
    ///
    /// The row of one that has expired goes.
    mutating func restore(
        _ text: borrowing DialogDraft, _ package: PackageIndex, _ values: SubscriptionValues,
        _ name: borrowing Name, tag: UInt32, now: WallTime
    ) -> Bool {
        precondition(text.fits && !text[.toTag].isEmpty)
        let dialog = DialogText(text, package: package)
        let isOver = dueTime(UInt32(clamping: values.expires)) <= Int64(now.seconds)
        if isOver || values.status == .terminated || values.status == .waiting {
            eraseRow(.eraseSubscription(dialog), settings.persistsSubscriptions, now: now)
            return false
        }
        let known = subscription(
            tag, callID: text[.callID], fromTag: text[.fromTag], toTag: text[.toTag])
        guard known == nil else { return false }
        let topic = makeTopic(name, package)
        let gap = settings.restoredCSeqGap
        var record = SubscriptionRecord(
            dialog: Counted(dialog.storage), tag: tag, topic: topic,
            expires: UInt32(clamping: values.expires), remoteCSeq: values.remoteCSeq,
            localCSeq: min(values.localCSeq, .max >> 2) + 1 + gap, flags: values.flags,
            sentSerial: audience(topic).serial, status: values.status, reason: values.reason)
        record.version = values.version &+ gap
        record.state = [.attempted, .stored, .needsFull, .ahead]
        if context.facts(package).needsAuthorisation {
            let standing = Standing(status: values.status, reason: values.reason)
            record.watcher =
                watcher(topic, text[.watcherUser], text[.watcherHost])
                ?? setWatcher(
                    topic, text[.watcherUser], text[.watcherHost], standing, now: now)
        }
        _ = add(record)
        return true
    }

    /// Takes up a decision about a watcher.
    mutating func restore(_ row: borrowing WatcherRow, _ name: borrowing Name, now: WallTime) {
        assert(!row.host.isEmpty)
        let topic = makeTopic(name, row.package)
        let standing = Standing(status: row.status, reason: row.reason)
        let watcher = setWatcher(
            topic, row.user.span, row.host.span, standing, isStored: true, now: now)
        watchers[watcher].inserted = UInt32(clamping: row.inserted)
        assert(watchers[watcher].topic == topic)
    }

    /// Has a row deleted that is of no use any more.
    private mutating func eraseRow(_ change: PresenceChange, _ persists: Bool, now: WallTime) {
        guard persists else { return }
        let entry = Journal.Subject.erasure(Journal.Erasure(change))
        if case .eraseSubscription = change {
            dialogJournal.append(entry, since: UInt32(clamping: now.seconds))
        } else {
            journal.append(entry, since: UInt32(clamping: now.seconds))
        }
    }
}
