public import Basics

/// The engine of the presence server (RFC 3903, 6665, 3857): presentities, their publications and
/// their watchers.
public final class StateAgent: Sendable {
    /// Number of shards.
    public static let shardCount = 64
    /// The event packages.
    public let packages: PackageTable
    /// The settings.
    public let settings: AgentSettings
    /// Statistics of each package, by its number.
    public let counters: [PackageCounters]

    /// An engine without any presentity.
    public init(
        packages: PackageTable, settings: AgentSettings, seed: AgentSeed, now: WallTime
    ) {
        self.packages = packages
        self.settings = settings
        counters = packages.packages.map { _ in PackageCounters() }
    }

    // MARK: Requests

    /// Carries out a PUBLISH and orders the first notifications of it.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - now: The present time.
    ///   - orders: Where to append orders: of this change, and of others that wait in the same
    ///     shard; at most `settings.ordersPerCall`. Send them after the reply.
    /// - Returns: The answer.
    public func publish(
        _ request: borrowing PublishRequest, now: WallTime, into orders: inout [NotifyOrder]
    ) -> PublishOutcome { .conditionFailed }

    /// Sets, replaces or removes a document that never expires (hard state, RFC 3903 3).
    ///
    /// - Parameters:
    ///   - name: What tells it from other documents of the presentity; it stands in `etag`.
    ///   - body: The document; nil or empty removes it.
    /// - Returns: `accepted`, or why not; `conditionFailed` when there is none to remove.
    public func setHardState(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, name: Span<UInt8>,
        body: Span<UInt8>, now: WallTime, into orders: inout [NotifyOrder]
    ) -> PublishOutcome { .conditionFailed }

    /// Carries out a SUBSCRIBE: a new subscription, a refresh, a fetch or an end.
    ///
    /// The rules of the package are asked before a shard is locked.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - now: The present time.
    ///   - orders: Where to append orders, as for `publish`; the NOTIFY of this subscription is
    ///     among them, unless one is on its way already or `settings.notifiesAtOnce` is false.
    /// - Returns: The answer.
    public func subscribe(
        _ request: borrowing SubscribeRequest, now: WallTime, into orders: inout [NotifyOrder]
    ) -> SubscribeOutcome { .unknownDialog }

    // MARK: Notifications

    /// Notes what became of a NOTIFY; orders the next one if the state has changed meanwhile.
    ///
    /// It must be called exactly once for each order that has a handle.
    public func completed(
        _ handle: SubscriptionHandle, _ outcome: NotifyOutcome, now: WallTime,
        into orders: inout [NotifyOrder]
    ) {}

    /// Orders notifications that wait: what is left of large fan-outs, and first notifications
    /// when `settings.notifiesAtOnce` is false. Cheap when nothing waits.
    ///
    /// - Returns: Whether there is more to do.
    public func nextOrders(
        limit: Int, now: WallTime, into orders: inout [NotifyOrder]
    ) -> Bool { false }

    /// Whether notifications wait for `nextOrders`: one atomic load.
    public var hasWaitingOrders: Bool { false }

    /// The text of a subscription and its numbers; nil when it is gone.
    public func subscription(_ handle: SubscriptionHandle) -> SubscriptionRow? { nil }

    // MARK: Time

    /// Looks at what has expired: publications, subscriptions, pending watchers. Call it at least
    /// once a second.
    ///
    /// - Parameter limit: Most records to look at.
    /// - Returns: Whether there is more to do now.
    public func expire(
        now: WallTime, limit: Int, into orders: inout [NotifyOrder]
    ) -> Bool { false }

    // MARK: Commands

    /// Asks the rules about all watchers of a presentity again and applies what they say
    /// (`presence.updateWatchers`, `presence.refreshWatchers` type 0); without effect for a package
    /// that needs no authorisation.
    ///
    /// - Returns: How many watchers have another state now.
    public func reauthorise(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, now: WallTime,
        into orders: inout [NotifyOrder]
    ) -> Int { 0 }

    /// Tells all watchers of a presentity the present state again (`presence.refreshWatchers` type
    /// 1, and type 2 after `setHardState`); returns how many will be told.
    public func notifyAgain(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, now: WallTime,
        into orders: inout [NotifyOrder]
    ) -> Int { 0 }

    /// Number of subscriptions to a presentity that have not ended (`pres_has_subscribers`).
    public func subscriptionCount(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>
    ) -> Int { 0 }

    /// The document that an active watcher of a presentity sees now, for scripts and commands; nil
    /// when there is none.
    public func document(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, now: WallTime
    ) -> EventDocument? { nil }

    /// Ends a subscription without a NOTIFY; false when it is gone.
    public func end(_ handle: SubscriptionHandle, now: WallTime) -> Bool { false }

    // MARK: Lists

    /// Publications in no particular order; `cursor` becomes nil at the end.
    public func publications(
        _ filter: ListFilter, limit: Int, from cursor: inout ListCursor?
    ) -> [PublicationRow] { [] }

    /// Subscriptions in no particular order; `cursor` becomes nil at the end.
    public func subscriptions(
        _ filter: ListFilter, limit: Int, from cursor: inout ListCursor?
    ) -> [SubscriptionRow] { [] }

    /// What was decided about watchers; `cursor` becomes nil at the end.
    public func watchers(
        _ filter: ListFilter, limit: Int, from cursor: inout ListCursor?
    ) -> [WatcherRow] { [] }

    // MARK: Storage

    /// Takes up to `limit` changes that are not in the database; one batch at a time: it is empty
    /// until the one before was settled.
    public func takeChanges(limit: Int) -> PresenceBatch { PresenceBatch() }

    /// Settles a batch: all of it is in the database but the changes whose indices are in
    /// `failed`. Those wait in front again and will be handed out with their newest values.
    public func settle(_ batch: PresenceBatch, failed: [Int] = []) {}

    /// How far the database lags behind.
    public var journal: JournalStatus { JournalStatus() }

    /// Takes up a row at start; false when it has expired, is already there or is unusable.
    public func restore(_ row: PublicationRow, now: WallTime) -> Bool { false }

    /// Takes up a row of `active_watchers` at start; the draft needs all texts. Nobody is told.
    public func restore(
        _ text: borrowing DialogDraft, package: PackageIndex, values: SubscriptionValues,
        now: WallTime
    ) -> Bool { false }

    /// Takes up a row of `watchers` at start.
    public func restore(_ row: WatcherRow, now: WallTime) -> Bool { false }
}
