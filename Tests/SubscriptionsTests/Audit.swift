import Basics
import Testing

@testable import Subscriptions

/// Checks that the records of an engine agree with each other.
enum Audit {
    /// Goes through all shards and reports whatever does not fit.
    static func check(_ agent: StateAgent) {
        var subscriptions = 0
        var publications = 0
        for number in 0..<StateAgent.shardCount {
            agent.withShard(number) { shard in
                check(shard)
                subscriptions += liveSubscriptions(shard)
                publications += shard.publications.count
            }
        }
        #expect(agent.context.subscriptions.value == subscriptions)
        #expect(agent.context.publications.value == publications)
    }

    private static func check(_ shard: borrowing Shard) {
        var topics = 0
        for place in 0..<shard.presentities.placesUsed where shard.presentities.isLive(place) {
            var live = 0
            var topic = shard.presentities[place].firstTopic
            #expect(topic != Slab<Topic>.none, "a presentity without topics")
            while topic != Slab<Topic>.none {
                #expect(shard.topics[topic].presentity == place)
                #expect(!shard.topics[topic].isEmpty, "an empty topic")
                live += check(shard, topic)
                topics += 1
                topic = shard.topics[topic].next
            }
            #expect(Int(shard.presentities[place].subscriptionCount) == live)
        }
        #expect(topics == shard.topics.count)
        #expect(shard.presentityIndex.count == shard.presentities.count)
        #expect(shard.dialogIndex.count == liveSubscriptions(shard))
        #expect(shard.watcherIndex.count == shard.watchers.count)
        #expect(shard.audiences.count == 1 + watched(shard))
        #expect(shard.audiences[Audience.nobody].isEmpty, "somebody in nobody's audience")
        #expect(shard.audiences[Audience.nobody].serial == 0)
        #expect(shard.subscriptionWheel.count == shard.subscriptions.count)
    }

    /// Checks a topic; returns how many of its subscriptions have not ended.
    private static func check(_ shard: borrowing Shard, _ topic: UInt32) -> Int {
        let record = shard.audience(topic)
        #expect(shard.topics[topic].isWatched == !record.isEmpty)
        #expect(shard.topics[topic].isWatched || record.document == nil)
        var (count, live, lagging) = (0, 0, 0)
        var previous = Slab<SubscriptionRecord>.none
        var place = record.firstSubscription
        while place != Slab<SubscriptionRecord>.none {
            let subscription = shard.subscriptions[place]
            #expect(subscription.topic == topic && subscription.previous == previous)
            count += 1
            live += subscription.state.contains(.ending) ? 0 : 1
            lagging += subscription.state.contains(.lagging) ? 1 : 0
            previous = place
            place = subscription.next
        }
        #expect(previous == record.lastSubscription && count == Int(record.subscriptionCount))
        #expect(lagging == Int(record.lagging))
        #expect(record.isQueued || record.remaining == 0)
        checkPublications(shard, topic)
        checkWatchers(shard, topic)
        return live
    }

    private static func checkPublications(_ shard: borrowing Shard, _ topic: UInt32) {
        var count = 0
        var previous = Slab<PublicationRecord>.none
        var place = shard.topics[topic].firstPublication
        while place != Slab<PublicationRecord>.none {
            let publication = shard.publications[place]
            #expect(publication.topic == topic && publication.previous == previous)
            #expect(publication.timerLink.isFiled == (publication.expires > 0))
            #expect((publication.body == nil) == !publication.text.fourth.isEmpty)
            count += 1
            previous = place
            place = publication.next
        }
        #expect(previous == shard.topics[topic].lastPublication)
        #expect(count == Int(shard.topics[topic].publicationCount))
    }

    private static func checkWatchers(_ shard: borrowing Shard, _ topic: UInt32) {
        var count = 0
        var previous = Slab<WatcherRecord>.none
        var place = shard.audience(topic).firstWatcher
        while place != Slab<WatcherRecord>.none {
            let watcher = shard.watchers[place]
            #expect(watcher.topic == topic && watcher.previous == previous)
            count += 1
            previous = place
            place = watcher.next
        }
        #expect(count == Int(shard.audience(topic).watcherCount))
    }

    /// Number of topics that have an audience of their own.
    private static func watched(_ shard: borrowing Shard) -> Int {
        var count = 0
        for place in 0..<shard.topics.placesUsed
        where shard.topics.isLive(place) && shard.topics[place].isWatched {
            count += 1
        }
        return count
    }

    private static func liveSubscriptions(_ shard: borrowing Shard) -> Int {
        var count = 0
        for place in 0..<shard.subscriptions.placesUsed
        where shard.subscriptions.isLive(place)
            && !shard.subscriptions[place].state.contains(.ending)
        {
            count += 1
        }
        return count
    }
}
