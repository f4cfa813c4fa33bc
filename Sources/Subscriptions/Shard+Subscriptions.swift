internal import Basics

/// Subscriptions: found, added, ended and freed.
extension Shard {
    /// The subscription of a dialog, or nil.
    func subscription(
        _ tag: UInt32, callID: Span<UInt8>, fromTag: Span<UInt8>, toTag: Span<UInt8>
    ) -> UInt32? {
        assert(!callID.isEmpty && !fromTag.isEmpty && !toTag.isEmpty)
        return dialogIndex.find(tag) { candidate in
            let dialog = DialogText(storage: subscriptions[candidate].dialog.object)
            return dialog[.callID].equals(callID) && dialog[.fromTag].equals(fromTag)
                && dialog[.toTag].equals(toTag)
        }
    }

    /// The texts of a subscription.
    func dialog(_ subscription: UInt32) -> DialogText {
        assert(subscriptions.isLive(subscription))
        return DialogText(storage: subscriptions[subscription].dialog.object)
    }

    /// Adds a subscription to its topic, the table of dialogs and the timer wheel.
    mutating func add(_ record: SubscriptionRecord) -> UInt32 {
        precondition(topics.isLive(record.topic) && record.status != .terminated)
        let topic = record.topic
        let subscription = subscriptions.insert(record)
        let audience = makeAudience(topic)
        let last = audiences[audience].lastSubscription
        subscriptions[subscription].previous = last
        if last == Slab<SubscriptionRecord>.none {
            audiences[audience].firstSubscription = subscription
        } else {
            subscriptions[last].next = subscription
        }
        audiences[audience].lastSubscription = subscription
        audiences[audience].subscriptionCount += 1
        presentities[topics[topic].presentity].subscriptionCount += 1
        dialogIndex.insert(record.tag, subscription)
        subscriptionWheel.file(
            subscription, at: dueTime(record.expires), in: &subscriptions)
        if record.watcher != Slab<WatcherRecord>.none {
            let waited = watchers[record.watcher].isWaiting
            watchers[record.watcher].subscriptionCount += 1
            countWaiting(record.watcher, before: waited)
        }
        context.subscriptions.add(1)
        count(record.status, topic, 1)
        return subscription
    }

    /// Changes how a subscription stands.
    mutating func setStatus(
        _ subscription: UInt32, _ status: SubscriptionStatus, _ reason: StatusReason
    ) {
        assert(status != .terminated, "a subscription that ends goes another way")
        let topic = subscriptions[subscription].topic
        count(subscriptions[subscription].status, topic, -1)
        subscriptions[subscription].status = status
        subscriptions[subscription].reason = reason
        count(status, topic, 1)
        if !subscriptions[subscription].seesDocument { settleLag(subscription) }
    }

    /// Ends a subscription but for its last NOTIFY, which `tell` orders.
    ///
    /// - Parameters:
    ///   - subscription: The subscription.
    ///   - reason: Why it ends.
    ///   - withBody: Whether the last NOTIFY carries the document, if the watcher may see it.
    ///   - now: The present time.
    mutating func end(
        _ subscription: UInt32, _ reason: StatusReason, withBody: Bool, now: WallTime
    ) {
        assert(!subscriptions[subscription].state.contains(.ending))
        let record = subscriptions[subscription]
        let topic = record.topic
        settleLag(subscription)
        journalErasure(subscription: subscription, now: now)
        count(record.status, topic, -1)
        if withBody, record.seesDocument {
            subscriptions[subscription].state.insert(.lastWithBody)
        }
        subscriptions[subscription].state.insert([.ending, .needsFull])
        subscriptions[subscription].status = .terminated
        subscriptions[subscription].reason = reason
        presentities[topics[topic].presentity].subscriptionCount -= 1
        dialogIndex.remove(record.tag, subscription)
        if record.watcher != Slab<WatcherRecord>.none {
            let waited = watchers[record.watcher].isWaiting
            watchers[record.watcher].subscriptionCount -= 1
            countWaiting(record.watcher, before: waited)
            watchers[record.watcher].inserted = UInt32(clamping: now.seconds)
            // The time counts as soon as the watcher waits without a subscription.
            if watchers[record.watcher].isWaiting {
                journalChange(watcher: record.watcher, now: now)
            }
            subscriptions[subscription].watcher = .max
        }
        context.subscriptions.add(-1)
        // Should the answer to a NOTIFY on its way never be told, this one does not stay for ever.
        subscriptionWheel.remove(subscription, in: &subscriptions)
        subscriptionWheel.file(
            subscription, at: Int64(now.seconds) + Self.answerSecondsMax, in: &subscriptions)
        watchersChanged(of: topic)
    }

    /// Ends a subscription without a NOTIFY.
    mutating func discard(_ subscription: UInt32, now: WallTime) {
        precondition(subscriptions.isLive(subscription))
        if !subscriptions[subscription].state.contains(.ending) {
            end(subscription, .none, withBody: false, now: now)
        }
        free(subscription)
    }

    /// Frees a subscription that has ended.
    mutating func free(_ subscription: UInt32) {
        let record = subscriptions[subscription]
        precondition(record.state.contains(.ending))
        let topic = record.topic
        if record.state.contains(.inFlight) { counters(topic).inFlight.add(-1) }
        subscriptionWheel.remove(subscription, in: &subscriptions)
        unlink(subscription)
        audiences[topics[topic].audience].subscriptionCount -= 1
        record.dialog.release()
        subscriptions.remove(subscription)
        if audience(topic).subscriptionCount == 0 { forgetAudience(topic) }
        dropIfEmpty(topic)
    }

    /// Files a subscription where it must be looked at next.
    mutating func refile(_ subscription: UInt32) {
        assert(!subscriptions[subscription].state.contains(.ending))
        let record = subscriptions[subscription]
        var time = dueTime(record.expires)
        if record.state.contains(.deferred) {
            // Without an interval it is a NOTIFY that found no room, which is not tried at once.
            let interval = max(1, Int64(settings.notifyIntervalSeconds))
            time = min(time, Int64(record.notified) + interval)
        }
        if record.timerLink.isFiled {
            if subscriptionWheel.dueTime(record.timerLink) <= time { return }
            subscriptionWheel.remove(subscription, in: &subscriptions)
        }
        subscriptionWheel.file(subscription, at: time, in: &subscriptions)
    }

    /// Seconds within which every NOTIFY is answered or given up: twice Timer F (RFC 3261 17.1.2).
    static var answerSecondsMax: Int64 { 64 }

    /// Lets go of what is kept for watchers only.
    private mutating func forgetAudience(_ topic: UInt32) {
        assert(topics[topic].isWatched && audience(topic).subscriptionCount == 0)
        audiences[topics[topic].audience].releaseDocuments()
        packDocuments(of: topic)
        dropAudienceIfEmpty(topic)
    }

    private func count(_ status: SubscriptionStatus, _ topic: UInt32, _ amount: Int) {
        switch status {
        case .active: counters(topic).active.add(amount)
        case .pending: counters(topic).pending.add(amount)
        case .terminated, .waiting: break
        }
    }

    private mutating func unlink(_ subscription: UInt32) {
        assert(subscriptions.isLive(subscription))
        let topic = subscriptions[subscription].topic
        let next = subscriptions[subscription].next
        let previous = subscriptions[subscription].previous
        let audience = topics[topic].audience
        if audiences[audience].cursor == subscription { audiences[audience].cursor = next }
        if previous == Slab<SubscriptionRecord>.none {
            assert(audiences[audience].firstSubscription == subscription)
            audiences[audience].firstSubscription = next
        } else {
            subscriptions[previous].next = next
        }
        if next == Slab<SubscriptionRecord>.none {
            audiences[audience].lastSubscription = previous
        } else {
            subscriptions[next].previous = previous
        }
    }
}
