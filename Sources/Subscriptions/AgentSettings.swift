internal import Basics

/// How documents of one presentity are ordered (`retrieve_order`, `retrieve_order_by`).
public enum RetrieveOrder: Sendable, Hashable {
    /// The one that was received last comes last.
    case receivedTime
    /// By priority, among equals by time; the highest comes last unless `descending`.
    case priority(descending: Bool)
}

/// What to do with a SUBSCRIBE whose Expires is below the minimum (`min_expires_action`).
public enum BriefExpiresAction: Sendable, Hashable {
    /// Refuse it: 423.
    case refuse
    /// Grant the minimum.
    case raise
}

/// The settings of a presence server; the words in brackets are the module's parameters.
public struct AgentSettings: Sendable, Hashable {
    /// Longest lifetime that is granted, in seconds (`max_expires`).
    public var expiresSecondsMax = 3_600
    /// Shortest lifetime of a subscription, in seconds; 0 for none (`min_expires`).
    public var expiresSecondsMin = 0
    /// What to do below it (`min_expires_action`).
    public var briefExpires = BriefExpiresAction.refuse
    /// Seconds that PUBLISH's 200 says less than it grants, and that expiry waits
    /// (`expires_offset`).
    public var expiresOffsetSeconds = 0
    /// Whether expired documents go without a NOTIFY (`force_delete`).
    public var expiresSilently = false
    /// The order of documents (`retrieve_order`).
    public var order = RetrieveOrder.receivedTime
    /// Whether the case of user and host parts does not count (`sip_uri_match` 1).
    public var ignoresCase = false
    /// How far back CSeq may step within a dialog (`cseq_offset`).
    public var cseqStepBack: UInt32 = 0
    /// Whether a new subscription ends an older one of the same watcher to the same presentity and
    /// package that has the same Call-ID or the same Contact (`delete_same_subs`).
    public var replacesSameSubscription = false
    /// Whether a NOTIFY without answer ends the subscription (`timeout_rm_subs`).
    public var removesOnTimeout = true
    /// Whether the first NOTIFY is ordered at once, not with the next turn (`send_fast_notify`).
    public var notifiesAtOnce = true
    /// Whether a PUBLISH that only refreshes is told to watchers, as Kamailio does.
    public var notifiesRefreshes = true
    /// CSeq of the first NOTIFY of a subscription: 2 in memory modes of Kamailio, else 1.
    public var firstCSeq: UInt32 = 2
    /// What CSeq and version of a restored subscription are raised by: NOTIFYs that were sent after
    /// its row was written last must not be told again under the same numbers.
    public var restoredCSeqGap: UInt32 = 1_000
    /// Seconds between two NOTIFYs of one watcher (RFC 3856 6.10); 0 for no limit.
    public var notifyIntervalSeconds = 0
    /// What ends a subscription whose rule has vanished (`xcapauth_userdel_reason`).
    public var ruleRemovedReason = StatusReason.probation
    /// Seconds after which a pending watcher is forgotten.
    public var pendingWatcherSecondsMax = 86_400
    /// Most notifications that one call orders.
    public var ordersPerCall = 32
    /// Whether publications are journalled for the database (`publ_cache` 0 and 1).
    public var persistsPublications = false
    /// Whether subscriptions are journalled for the database (`subs_db_mode` not 0).
    public var persistsSubscriptions = false
    /// Whether authorisation states are journalled for the database.
    public var persistsWatchers = false
    /// Most publications of one presentity and package.
    public var publicationsPerPresentityMax = Limits.publicationsPerPresentityMax
    /// Most subscriptions to one presentity.
    public var subscriptionsPerPresentityMax = Limits.subscriptionsPerPresentityMax
    /// Most subscriptions.
    public var subscriptionsMax = Limits.subscriptionsMax
    /// Most publications.
    public var publicationsMax = Limits.publicationsMax

    /// The defaults of the modules' documentation, without a database.
    public init() {}
}
