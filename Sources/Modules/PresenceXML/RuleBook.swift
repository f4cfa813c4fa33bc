import Basics
import EventDocuments
import Synchronization

/// The rules of presentities as far as they are in memory.
///
/// Workers ask it for every new watcher, so it answers at once and from memory; it is cut into
/// shards, each with a lock that is held for one look-up. It is bounded: beyond
/// `Limits.ruleBookEntriesMax` the presentity goes that came first, and is read again when
/// somebody asks for it.
final class RuleBook: Sendable {
    /// What is known of a presentity's rules.
    enum Knowledge: Sendable, Hashable {
        /// They were not read yet. Can become: `none`, `rules`.
        case unknown
        /// There are none. Can become: `rules`.
        case none
        /// They are these. Can become: `none`.
        case rules(PresenceRules)
    }

    /// The answer to a question for rules.
    struct Answer: Sendable {
        /// What is known.
        let knowledge: Knowledge
        /// Whether the asker is to have them read (again): nobody else was told to.
        let isWanted: Bool
    }

    /// After so many seconds rules are read again when somebody asks for them: what an XCAP server
    /// wrote into the table holds for new watchers without a command, as at Kamailio.
    static let freshSeconds: UInt64 = 30

    /// What is known of one presentity.
    private struct Entry {
        /// The rules, or that there are none.
        var knowledge: Knowledge
        /// When they were read last.
        var readAt: MonotonicTime
        /// Whether somebody was told to read them.
        var isWanted: Bool
    }

    /// A part of the book, with those presentities whose hash leads here.
    private struct Shard {
        /// What is known, by presentity.
        var entries: [RuleKey: Entry] = [:]
        /// The keys in the order of their coming, as a ring once it is full.
        var ring: [RuleKey] = []
        /// The place in the ring that is taken next, once it is full.
        var oldest = 0
        /// Presentities whose rules depend on the time, or on where the presentity is.
        var moving: Set<RuleKey> = []
    }

    private static let shardCount = 32
    private let shards: [32 of Guarded<Shard>]
    private let entriesMax: Int
    private let readCounter = Counter()
    private let failureCounter = Counter()

    /// A book without entries.
    init(entriesMax: Int = Limits.ruleBookEntriesMax) {
        precondition(entriesMax >= Self.shardCount)
        self.entriesMax = entriesMax / Self.shardCount
        shards = InlineArray { _ in Guarded(Shard()) }
    }

    // MARK: Asking

    /// What is known of a presentity's rules.
    func rules(of key: RuleKey, at now: MonotonicTime) -> Answer {
        withShard(of: key) { shard in
            guard let entry = shard.entries[key] else {
                Self.insert(
                    key, Entry(knowledge: .unknown, readAt: now, isWanted: true),
                    &shard, entriesMax)
                return Answer(knowledge: .unknown, isWanted: true)
            }
            let isOld = now.since(entry.readAt) > Self.freshSeconds * 1_000_000_000
            let isWanted = !entry.isWanted && (isOld || entry.knowledge == .unknown)
            if isWanted { shard.entries[key]?.isWanted = true }
            return Answer(knowledge: entry.knowledge, isWanted: isWanted)
        }
    }

    /// Notes what was read; says whether it is something else than before.
    @discardableResult
    func learn(_ key: RuleKey, _ knowledge: Knowledge, at now: MonotonicTime) -> Bool {
        readCounter.add()
        return withShard(of: key) { shard in
            var isMoving = false
            if case .rules(let rules) = knowledge {
                isMoving = rules.asksForTime || rules.asksForSphere
            }
            if isMoving { shard.moving.insert(key) } else { shard.moving.remove(key) }
            let entry = Entry(knowledge: knowledge, readAt: now, isWanted: false)
            guard let before = shard.entries[key] else {
                Self.insert(key, entry, &shard, entriesMax)
                return true
            }
            shard.entries[key] = entry
            return before.knowledge != knowledge
        }
    }

    /// Notes that nobody is going to read a presentity's rules, so that the next asker is told to.
    func giveUp(_ key: RuleKey) {
        withShard(of: key) { $0.entries[key]?.isWanted = false }
    }

    /// Counts a read that failed.
    func noteFailure() { failureCounter.add() }

    // MARK: Figures

    /// Presentities whose rules depend on the time, or on where the presentity is.
    var moving: [RuleKey] {
        var keys: [RuleKey] = []
        for place in shards.indices { keys += shards[place].withLock { $0.moving } }
        return keys
    }

    /// Presentities in the book.
    var count: Int {
        var count = 0
        for place in shards.indices { count += shards[place].withLock { $0.entries.count } }
        return count
    }

    /// Times that rules were read.
    var reads: Int { readCounter.value }
    /// Times that they could not be.
    var failures: Int { failureCounter.value }

    // MARK: Shards

    private func withShard<R: Sendable>(
        of key: RuleKey, _ body: (inout sending Shard) -> sending R
    ) -> sending R {
        // Swift's hashes are keyed at random for each process: nobody aims at one shard.
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))].withLock(body)
    }

    /// Puts an entry in the place of the one that came first, if there is no room.
    private static func insert(
        _ key: RuleKey, _ entry: Entry, _ shard: inout Shard, _ most: Int
    ) {
        if shard.ring.count < most {
            shard.ring.append(key)
        } else {
            let gone = shard.ring[shard.oldest]
            shard.entries[gone] = nil
            shard.moving.remove(gone)
            shard.ring[shard.oldest] = key
            shard.oldest = (shard.oldest + 1) % most
        }
        shard.entries[key] = entry
        assert(shard.entries.count <= most)
    }
}
