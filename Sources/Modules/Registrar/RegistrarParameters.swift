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
    /// q in thousandths of a contact that has none; -1 leaves it without.
    public var defaultQ = -1
    /// Most bindings of one AoR; 0 is no limit.
    public var maxContacts = 0
    /// Seconds in the Retry-After of a 5xx reply; 0 is none.
    public var retryAfter = 0
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
    /// Whether `lookup` adds all contacts as branches, or takes the first alone.
    public var appendsBranches = true
    /// Whether `lookup` and `registered` take expired bindings for usable.
    public var usesExpiredContacts = false
    /// Name of the parameter that shows the received address in the reply's Contact; "" hides it.
    public var receivedParameter = "received"

    /// The defaults.
    public init() {}
}
