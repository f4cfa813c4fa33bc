public import Basics

/// The side of a table that faces the database.
///
/// A writer goes through the shards: `handOut` copies what has changed into a batch, the batch is
/// written without any lock, and `confirm` or `fail` says what became of it. Several shards may go
/// into one transaction. A shard hands out nothing more until its batch is settled.
extension LocationTable {
    /// Hands out changes of one shard that are not in the database yet, oldest first.
    ///
    /// Of a binding that was removed only the unique name is shown, and its row is to be erased.
    ///
    /// - Parameters:
    ///   - number: The shard.
    ///   - limit: How many at most.
    ///   - each: Copies a change into the batch; runs under the lock.
    /// - Returns: How many were handed out, 0 also while a batch of this shard is not settled.
    public func handOut(
        shard number: Int, limit: Int,
        each: (borrowing BindingView, StorageChange) -> Void
    ) -> Int {
        precondition(limit > 0)
        return withShard(number) { shard in shard.handOut(limit: limit, each) }
    }

    /// Says that the batch of a shard is in the database.
    public func confirm(shard number: Int) {
        withShard(number) { shard in shard.confirm() }
    }

    /// Says that the batch of a shard is not in the database as a whole; all of it waits again.
    public func fail(shard number: Int) {
        withShard(number) { shard in shard.fail() }
    }

    /// Number of the last change of a shard that is in the database with all before it.
    public func confirmedChange(shard number: Int) -> UInt64 {
        withShard(number) { shard in
            shard.queue.count == 0 && shard.flight.isEmpty
                ? shard.changes.latest : shard.changes.confirmed
        }
    }

    /// Number of changes that are not in the database yet.
    public var dirtyCount: Int {
        var count = 0
        for number in 0..<Self.shardCount { count += dirtyCount(shard: number) }
        assert(count >= 0)
        return count
    }

    /// The same for one shard.
    public func dirtyCount(shard number: Int) -> Int {
        withShard(number) { shard in shard.dirtyCount }
    }

    /// Since when the oldest change waits; nil when all is in the database.
    public var dirtySince: WallTime? {
        var oldest: WallTime?
        for number in 0..<Self.shardCount {
            guard let time = withShard(number, { shard in shard.dirtySince }) else { continue }
            oldest = min(oldest ?? time, time)
        }
        assert(oldest == nil || persists)
        return oldest
    }

    // MARK: Loading

    /// Begins to load: from here on, removals of bindings that are still to come are remembered.
    public func beginLoading() {
        for number in 0..<Self.shardCount {
            withShard(number) { shard in
                if shard.loadingRemovals == nil { shard.loadingRemovals = LoadingRemovals() }
            }
        }
    }

    /// Merges a row with what has registered meanwhile: the newer one wins, by CSeq under the same
    /// Call-ID and by the time of the last change otherwise.
    ///
    /// A row that lost, or had expired, is queued to be erased when the table persists. A row may
    /// be loaded again, for instance after a load that broke off.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - rules: What makes two bindings the same, and their order.
    ///   - now: The present time.
    /// - Returns: What became of the row.
    @discardableResult
    public func load(
        _ row: borrowing LoadedBinding, rules: RegistrationRules, now: WallTime
    ) -> LoadResult {
        let value = hashValue(of: row.aor)
        return withShard(Int(value >> 58)) { shard in
            shard.load(row, UInt32(truncatingIfNeeded: value), rules, now: now)
        }
    }

    /// Ends a load.
    public func endLoading() {
        for number in 0..<Self.shardCount {
            withShard(number) { shard in shard.loadingRemovals = nil }
        }
    }
}
