internal import Basics
internal import ModuleKit
internal import Synchronization

/// One table: entries by key, shared by all workers.
///
/// It is cut into shards, each behind a lock of its own. Keys come from messages, so they are
/// hashed under the process' random key, as Swift's dictionaries do. An entry that has expired is
/// no longer seen; the timer removes it later.
final class HashTable: Sendable {
    /// What `modparam` said.
    let definition: TableDefinition
    /// Locks of `sht_lock`.
    let locks = ScriptLocks(count: 64)
    /// A shard behind its lock, in a place of its own.
    private final class Box: Sendable {
        let shard = Guarded(TableShard())
    }
    private let shards: [Box]
    private let entries = Atomic<Int>(0)
    private let entriesMax: Int

    private static let shardCount = 16

    /// An empty table.
    init(_ definition: TableDefinition, entriesMax: Int = Limits.hashTableEntriesMax) {
        self.definition = definition
        self.entriesMax = entriesMax
        shards = (0..<Self.shardCount).map { _ in Box() }
    }

    /// How many entries there are, expired ones that wait for the timer among them.
    var count: Int { entries.load(ordering: .relaxed) }

    /// The slot of a key, as Kamailio numbers slots.
    func slot(_ key: [UInt8]) -> Int {
        CoreHash.fold(CoreHash.hash(key), bits: definition.sizeBits)
    }

    /// The shard of a key, by a hash that strangers cannot aim at: `CoreHash` would let them send
    /// all keys to one lock.
    private func shard(_ key: [UInt8]) -> Int {
        Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))
    }

    // MARK: One entry

    /// The value of a key; without entry the initial value, or null.
    func value(_ key: [UInt8], now: Int) -> ScriptValue {
        shards[shard(key)].shard.withLock { $0.live(key, now)?.value }
            ?? definition.initialValue.map { .integer($0) } ?? .null
    }

    /// The entry of a key, nil without one.
    func entry(_ key: [UInt8], now: Int) -> TableShard.Entry? {
        shards[shard(key)].shard.withLock { $0.live(key, now) }
    }

    /// Sets a value, with a life of its own if `life` gives one in seconds; false when the table is
    /// full or the key is too long.
    func set(_ key: [UInt8], _ value: ScriptValue, life: Int? = nil, now: Int) -> Bool {
        guard !key.isEmpty, key.count <= Limits.hashTableKeyBytesMax else { return false }
        return shards[shard(key)].shard.withLock { shard in
            let old = shard.live(key, now)
            if old == nil, !shard.has(key), !reserve() { return false }
            var expires = old?.expires ?? 0
            if definition.autoexpire > 0 {
                if old == nil || definition.updatesExpiry {
                    expires = now + min(definition.autoexpire, Self.lifeMax)
                }
                if let life { expires = now + min(max(life, 0), Self.lifeMax) }
            }
            shard.put(key, TableShard.Entry(value: value, expires: expires))
            return true
        }
    }

    /// Adds to the number of a key and returns the sum; nil when the entry is no number, or when
    /// there is none and no initial value.
    func add(_ key: [UInt8], _ amount: Int, now: Int) -> Int? {
        guard !key.isEmpty, key.count <= Limits.hashTableKeyBytesMax else { return nil }
        return shards[shard(key)].shard.withLock { shard -> Int? in
            let old = shard.live(key, now)
            var number = definition.initialValue
            if let old {
                guard case .integer(let held) = old.value else { return nil }
                number = held
            }
            guard let number else { return nil }
            let sum = number.addingReportingOverflow(amount)
            guard !sum.overflow, old != nil || shard.has(key) || reserve() else { return nil }
            var expires = old?.expires ?? 0
            if definition.autoexpire > 0, old == nil || definition.updatesExpiry {
                expires = now + min(definition.autoexpire, Self.lifeMax)
            }
            shard.put(
                key, TableShard.Entry(value: .integer(sum.partialValue), expires: expires))
            return sum.partialValue
        }
    }

    /// Sets how long an entry lives from now on; without effect where nothing expires.
    func setLife(_ key: [UInt8], _ seconds: Int, now: Int) {
        guard definition.autoexpire > 0 else { return }
        shards[shard(key)].shard.withLock { shard in
            guard var entry = shard.live(key, now) else { return }
            entry.expires = now + min(max(seconds, 0), Self.lifeMax)
            shard.put(key, entry)
        }
    }

    /// Removes an entry; false when there was none.
    @discardableResult
    func remove(_ key: [UInt8]) -> Bool {
        let isRemoved = shards[shard(key)].shard.withLock { $0.remove(key) }
        if isRemoved { entries.subtract(1, ordering: .relaxed) }
        return isRemoved
    }

    /// About three hundred years: longer lives would only invite overflows.
    private static let lifeMax = 10_000_000_000

    /// Takes a place for one more entry, if there is any.
    private func reserve() -> Bool {
        if entries.add(1, ordering: .relaxed).newValue <= entriesMax { return true }
        entries.subtract(1, ordering: .relaxed)
        return false
    }

    // MARK: All entries

    /// Removes everything.
    func removeAll() {
        for place in shards.indices {
            let removed = shards[place].shard.withLock { $0.removeAll() }
            entries.subtract(removed, ordering: .relaxed)
        }
    }

    /// Removes the entries that a test holds for.
    func removeAll(now: Int, where holds: ([UInt8], ScriptValue) -> Bool) {
        for place in 0..<Self.shardCount {
            for (key, entry) in live(shard: place, now: now) where holds(key, entry.value) {
                remove(key)
            }
        }
    }

    /// How many entries a test holds for.
    func count(now: Int, where holds: ([UInt8], ScriptValue) -> Bool) -> Int {
        (0..<Self.shardCount).reduce(0) { sum, place in
            sum + live(shard: place, now: now).count { holds($0.key, $0.value.value) }
        }
    }

    /// A copy of the entries of one shard; nil behind the last shard.
    func entries(ofShard place: Int, now: Int) -> [[UInt8]: TableShard.Entry]? {
        place < Self.shardCount ? live(shard: place, now: now) : nil
    }

    private func live(shard place: Int, now: Int) -> [[UInt8]: TableShard.Entry] {
        shards[place].shard.withLock { $0.all(now) }
    }

    /// Removes what has expired and returns it.
    func takeExpired(now: Int) -> [(key: [UInt8], value: ScriptValue)] {
        var taken: [(key: [UInt8], value: ScriptValue)] = []
        for place in shards.indices {
            let expired = shards[place].shard.withLock { $0.takeExpired(now) }
            entries.subtract(expired.count, ordering: .relaxed)
            taken += expired
        }
        return taken
    }
}
