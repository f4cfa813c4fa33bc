internal import Basics
internal import Publications

/// Records in memory, found by presentity, by dialog and by the time at which they expire.
///
/// A value without clock and lock. Whatever has changed and is not in a table yet is on a list;
/// a batch is copied from it, and settled when it is known how writing it ended.
struct RecordTable: Sendable {
    /// One record.
    private struct Entry: Sendable {
        var record: PUARecord
        /// Grows when the slot gets another record.
        var serial: UInt32
        /// When it is due: its expiry, or the end of its claim.
        var due: Int
        /// The next slot with the same presentity's hash, and the same dialog's; -1 at the end.
        var nextOfPresentity: Int32 = -1
        var nextOfDialog: Int32 = -1
        /// Whether it is on the list of what is to be written.
        var isListed = false
        /// Whether there is a row of it, or will be when the batch under way is written.
        var isStored = false
        /// The identity of that row where it is another one.
        var stored: PUAIdentity?
        /// Grows with each change.
        var revision: UInt32 = 0
    }

    /// A moment at which a record is due, in a heap with the earliest on top.
    private struct Due: Sendable {
        var time: Int
        var slot: Int32
        var serial: UInt32
    }

    /// Changes on their way to a table.
    struct Batch: Sendable {
        /// A record of the batch, as it was.
        fileprivate struct Item: Sendable {
            var slot: Int32
            var serial: UInt32
            var revision: UInt32
            var wasStored: Bool
            var stored: PUAIdentity?
        }
        /// What is to be done to the table.
        var changes: [PUAChange] = []
        /// How many of the changes, in front, are removals.
        fileprivate var removals = 0
        fileprivate var items: [Item] = []
    }

    private var entries: [Entry?] = []
    private var free: [Int32] = []
    private var presentities: [Int: Int32] = [:]
    private var dialogs: [Int: Int32] = [:]
    private var heap: [Due] = []
    private var listed: [Int32] = []
    private var gone: [PUAIdentity] = []
    private var nextSerial: UInt32 = 0
    /// How many records there are.
    private(set) var count = 0

    /// How many changes are under way.
    private var taken = 0
    /// How many changes are in no table, those that are under way among them.
    var unwritten: Int { listed.count + gone.count + taken }

    // MARK: Look-ups

    /// The best record for a key: of several that which expires last.
    func find(_ key: PUAKey) -> PUARecord? {
        var best: PUARecord?
        let (chain, hash): (Chain, Int) =
            switch key {
            case .publication(let presentity, _, _, _, _),
                .subscription(let presentity, _, _, _, _, _):
                (.presentity, presentity.hashValue)
            case .dialog(let callID, let localTag, _): (.dialog, Self.hash(callID, localTag))
            }
        var slot = head(hash, chain)
        while slot >= 0, let entry = entries[Int(slot)] {
            let isLater = best.map { $0.expires < entry.record.expires } ?? true
            if isLater, TableReader.matches(key, entry.record) { best = entry.record }
            slot = next(of: slot, chain)
        }
        return best
    }

    /// The slot of an identity, nil when there is none.
    private func slot(of identity: PUAIdentity) -> Int32? {
        let (chain, hash): (Chain, Int) =
            switch identity {
            case .publication(let presentity, _, _, _, _): (.presentity, presentity.hashValue)
            case .subscription(let callID, let fromTag): (.dialog, Self.hash(callID, fromTag))
            }
        var slot = head(hash, chain)
        while slot >= 0, let entry = entries[Int(slot)] {
            if identity.isThat(of: entry.record) { return slot }
            slot = next(of: slot, chain)
        }
        return nil
    }

    private static func hash(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var hasher = Hasher()
        hasher.combine(first)
        hasher.combine(second)
        return hasher.finalize()
    }

    // MARK: Changes

    /// Carries a change out.
    mutating func apply(_ change: PUAChange) {
        switch change {
        case .remove(let identity):
            if let slot = slot(of: identity) { remove(slot) }
        case .save(let record, let replaced):
            let own = slot(of: record.identity)
            let old = replaced.flatMap { slot(of: $0) }
            if let own, let old, own != old { remove(own) }
            if let slot = old ?? own { replace(slot, record) } else { add(record) }
        }
    }

    /// Takes up a record that was read from a table; one that memory knows already, or has a newer
    /// one for the same publication, is left out or removed from the table.
    mutating func load(_ record: PUARecord) {
        guard slot(of: record.identity) == nil else { return }
        let key: PUAKey =
            record.isSubscription
            ? .subscription(
                presentity: record[.presentity], watcher: record[.watcher], id: record[.id],
                event: record.event, source: record.source, remoteTarget: [])
            : .publication(
                presentity: record[.presentity], id: record[.id], event: record.event,
                source: record.source, etag: [])
        if let known = find(key), known.row == 0, known.event == record.event,
            known.source == record.source
        {
            // Published anew while the table could not be read: the row is of the past.
            return gone.append(record.identity)
        }
        insert(record, isStored: true)
    }

    private mutating func add(_ record: PUARecord) {
        let slot = insert(record, isStored: false)
        list(slot)
    }

    @discardableResult
    private mutating func insert(_ record: PUARecord, isStored: Bool) -> Int32 {
        nextSerial &+= 1
        var entry = Entry(record: record, serial: nextSerial, due: record.expires.seconds)
        entry.isStored = isStored
        let slot: Int32
        if let last = free.popLast() {
            slot = last
        } else {
            slot = Int32(entries.count)
            entries.append(nil)
        }
        entries[Int(slot)] = entry
        link(slot)
        push(Due(time: entry.due, slot: slot, serial: entry.serial))
        count += 1
        return slot
    }

    private mutating func replace(_ slot: Int32, _ record: PUARecord) {
        guard var entry = entries[Int(slot)] else { return }
        unlink(slot)
        if entry.isStored, entry.stored == nil { entry.stored = entry.record.identity }
        var record = record
        if record.row == 0 { record.row = entry.record.row }
        let isDue = entry.due != record.expires.seconds
        entry.record = record
        entry.due = record.expires.seconds
        entry.revision &+= 1
        entry.nextOfDialog = -1
        entry.nextOfPresentity = -1
        entries[Int(slot)] = entry
        link(slot)
        if isDue { push(Due(time: entry.due, slot: slot, serial: entry.serial)) }
        list(slot)
    }

    private mutating func remove(_ slot: Int32) {
        guard let entry = entries[Int(slot)] else { return }
        unlink(slot)
        if entry.isStored { gone.append(entry.stored ?? entry.record.identity) }
        entries[Int(slot)] = nil
        free.append(slot)
        count -= 1
    }

    private mutating func list(_ slot: Int32) {
        guard var entry = entries[Int(slot)], !entry.isListed else { return }
        entry.isListed = true
        entries[Int(slot)] = entry
        listed.append(slot)
    }

    // MARK: Index

    /// The two chains of records with one hash that a record is in.
    private enum Chain { case presentity, dialog }

    /// The slot behind another one in a chain, -1 at its end.
    private func next(of slot: Int32, _ chain: Chain) -> Int32 {
        guard let entry = entries[Int(slot)] else { return -1 }
        return chain == .dialog ? entry.nextOfDialog : entry.nextOfPresentity
    }

    /// The first slot of a chain, -1 when there is none.
    private func head(_ hash: Int, _ chain: Chain) -> Int32 {
        (chain == .dialog ? dialogs[hash] : presentities[hash]) ?? -1
    }

    /// Makes a slot follow another one, or the head of its chain, which is named by -1.
    private mutating func join(_ hash: Int, _ chain: Chain, _ before: Int32, _ slot: Int32) {
        switch (before, chain) {
        case (-1, .dialog): dialogs[hash] = slot >= 0 ? slot : nil
        case (-1, .presentity): presentities[hash] = slot >= 0 ? slot : nil
        case (_, .dialog): entries[Int(before)]?.nextOfDialog = slot
        case (_, .presentity): entries[Int(before)]?.nextOfPresentity = slot
        }
    }

    /// The chains that a record is in, each with its hash.
    private static func chains(of record: PUARecord) -> [(Chain, Int)] {
        let first = (Chain.presentity, record[.presentity].hashValue)
        guard record.isSubscription else { return [first] }
        return [first, (.dialog, hash(record[.callID], record[.fromTag]))]
    }

    private mutating func link(_ slot: Int32) {
        guard let record = entries[Int(slot)]?.record else { return }
        for (chain, hash) in Self.chains(of: record) {
            let first = head(hash, chain)
            join(hash, chain, slot, first)
            join(hash, chain, -1, slot)
        }
    }

    private mutating func unlink(_ slot: Int32) {
        guard let record = entries[Int(slot)]?.record else { return }
        for (chain, hash) in Self.chains(of: record) {
            var before: Int32 = -1
            var place = head(hash, chain)
            while place >= 0, place != slot {
                before = place
                place = next(of: place, chain)
            }
            guard place == slot else { continue }
            join(hash, chain, before, next(of: slot, chain))
        }
    }

    // MARK: What is due

    /// Gives out records that are due before `horizon`, the earliest first, and puts them off until
    /// `until`.
    mutating func takeDue(before horizon: Int, until: Int, limit: Int) -> [PUARecord] {
        var taken: [PUARecord] = []
        while taken.count < limit, let top = heap.first, top.time < horizon {
            pop()
            guard var entry = entries[Int(top.slot)], entry.serial == top.serial,
                entry.due == top.time
            else { continue }
            taken.append(entry.record)
            entry.due = until
            entries[Int(top.slot)] = entry
            push(Due(time: until, slot: top.slot, serial: top.serial))
        }
        return taken
    }

    /// Adds a moment; those that no longer mean a record are thrown out when they are too many.
    private mutating func push(_ due: Due) {
        if heap.count > 2 * entries.count + 1_024 { rebuild() }
        heap.append(due)
        rise(heap.count - 1)
    }

    private mutating func rebuild() {
        heap.removeAll(keepingCapacity: true)
        for slot in entries.indices {
            guard let entry = entries[slot] else { continue }
            heap.append(Due(time: entry.due, slot: Int32(slot), serial: entry.serial))
        }
        // A sorted array is a heap.
        heap.sort { $0.time < $1.time }
    }

    private mutating func rise(_ start: Int) {
        var place = start
        while place > 0, heap[(place - 1) / 2].time > heap[place].time {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while 2 * place + 1 < heap.count {
            var child = 2 * place + 1
            if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
            guard heap[child].time < heap[place].time else { return }
            heap.swapAt(place, child)
            place = child
        }
    }

    // MARK: What is to be written

    /// Forgets what is to be written, where nobody writes it.
    mutating func forgetChanges() {
        for slot in listed { entries[Int(slot)]?.isListed = false }
        listed.removeAll(keepingCapacity: true)
        gone.removeAll(keepingCapacity: true)
    }

    /// Copies changes that are in no table; each batch is settled before the next is taken.
    mutating func takeBatch(limit: Int) -> Batch {
        var batch = Batch()
        batch.removals = min(limit, gone.count)
        batch.changes = gone.prefix(batch.removals).map { .remove($0) }
        gone.removeFirst(batch.removals)
        let rest = min(limit - batch.removals, listed.count)
        for slot in listed.prefix(rest) {
            // A slot may have become free, or have another record that is listed by itself.
            guard var entry = entries[Int(slot)], entry.isListed else { continue }
            batch.changes.append(.save(entry.record, replacing: entry.stored))
            batch.items.append(
                Batch.Item(
                    slot: slot, serial: entry.serial, revision: entry.revision,
                    wasStored: entry.isStored, stored: entry.stored))
            entry.isListed = false
            entry.isStored = true
            entry.stored = nil
            entries[Int(slot)] = entry
        }
        listed.removeFirst(rest)
        taken = batch.changes.count
        return batch
    }

    /// Notes that a batch is in the table, with the numbers of its rows where they are known.
    mutating func settle(_ batch: Batch, rows: [Int64]) {
        precondition(rows.count == batch.changes.count, "a row for each change")
        taken = 0
        for (place, item) in batch.items.enumerated() {
            let row = rows[batch.removals + place]
            guard row > 0, var entry = entries[Int(item.slot)], entry.serial == item.serial
            else { continue }
            entry.record.row = row
            entries[Int(item.slot)] = entry
        }
    }

    /// Puts a batch back that was not written: the table is as before.
    mutating func fail(_ batch: Batch) {
        taken = 0
        for change in batch.changes.prefix(batch.removals) {
            if case .remove(let identity) = change { gone.append(identity) }
        }
        for (place, item) in batch.items.enumerated() {
            guard var entry = entries[Int(item.slot)], entry.serial == item.serial else {
                // It was removed meanwhile; so is the row that it had before.
                if let stored = item.stored { gone.append(stored) }
                continue
            }
            entry.isStored = item.wasStored
            entry.stored = item.stored
            if entry.revision != item.revision, item.wasStored, item.stored == nil,
                case .save(let written, _) = batch.changes[batch.removals + place]
            {
                // Changed meanwhile: the row has the identity that the record had in the batch.
                entry.stored = written.identity
            }
            entries[Int(item.slot)] = entry
            list(item.slot)
        }
    }
}
