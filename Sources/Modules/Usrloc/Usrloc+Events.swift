public import Basics
public import Locations
internal import Logging
internal import ModuleKit
internal import Synchronization

/// One who wants to know what happens to bindings.
struct BindingListener: Sendable {
    /// What it wants to know of.
    let events: BindingEvents
    /// Is told, some events at a time, without any lock held.
    let tell: @Sendable (LocationTable, borrowing LocationEvents, WallTime) -> Void
}

/// What happens to bindings, told to other modules outside of the locks.
///
/// A table notes events while somebody listens; they are told at each pass of the timer, so with
/// `timer_interval` 0 nobody is told.
extension UsrlocModule {
    /// Has a listener told of events of all tables; to be called in a module's `start`.
    ///
    /// It may be shown events that another listener has asked for.
    public func listen(
        to events: BindingEvents,
        _ tell: @escaping @Sendable (LocationTable, borrowing LocationEvents, WallTime) -> Void
    ) {
        let wanted = listeners.withLock { listeners in
            listeners.append(BindingListener(events: events, tell: tell))
            return listeners.reduce(into: BindingEvents()) { $0.formUnion($1.events) }
        }
        for table in tables { table.listen(to: wanted) }
    }

    /// What anybody listens to.
    var wantedEvents: BindingEvents {
        listeners.withLock { $0.reduce(into: []) { $0.formUnion($1.events) } }
    }

    /// Tells what one shard has noted.
    func deliver(_ table: LocationTable, shard: Int, _ events: inout LocationEvents, now: WallTime)
    {
        table.takeEvents(shard: shard, into: &events)
        if events.lost > 0 {
            services.logger.error(
                "events of bindings were lost: more came than were told in time",
                metadata: ["table": "\(table.name)", "lost": "\(events.lost)"])
        }
        guard events.count > 0 else { return }
        for listener in listeners.withLock({ $0 }) { listener.tell(table, events, now) }
    }

    /// Tells what all shards have noted.
    func deliver(_ table: LocationTable, now: WallTime) {
        guard !wantedEvents.isEmpty else { return }
        var events = LocationEvents()
        for shard in 0..<LocationTable.shardCount {
            deliver(table, shard: shard, &events, now: now)
        }
    }

    /// Shows listeners the rows that have expired, before they are deleted (db_mode 3).
    ///
    /// They are brought into a table of their own and expire there.
    func tellExpiredRows(
        of table: LocationTable, in store: DatabaseOnlyStore, now: WallTime
    ) throws(LocationsUnavailable) {
        guard wantedEvents.contains(.expired) else { return }
        let bench = LocationTable(
            name: table.name, hash: KeyedHash(key0: 0, key1: 0),
            seed: RuidSeed(server: 0, time: 0, process: 0), now: WallTime(seconds: 0))
        bench.listen(to: .expired)
        try store.loadExpired(table.name, into: bench, now: now, serverID: filteredServer)
        bench.expire(now: now)
        deliver(bench, now: now)
        deliver(table, now: now)
    }
}
