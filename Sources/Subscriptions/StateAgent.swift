public import Basics
internal import Synchronization

/// The engine of the presence server (RFC 3903, 6665, 3857): presentities, their publications and
/// their watchers, in memory.
///
/// It has no socket, clock, log or randomness: a request is a method, the answer a value, and what
/// is to be sent an order (`NotifyOrder`) that refers to immutable blocks. It is cut into shards by
/// a keyed hash of the presentity; each shard has one lock, no call holds two, and nothing under a
/// lock waits, parses a document or asks a rule. For one dialog there is never more than one NOTIFY
/// on its way: what changes meanwhile is told with the answer, the newest state only.
///
/// The way of a change: `publish` or `subscribe` changes the shard and queues the topic, and gives
/// the first orders; `nextOrders` gives the others in turns, so that a thousand watchers hold
/// nobody up; `completed` tells what became of each. `expire` is called as time passes. The
/// database reads the journal (`takeChanges`, `settle`).
public final class StateAgent: Sendable {
    /// Number of shards: enough that dozens of workers hardly ever meet.
    public static let shardCount = 64

    /// A shard and its lock on cache lines of their own.
    private struct Cell: ~Copyable {
        let shard: Guarded<Shard>
        /// Keeps the neighbour's lock out of this one's last cache line.
        private let padding = InlineArray<8, UInt64>(repeating: 0)

        init(_ shard: consuming Shard) { self.shard = Guarded(shard) }
    }

    /// What all shards share.
    let context: AgentContext
    private let cells: [64 of Cell]
    /// A bit for each shard that has notifications waiting.
    private let waiting = Atomic<UInt64>(0)
    /// Where the next turn begins, so that no shard is served before the others every time.
    private let turn = Atomic<Int>(0)
    /// Whether a batch of changes is being written.
    private let isWriting = Atomic<Bool>(false)

    /// An engine without any presentity.
    public init(
        packages: PackageTable, settings: AgentSettings, seed: AgentSeed, now: WallTime
    ) {
        let shared = AgentContext(packages, settings, seed)
        context = shared
        cells = InlineArray { number in Cell(Shard(number: number, shared, now: now)) }
    }

    /// The event packages.
    public var packages: PackageTable { context.packages }
    /// The settings.
    public var settings: AgentSettings { context.settings }
    /// Statistics of each package, by its number.
    public var counters: [PackageCounters] { context.counters }

    // MARK: Notifications

    /// Notes what became of a NOTIFY; orders the next one if the state has changed meanwhile.
    ///
    /// It must be called exactly once for each order that has a handle.
    public func completed(
        _ handle: SubscriptionHandle, _ outcome: NotifyOutcome, now: WallTime,
        into orders: inout [NotifyOrder]
    ) {
        withShard(Int(handle.shard)) { shard in
            guard let subscription = shard.index(of: handle) else { return }
            shard.completed(subscription, outcome, now: now, into: &orders)
        }
    }

    /// Orders notifications that wait; cheap when none does.
    ///
    /// They are what is left of large fan-outs, and what `releaseDelayed` has let go.
    ///
    /// - Parameters:
    ///   - limit: Most orders, at most `Limits.notifyOrdersPerTurnMax`.
    ///   - now: The present time.
    ///   - orders: Where to append them.
    /// - Returns: Whether there is more to do.
    public func nextOrders(
        limit: Int, now: WallTime, into orders: inout [NotifyOrder]
    ) -> Bool {
        precondition(limit > 0)
        var room = min(limit, Limits.notifyOrdersPerTurnMax)
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue & (Self.shardCount - 1)
        for step in 0..<Self.shardCount where room > 0 {
            let number = (start + step) & (Self.shardCount - 1)
            guard waiting.load(ordering: .relaxed) >> UInt64(number) & 1 == 1 else { continue }
            let before = orders.count
            withShard(number) { shard in shard.drain(room, now: now, into: &orders) }
            room -= orders.count - before
        }
        return hasWaitingOrders
    }

    /// Has the notifications of SUBSCRIBEs ordered that came since the last call, where
    /// `settings.notifiesAtOnce` is false: the notifier's turn (`waitn_time`).
    public func releaseDelayed() {
        guard !settings.notifiesAtOnce else { return }
        for number in 0..<Self.shardCount {
            withShard(number) { shard in shard.releaseDelayed() }
        }
    }

    /// Whether notifications wait for `nextOrders`: one atomic load.
    public var hasWaitingOrders: Bool { waiting.load(ordering: .relaxed) != 0 }

    // MARK: Time

    /// Looks at what has expired: publications, subscriptions, decisions about watchers.
    ///
    /// Call it at least once a second.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - limit: Most records to look at.
    ///   - orders: Where to append orders: at most one for each record.
    /// - Returns: Whether there may be more to do now.
    public func expire(
        now: WallTime, limit: Int, into orders: inout [NotifyOrder]
    ) -> Bool {
        var ended: [ExpiredState]?
        return expire(now: now, limit: limit, into: &orders, ended: &ended)
    }

    /// The same, and tells what has expired where `ended` is not nil.
    public func expire(
        now: WallTime, limit: Int, into orders: inout [NotifyOrder], ended: inout [ExpiredState]?
    ) -> Bool {
        precondition(limit > 0)
        var room = limit
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue & (Self.shardCount - 1)
        for step in 0..<Self.shardCount where room > 0 {
            withShard((start + step) & (Self.shardCount - 1)) { shard in
                shard.expire(now: now, limit: &room, into: &orders, ended: &ended)
            }
        }
        return room == 0
    }

    // MARK: Storage

    /// Takes up to `limit` changes that are not in the database; one batch at a time: it is empty
    /// until the one before was settled.
    ///
    /// - Parameters:
    ///   - kinds: Which tables' changes are wanted; subscriptions may have a slower rhythm.
    ///   - limit: Most changes.
    /// - Returns: The changes, none while the batch before is not settled.
    public func takeChanges(_ kinds: JournalKinds = .all, limit: Int) -> PresenceBatch {
        precondition(limit > 0)
        var batch = PresenceBatch()
        let isFree = isWriting.compareExchange(
            expected: false, desired: true, ordering: .acquiringAndReleasing
        ).exchanged
        guard isFree else { return batch }
        let most = min(limit, Limits.presenceChangesPerBatchMax)
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue & (Self.shardCount - 1)
        for step in 0..<Self.shardCount where batch.changes.count < most {
            withShard((start + step) & (Self.shardCount - 1)) { shard in
                shard.takeChanges(kinds, into: &batch, limit: most)
            }
        }
        // Work for the thread that writes, not for those that wait for a shard.
        for place in batch.changes.indices { batch.changes[place].unpack() }
        if batch.isEmpty { isWriting.store(false, ordering: .releasing) }
        return batch
    }

    /// Settles a batch: all of it is in the database but the changes at the indices `failed`.
    ///
    /// Those wait in front again and will be handed out with their newest values.
    public func settle(_ batch: PresenceBatch, failed: [Int] = []) {
        guard !batch.isEmpty else { return }
        precondition(isWriting.load(ordering: .acquiring), "no batch is being written")
        var failedOf = [[JournalMark]](repeating: [], count: Self.shardCount)
        for place in failed.sorted() {
            precondition(place >= 0 && place < batch.marks.count, "no such change")
            failedOf[Int(batch.marks[place].shard)].append(batch.marks[place])
        }
        var settled = Set<UInt8>()
        for mark in batch.marks where settled.insert(mark.shard).inserted {
            let marks = failedOf[Int(mark.shard)]
            withShard(Int(mark.shard)) { shard in shard.settle(failed: marks) }
        }
        isWriting.store(false, ordering: .releasing)
    }

    /// Queues the rows of all subscriptions whose CSeq or version is ahead of what was written.
    ///
    /// A NOTIFY alone does not make a row due: call it at intervals and before a clean stop.
    public func journalCounters(now: WallTime) {
        for number in 0..<Self.shardCount {
            withShard(number) { shard in shard.journalCounters(now: now) }
        }
    }

    /// How far the database lags behind.
    public var journal: JournalStatus { journal(.all) }

    /// How far the database lags behind with some kinds of changes.
    public func journal(_ kinds: JournalKinds) -> JournalStatus {
        var status = JournalStatus()
        for number in 0..<Self.shardCount {
            withShard(number) { shard in shard.note(kinds, in: &status) }
        }
        return status
    }

    // MARK: Shards

    /// Runs `body` with a shard under its lock, and notes whether notifications wait in it.
    func withShard<R>(_ number: Int, _ body: (inout Shard) -> sending R) -> sending R {
        precondition(number >= 0 && number < Self.shardCount, "no such shard")
        let bit = UInt64(1) << UInt64(number)
        return cells[number].shard.withLock { shard in
            let waited = waiting.load(ordering: .relaxed) & bit != 0
            let result = body(&shard)
            if shard.hasWaitingOrders != waited {
                if waited {
                    waiting.bitwiseAnd(~bit, ordering: .relaxed)
                } else {
                    waiting.bitwiseOr(bit, ordering: .relaxed)
                }
            }
            return result
        }
    }

    /// The shard that a hash of a presentity belongs to.
    static func shard(of hash: UInt64) -> Int { Int(hash >> 58) }
}
