internal import Basics

/// One subscription in a slab.
///
/// It is told of a change when `sentSerial` is not the serial of its topic, or when it is `owed` a
/// NOTIFY whatever the serial says. While one is `inFlight` neither happens: `completed` looks
/// again. An `ending` subscription is owed its last NOTIFY only and then is no more.
struct SubscriptionRecord: TimerEntry {
    /// What is true of it.
    struct State: OptionSet, BitwiseCopyable, Sendable {
        /// The bits.
        let rawValue: UInt16
        /// A NOTIFY is on its way.
        static let inFlight = State(rawValue: 1)
        /// It must be told whatever has changed.
        static let owed = State(rawValue: 2)
        /// It has ended but for the last NOTIFY.
        static let ending = State(rawValue: 4)
        /// It stands in the queue of single notifications.
        static let ready = State(rawValue: 8)
        /// It is counted among the lagging ones of its topic.
        static let lagging = State(rawValue: 16)
        /// Watcher information must name all watchers.
        static let needsFull = State(rawValue: 32)
        /// It waits until the interval between two NOTIFYs has passed.
        static let deferred = State(rawValue: 64)
        /// It waits in the journal.
        static let queued = State(rawValue: 128)
        /// A write of it was handed out at least once, so a row may exist.
        static let attempted = State(rawValue: 256)
        /// A write of it was confirmed, or it was loaded.
        static let stored = State(rawValue: 512)
        /// Its CSeq or version is ahead of its row.
        static let ahead = State(rawValue: 1_024)
        /// Its last NOTIFY carries the document.
        static let lastWithBody = State(rawValue: 2_048)
    }

    /// The texts.
    var dialog: Counted<ManagedBuffer<DialogText.Layout, UInt8>>
    /// Its neighbours in the timer wheel.
    var timerLink = TimerLink()
    /// The hash of Call-ID and tags that it is filed under.
    let tag: UInt32
    /// The topic.
    let topic: UInt32
    /// The one behind it in the list of its topic.
    var next = UInt32.max
    /// The one before it in the list of its topic.
    var previous = UInt32.max
    /// The decision about its watcher, for packages that need one.
    var watcher = UInt32.max
    /// Second at which it expires.
    var expires: UInt32
    /// CSeq of the last SUBSCRIBE.
    var remoteCSeq: UInt32
    /// CSeq of the last NOTIFY.
    var localCSeq: UInt32
    /// Documents with a version that were ordered.
    var version: UInt32 = 0
    /// The column `flags`.
    var flags: UInt32
    /// The serial of the topic that was told last.
    var sentSerial: UInt32
    /// Second of the last NOTIFY.
    var notified: UInt32 = 0
    /// How it stands.
    var status: SubscriptionStatus
    /// Why.
    var reason: StatusReason
    /// What is true of it.
    var state: State = []

    /// Whether it is told of changes of the document.
    var seesDocument: Bool {
        status == .active && reason != .politeBlock && !state.contains(.ending)
    }
}
