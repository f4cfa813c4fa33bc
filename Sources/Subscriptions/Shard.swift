internal import Basics

/// One part of the presence server: everything that one lock guards.
///
/// All of a presentity lies in one shard: its publications and subscriptions of every package, and
/// the watcher information about it. Records lie in slabs and name each other by index. Nothing in
/// here is reached from outside but through these methods, under the lock; what leaves are values
/// and references to immutable blocks.
struct Shard: ~Copyable {
    /// Its number.
    let number: Int
    /// What it shares with the others.
    let context: AgentContext
    /// From the hash of a name to its presentity.
    var presentityIndex = HashIndex()
    /// From the hash of Call-ID and tags to the subscription.
    var dialogIndex = HashIndex()
    /// From the hash of watcher and topic to the decision about it.
    var watcherIndex = HashIndex()
    /// The presentities.
    var presentities = Slab<PresentityRecord>()
    /// The presentities under one package each.
    var topics = Slab<Topic>()
    /// Who watches them; the first place is that of nobody.
    var audiences = Slab<Audience>()
    /// The published documents.
    var publications = Slab<PublicationRecord>()
    /// The subscriptions.
    var subscriptions = Slab<SubscriptionRecord>()
    /// The decisions about watchers.
    var watchers = Slab<WatcherRecord>()
    /// When to look at which publication.
    var publicationWheel: TimerWheel
    /// When to look at which subscription.
    var subscriptionWheel: TimerWheel
    /// Where the walk over the decisions about watchers goes on.
    var watcherScan: UInt32 = 0
    /// Counts the entity tags that were drawn.
    var drawn: UInt64 = 0
    /// Topics with a walk going on.
    var fanOuts = HandleQueue()
    /// Subscriptions that are owed a NOTIFY of their own.
    var ready = HandleQueue()
    /// Subscriptions whose first NOTIFY waits until the notifier's next turn.
    var delayed = HandleQueue()
    /// What the database does not know yet of publications and of decisions about watchers.
    var journal = Journal()
    /// What it does not know yet of subscriptions, which may be written more seldom.
    var dialogJournal = Journal()
    /// Whether rows are being loaded, which come in any order.
    var isLoading = false
    /// A draft for a dialog whose texts change; kept for its room.
    var draft = DialogDraft()
    /// Where documents are packed; kept for its room.
    var packing = ByteWriter(capacity: 1_024)

    /// An empty shard.
    init(number: Int, _ context: AgentContext, now: WallTime) {
        precondition(number >= 0 && number < StateAgent.shardCount)
        self.number = number
        self.context = context
        publicationWheel = TimerWheel(now: Int64(now.seconds))
        subscriptionWheel = TimerWheel(now: Int64(now.seconds))
        let nobody = audiences.insert(Audience())
        precondition(nobody == Audience.nobody)
    }

    deinit {
        for place in 0..<subscriptions.placesUsed where subscriptions.isLive(place) {
            subscriptions[place].dialog.release()
        }
        for place in 0..<publications.placesUsed where publications.isLive(place) {
            publications[place].body?.release()
            publications[place].text.free()
        }
        for place in 0..<watchers.placesUsed where watchers.isLive(place) {
            watchers[place].name.free()
        }
        for place in 0..<audiences.placesUsed where audiences.isLive(place) {
            var audience = audiences[place]
            audience.releaseDocuments()
        }
        for place in 0..<presentities.placesUsed where presentities.isLive(place) {
            presentities[place].name.free()
        }
    }

    /// Whether notifications wait for a turn.
    var hasWaitingOrders: Bool { !fanOuts.isEmpty || !ready.isEmpty }

    /// The settings.
    var settings: AgentSettings { context.settings }

    /// The statistics of a topic's package.
    func counters(_ topic: UInt32) -> PackageCounters {
        context.counters[Int(topics[topic].package.number)]
    }

    /// The watchers of a topic, to be read; inlined, so that one field does not copy them all.
    @inline(__always)
    func audience(_ topic: UInt32) -> Audience { audiences[topics[topic].audience] }
}

/// It owns all memory that it points to, and `StateAgent` only touches it under its lock.
extension Shard: @unchecked Sendable {}
