internal import Basics

/// A presentity: whatever is published or watched under one name, for all packages.
struct PresentityRecord: BitwiseCopyable {
    /// User and host part.
    let name: TextBlock<2>
    /// The hash that its name is filed under.
    let tag: UInt32
    /// The first of its topics.
    var firstTopic = UInt32.max
    /// Subscriptions to it that have not ended, all packages together.
    var subscriptionCount: UInt32 = 0
}

/// A presentity under one event package: its publications and, where it is watched, its audience.
struct Topic: BitwiseCopyable {
    /// The presentity.
    let presentity: UInt32
    /// The next topic of the same presentity.
    var next = UInt32.max
    /// The first publication in retrieval order.
    var firstPublication = UInt32.max
    /// The last publication: the one that counts where only one can.
    var lastPublication = UInt32.max
    /// Who watches it; `Audience.nobody` as long as nobody does.
    var audience = Audience.nobody
    /// Number of publications.
    var publicationCount: UInt16 = 0
    /// The event package.
    let package: PackageIndex

    /// Whether somebody watches it, has ended and is still to be told so, or was decided about.
    var isWatched: Bool { audience != Audience.nobody }
    /// Whether nothing is left that it is kept for.
    var isEmpty: Bool { publicationCount == 0 && !isWatched }
}

/// The watchers of a topic and the document that they see.
///
/// Most presentities are published and not watched, so this is a record of its own. It is made for
/// the first watcher and dropped behind the last; all topics that nobody watches share the place
/// `nobody`, which reads as no watchers and is never written.
///
/// `serial` counts the changes of the document. A subscription whose `sentSerial` is another has
/// not been told the newest one. A topic that is queued has a walk going on: from `cursor`, around
/// the end of the list if need be, `remaining` subscriptions are looked at. A change during a walk
/// only sets `remaining` anew, so that those at the end are not put off for ever.
struct Audience: BitwiseCopyable {
    /// The place of the audience that nobody is in.
    static let nobody: UInt32 = 0

    /// The first subscription.
    var firstSubscription = UInt32.max
    /// The last subscription.
    var lastSubscription = UInt32.max
    /// Number of subscriptions in the list, ending ones included.
    var subscriptionCount: UInt32 = 0
    /// The first of the decisions about watchers.
    var firstWatcher = UInt32.max
    /// Number of decisions about watchers.
    var watcherCount: UInt32 = 0
    /// Counts the changes of the document.
    var serial: UInt32 = 0
    /// The subscription that the walk looks at next.
    var cursor = UInt32.max
    /// Subscriptions that the walk still has to look at.
    var remaining: UInt32 = 0
    /// Subscriptions that wait for an answer and have missed the newest change meanwhile.
    var lagging: UInt32 = 0
    /// Whether the topic stands in the queue of fan-outs.
    var isQueued = false
    /// The document that watchers see; nil until one is wanted.
    var document: Counted<EventDocument>?
    /// Of watcher information: what changed last, for those who know everything before.
    var partial: Counted<EventDocument>?
    /// What was withdrawn last, as long as not all watchers were told.
    var withdrawn: Counted<ManagedBuffer<Int, UInt8>>?
    /// Sender of the last change, who is not told of it.
    var excluded: Counted<ManagedBuffer<Int, UInt8>>?

    /// Whether nobody is in it.
    var isEmpty: Bool { subscriptionCount == 0 && watcherCount == 0 }

    /// Lets go of everything that it refers to.
    mutating func releaseDocuments() {
        document?.release()
        document = nil
        partial?.release()
        partial = nil
        withdrawn?.release()
        withdrawn = nil
        excluded?.release()
        excluded = nil
    }
}
