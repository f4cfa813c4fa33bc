internal import Basics

/// What was decided about watchers (RFC 3856 6.6.2, RFC 5025).
extension Shard {
    /// How a watcher is to stand by what the rules say and what was decided before.
    func decide(_ authorisation: Authorisation, _ stored: Standing?) -> Standing {
        switch authorisation {
        case .allow: return Standing(status: .active)
        case .politeBlock: return Standing(status: .active, reason: .politeBlock)
        case .confirm: return Standing(status: .pending)
        case .block: return Standing(status: .terminated, reason: .rejected)
        case .noRule:
            guard stored?.status == .active else { return Standing(status: .pending) }
            return Standing(status: .terminated, reason: settings.ruleRemovedReason)
        case .unknown:
            guard let stored, stored.status != .waiting else { return Standing(status: .pending) }
            return stored
        }
    }

    /// The decision about a watcher of a topic, or nil.
    func watcher(_ topic: UInt32, _ user: Span<UInt8>, _ host: Span<UInt8>) -> UInt32? {
        assert(topics.isLive(topic))
        return watcherIndex.find(context.watcherHash(user, host, topic: topic)) { candidate in
            watchers[candidate].topic == topic && watchers[candidate].name.first.equals(user)
                && watchers[candidate].name.second.equals(host)
        }
    }

    /// Notes what was decided about a watcher; returns where.
    mutating func setWatcher(
        _ topic: UInt32, _ user: Span<UInt8>, _ host: Span<UInt8>, _ standing: Standing,
        isStored: Bool = false, now: WallTime
    ) -> UInt32 {
        precondition(topics.isLive(topic))
        if let known = watcher(topic, user, host) {
            setStanding(watcher: known, standing, now: now)
            return known
        }
        let tag = context.watcherHash(user, host, topic: topic)
        let watcher = watchers.insert(
            WatcherRecord(
                name: TextBlock(user, host), tag: tag, topic: topic,
                inserted: UInt32(clamping: now.seconds), status: standing.status,
                reason: standing.reason))
        let audience = makeAudience(topic)
        let first = audiences[audience].firstWatcher
        watchers[watcher].next = first
        if first != Slab<WatcherRecord>.none { watchers[first].previous = watcher }
        audiences[audience].firstWatcher = watcher
        audiences[audience].watcherCount += 1
        watcherIndex.insert(tag, watcher)
        context.watchers.add(1)
        countWaiting(watcher, before: false)
        if isStored {
            watchers[watcher].state.insert([.attempted, .stored])
        } else {
            journalChange(watcher: watcher, now: now)
        }
        return watcher
    }

    /// Changes a decision about a watcher.
    mutating func setStanding(watcher: UInt32, _ standing: Standing, now: WallTime) {
        assert(watchers.isLive(watcher))
        guard
            watchers[watcher].status != standing.status
                || watchers[watcher].reason != standing.reason
        else { return }
        let waited = watchers[watcher].isWaiting
        watchers[watcher].status = standing.status
        watchers[watcher].reason = standing.reason
        countWaiting(watcher, before: waited)
        journalChange(watcher: watcher, now: now)
    }

    /// Counts a watcher that waits now and did not before, or the other way round.
    func countWaiting(_ watcher: UInt32, before: Bool) {
        assert(watchers.isLive(watcher))
        let waits = watchers[watcher].isWaiting
        guard waits != before else { return }
        counters(watchers[watcher].topic).waiting.add(waits ? 1 : -1)
    }

    /// Forgets a decision about a watcher who is not subscribed.
    mutating func forget(watcher: UInt32, now: WallTime) {
        let record = watchers[watcher]
        precondition(record.subscriptionCount == 0)
        if record.isWaiting { counters(record.topic).waiting.add(-1) }
        context.watchers.add(-1)
        journalErasure(watcher: watcher, now: now)
        watcherIndex.remove(record.tag, watcher)
        if record.previous == Slab<WatcherRecord>.none {
            audiences[topics[record.topic].audience].firstWatcher = record.next
        } else {
            watchers[record.previous].next = record.next
        }
        if record.next != Slab<WatcherRecord>.none {
            watchers[record.next].previous = record.previous
        }
        audiences[topics[record.topic].audience].watcherCount -= 1
        record.name.free()
        watchers.remove(watcher)
        if record.status == .pending { watchersChanged(of: record.topic) }
        dropAudienceIfEmpty(record.topic)
        dropIfEmpty(record.topic)
    }

    // MARK: Rules anew

    /// A watcher whose rules are to be asked about outside of the lock.
    struct Question: Sendable {
        /// The subscription; nil for a watcher without one.
        var subscription: SlabHandle?
        /// The decision about the watcher.
        var watcher: SlabHandle
        /// The watcher as a URI.
        var uri: [UInt8]
    }

    /// All watchers of a topic.
    func questions(_ topic: UInt32) -> [Question] {
        assert(topics.isLive(topic))
        var questions: [Question] = []
        var place = audience(topic).firstSubscription
        while place != Slab<SubscriptionRecord>.none {
            let record = subscriptions[place]
            if !record.state.contains(.ending), record.watcher != Slab<WatcherRecord>.none {
                questions.append(question(record.watcher, subscriptions.handle(place)))
            }
            place = record.next
        }
        place = audience(topic).firstWatcher
        while place != Slab<WatcherRecord>.none {
            if watchers[place].subscriptionCount == 0 { questions.append(question(place, nil)) }
            place = watchers[place].next
        }
        return questions
    }

    private func question(_ watcher: UInt32, _ subscription: SlabHandle?) -> Question {
        assert(watchers.isLive(watcher))
        let name = watchers[watcher].name
        return Question(
            subscription: subscription, watcher: watchers.handle(watcher),
            uri: SIPName.uri(user: name.first, host: name.second))
    }

    /// Applies what the rules say about a watcher; says whether anything changed.
    mutating func apply(
        _ authorisation: Authorisation, to question: borrowing Question, now: WallTime
    ) -> Bool {
        guard let watcher = watchers.index(of: question.watcher) else { return false }
        guard let handle = question.subscription else {
            return applyWaiting(authorisation, watcher, now: now)
        }
        guard let subscription = subscriptions.index(of: handle),
            !subscriptions[subscription].state.contains(.ending)
        else { return false }
        let present = Standing(
            status: subscriptions[subscription].status,
            reason: subscriptions[subscription].reason)
        let standing = decide(authorisation, present)
        guard standing != present else { return false }
        setStanding(watcher: watcher, standing, now: now)
        if standing.status == .terminated {
            end(subscription, standing.reason, withBody: false, now: now)
            owe(subscription)
            return true
        }
        setStatus(subscription, standing.status, standing.reason)
        subscriptions[subscription].state.insert(.needsFull)
        journalChange(subscription: subscription, now: now)
        watcherChanged(subscription)
        owe(subscription)
        return true
    }

    private mutating func applyWaiting(
        _ authorisation: Authorisation, _ watcher: UInt32, now: WallTime
    ) -> Bool {
        assert(watchers[watcher].subscriptionCount == 0)
        let present = Standing(
            status: watchers[watcher].status, reason: watchers[watcher].reason)
        // Who was refused because no rule matched is still refused while none does.
        if authorisation == .noRule, present.status == .terminated { return false }
        let standing = decide(authorisation, present)
        guard standing != present else { return false }
        let wasWaiting = watchers[watcher].isWaiting
        setStanding(watcher: watcher, standing, now: now)
        if wasWaiting || watchers[watcher].isWaiting {
            watchersChanged(of: watchers[watcher].topic)
        }
        return true
    }
}
