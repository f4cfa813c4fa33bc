public import Basics

/// Where a walk over a whole table stands.
public struct LocationCursor: Sendable, Hashable {
    /// The shard to go on in.
    var shard = 0
    /// The place there.
    var place: UInt32 = 0

    /// The beginning.
    public init() {}

    /// The place of a number that `number` gave; nil for one that is none.
    ///
    /// A place that has gone meanwhile, because a shard became smaller, is the end of its shard.
    public init?(number: UInt64) {
        guard number >> 32 < UInt64(LocationTable.shardCount) else { return nil }
        shard = Int(number >> 32)
        place = UInt32(truncatingIfNeeded: number)
    }

    /// The place as a number, for somebody who goes on later.
    public var number: UInt64 { UInt64(shard) << 32 | UInt64(place) }

    /// Whether the walk has seen everything.
    public var isAtEnd: Bool { shard == LocationTable.shardCount }
}

/// Work that goes through all shards, one lock at a time.
extension LocationTable {
    /// Shows all contacts of the next addresses-of-record, expired ones included, and moves on.
    ///
    /// The contacts of one address-of-record come one behind the other and within one call. An
    /// address-of-record that is there during the whole walk is shown exactly once, whatever else
    /// comes and goes. One call locks one shard, for about as long as it takes to show `limit`
    /// contacts.
    ///
    /// - Parameters:
    ///   - cursor: Where to go on; `LocationCursor.isAtEnd` says when to stop.
    ///   - limit: After how many contacts to pause, at least 1.
    ///   - each: Sees the contacts.
    public func walk(
        _ cursor: inout LocationCursor, limit: Int, each: (borrowing BindingView) -> Void
    ) {
        precondition(limit > 0)
        guard !cursor.isAtEnd else { return }
        let start = cursor
        cursor = withShard(start.shard) { shard in
            var shown = 0
            var place = start.place
            let end = shard.addresses.placesUsed
            // Empty places cost a look as well, so they count a little.
            while place < end, shown < limit * 8 {
                if shard.addresses.isLive(place) {
                    shown +=
                        8
                        * shard.list(
                            place, now: WallTime(seconds: 0), includingExpired: true, each)
                }
                shown += 1
                place += 1
            }
            var next = start
            next.place = place < end ? place : 0
            next.shard = place < end ? start.shard : start.shard + 1
            return next
        }
    }

    /// Ends all bindings that have expired.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - limit: How many contacts to look at under one lock at a time.
    ///   - each: Sees each binding just before it ends.
    /// - Returns: How many have ended.
    @discardableResult
    public func expire(
        now: WallTime, limit: Int = 256, each: (borrowing BindingView) -> Void = { _ in }
    ) -> Int {
        precondition(limit > 0)
        var ended = 0
        for number in 0..<Self.shardCount {
            while expire(shard: number, now: now, limit: limit, ended: &ended, each: each) {}
        }
        return ended
    }

    /// Does one piece of `expire` in one shard; returns whether more is due there.
    public func expire(
        shard number: Int, now: WallTime, limit: Int, ended: inout Int,
        each: (borrowing BindingView) -> Void
    ) -> Bool {
        var count = 0
        let isMoreDue = withShard(number) { shard in
            shard.expire(now: now, limit: limit, ended: &count, each)
        }
        ended += count
        assert(count <= limit)
        return isMoreDue
    }

    // MARK: Listeners

    /// Chooses which events are noted for listeners; none at first.
    public func listen(to events: BindingEvents) {
        for number in 0..<Self.shardCount {
            withShard(number) { shard in shard.journal.wanted = events }
        }
    }

    /// Begins a change of one shard that may come to nothing: until `endTrial` no event of the
    /// shard is taken out.
    public func beginTrial(shard number: Int) {
        withShard(number) { shard in shard.journal.beginTrial() }
    }

    /// Ends it: its events stand, or have never happened.
    public func endTrial(shard number: Int, isKept: Bool) {
        withShard(number) { shard in shard.journal.endTrial(isKept: isKept) }
    }

    /// Takes the events of one shard out, to be read without its lock.
    ///
    /// - Parameters:
    ///   - number: The shard.
    ///   - box: Gets the events; what it held before is forgotten.
    public func takeEvents(shard number: Int, into box: inout LocationEvents) {
        precondition(number >= 0 && number < Self.shardCount, "no such shard")
        withShard(number) { shard in shard.journal.take(into: &box) }
    }
}
