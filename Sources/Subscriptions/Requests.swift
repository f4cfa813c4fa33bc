internal import Basics

/// A PUBLISH whose headers have been read (RFC 3903).
public struct PublishRequest: ~Escapable {
    /// User part of the presentity, empty when it has none.
    public let user: Span<UInt8>
    /// Host part of the presentity.
    public let host: Span<UInt8>
    /// The value of SIP-If-Match, empty without one.
    public let ifMatch: Span<UInt8>
    /// The document, empty without one.
    public let body: Span<UInt8>
    /// URI of the sender, empty without one: a watcher with this Contact is not told.
    public let sender: Span<UInt8>
    /// The event package.
    public let package: PackageIndex
    /// The number in Expires; nil without one.
    public var expiresSeconds: Int?
    /// The column `priority` (`xavp_cfg`).
    public var priority: Int32 = 0

    /// A PUBLISH whose headers have been read.
    @_lifetime(copy user, copy host, copy ifMatch, copy body, copy sender)
    public init(
        package: PackageIndex, user: Span<UInt8>, host: Span<UInt8>, ifMatch: Span<UInt8>,
        body: Span<UInt8>, sender: Span<UInt8>
    ) {
        self.package = package
        self.user = user
        self.host = host
        self.ifMatch = ifMatch
        self.body = body
        self.sender = sender
    }
}

/// The answer to a PUBLISH.
public enum PublishOutcome: Sendable, Hashable {
    /// 200 with `SIP-ETag` and `Expires`. A tag of nil means: the one that the request had in
    /// SIP-If-Match.
    case accepted(tag: EntityTag?, expiresSeconds: Int)
    /// 400: there is neither a document nor an entity tag.
    case empty
    /// 400: the document is not what it should be.
    case malformed
    /// 415: a document of that kind is not taken.
    case unsupported
    /// 413: the document is longer than `Limits.documentBytesMax`.
    case tooLarge
    /// 412: no publication has this entity tag.
    case conditionFailed
    /// 400: user, host or sender is longer than the table allows.
    case unusable
    /// 503: the presentity or the server has as many publications as it may.
    case full
}

/// A SUBSCRIBE whose headers have been read (RFC 6665): a worker keeps one for life.
public struct SubscribeRequest: ~Copyable, Sendable {
    /// The texts.
    ///
    /// In a dialog only toTag, fromTag, callID, eventID, contact, socket, localContact and
    /// userAgent matter; the event id must be that of the subscription.
    /// Without a To-tag in the draft of an initial request, the engine makes one.
    public var text = DialogDraft()
    /// The event package.
    public var package = PackageIndex(0)
    /// Whether the To header had a tag: a request within a dialog.
    public var isInDialog = false
    /// CSeq number.
    public var cseq: UInt32 = 0
    /// The number in Expires; nil without one.
    public var expiresSeconds: Int?
    /// The column `flags`.
    public var flags: UInt32 = 0

    /// An empty request.
    public init() {}

    /// Forgets everything and keeps the room.
    public mutating func reset() {
        text.reset()
        package = PackageIndex(0)
        isInDialog = false
        cseq = 0
        expiresSeconds = nil
        flags = 0
    }
}

/// What a 2xx to a SUBSCRIBE says.
public struct SubscribeAcceptance: Sendable {
    /// The dialog, with the To-tag that the reply must have.
    public var dialog: DialogText
    /// The value of Expires.
    public var expiresSeconds: Int
    /// How the subscription stands.
    public var status: SubscriptionStatus
    /// The reason of that.
    public var reason: StatusReason
    /// The subscription; nil when nothing is stored.
    public var handle: SubscriptionHandle?
    /// Whether the dialog is new.
    public var isNew: Bool
}

/// The answer to a SUBSCRIBE.
public enum SubscribeOutcome: Sendable {
    /// 200, or 202 as the settings of the module say.
    case accepted(SubscribeAcceptance)
    /// 423 with Min-Expires.
    case tooBrief(minimumSeconds: Int)
    /// 481: there is no such dialog.
    case unknownDialog
    /// 400 (RFC 3261 12.2.2 wants 500): CSeq is not higher than that of the request before.
    case outOfOrder
    /// 400: a text is longer than the table allows.
    case unusable
    /// 503: the presentity or the server has as many subscriptions as it may.
    case full
}
