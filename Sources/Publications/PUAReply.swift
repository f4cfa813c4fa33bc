/// What became of a request, for those who asked for it.
public struct PUAReply: Sendable {
    /// How it ended.
    public enum Outcome: Sendable, Hashable {
        /// With a final response.
        case answered
        /// Without one; `status` is 408.
        case timedOut
        /// It could not be sent; `status` is 503.
        case undeliverable
        /// There was nothing to be sent: what was to be removed is not there. `status` is 200.
        case nothingToDo
        /// There is no record of the entity tag that was given; `status` is 418 as in Kamailio.
        case wrongTag
        /// A publication that does not exist cannot be refreshed without a body; `status` is 400.
        case noBody
        /// The body is no document of the package; `status` is 400.
        case badBody
        /// Too much waits, or the server stops, or the database is away; `status` is 503.
        case refused
    }

    /// How it ended.
    public var outcome: Outcome
    /// The status of the final response, or what the end is worth.
    public var status: Int
    /// The reason phrase of the response; words of our own where there was none.
    public var reason: [UInt8]
    /// SIP-ETag of a 2xx to PUBLISH; nil where there is none.
    public var etag: [UInt8]?
    /// Expires of a 2xx; nil where there is none.
    public var expiresSeconds: Int?
    /// Whether the user agent goes on by itself: it tries again later.
    public var isRetried: Bool
    /// The record as it is now; nil when there is none (any more).
    public var record: PUARecord?

    /// A reply.
    public init(
        _ outcome: Outcome, status: Int, reason: [UInt8] = [], etag: [UInt8]? = nil,
        expiresSeconds: Int? = nil, isRetried: Bool = false, record: PUARecord? = nil
    ) {
        self.outcome = outcome
        self.status = status
        self.reason = reason
        self.etag = etag
        self.expiresSeconds = expiresSeconds
        self.isRetried = isRetried
        self.record = record
    }

    /// Whether it was a success.
    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// What happens with a request when it is handed over.
public enum PUAAdmission: Sendable, Hashable {
    /// It is queued; its end is told.
    case queued
    /// Nothing happens and nothing is told.
    case refused(Refusal)

    /// Why not.
    public enum Refusal: Sendable, Hashable {
        /// The module has not started, or stops.
        case notRunning
        /// As many requests wait as may.
        case full
        /// There is no such event package.
        case unknownEvent
        /// The presentity, the watcher or a target is no SIP URI, or longer than its column.
        case badURI
        /// Another text is longer than its column or a message bears, or is no header line.
        case badText
        /// A body without a content type, of a package that has none.
        case noContentType
    }
}

/// The dialog of a message that the other side sent: `localTag` is that of To.
public struct PUADialog: Sendable, Hashable {
    /// Call-ID.
    public var callID: [UInt8]
    /// The tag of our side.
    public var localTag: [UInt8]
    /// The tag of the other side.
    public var remoteTag: [UInt8]
    /// A dialog.
    public init(callID: [UInt8], localTag: [UInt8], remoteTag: [UInt8]) {
        self.callID = callID
        self.localTag = localTag
        self.remoteTag = remoteTag
    }
}

/// Whether a dialog is one of our subscriptions, as far as memory tells.
public enum PUADialogAnswer: Sendable, Hashable {
    /// It is.
    case known(event: PUAEvent, source: PUASource)
    /// It is not.
    case unknown
    /// Another server that shares the table may have it: only the table tells.
    case unsure
}

/// How the other side ended a subscription (Subscription-State of NOTIFY, RFC 6665 4.1.3).
public struct PUASubscriptionEnd: Sendable, Hashable {
    /// What `reason` says.
    public enum Reason: Sendable, Hashable {
        /// Subscribe anew at once: `deactivated`, `timeout`.
        case again
        /// Subscribe anew later: `probation`, `giveup`, no reason or an unknown one.
        case later
        /// Do not subscribe again: `rejected`, `noresource`, `invariant`.
        case never
    }
    /// What `reason` says.
    public var reason: Reason
    /// `retry-after` in seconds; nil where it is not given.
    public var retryAfterSeconds: Int?
    /// An end.
    public init(_ reason: Reason, retryAfterSeconds: Int? = nil) {
        self.reason = reason
        self.retryAfterSeconds = retryAfterSeconds
    }
}
