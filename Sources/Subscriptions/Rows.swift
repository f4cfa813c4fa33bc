internal import Basics

/// A row of the table `presentity`.
public struct PublicationRow: Sendable {
    /// Column `username`.
    public var user: [UInt8]
    /// Column `domain`.
    public var host: [UInt8]
    /// Column `event`.
    public var package: PackageIndex
    /// Column `etag`, as it is now.
    public var etag: [UInt8]
    /// Column `ruid`; empty in a row of a server that knew none.
    public var ruid: [UInt8]
    /// Column `body`.
    public var body: EventBody
    /// Whether `body` is still packed, as memory keeps it; nothing of that leaves the engine.
    var isPacked = false
    /// Column `sender`.
    public var sender: [UInt8]
    /// Column `expires`: seconds since 1970; -1 for hard state.
    public var expires: Int
    /// Column `received_time`: seconds since 1970.
    public var received: Int
    /// Column `priority`.
    public var priority: Int32

    /// A row of the table `presentity`.
    public init(
        user: [UInt8], host: [UInt8], package: PackageIndex, etag: [UInt8], ruid: [UInt8],
        body: EventBody, sender: [UInt8], expires: Int, received: Int, priority: Int32
    ) {
        self.user = user
        self.host = host
        self.package = package
        self.etag = etag
        self.ruid = ruid
        self.body = body
        self.sender = sender
        self.expires = expires
        self.received = received
        self.priority = priority
    }

    /// A row whose document may be packed.
    init(
        user: [UInt8], host: [UInt8], package: PackageIndex, etag: [UInt8], ruid: [UInt8],
        body: EventBody, isPacked: Bool, sender: [UInt8], expires: Int, received: Int,
        priority: Int32
    ) {
        self.init(
            user: user, host: host, package: package, etag: etag, ruid: ruid, body: body,
            sender: sender, expires: expires, received: received, priority: priority)
        self.isPacked = isPacked
    }

    /// Unpacks the document, if it is packed: work that is done outside of the shard's lock.
    mutating func unpack() {
        guard isPacked else { return }
        body = PackedDocument.unpacked(body.span)
        isPacked = false
    }
}

/// The numbers of a row of the table `active_watchers`; its texts are `DialogField`.
public struct SubscriptionValues: Sendable, Hashable {
    /// Column `local_cseq`: one less than the CSeq of the last NOTIFY, as Kamailio counts.
    public var localCSeq: UInt32 = 0
    /// Column `remote_cseq`: CSeq of the last SUBSCRIBE.
    public var remoteCSeq: UInt32 = 0
    /// Column `expires`: seconds since 1970.
    public var expires = 0
    /// Column `status`.
    public var status = SubscriptionStatus.pending
    /// Column `reason`.
    public var reason = StatusReason.none
    /// Column `version`: the number of documents that were sent with a version.
    public var version: UInt32 = 0
    /// Column `flags`.
    public var flags: UInt32 = 0

    /// The numbers of a new subscription.
    public init() {}
}

/// A row of the table `active_watchers`.
public struct SubscriptionRow: Sendable {
    /// The columns of text, with the event package.
    public var dialog: DialogText
    /// The other columns.
    public var values: SubscriptionValues
    /// The subscription.
    public var handle: SubscriptionHandle?

    /// A row of the table `active_watchers`.
    public init(
        dialog: DialogText, values: SubscriptionValues, handle: SubscriptionHandle? = nil
    ) {
        self.dialog = dialog
        self.values = values
        self.handle = handle
    }
}

/// A row of the table `watchers`: what was decided about a watcher.
public struct WatcherRow: Sendable, Hashable {
    /// Column `presentity_uri`, as its user and host part.
    public var presentityUser: [UInt8]
    /// The host part of the presentity.
    public var presentityHost: [UInt8]
    /// Column `watcher_username`.
    public var user: [UInt8]
    /// Column `watcher_domain`.
    public var host: [UInt8]
    /// Column `event`.
    public var package: PackageIndex
    /// Column `status`.
    public var status: SubscriptionStatus
    /// Column `reason`.
    public var reason: StatusReason
    /// Column `inserted_time`: seconds since 1970.
    public var inserted: Int

    /// A row of the table `watchers`.
    public init(
        presentityUser: [UInt8], presentityHost: [UInt8], user: [UInt8], host: [UInt8],
        package: PackageIndex, status: SubscriptionStatus, reason: StatusReason, inserted: Int
    ) {
        self.presentityUser = presentityUser
        self.presentityHost = presentityHost
        self.user = user
        self.host = host
        self.package = package
        self.status = status
        self.reason = reason
        self.inserted = inserted
    }
}
