internal import Basics

/// What commands list, a piece at a time.
extension Shard {
    /// Places that one hold of the lock looks at.
    static var placesPerLook: UInt32 { 1_024 }

    /// Appends rows of publications from `place` on; false at the end of the shard.
    func list(
        _ filter: borrowing ListFilter, limit: Int, from place: inout UInt32,
        into rows: inout [PublicationRow]
    ) -> Bool {
        let end = min(publications.placesUsed, place &+ Self.placesPerLook)
        while place < end, rows.count < limit {
            if publications.isLive(place), accepts(filter, publications[place].topic) {
                rows.append(row(publication: place))
            }
            place += 1
        }
        return place < publications.placesUsed
    }

    /// Appends rows of subscriptions from `place` on; false at the end of the shard.
    func list(
        _ filter: borrowing ListFilter, limit: Int, from place: inout UInt32,
        into rows: inout [SubscriptionRow]
    ) -> Bool {
        let end = min(subscriptions.placesUsed, place &+ Self.placesPerLook)
        while place < end, rows.count < limit {
            if subscriptions.isLive(place), !subscriptions[place].state.contains(.ending),
                accepts(filter, subscriptions[place].topic)
            {
                rows.append(row(subscription: place))
            }
            place += 1
        }
        return place < subscriptions.placesUsed
    }

    /// Appends rows of decisions about watchers from `place` on; false at the end of the shard.
    func list(
        _ filter: borrowing ListFilter, limit: Int, from place: inout UInt32,
        into rows: inout [WatcherRow]
    ) -> Bool {
        let end = min(watchers.placesUsed, place &+ Self.placesPerLook)
        while place < end, rows.count < limit {
            if watchers.isLive(place), accepts(filter, watchers[place].topic) {
                rows.append(row(watcher: place))
            }
            place += 1
        }
        return place < watchers.placesUsed
    }

    private func accepts(_ filter: borrowing ListFilter, _ topic: UInt32) -> Bool {
        assert(topics.isLive(topic))
        if let package = filter.package, package != topics[topic].package { return false }
        let presentity = topics[topic].presentity
        if let user = filter.user,
            !context.sameName(presentities[presentity].name.first, user.span)
        {
            return false
        }
        guard let host = filter.host else { return true }
        return context.sameName(presentities[presentity].name.second, host.span)
    }

    /// Number of subscriptions of a topic that have not ended.
    func liveSubscriptions(of topic: UInt32) -> Int {
        assert(topics.isLive(topic))
        var count = 0
        var place = audience(topic).firstSubscription
        while place != Slab<SubscriptionRecord>.none {
            if !subscriptions[place].state.contains(.ending) { count += 1 }
            place = subscriptions[place].next
        }
        return count
    }

    /// Marks all subscriptions as changed whose CSeq or version is ahead of their rows.
    mutating func journalCounters(now: WallTime) {
        guard settings.persistsSubscriptions else { return }
        for place in 0..<subscriptions.placesUsed where subscriptions.isLive(place) {
            let state = subscriptions[place].state
            guard state.contains(.ahead), !state.contains(.ending) else { continue }
            journalChange(subscription: place, now: now)
        }
    }
}
