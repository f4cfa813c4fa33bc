internal import Basics

/// What was decided about a watcher of a presentity: a row of the table `watchers`.
struct WatcherRecord: BitwiseCopyable {
    /// What is true of it.
    struct State: OptionSet, BitwiseCopyable, Sendable {
        /// The bits.
        let rawValue: UInt8
        /// It waits in the journal.
        static let queued = State(rawValue: 1)
        /// A write of it was handed out at least once, so a row may exist.
        static let attempted = State(rawValue: 2)
        /// A write of it was confirmed, or it was loaded.
        static let stored = State(rawValue: 4)
    }

    /// User and host part of the watcher.
    let name: TextBlock<2>
    /// The hash that it is filed under.
    let tag: UInt32
    /// The topic.
    let topic: UInt32
    /// The one behind it in the list of its topic.
    var next = UInt32.max
    /// The one before it in the list of its topic.
    var previous = UInt32.max
    /// Subscriptions of the watcher that have not ended.
    var subscriptionCount: UInt32 = 0
    /// Second since which it is kept: of the decision, or of the end of the last subscription.
    var inserted: UInt32
    /// What was decided.
    var status: SubscriptionStatus
    /// Why.
    var reason: StatusReason
    /// What is true of it.
    var state: State = []

    /// Whether the watcher waits for a decision without a subscription (RFC 3857 4.7.1).
    var isWaiting: Bool { status == .pending && subscriptionCount == 0 }
}
