internal import Basics

/// What one presence load looks like: who watches whom, what is sent, how much and how fast.
///
/// Dialog number d is the subscription of watcher d; it watches the presentity whose turn is
/// d modulo `presentities`, so that the watchers are spread evenly.
public struct PresencePlan: Sendable, Equatable {
    /// Where the presence server listens, over UDP.
    public var server: ServerName
    /// What is measured.
    public var scenario = PresenceScenario.publish
    /// Presentities, 1 to `Limits.loadUsersMax`.
    public var presentities = 100
    /// Watchers of each presentity, 1 to 100,000.
    public var watchersEach = 1
    /// Operations that are measured; nil is one for each subject of the scenario, or as many as
    /// the time allows when `seconds` is set.
    public var count: Int?
    /// Seconds after which nothing more is started; nil runs to the end of `count`.
    public var seconds: Int?
    /// Most operations that are not complete at one time.
    public var window = 32
    /// Most operations a second; nil sends as fast as the window allows.
    public var rate: Int?
    /// UDP sockets of the watchers; the publishers share one more.
    public var sockets = 1
    /// Life of publications and subscriptions in seconds.
    public var expires = 3_600
    /// Length of a published document in bytes, 400 to 1,200.
    public var bodyBytes = 500
    /// Whether `subscribe` and `refresh` publish a document for each presentity first.
    public var isPublished = false
    /// Whether everything is left as it is at the end.
    public var keeps = false
    /// Domain of all users.
    public var domain = "example.com"
    /// What stands before the seven digits of a presentity's name.
    public var userPrefix = "user"
    /// Chooses the order of the presentities; 0 keeps them in order.
    public var seed: UInt64 = 1
    /// First interval of timer E in milliseconds (T1, RFC 3261 17.1.2.1).
    public var retransmitMilliseconds = 500
    /// Seconds after which an operation that is not complete has failed.
    public var giveUpSeconds = 32

    /// A plan with the defaults, against `server`.
    public init(server: ServerName) { self.server = server }

    /// Number of subscriptions that exist during the load.
    public var dialogs: Int {
        switch scenario {
        case .initial: 0
        case .subscribe: operations
        case .publish, .refresh, .register: presentities * watchersEach
        }
    }

    /// Most operations that are measured.
    public var operations: Int {
        let unbounded = seconds == nil ? nil : Limits.loadRequestsMax
        switch scenario {
        case .initial: return presentities
        case .subscribe: return count ?? presentities * watchersEach
        case .publish, .register: return count ?? unbounded ?? presentities
        case .refresh: return count ?? unbounded ?? presentities * watchersEach
        }
    }

    /// Refuses a plan whose numbers lie outside their ranges.
    public func validate() throws(LoadError) {
        try PlanCheck.number("presentities", presentities, 1...Limits.loadUsersMax)
        try PlanCheck.number("watchers", watchersEach, 1...100_000)
        try PlanCheck.number("count", count ?? 1, 1...Limits.loadRequestsMax)
        try PlanCheck.number("subscriptions", dialogs, 0...Limits.loadDialogsMax)
        try PlanCheck.number("seconds", seconds ?? 1, 1...86_400)
        try PlanCheck.number("window", window, 1...Limits.loadWindowMax)
        try PlanCheck.number("rate", rate ?? 1, 1...10_000_000)
        try PlanCheck.number("sockets", sockets, 1...Limits.loadSocketsMax)
        try PlanCheck.number("expires", expires, 1...0x7fff_ffff)
        try PlanCheck.number("body", bodyBytes, 400...1_200)
        try PlanCheck.number("retransmit time", retransmitMilliseconds, 1...60_000)
        try PlanCheck.number("give-up time", giveUpSeconds, 1...3_600)
        try PlanCheck.text("domain", domain)
        try PlanCheck.text("user-prefix", userPrefix)
        // Both stand in the document twice and would leave no room for its padding.
        try PlanCheck.number(
            "domain and user-prefix", domain.utf8.count + userPrefix.utf8.count, 2...64)
    }
}
