internal import Basics

/// Who is told what, and when.
///
///     idle ── document changes, owed ──> ordered: in flight ── answered ──> idle, or at once again
///     in flight ── document changes ──> lagging: told the newest state with the answer
///     any ── ends ──> ending: one last order, then gone
extension Shard {
    // MARK: Changes

    /// Notes that the document of a topic has changed; its watchers will be told in turns.
    ///
    /// - Parameters:
    ///   - topic: The topic.
    ///   - withdrawn: A document that is gone with this change.
    ///   - sender: Who is not told.
    mutating func documentChanged(_ topic: UInt32, withdrawn: EventBody?, sender: Span<UInt8>) {
        assert(topics.isLive(topic))
        guard topics[topic].isWatched else { return }
        let audience = topics[topic].audience
        // Told again, watcher information names everybody: what changed last is known already.
        audiences[audience].releaseDocuments()
        audiences[audience].serial &+= 1
        guard audiences[audience].subscriptionCount > 0 else { return }
        if let withdrawn { audiences[audience].withdrawn = Counted(withdrawn.storage) }
        if !sender.isEmpty { audiences[audience].excluded = Counted(EventBody(sender).storage) }
        beginWalk(topic)
    }

    /// Lets go of the document that was made for watchers.
    mutating func forgetDocument(_ topic: UInt32) {
        assert(topics.isLive(topic))
        guard topics[topic].isWatched else { return }
        audiences[topics[topic].audience].document?.release()
        audiences[topics[topic].audience].document = nil
    }

    /// Has all subscriptions of a topic looked at.
    mutating func beginWalk(_ topic: UInt32) {
        assert(topics.isLive(topic) && topics[topic].isWatched)
        let audience = topics[topic].audience
        audiences[audience].remaining = audiences[audience].subscriptionCount
        guard !audiences[audience].isQueued else { return }
        audiences[audience].isQueued = true
        audiences[audience].cursor = audiences[audience].firstSubscription
        fanOuts.append(topics.handle(topic))
    }

    /// Has a subscription told something, whatever it has been told before.
    mutating func owe(_ subscription: UInt32) {
        assert(subscriptions.isLive(subscription))
        subscriptions[subscription].state.insert(.owed)
        guard subscriptions[subscription].state.isDisjoint(with: [.ready, .inFlight]) else {
            return
        }
        subscriptions[subscription].state.insert(.ready)
        ready.append(subscriptions.handle(subscription))
    }

    /// Has the first notifications that waited for this turn ordered.
    mutating func releaseDelayed() {
        while let handle = delayed.popFirst() {
            guard let subscription = subscriptions.index(of: handle),
                subscriptions[subscription].state.contains(.owed)
            else { continue }
            owe(subscription)
        }
    }

    // MARK: Turns

    /// Appends orders of what waits, until the turn has given `limit`.
    mutating func drain(_ limit: Int, now: WallTime, into orders: inout [NotifyOrder]) {
        precondition(limit > 0)
        var budget = limit
        // Looking at a subscription costs something too, also when it needs no telling.
        var looks = limit * 8
        while budget > 0, looks > 0, let handle = ready.popFirst() {
            looks -= 1
            guard let subscription = subscriptions.index(of: handle) else { continue }
            subscriptions[subscription].state.remove(.ready)
            budget -= tell(subscription, now: now, into: &orders)
        }
        while budget > 0, looks > 0, let handle = fanOuts.popFirst() {
            // Whoever watched may be gone, and others may have come who wait for nothing yet.
            guard let topic = topics.index(of: handle), audience(topic).isQueued else { continue }
            walk(topic, &budget, &looks, now: now, into: &orders)
            guard topics.isLive(topic), audience(topic).isQueued else { continue }
            if audience(topic).remaining > 0 {
                // The next one is another topic's turn: a thousand watchers hold nobody up.
                fanOuts.append(handle)
            } else {
                endWalk(topic)
            }
        }
    }

    /// Looks at the next subscriptions of a topic.
    private mutating func walk(
        _ topic: UInt32, _ budget: inout Int, _ looks: inout Int, now: WallTime,
        into orders: inout [NotifyOrder]
    ) {
        let audience = topics[topic].audience
        assert(audiences[audience].isQueued)
        var turn = 32
        while audiences[audience].remaining > 0, budget > 0, looks > 0, turn > 0 {
            if audiences[audience].cursor == Slab<SubscriptionRecord>.none {
                audiences[audience].cursor = audiences[audience].firstSubscription
            }
            let subscription = audiences[audience].cursor
            guard subscription != Slab<SubscriptionRecord>.none else {
                audiences[audience].remaining = 0
                return
            }
            audiences[audience].cursor = subscriptions[subscription].next
            audiences[audience].remaining -= 1
            looks -= 1
            turn -= 1
            budget -= tell(subscription, now: now, into: &orders)
            // The last one that goes takes the audience with it.
            guard topics.isLive(topic), topics[topic].audience == audience else { return }
        }
    }

    private mutating func endWalk(_ topic: UInt32) {
        let audience = topics[topic].audience
        assert(audiences[audience].remaining == 0 && audience != Audience.nobody)
        audiences[audience].isQueued = false
        audiences[audience].cursor = Slab<SubscriptionRecord>.none
        forgetWithdrawn(topic)
    }

    /// Forgets what was withdrawn once everybody knows.
    private mutating func forgetWithdrawn(_ topic: UInt32) {
        assert(topics.isLive(topic))
        let audience = topics[topic].audience
        guard audiences[audience].withdrawn != nil, !audiences[audience].isQueued,
            audiences[audience].lagging == 0
        else { return }
        audiences[audience].withdrawn?.release()
        audiences[audience].withdrawn = nil
        forgetDocument(topic)
    }

    /// Orders a NOTIFY for a subscription if it is to be told something and may be told now.
    ///
    /// - Returns: Number of orders, 0 or 1.
    mutating func tell(
        _ subscription: UInt32, now: WallTime, into orders: inout [NotifyOrder]
    ) -> Int {
        assert(subscriptions.isLive(subscription))
        let state = subscriptions[subscription].state
        if state.contains(.inFlight) {
            noteLag(subscription)
            return 0
        }
        if state.contains(.ending) {
            orders.append(lastOrder(subscription, now: now))
            free(subscription)
            return 1
        }
        guard state.contains(.owed) || mustKnow(subscription) else { return 0 }
        if !state.contains(.owed), isTooEarly(subscription, now: now) {
            deferNotify(subscription)
            return 0
        }
        orders.append(order(subscription, now: now))
        return 1
    }

    /// Whether the document has changed for a subscription since it was told last.
    private mutating func mustKnow(_ subscription: UInt32) -> Bool {
        assert(subscriptions[subscription].state.isDisjoint(with: [.inFlight, .ending]))
        let record = subscriptions[subscription]
        let serial = audience(record.topic).serial
        guard record.sentSerial != serial, record.seesDocument else { return false }
        // The sender of the newest change knows of it, but not of those before.
        if record.sentSerial &+ 1 == serial, isExcluded(subscription) {
            subscriptions[subscription].sentSerial = serial
            settleLag(subscription)
            return false
        }
        return true
    }

    private func isExcluded(_ subscription: UInt32) -> Bool {
        assert(subscriptions.isLive(subscription))
        guard let sender = audience(subscriptions[subscription].topic).excluded else {
            return false
        }
        let dialog = DialogText(storage: subscriptions[subscription].dialog.object)
        let excluded = EventBody(storage: sender.object)
        return dialog[.contact].equals(excluded.span)
    }

    private mutating func noteLag(_ subscription: UInt32) {
        assert(subscriptions.isLive(subscription))
        let record = subscriptions[subscription]
        guard !record.state.contains(.lagging), record.seesDocument,
            record.sentSerial != audience(record.topic).serial
        else { return }
        subscriptions[subscription].state.insert(.lagging)
        audiences[topics[record.topic].audience].lagging += 1
    }

    /// Notes that a subscription knows everything, or nothing will be told it any more.
    mutating func settleLag(_ subscription: UInt32) {
        guard subscriptions[subscription].state.contains(.lagging) else { return }
        let topic = subscriptions[subscription].topic
        assert(audience(topic).lagging > 0)
        subscriptions[subscription].state.remove(.lagging)
        audiences[topics[topic].audience].lagging -= 1
        forgetWithdrawn(topic)
    }

    private func isTooEarly(_ subscription: UInt32, now: WallTime) -> Bool {
        let interval = settings.notifyIntervalSeconds
        guard interval > 0 else { return false }
        return now.seconds < Int(subscriptions[subscription].notified) + interval
    }

    /// Has a subscription looked at again once the interval between two NOTIFYs has passed.
    private mutating func deferNotify(_ subscription: UInt32) {
        assert(settings.notifyIntervalSeconds > 0)
        noteLag(subscription)
        guard !subscriptions[subscription].state.contains(.deferred) else { return }
        subscriptions[subscription].state.insert(.deferred)
        refile(subscription)
    }

    // MARK: Orders

    /// The order of a NOTIFY that tells the present state; it is in flight from now on.
    mutating func order(_ subscription: UInt32, now: WallTime) -> NotifyOrder {
        assert(subscriptions[subscription].state.isDisjoint(with: [.inFlight, .ending]))
        let topic = subscriptions[subscription].topic
        let record = subscriptions[subscription]
        let document = record.seesDocument ? document(for: subscription) : nil
        let cseq = nextCSeq(subscription, hasDocument: document != nil)
        countCoalesced(subscription)
        subscriptions[subscription].sentSerial = audience(topic).serial
        subscriptions[subscription].notified = UInt32(clamping: now.seconds)
        subscriptions[subscription].state.remove([.owed, .needsFull, .deferred])
        subscriptions[subscription].state.insert([.inFlight, .ahead])
        settleLag(subscription)
        counters(topic).ordered.add(1)
        counters(topic).inFlight.add(1)
        return NotifyOrder(
            handle: handle(subscription), dialog: DialogText(storage: record.dialog.object),
            cseq: cseq, status: record.status, reason: record.reason,
            expiresSeconds: max(0, Int(record.expires) - now.seconds), document: document,
            version: version(subscription))
    }

    /// The order of the last NOTIFY; nobody waits for its answer.
    mutating func lastOrder(_ subscription: UInt32, now: WallTime) -> NotifyOrder {
        assert(subscriptions[subscription].state.contains(.ending))
        let topic = subscriptions[subscription].topic
        let carries = subscriptions[subscription].state.contains(.lastWithBody)
        let document = carries ? self.document(for: subscription) : nil
        let cseq = nextCSeq(subscription, hasDocument: document != nil)
        counters(topic).ordered.add(1)
        return NotifyOrder(
            handle: nil, dialog: DialogText(storage: subscriptions[subscription].dialog.object),
            cseq: cseq, status: .terminated, reason: subscriptions[subscription].reason,
            expiresSeconds: 0, document: document, version: version(subscription))
    }

    /// CSeq of the next NOTIFY; counts the version too when there is a document.
    private mutating func nextCSeq(_ subscription: UInt32, hasDocument: Bool) -> UInt32 {
        // CSeq stays below 2^31 (RFC 3261 8.1.1.5).
        assert(subscriptions[subscription].localCSeq < .max >> 1)
        subscriptions[subscription].localCSeq += 1
        if hasDocument { subscriptions[subscription].version &+= 1 }
        return subscriptions[subscription].localCSeq
    }

    /// The version of the document that was ordered last.
    private func version(_ subscription: UInt32) -> UInt32 {
        let package = topics[subscriptions[subscription].topic].package
        let count = subscriptions[subscription].version
        return (count == 0 ? 0 : count - 1) &+ context.facts(package).firstVersion
    }

    private func countCoalesced(_ subscription: UInt32) {
        assert(subscriptions.isLive(subscription))
        let topic = subscriptions[subscription].topic
        let missed = audience(topic).serial &- subscriptions[subscription].sentSerial
        guard missed > 1, missed < .max >> 1 else { return }
        counters(topic).coalesced.add(Int(missed) - 1)
    }

    // MARK: Answers

    /// Notes what became of a NOTIFY and orders the next one if there is something to tell.
    mutating func completed(
        _ subscription: UInt32, _ outcome: NotifyOutcome, now: WallTime,
        into orders: inout [NotifyOrder]
    ) {
        precondition(subscriptions.isLive(subscription))
        guard subscriptions[subscription].state.contains(.inFlight) else { return }
        let topic = subscriptions[subscription].topic
        subscriptions[subscription].state.remove(.inFlight)
        counters(topic).inFlight.add(-1)
        (outcome == .delivered ? counters(topic).delivered : counters(topic).failed).add(1)
        let isGone = outcome == .gone || (outcome == .timedOut && settings.removesOnTimeout)
        if isGone {
            discard(subscription, now: now)
            return
        }
        // What the watcher knows is unclear now: the next watcher information names all.
        if outcome != .delivered { subscriptions[subscription].state.insert(.needsFull) }
        if outcome == .unsent, !subscriptions[subscription].state.contains(.ending) {
            postpone(subscription)
            return
        }
        _ = tell(subscription, now: now, into: &orders)
    }

    /// Has a subscription told the newest state in a second, when there may be room again.
    private mutating func postpone(_ subscription: UInt32) {
        assert(subscriptions[subscription].state.isDisjoint(with: [.inFlight, .ending]))
        subscriptions[subscription].state.insert([.owed, .deferred])
        refile(subscription)
    }
}
