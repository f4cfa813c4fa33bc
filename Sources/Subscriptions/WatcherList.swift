internal import Basics

/// How a subscription stands (RFC 6665 4.1.3); raw values are those of the column `status`.
public enum SubscriptionStatus: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// It is told of every change. Can become: `pending`, `terminated`.
    case active = 1
    /// Somebody has to allow it yet. Can become: `active`, `terminated`, `waiting`.
    case pending = 2
    /// It has ended. Can become: nothing.
    case terminated = 3
    /// A pending one whose dialog has ended without a decision (RFC 3857 4.7.1). Can become:
    /// `pending` with the next SUBSCRIBE.
    case waiting = 4

    /// The word of Subscription-State and of watcher information.
    public var word: StaticString {
        switch self {
        case .active: "active"
        case .pending: "pending"
        case .terminated: "terminated"
        case .waiting: "waiting"
        }
    }
}

/// Why a subscription stands as it does (RFC 6665 4.1.3): the column `reason`.
public enum StatusReason: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// No reason.
    case none
    /// It has expired, or the watcher ended it.
    case timeout
    /// The rules refuse the watcher.
    case rejected
    /// The rules do not know the watcher any more; it may try again later.
    case probation
    /// It has been ended, and may be begun again at once.
    case deactivated
    /// The presentity is no more.
    case noResource
    /// Nobody has decided about it for too long.
    case giveUp
    /// The watcher is active and must not see anything.
    case politeBlock

    /// The word as it stands in Subscription-State and in the table, empty for `none`.
    public var word: StaticString {
        switch self {
        case .none: ""
        case .timeout: "timeout"
        case .rejected: "rejected"
        case .probation: "probation"
        case .deactivated: "deactivated"
        case .noResource: "noresource"
        case .giveUp: "giveup"
        case .politeBlock: "polite-block"
        }
    }

    /// The reason of a word from a table; `none` for words that mean nothing here.
    public init(word: Span<UInt8>) {
        for reason in Self.allCases where word.matches(reason.word) {
            self = reason
            return
        }
        self = .none
    }
}

/// One watcher of a presentity, as watcher information shows it (RFC 3858 4.2).
public struct WatcherEntry: Sendable, Hashable {
    /// Tells the subscriptions of one list apart: the Call-ID, or a number for a waiting watcher.
    public var id: [UInt8]
    /// How the subscription stands.
    public var status: SubscriptionStatus
    /// What brought it there; `nil` is `subscribe`.
    public var event: String?
    /// The watcher, `sip:user@host`.
    public var uri: [UInt8]

    /// One watcher of a presentity.
    public init(id: [UInt8], status: SubscriptionStatus, uri: [UInt8], event: String? = nil) {
        self.id = id
        self.status = status
        self.uri = uri
        self.event = event
    }
}

/// Who watches a presentity, to be put into a watcher information document.
public struct WatcherList: Sendable, Hashable {
    /// The presentity, `sip:user@host`.
    public var presentity: [UInt8]
    /// The package that is watched: `presence`.
    public var package: [UInt8]
    /// Whether it names all watchers, or only one that has changed.
    public var isFull: Bool
    /// The watchers.
    public var watchers: [WatcherEntry]

    /// Who watches a presentity.
    public init(
        presentity: [UInt8], package: [UInt8], isFull: Bool, watchers: [WatcherEntry]
    ) {
        self.presentity = presentity
        self.package = package
        self.isFull = isFull
        self.watchers = watchers
    }
}
