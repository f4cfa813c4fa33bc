internal import Basics

/// What one run of REGISTER requests looks like: whom, how many, how fast and over what.
///
/// A *binding* is one device of one user: its Call-ID and Contact stay the same from run to run, so
/// that a second run refreshes what the first one created (RFC 3261 10.2.4).
public struct RegisterPlan: Sendable, Equatable {
    /// Where the registrar listens.
    public var server: ServerName
    /// Addresses-of-record to register, 1 to `Limits.loadUsersMax`.
    public var users = 1_000
    /// Devices of each user, every one with a Call-ID and a Contact of its own, 1 to 99.
    public var contactsEach = 1
    /// Requests to send in all; nil registers every binding once.
    public var count: Int?
    /// Most requests without a final reply at one time.
    public var window = 100
    /// Most requests a second; nil sends as fast as the window allows.
    public var rate: Int?
    /// Whether to use TCP connections and not UDP.
    public var isTCP = false
    /// UDP sockets or TCP connections to spread the requests over.
    public var sockets = 16
    /// Life of the bindings in seconds; 0 removes them (RFC 3261 10.2.2).
    public var expires = 3_600
    /// Domain of the addresses-of-record.
    public var domain = "example.com"
    /// What stands before the seven digits of a user's name.
    public var userPrefix = "user"
    /// Chooses the order of the bindings; 0 keeps them in order.
    public var seed: UInt64 = 1
    /// Whether a datagram that is no reply, but carries a branch of ours, counts as 200.
    public var acceptsEcho = false
    /// First interval of timer E in milliseconds (T1, RFC 3261 17.1.2.1).
    public var retransmitMilliseconds = 500
    /// Seconds without a final reply after which a request has failed (timer F, 64 times T1).
    public var giveUpSeconds = 32

    /// A plan with the defaults, against `server`.
    public init(server: ServerName) { self.server = server }

    /// Number of bindings, that is users times devices.
    public var bindings: Int { users * contactsEach }
    /// Number of requests that will be sent.
    public var requests: Int { count ?? bindings }
    /// The window that is used: never wider than there are bindings, since two requests of one
    /// binding may not overtake each other (RFC 3261 10.2: no new one before the final response).
    public var usedWindow: Int { min(window, bindings) }
    /// The sockets that are used: never more than the window.
    public var usedSockets: Int { min(sockets, usedWindow) }

    /// Refuses a plan whose numbers lie outside their ranges.
    public func validate() throws(LoadError) {
        try PlanCheck.number("users", users, 1...Limits.loadUsersMax)
        try PlanCheck.number("contacts-each", contactsEach, 1...99)
        try PlanCheck.number("count", requests, 1...Limits.loadRequestsMax)
        try PlanCheck.number("window", window, 1...Limits.loadWindowMax)
        try PlanCheck.number("sockets", sockets, 1...Limits.loadSocketsMax)
        try PlanCheck.number("rate", rate ?? 1, 1...10_000_000)
        try PlanCheck.number("expires", expires, 0...0x7fff_ffff)
        try PlanCheck.number("retransmit time", retransmitMilliseconds, 1...60_000)
        try PlanCheck.number("give-up time", giveUpSeconds, 1...3_600)
        try PlanCheck.text("domain", domain)
        try PlanCheck.text("user-prefix", userPrefix)
    }
}
