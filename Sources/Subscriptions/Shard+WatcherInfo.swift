internal import Basics

/// Watcher information (RFC 3857): who watches a presentity.
extension Shard {
    /// Notes that a subscription is new or stands differently now.
    mutating func watcherChanged(_ subscription: UInt32) {
        assert(subscriptions.isLive(subscription))
        guard let info = watcherInfoTopic(subscriptions[subscription].topic) else { return }
        noteWatchers(info, changed: entry(subscription: subscription))
    }

    /// Notes that watchers are gone, or that more than one has changed: all are told anew.
    mutating func watchersChanged(of topic: UInt32) {
        assert(topics.isLive(topic))
        guard let info = watcherInfoTopic(topic) else { return }
        noteWatchers(info, changed: nil)
    }

    /// Everybody who watches a topic, the topic being nil when nobody does.
    func watcherList(
        _ package: PackageIndex, _ topic: UInt32?, presentity: [UInt8]
    ) -> WatcherList {
        var entries: [WatcherEntry] = []
        if let topic {
            var place = audience(topic).firstSubscription
            while place != Slab<SubscriptionRecord>.none,
                entries.count < Limits.watcherInfoEntriesMax
            {
                if !subscriptions[place].state.contains(.ending) {
                    entries.append(entry(subscription: place))
                }
                place = subscriptions[place].next
            }
            appendWaiting(topic, to: &entries)
        }
        return WatcherList(
            presentity: presentity, package: context.packages.packages[Int(package.number)].name,
            isFull: true, watchers: entries)
    }

    private func appendWaiting(_ topic: UInt32, to entries: inout [WatcherEntry]) {
        var place = audience(topic).firstWatcher
        while place != Slab<WatcherRecord>.none, entries.count < Limits.watcherInfoEntriesMax {
            if watchers[place].isWaiting { entries.append(entry(waiting: place)) }
            place = watchers[place].next
        }
        assert(entries.count <= Limits.watcherInfoEntriesMax)
    }

    /// The topic of watcher information about another topic, if somebody is subscribed to it.
    private func watcherInfoTopic(_ topic: UInt32) -> UInt32? {
        assert(topics.isLive(topic))
        guard let package = context.facts(topics[topic].package).watcherInfo,
            let info = self.topic(of: topics[topic].presentity, package),
            audience(info).subscriptionCount > 0
        else { return nil }
        return info
    }

    private mutating func noteWatchers(_ info: UInt32, changed: WatcherEntry?) {
        assert(audience(info).subscriptionCount > 0)
        let audience = topics[info].audience
        forgetDocument(info)
        audiences[audience].partial?.release()
        audiences[audience].partial = nil
        audiences[audience].serial &+= 1
        let package = topics[info].package
        if let changed, let watched = context.facts(package).watched {
            let list = WatcherList(
                presentity: uri(of: info),
                package: context.packages.packages[Int(watched.number)].name, isFull: false,
                watchers: [changed])
            audiences[audience].partial = Counted(
                EventDocument(.watchers(list), package, of: context.packages.packages))
        }
        beginWalk(info)
    }

    private func entry(subscription: UInt32) -> WatcherEntry {
        assert(!subscriptions[subscription].state.contains(.ending))
        let record = subscriptions[subscription]
        let dialog = DialogText(storage: record.dialog.object)
        return WatcherEntry(
            id: Array(copying: dialog[.callID]), status: record.status,
            uri: SIPName.uri(user: dialog[.watcherUser], host: dialog[.watcherHost]))
    }

    private func entry(waiting watcher: UInt32) -> WatcherEntry {
        assert(watchers[watcher].isWaiting)
        // No subscription, hence no Call-ID: its place tells it apart.
        return WatcherEntry(
            id: Array("waiting-\(number)-\(watcher)".utf8), status: .waiting,
            uri: SIPName.uri(
                user: watchers[watcher].name.first, host: watchers[watcher].name.second)
        )
    }
}
