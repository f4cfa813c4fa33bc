internal import Basics

/// What time brings to an end.
extension Shard {
    /// Looks at what is due, until `limit` records were looked at; what is left stays due.
    ///
    /// What has ended is appended to `ended`, unless that is nil: nobody watches.
    mutating func expire(
        now: WallTime, limit: inout Int, into orders: inout [NotifyOrder],
        ended: inout [ExpiredState]?
    ) {
        let tick = Int64(now.seconds)
        while limit > 0,
            let publication = publicationWheel.takeDue(now: tick, in: &publications)
        {
            limit -= 1
            expire(publication: publication, now: now, &ended)
        }
        while limit > 0,
            let subscription = subscriptionWheel.takeDue(now: tick, in: &subscriptions)
        {
            limit -= 1
            expire(subscription: subscription, now: now, into: &orders, &ended)
        }
        forgetOldWatchers(now: now)
    }

    private mutating func expire(
        publication: UInt32, now: WallTime, _ ended: inout [ExpiredState]?
    ) {
        assert(publications[publication].expires > 0)
        let due = dueTime(publications[publication].expires)
        guard due <= Int64(now.seconds) else {
            publicationWheel.file(publication, at: due, in: &publications)
            return
        }
        let topic = publications[publication].topic
        counters(topic).publicationsExpired.add(1)
        ended?.append(
            ExpiredState(
                presentity: uri(of: topic), watcher: nil, package: topics[topic].package))
        if settings.expiresSilently {
            remove(publication: publication, now: now)
            forgetDocument(topic)
            dropIfEmpty(topic)
        } else {
            withdraw(publication, sender: Span(), now: now)
        }
    }

    private mutating func expire(
        subscription: UInt32, now: WallTime, into orders: inout [NotifyOrder],
        _ ended: inout [ExpiredState]?
    ) {
        assert(!subscriptions[subscription].timerLink.isFiled)
        let tick = Int64(now.seconds)
        let state = subscriptions[subscription].state
        if state.contains(.ending) {
            // Its last NOTIFY waits for an answer that never came, or for its turn.
            if state.contains(.ready) {
                subscriptionWheel.file(subscription, at: tick + 1, in: &subscriptions)
            } else {
                free(subscription)
            }
            return
        }
        if dueTime(subscriptions[subscription].expires) <= tick {
            counters(subscriptions[subscription].topic).subscriptionsExpired.add(1)
            if ended != nil { ended?.append(expired(subscription)) }
            end(subscription, .timeout, withBody: false, now: now)
            _ = tell(subscription, now: now, into: &orders)
            return
        }
        let wasDeferred = state.contains(.deferred)
        subscriptions[subscription].state.remove(.deferred)
        if wasDeferred { _ = tell(subscription, now: now, into: &orders) }
        // Telling may have deferred it again, which filed it.
        if !subscriptions[subscription].timerLink.isFiled { refile(subscription) }
    }

    /// A subscription as those see it who watch from outside.
    private func expired(_ subscription: UInt32) -> ExpiredState {
        let topic = subscriptions[subscription].topic
        let dialog = DialogText(storage: subscriptions[subscription].dialog.object)
        return ExpiredState(
            presentity: uri(of: topic),
            watcher: SIPName.uri(user: dialog[.watcherUser], host: dialog[.watcherHost]),
            package: topics[topic].package)
    }

    /// Forgets decisions about watchers who are not subscribed and have not been for long.
    ///
    /// A few places are looked at each time, so that all come up within minutes.
    private mutating func forgetOldWatchers(now: WallTime) {
        var looks = min(watchers.placesUsed, 256)
        while looks > 0 {
            looks -= 1
            if watcherScan >= watchers.placesUsed { watcherScan = 0 }
            let watcher = watcherScan
            watcherScan += 1
            guard watchers.isLive(watcher), watchers[watcher].subscriptionCount == 0 else {
                continue
            }
            let age = now.seconds - Int(watchers[watcher].inserted)
            if age > settings.pendingWatcherSecondsMax { forget(watcher: watcher, now: now) }
        }
    }
}
