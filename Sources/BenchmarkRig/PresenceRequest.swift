/// A presence load that the rig asks for; what it creates stays at the server.
public struct PresenceRequest: Sendable, Equatable {
    /// What is measured.
    public enum Kind: Sendable, Equatable {
        /// New subscriptions, each with its first NOTIFY.
        case subscribe
        /// Publications of a new state, each with a NOTIFY to every watcher.
        case publish
        /// Initial publications that nobody watches.
        case initial
        /// Registrations that the server publishes to itself, each with a NOTIFY to every watcher.
        case register
    }

    /// Port on 127.0.0.1.
    public var port: UInt16
    /// What is measured.
    public var kind: Kind
    /// Presentities.
    public var presentities: Int
    /// Watchers of each presentity.
    public var watchersEach = 1
    /// Seconds that are measured; nil does everything once.
    public var seconds: Int?
    /// Most operations that are not complete at one time.
    public var window = 32
    /// Most operations a second; nil for as fast as the window allows.
    public var rate: Int?
    /// Length of a document in bytes.
    public var bodyBytes = 500
    /// What stands before a presentity's number.
    public var userPrefix = "user"

    /// A load of `kind` on `presentities` presentities.
    public init(port: UInt16, kind: Kind, presentities: Int) {
        self.port = port
        self.kind = kind
        self.presentities = presentities
    }
}

/// What a presence load came to.
public struct PresenceOutcome: Sendable, Equatable {
    /// Operations whose reply and NOTIFYs have all come.
    public var completed: Int
    /// Operations that did not come to a good end, and NOTIFYs that were not as they must be.
    public var failures: Int
    /// NOTIFYs in order.
    public var notifies: Int
    /// Operations a second.
    public var rate: Double
    /// NOTIFYs a second.
    public var notifyRate: Double
    /// Microseconds within which 99 of 100 NOTIFYs followed their request.
    public var notifyP99: Double
    /// NOTIFYs that the server has sent again.
    public var repeated: Int

    /// An outcome.
    public init(
        completed: Int, failures: Int, notifies: Int, rate: Double, notifyRate: Double,
        notifyP99: Double, repeated: Int = 0
    ) {
        self.completed = completed
        self.failures = failures
        self.notifies = notifies
        self.rate = rate
        self.notifyRate = notifyRate
        self.notifyP99 = notifyP99
        self.repeated = repeated
    }
}
