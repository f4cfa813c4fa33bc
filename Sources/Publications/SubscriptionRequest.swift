/// What somebody wants to be subscribed to (Kamailio's `subs_info`).
public struct SubscriptionRequest: Sendable {
    /// The name that its asker has for the subscription; empty for none.
    public var id: [UInt8]
    /// The URI that is watched: To, and the Request-URI unless there is a remote target.
    public var presentity: [UInt8]
    /// The URI of the watcher: From.
    public var watcher: [UInt8]
    /// The URI at which notifications are received: Contact.
    public var contact: [UInt8]
    /// The Request-URI of the first request; nil for the presentity.
    public var remoteTarget: [UInt8]?
    /// The event package.
    public var event: PUAEvent
    /// Seconds that it is to last: 0 ends it, and below 0 it is refreshed until it is ended.
    public var expiresSeconds: Int
    /// Whether it is a new one in any case.
    public var operation: PUAOperation
    /// Who asks.
    public var source: PUASource
    /// The URI of the next hop of requests outside of the dialog; nil as for publications.
    public var outboundProxy: [UInt8]?
    /// Further header lines, each ended by CRLF.
    public var extraHeaders: [UInt8]
    /// How to answer a challenge; empty for the module's own.
    public var credentials: [PUACredentials]

    /// A subscription.
    public init(
        _ presentity: [UInt8], watcher: [UInt8], contact: [UInt8], event: PUAEvent,
        source: PUASource, id: [UInt8] = [], remoteTarget: [UInt8]? = nil,
        expiresSeconds: Int = -1, operation: PUAOperation = .update,
        outboundProxy: [UInt8]? = nil, extraHeaders: [UInt8] = [],
        credentials: [PUACredentials] = []
    ) {
        self.id = id
        self.presentity = presentity
        self.watcher = watcher
        self.contact = contact
        self.remoteTarget = remoteTarget
        self.event = event
        self.expiresSeconds = expiresSeconds
        self.operation = operation
        self.source = source
        self.outboundProxy = outboundProxy
        self.extraHeaders = extraHeaders
        self.credentials = credentials
    }
}
