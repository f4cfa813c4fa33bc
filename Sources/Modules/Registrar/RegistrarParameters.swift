/// The registrar's settings, with the defaults of its documentation.
///
/// Those that hold for each message may be changed while the server runs; a message sees one set of
/// them from its beginning to its end. Times are seconds, ranges are percent.
public struct RegistrarParameters: Sendable {
    /// What happens to a lifetime below `minExpires`.
    public enum MinExpiresMode: Int, Sendable, CaseIterable {
        /// It is raised.
        case raise = 0
        /// The request gets 423 (Interval Too Brief).
        case refuse = 1
    }

    /// What a reply says about Path, and what a client must support for it (RFC 3327 5.3).
    public enum PathMode: Int, Sendable, CaseIterable {
        /// Path is stored, and the reply says nothing of it.
        case off = 0
        /// It is stored, and shown to clients that support it.
        case lazy = 1
        /// A client that does not support it gets 420 and nothing is stored.
        case strict = 2
    }

    /// Whether there are flows (RFC 5626).
    public enum OutboundMode: Int, Sendable, CaseIterable {
        /// No: a client that requires them gets 420.
        case none = 0
        /// For clients that support them.
        case supported = 1
        /// A client that does not support them gets 421.
        case required = 2
    }

    /// When a reg-id counts, where there are flows.
    public enum RegIDMode: Int, Sendable, CaseIterable {
        /// When the first hop has shown that it supports flows.
        case proven = 0
        /// Always.
        case always = 1
    }

    // MARK: Lifetimes

    /// Seconds a binding lives when the request says nothing.
    public var defaultExpires = 3600
    /// Percent by which `defaultExpires` is shortened at random.
    public var defaultExpiresRange = 0
    /// Percent by which a lifetime that the client asked for is shortened at random.
    public var expiresRange = 0
    /// Shortest lifetime in seconds; 0 is none.
    public var minExpires = 60
    /// What happens to a shorter one.
    public var minExpiresMode: MinExpiresMode = .raise
    /// Longest lifetime in seconds; 0 is none.
    public var maxExpires = 0
    /// Seconds in the Retry-After of a 5xx reply; 0 is none.
    public var retryAfter = 0

    // MARK: Contacts and addresses-of-record

    /// q in thousandths of a contact that has none; -1 leaves it without.
    public var defaultQ = -1
    /// Most bindings of one AoR; 0 is no limit.
    public var maxContacts = 0
    /// Longest contact URI in bytes.
    public var contactMaxSize = 512
    /// Whether the user part of an AoR keeps its case.
    public var isCaseSensitive = false
    /// A prefix that is cut from the domain of an AoR.
    public var realmPrefix = "" {
        didSet { realmPrefixBytes = Array(realmPrefix.utf8) }
    }
    /// The same as bytes, made once and not for each message.
    private(set) var realmPrefixBytes: [UInt8] = []

    // MARK: Where a contact is reached

    /// Name of the parameter that shows the received address in the reply's Contact; "" hides it.
    public var receivedParameter = "received"
    /// The `$avp` that holds the address a request came from, where a function has found it out.
    public var receivedVariable: String? {
        didSet { receivedAttribute = AttributeName.bytes(receivedVariable) ?? [] }
    }
    /// The name of that attribute; empty without one.
    private(set) var receivedAttribute: [UInt8] = []
    /// Bit 0: sockets are stored under the address that they advertise.
    public var socketMode = 0
    /// Number of the message flag with which a request names the socket to store; -1 is none.
    public var socketFlag = -1
    /// Name of the header field that names the socket; nil is none.
    public var socketHeader: String? {
        didSet { socketHeaderName = socketHeader.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes; empty for none.
    private(set) var socketHeaderName: [UInt8] = []

    // MARK: Path, GRUU, flows

    /// Whether Path is looked at.
    public var usesPath = false
    /// What a reply says about it.
    public var pathMode: PathMode = .strict
    /// Whether the first Path URI tells where a client was seen.
    public var usesPathReceived = false
    /// Whether `lookup` skips a first hop of the Path that is this server.
    public var checksPathLocally = false
    /// Whether contacts with an instance get GRUUs.
    public var isGRUUEnabled = true
    /// Whether there are flows.
    public var outboundMode: OutboundMode = .none
    /// When a reg-id counts.
    public var regIDMode: RegIDMode = .proven
    /// Seconds in Flow-Timer; 0 is none.
    public var flowTimer = 0

    // MARK: What scripts say and are told

    /// Name of the `$xavp` with which a script overrides settings for one request.
    public var overrideRoot: String? {
        didSet { overrideRootBytes = overrideRoot.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes; empty for none.
    private(set) var overrideRootBytes: [UInt8] = []
    /// Name of the `$xavp` that gets details of the bindings that a function has seen.
    public var recordRoot: String? {
        didSet { recordRootBytes = recordRoot.map { Array($0.utf8) } ?? [] }
    }
    /// The same as bytes; empty for none.
    private(set) var recordRootBytes: [UInt8] = []
    /// The details that are left out: 1 ruid, 2 contact, 4 expires, 8 received, 16 path.
    public var recordMask = 0
    /// Name of the Lua function that is told of expired contacts instead of the event route.
    public var eventCallback: String?

    // MARK: lookup

    /// Whether `lookup` leaves out contacts that do not allow the method of the request.
    public var filtersMethods = false
    /// Whether `lookup` adds all contacts as branches, or takes the first alone.
    public var appendsBranches = true
    /// Whether `lookup` and `registered` take expired bindings for usable.
    public var usesExpiredContacts = false

    /// The defaults.
    public init() {}
}

/// The name of an attribute as `modparam` spells it: `$avp(name)`.
enum AttributeName {
    /// The name of the attribute; nil when the text is no `$avp`.
    static func bytes(_ text: String?) -> [UInt8]? {
        guard let text, text.hasPrefix("$avp("), text.hasSuffix(")") else { return nil }
        let inner = text.dropFirst(5).dropLast()
        // `s:` says what is the case anyway: that the name is one, and no number.
        let name = inner.hasPrefix("s:") ? inner.dropFirst(2) : inner
        return name.isEmpty || name.contains("$") ? nil : Array(name.utf8)
    }
}
