internal import Basics

/// Records as rows of the tables.
extension Shard {
    /// The row of a publication; its document may be packed.
    func row(publication: UInt32) -> PublicationRow {
        assert(publications.isLive(publication))
        let record = publications[publication]
        let presentity = topics[record.topic].presentity
        return PublicationRow(
            user: Array(copying: presentities[presentity].name.first),
            host: Array(copying: presentities[presentity].name.second),
            package: topics[record.topic].package, etag: entityTagText(publication),
            ruid: uniqueName(of: publication),
            body: record.body.map { EventBody(storage: $0.object) }
                ?? EventBody(publications[publication].text.fourth),
            isPacked: record.body == nil,
            sender: Array(copying: publications[publication].text.third),
            expires: record.expires == 0 ? -1 : Int(record.expires),
            received: Int(record.received), priority: record.priority)
    }

    /// The row of a subscription.
    func row(subscription: UInt32) -> SubscriptionRow {
        assert(subscriptions.isLive(subscription))
        let record = subscriptions[subscription]
        var values = SubscriptionValues()
        values.localCSeq = record.localCSeq == 0 ? 0 : record.localCSeq - 1
        values.remoteCSeq = record.remoteCSeq
        values.expires = Int(record.expires)
        values.status = record.status
        values.reason = record.reason
        values.version = record.version
        values.flags = record.flags
        return SubscriptionRow(
            dialog: DialogText(storage: record.dialog.object), values: values,
            handle: handle(subscription))
    }

    /// The row of a decision about a watcher.
    func row(watcher: UInt32) -> WatcherRow {
        assert(watchers.isLive(watcher))
        let record = watchers[watcher]
        let presentity = topics[record.topic].presentity
        return WatcherRow(
            presentityUser: Array(copying: presentities[presentity].name.first),
            presentityHost: Array(copying: presentities[presentity].name.second),
            user: Array(copying: watchers[watcher].name.first),
            host: Array(copying: watchers[watcher].name.second),
            package: topics[record.topic].package, status: record.status, reason: record.reason,
            inserted: Int(record.inserted))
    }

    /// The handle of a subscription.
    func handle(_ subscription: UInt32) -> SubscriptionHandle {
        let handle = subscriptions.handle(subscription)
        return SubscriptionHandle(
            shard: UInt8(number), index: handle.index, generation: handle.generation)
    }

    /// The index of a handle, or nil when the subscription is gone.
    func index(of handle: SubscriptionHandle) -> UInt32? {
        assert(Int(handle.shard) == number, "a handle of another shard")
        return subscriptions.index(
            of: SlabHandle(index: handle.index, generation: handle.generation))
    }

    /// The column `ruid`: it stays the same as long as the publication lives.
    private func uniqueName(of publication: UInt32) -> [UInt8] {
        assert(publications.isLive(publication))
        if publications[publication].state.contains(.foreignName) {
            return Array(copying: publications[publication].text.second)
        }
        var writer = ByteWriter(capacity: 64)
        writer.append("pres-")
        writer.append(hexadecimal: UInt64(context.seed.time))
        writer.append(UInt8(ascii: "-"))
        writer.append(hexadecimal: UInt64(context.seed.process))
        writer.append(UInt8(ascii: "-"))
        writer.append(hexadecimal: publications[publication].random, width: 16)
        return Array(copying: writer.span)
    }
}
