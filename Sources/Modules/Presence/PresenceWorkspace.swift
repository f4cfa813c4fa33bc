internal import Basics
internal import Subscriptions

/// What a worker keeps of the presence server between messages: buffers that have grown already.
final class PresenceWorkspace {
    /// The texts of the request at hand that are not parts of the message.
    var names = ByteWriter(capacity: 512)
    /// The SUBSCRIBE at hand.
    var request = SubscribeRequest()
    /// Notifications that are to be sent.
    var orders: [NotifyOrder] = []
    /// What `$subs` shows; nil before the first subscription.
    var shown: ShownSubscription?
    /// What `$notify_reply` shows while the event route runs; nil outside of it.
    var notifyReply: NotifyReply?

    /// Nothing.
    init() {}
}

/// The subscription that `$subs(name)` reads.
struct ShownSubscription {
    /// Its texts.
    var dialog: DialogText
    /// Its numbers.
    var values: SubscriptionValues
    /// The subscription; nil when nothing is stored.
    var handle: SubscriptionHandle?
}

/// The answer to a NOTIFY, for `event_route[presence:notify-reply]`.
struct NotifyReply {
    /// Its status; 408 when nobody answered.
    var status: Int
    /// Whether the context's message is the answer.
    var isMessage: Bool
}

/// Where a user and a host stand in a buffer.
struct NamePlace {
    /// The user part, empty without one.
    var user = ByteRange.empty
    /// The host part.
    var host = ByteRange.empty
}
