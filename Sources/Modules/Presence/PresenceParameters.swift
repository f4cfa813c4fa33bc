internal import Storage
internal import Subscriptions

/// The presence server's settings, with the defaults of its documentation.
public struct PresenceParameters: Sendable {
    /// Where subscriptions are kept (`subs_db_mode`).
    ///
    /// Memory is the truth in every mode; the database follows it.
    public enum SubscriptionMode: Int, Sendable, CaseIterable {
        /// In memory; rows are loaded at the start and then deleted.
        case memory = 0
        /// In memory, and in the database as soon as it takes them.
        case writeThrough = 1
        /// In memory, and in the database at the next `db_update_period`.
        case writeBack = 2
        /// As 1; the notifications of one watcher are combined over `waitn_time`.
        case databaseOnly = 3
    }

    /// Where published documents are kept (`publ_cache`).
    public enum PublicationCache: Int, Sendable, CaseIterable {
        /// In memory, and in the database as soon as it takes them.
        case database = 0
        /// The same.
        case hybrid = 1
        /// In memory alone.
        case memory = 2
    }

    /// What becomes of a SUBSCRIBE whose Expires is below the minimum (`min_expires_action`).
    public enum BriefExpires: Int, Sendable, CaseIterable {
        /// It is refused with 423.
        case refuse = 1
        /// It gets the minimum.
        case raise = 2
    }

    // MARK: The database

    /// The database; nil for none.
    public var databaseURL: String?
    /// The table of published documents.
    public var presentityTable = "presentity"
    /// The table of subscriptions.
    public var activeWatchersTable = "active_watchers"
    /// The table of decisions about watchers.
    public var watchersTable = "watchers"
    /// Seconds between two rounds that delete what has expired from tables; 0 and less for never.
    public var cleanPeriod = 100
    /// Seconds between two writes of mode 2; 0 and less for never.
    public var updatePeriod = 100
    /// Rows that are fetched at a time.
    public var fetchRows = 500
    /// Whether documents that expired while the server was down are left out when it starts.
    public var ignoresExpired = true
    /// Where subscriptions are kept.
    public var subscriptionMode: SubscriptionMode = .writeBack
    /// Where published documents are kept.
    public var publicationCache: PublicationCache = .hybrid

    // MARK: Publications

    /// Whether rules may ask where a presentity says it is.
    public var checksSphere = false
    /// Whether documents that have expired go without a NOTIFY.
    public var deletesSilently = false
    /// Seconds that the 200 of a PUBLISH says less than it grants, and that expiry waits.
    public var expiresOffset = 0
    /// Longest lifetime in seconds; 0 and less for 3600.
    public var expiresMax = 3_600
    /// Shortest lifetime of a subscription in seconds.
    public var expiresMin = 0
    /// What becomes of a SUBSCRIBE below it.
    public var briefExpires: BriefExpires = .refuse
    /// Whether documents are ordered by `retrieve_order_by`, not by time.
    public var ordersByColumn = false
    /// The order then.
    public var orderBy = "priority"
    /// Whether the case of user and host parts does not count.
    public var ignoresCase = false
    /// Name of the `$xavp` that is read for `priority` and `delete_subscription`; nil for none.
    public var attributesRoot: String? {
        didSet { attributesRootBytes = attributesRoot.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes, made once and not for each message; empty for none.
    public private(set) var attributesRootBytes: [UInt8] = []

    // MARK: Subscriptions

    /// The name of a socket for NOTIFYs whose own is no more; nil for any that fits.
    public var defaultSocket: String?
    /// The name of this server among others, if there were any.
    public var peerName = "presence"
    /// The Contact URI of replies and notifications; nil for the socket's own address.
    public var serverAddress: String? {
        didSet { serverAddressBytes = serverAddress.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes; empty for none.
    public private(set) var serverAddressBytes: [UInt8] = []
    /// How far back CSeq may step within a dialog.
    public var cseqOffset = 0
    /// Whether a NOTIFY without answer ends the subscription.
    public var removesOnTimeout = true
    /// Whether the first NOTIFY leaves with the reply.
    public var notifiesAtOnce = true
    /// Seconds in which the notifications of one watcher are combined in mode 3.
    public var combiningSeconds = 5
    /// Whether that is done: 0 switches it off.
    public var notifierProcesses = 1
    /// Whether a new subscription ends an older one of the same watcher.
    public var replacesSameSubscription = false
    /// Whether the reply is 200 and not 202.
    public var respondsOK = true
    /// Whether `$subs(name)` has values.
    public var offersSubscription = true
    /// Level of the log line of each NOTIFY, in Kamailio's numbers.
    public var notifyLogLevel = 2

    /// Parameters that are set and mean nothing here, for the log.
    public var ignored: [String] = []

    /// The defaults.
    public init() {}

    /// What the engine is told of them, without persistence.
    var agentSettings: AgentSettings {
        var settings = AgentSettings()
        settings.expiresSecondsMax = expiresMax > 0 ? expiresMax : 3_600
        settings.expiresSecondsMin = min(max(expiresMin, 0), settings.expiresSecondsMax)
        settings.briefExpires = briefExpires == .refuse ? .refuse : .raise
        settings.expiresOffsetSeconds = expiresOffset
        settings.expiresSilently = deletesSilently
        if ordersByColumn { settings.order = RetrieveOrder(sql: orderBy) ?? .receivedTime }
        settings.ignoresCase = ignoresCase
        settings.cseqStepBack = UInt32(clamping: cseqOffset)
        settings.replacesSameSubscription = replacesSameSubscription
        settings.removesOnTimeout = removesOnTimeout
        settings.notifiesAtOnce = notifiesAtOnce
        if subscriptionMode == .databaseOnly, notifierProcesses > 0 {
            settings.notifyIntervalSeconds = combiningSeconds > 0 ? combiningSeconds : 5
        }
        return settings
    }
}

extension RetrieveOrder {
    /// The order of an SQL expression of `retrieve_order_by`: `priority` or `received_time`, with
    /// `ASC` or `DESC` behind it; nil for others, which no list in memory could follow.
    init?(sql: String) {
        let words = sql.lowercased().split { $0 == " " || $0 == "\t" }.map(String.init)
        let direction = words.count == 2 ? words[1] : "asc"
        guard words.count == 1 || words.count == 2, direction == "asc" || direction == "desc"
        else { return nil }
        switch words[0] {
        case "priority": self = .priority(descending: direction == "desc")
        case "received_time" where direction == "asc": self = .receivedTime
        default: return nil
        }
    }
}
