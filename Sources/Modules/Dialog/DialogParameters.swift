/// The settings of module `dialog`.
public struct DialogParameters: Sendable {
    /// How a request within a call is matched.
    public enum MatchMode: Int, Sendable, CaseIterable {
        /// Only with the number that our Record-Route carries, besides Call-ID and tags.
        case cookie = 0
        /// With the number if it is there; Call-ID and tags decide.
        case fallback = 1
        /// By Call-ID and tags; no number is written.
        case tags = 2
    }

    /// Slots that Call-IDs are spread over.
    public var hashSize = 4_096
    /// The parameter of Record-Route that carries the number of a call.
    public var cookieName = "did"
    /// The message flag that has an INVITE followed; -1 for none.
    public var flag = -1
    /// The `$avp` that holds the lifetime of a call.
    public var timeoutAttribute: String?
    /// Seconds that a call lasts without a request within it.
    public var lifetimeSeconds = 43_200
    /// Seconds that it may ring.
    public var earlySeconds = 300
    /// Seconds within which an answered call must be acknowledged.
    public var unacknowledgedSeconds = 60
    /// Seconds that a call is kept behind its end.
    public var endedSeconds = 300
    /// Header lines of requests of this server's own.
    public var extraHeaders: String?
    /// Header lines of such requests to the callee.
    public var calleeHeaders: String?
    /// How requests are matched.
    public var matchMode = MatchMode.cookie
    /// Whether an INVITE that comes by a second time belongs to the call that it began.
    public var detectsSpirals = true
    /// The first number of a call, -1 for the server's id.
    public var numberStart = 0
    /// What a number is larger by than the one before.
    public var numberStep = 1
    /// Whether a call that expires is ended with BYEs.
    public var sendsBye = false
    /// Whether requests within a call leave its lifetime as it is.
    public var keepsLifetime = false
    /// The function of an embedded language for events, in place of event routes.
    public var eventCallback = ""
    /// Groups with values, separated by `;`.
    public var valueProfiles = ""
    /// Groups without values, separated by `;`.
    public var plainProfiles = ""
    /// What configuration files set and what means nothing here.
    public var ignored: [String] = []

    /// The defaults.
    public init() {}

    /// How long a call may stay in a state.
    var times: DialogTimes {
        DialogTimes(
            early: earlySeconds, unacknowledged: unacknowledgedSeconds, ended: endedSeconds)
    }
}
