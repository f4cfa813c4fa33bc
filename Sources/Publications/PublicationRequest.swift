internal import Basics

/// What somebody wants to be published (Kamailio's `publ_info`).
public struct PublicationRequest: Sendable {
    /// The name that its asker has for the publication; empty for none.
    ///
    /// Together with presentity, event and source it says which publication is meant.
    public var id: [UInt8]
    /// The URI of the presentity: Request-URI, To and From.
    public var presentity: [UInt8]
    /// The document; nil refreshes the one that is published.
    public var body: [UInt8]?
    /// Seconds that it is to last: 0 removes it, and below 0 it is refreshed until it is removed.
    public var expiresSeconds: Int
    /// Whether it is a new one in any case.
    public var operation: PUAOperation
    /// Who asks.
    public var source: PUASource
    /// The event package.
    public var event: PUAEvent
    /// The type of the body; nil for that of the package.
    public var contentType: [UInt8]?
    /// The entity tag of the publication that is meant; nil for whichever there is.
    public var etag: [UInt8]?
    /// The URI of the next hop; nil for that of the source, of the module, or of the presentity.
    public var outboundProxy: [UInt8]?
    /// Further header lines, each ended by CRLF (`HeaderText.lines` makes them).
    public var extraHeaders: [UInt8]
    /// How to answer a challenge; empty for the module's own.
    public var credentials: [PUACredentials]

    /// A publication of a document.
    public init(
        _ presentity: [UInt8], event: PUAEvent, source: PUASource, id: [UInt8] = [],
        body: [UInt8]? = nil, expiresSeconds: Int = -1, operation: PUAOperation = .update,
        contentType: [UInt8]? = nil, etag: [UInt8]? = nil, outboundProxy: [UInt8]? = nil,
        extraHeaders: [UInt8] = [], credentials: [PUACredentials] = []
    ) {
        self.id = id
        self.presentity = presentity
        self.body = body
        self.expiresSeconds = expiresSeconds
        self.operation = operation
        self.source = source
        self.event = event
        self.contentType = contentType
        self.etag = etag
        self.outboundProxy = outboundProxy
        self.extraHeaders = extraHeaders
        self.credentials = credentials
    }
}

/// Somebody's name and password in a realm (RFC 7616 3.4).
public struct PUACredentials: Sendable, Hashable, CustomStringConvertible {
    /// The realm; empty for any.
    public var realm: [UInt8]
    /// The name.
    public var user: [UInt8]
    /// The password; it is never shown.
    public var password: [UInt8]
    /// Credentials.
    public init(realm: [UInt8], user: [UInt8], password: [UInt8]) {
        self.realm = realm
        self.user = user
        self.password = password
    }

    /// The name without the password, whatever prints it.
    public var description: String {
        "\(String(decoding: user, as: UTF8.self))@\(String(decoding: realm, as: UTF8.self))"
    }
}
