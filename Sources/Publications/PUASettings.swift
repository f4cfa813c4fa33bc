/// How the requests of a source go when they say nothing themselves.
public struct PUASourceRoute: Sendable {
    /// The source.
    public var source: PUASource
    /// The URI of the next hop; nil for that of the module.
    public var outboundProxy: [UInt8]?
    /// How to answer a challenge; empty for the module's own.
    public var credentials: [PUACredentials]
    /// A route.
    public init(
        source: PUASource, outboundProxy: [UInt8]?, credentials: [PUACredentials] = []
    ) {
        self.source = source
        self.outboundProxy = outboundProxy
        self.credentials = credentials
    }
}

/// A challenge that somebody put to a request, and all that an answer is made of.
public struct PUAChallenge: Sendable {
    /// One value of WWW-Authenticate or Proxy-Authenticate.
    public struct Value: Sendable, Hashable {
        /// Whether a proxy asks.
        public var isProxy: Bool
        /// The value of the field.
        public var text: [UInt8]
        /// A value.
        public init(isProxy: Bool, text: [UInt8]) {
            self.isProxy = isProxy
            self.text = text
        }
    }
    /// What was asked.
    public var values: [Value]
    /// The method of the request.
    public var method: [UInt8]
    /// Its Request-URI.
    public var uri: [UInt8]
    /// Its body.
    public var body: [UInt8]
    /// With what it may be answered.
    public var credentials: [PUACredentials]
    /// Sixteen hexadecimal digits that nobody can guess.
    public var clientNonce: [UInt8]
    /// Whether the request had credentials already: then only a stale nonce is answered again
    /// (RFC 7616 3.3).
    public var isRepeated: Bool

    /// A challenge with what it may be answered with.
    public init(
        values: [Value], method: [UInt8], uri: [UInt8], body: [UInt8],
        credentials: [PUACredentials], clientNonce: [UInt8], isRepeated: Bool
    ) {
        self.values = values
        self.method = method
        self.uri = uri
        self.body = body
        self.credentials = credentials
        self.clientNonce = clientNonce
        self.isRepeated = isRepeated
    }
}

/// What the engine goes by.
public struct PUASettings: Sendable {
    /// Fewest seconds that are asked for.
    public var minExpires = 0
    /// Seconds that are asked for when nothing is said.
    public var defaultExpires = 3600
    /// The URI of the next hop of PUBLISH requests that have none.
    public var outboundProxy: [UInt8]?
    /// How to answer challenges of anybody.
    public var credentials: [PUACredentials] = []
    /// How the requests of sources go.
    public var routes: [PUASourceRoute] = []
    /// Whether a subscription is looked up by the remote target too, where one is given.
    public var checksRemoteContact = true
    /// How long before its end a record is refreshed, in seconds; 0 for never.
    public var refreshAheadSeconds = 100
    /// Most requests at a time that are waited for, looked up or kept for later.
    public var jobsMax = 1 << 18
    /// Places that are set aside at the start for what is worked on; there may be more.
    public var placesAtStart = 512
    /// Makes the header lines that answer a challenge; nil when it cannot be answered.
    public var authorise: @Sendable (PUAChallenge) -> [UInt8]? = { _ in nil }

    /// The defaults.
    public init() {}
}
