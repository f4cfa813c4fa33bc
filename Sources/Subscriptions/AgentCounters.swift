public import Basics

/// The statistics of one event package.
public final class PackageCounters: Sendable {
    /// Publications in memory.
    public let publications = Counter()
    /// Subscriptions that are active.
    public let active = Counter()
    /// Subscriptions that are pending.
    public let pending = Counter()
    /// Watchers that wait without a subscription for a decision.
    public let waiting = Counter()
    /// NOTIFYs that were ordered.
    public let ordered = Counter()
    /// NOTIFYs that were answered by 2xx.
    public let delivered = Counter()
    /// NOTIFYs that failed or were not answered.
    public let failed = Counter()
    /// NOTIFYs that are on their way.
    public let inFlight = Counter()
    /// Changes that were told together with a later one, because a NOTIFY was on its way.
    public let coalesced = Counter()
    /// Publications that have expired.
    public let publicationsExpired = Counter()
    /// Subscriptions that have expired.
    public let subscriptionsExpired = Counter()

    /// All zero.
    public init() {}
}
