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
    /// Whether it listens for those who watch from outside, who come and go.
    var isOutside = false
}

/// A change of a binding as a value.
public struct BindingChange: Sendable {
    /// What happened: exactly one event.
    public var event: BindingEvents
    /// Who made it happen, and what the script said of it.
    public var origin: ChangeOrigin
    /// The table; its name is the argument of save().
    public var table: LocationTable
    /// The address-of-record.
    public var aor: [UInt8]
    /// The binding as it was at that moment.
    public var contact: BindingCopy

    /// What made the binding change.
    public var cause: ChangeCause { origin.cause }
    /// What the script has said of the message behind it.
    public var marks: BindingMarks { origin.marks }
}

/// What happens to bindings, told to other modules outside of the locks.
///
/// A table notes events while somebody listens. They are told at each pass of the timer, and within
/// milliseconds once somebody watches; one thread at a time tells, so that the events of one
/// address-of-record come in the order in which they happened.
extension UsrlocModule {
    /// Has a listener told of events of all tables; to be called in a module's `start`.
    ///
    /// It may be shown events that another listener has asked for.
    public func listen(
        to events: BindingEvents,
        _ tell: @escaping @Sendable (LocationTable, borrowing LocationEvents, WallTime) -> Void
    ) {
        add(BindingListener(events: events, tell: tell))
    }

    private func add(_ listener: BindingListener) {
        let wanted = listeners.withLock { listeners in
            listeners.append(listener)
            return listeners.reduce(into: BindingEvents()) { $0.formUnion($1.events) }
        }
        for table in tables { table.listen(to: wanted) }
    }

    /// Has a listener told of events of all tables, soon after they have happened; to be called in
    /// a module's `start`.
    ///
    /// It runs on a queue of its own, without any lock of a table: it may look up, register and
    /// send, but while it waits nobody is told of anything.
    public func listenPromptly(
        to events: BindingEvents,
        _ tell: @escaping @Sendable (LocationTable, borrowing LocationEvents, WallTime) -> Void
    ) {
        listenPromptly(to: events, isOutside: false, tell)
    }

    /// The same, also for those who watch from outside.
    func listenPromptly(
        to events: BindingEvents, isOutside: Bool,
        _ tell: @escaping @Sendable (LocationTable, borrowing LocationEvents, WallTime) -> Void
    ) {
        add(BindingListener(events: events, tell: tell, isOutside: isOutside))
        guard teller.start({ [weak self] in self?.deliver() }) else { return }
        // What happened beside a request: an earlier end, a load.
        services.every(1, "usrloc.events") { [teller] in teller.ask() }
    }

    /// The same with events as values.
    public func watch(
        _ events: BindingEvents,
        _ tell: @escaping @Sendable ([BindingChange], WallTime) -> Void
    ) {
        listenPromptly(to: events) { table, noted, now in
            var changes: [BindingChange] = []
            changes.reserveCapacity(noted.count)
            noted.forEach { event, origin, binding in
                guard events.contains(event) else { return }
                changes.append(
                    BindingChange(
                        event: event, origin: origin, table: table,
                        aor: Array(copying: binding.aor), contact: BindingCopy(binding)))
            }
            if !changes.isEmpty { tell(changes, now) }
        }
    }

    /// All bindings of an AoR as values, in their order.
    public func contacts(
        in table: LocationTable, _ aor: Span<UInt8>, now: WallTime, includingExpired: Bool = false
    ) throws(LocationsUnavailable) -> [BindingCopy] {
        var copies: [BindingCopy] = []
        try lookUp(in: table, aor, now: now, includingExpired: includingExpired) { binding in
            copies.append(BindingCopy(binding))
        }
        return copies
    }

    /// What anybody listens to.
    var wantedEvents: BindingEvents {
        listeners.withLock { $0.reduce(into: []) { $0.formUnion($1.events) } }
    }

    /// Tells what one shard has noted; who comes while another tells waits until that is done.
    func deliver(_ table: LocationTable, shard: Int, now: WallTime) {
        telling.withLock { events in
            table.takeEvents(shard: shard, into: &events)
            if events.lost > 0 {
                services.logger.error(
                    "events of bindings were lost: more came than were told in time",
                    metadata: ["table": "\(table.name)", "lost": "\(events.lost)"])
            }
            guard events.count > 0 else { return }
            for listener in listeners.withLock({ $0 }) { listener.tell(table, events, now) }
        }
    }

    /// Tells what all shards have noted.
    func deliver(_ table: LocationTable, now: WallTime) {
        guard !wantedEvents.isEmpty else { return }
        for shard in 0..<LocationTable.shardCount { deliver(table, shard: shard, now: now) }
    }

    /// Tells what all tables have noted.
    func deliver() {
        let now = SystemClock.wall()
        for table in tables { deliver(table, now: now) }
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
