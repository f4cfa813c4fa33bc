internal import Basics
internal import SIPSyntax

/// One part of the server transactions: everything that one lock guards.
struct ServerShard: ~Copyable {
    /// Its number within the store.
    let number: Int
    private var index = HashIndex()
    private var entries = Slab<ServerEntry>()
    private var messages: [StoredMessage?] = []
    private var attachments: [(any AnyObject & Sendable)?] = []
    private var wheel: TimerWheel
    private var pool: MessagePool
    private var bytes = 0
    private let entriesMax: Int
    private let bytesMax: Int

    /// An empty shard.
    init(number: Int, entriesMax: Int, bytesMax: Int, now: Int64) {
        precondition(entriesMax > 0 && entriesMax < 1 << (32 - ServerHandle.shardBits))
        self.number = number
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
        wheel = TimerWheel(now: TransactionTick.now(now))
        pool = MessagePool(keptMax: 256)
    }

    /// Number of transactions.
    var count: Int { entries.count }
    /// Number of places that were ever used: all handles lie below it.
    var placesUsed: UInt32 { entries.placesUsed }

    // MARK: Requests

    /// Finds the transaction of a request or opens it.
    mutating func receive(
        _ key: ServerKey, _ opening: borrowing ServerOpening, now: Int64
    ) throws(TransactionError) -> ServerArrival {
        if let found = find(key) {
            let actions = entries[found].machine.receivedAgain()
            return .repeated(apply(actions, to: found, now: now))
        }
        assert(opening.method != .ack)
        guard entries.count < entriesMax else { throw TransactionError(.full) }
        let timers = opening.timers
        let isReliable = opening.origin.transport.isStream
        let machine: ServerMachine
        let actions: TransactionActions
        if opening.method == .invite {
            let invite = InviteServerTransaction(timers, isReliable: isReliable)
            actions = invite.start(timers)
            machine = .invite(invite)
        } else {
            let request = NonInviteServerTransaction(isReliable: isReliable)
            actions = request.start(timers)
            machine = .nonInvite(request)
        }
        let place = insert(
            ServerEntry(
                key: key, machine: machine, timers: timers, method: opening.method,
                origin: opening.origin, destination: opening.destination), opening.attachment)
        entries[place].deadlines.apply(actions, now: now)
        file(place, now: now)
        return .opened(handle(place))
    }

    /// Takes the ACK of an INVITE; nil when it belongs to none.
    mutating func acknowledge(_ key: ServerKey, now: Int64) -> ServerOutcome? {
        guard let found = find(key) else { return nil }
        let actions = entries[found].machine.acknowledged(entries[found].timers)
        return apply(actions, to: found, now: now)
    }

    /// The transaction of a key, as it is.
    func lookUp(_ key: ServerKey) -> ServerOutcome? {
        find(key).map { outcome(.none, $0, message: nil) }
    }

    /// The transaction of a handle, as it is.
    func look(_ handle: ServerHandle) -> ServerOutcome? {
        index(of: handle).map { outcome(.none, $0, message: nil) }
    }

    /// The last response of a transaction.
    func message(of handle: ServerHandle) -> StoredMessage? {
        index(of: handle).flatMap { messages[Int($0)] }
    }

    // MARK: The user

    /// Takes a response of the user, whose bytes are kept while they may be needed again.
    mutating func answer(
        _ handle: ServerHandle, status: Int, _ message: Span<UInt8>, now: Int64
    ) throws(TransactionError) -> ServerOutcome {
        guard let index = index(of: handle) else { throw TransactionError(.gone) }
        guard !message.isEmpty, message.count <= Limits.messageBytesMax else {
            throw TransactionError(.size)
        }
        let timers = entries[index].timers
        let actions = entries[index].machine.answered(status: status, timers)
        if actions.orders.contains(.send) {
            entries[index].status = Int16(truncatingIfNeeded: status)
            dropMessage(at: index)
            let isKept = !actions.orders.contains(.terminate)
            // Better an answer that cannot be repeated than none.
            let hasRoom = bytes + MessagePool.room(for: message.count) <= bytesMax
            if isKept, hasRoom, entries[index].machine.needsMessage { keep(message, at: index) }
        }
        return apply(actions, to: index, now: now, sending: false)
    }

    /// Changes the object of the user; false when the transaction has ended.
    mutating func attach(
        _ attachment: (any AnyObject & Sendable)?, to handle: ServerHandle
    ) -> Bool {
        guard let index = index(of: handle) else { return false }
        attachments[Int(index)] = attachment
        return true
    }

    /// A response could not be sent; nil when there is nothing to report.
    mutating func transportFailed(_ handle: ServerHandle, now: Int64) -> ServerOutcome? {
        guard let index = index(of: handle) else { return nil }
        let actions = entries[index].machine.transportFailed()
        return actions == .none ? nil : apply(actions, to: index, now: now)
    }

    /// Ends a transaction without a word.
    mutating func forget(_ handle: ServerHandle) {
        if let index = index(of: handle) { remove(index) }
    }

    // MARK: Time

    /// Takes what is due, until `outcomes` has `limit` elements; whether something may be left.
    mutating func takeDue(now: Int64, limit: Int, into outcomes: inout [ServerOutcome]) -> Bool {
        precondition(limit > 0 && now >= 0)
        let tick = TransactionTick.now(now)
        while outcomes.count < limit {
            guard let index = wheel.takeDue(now: tick, in: &entries) else { return false }
            guard let timer = entries[index].deadlines.due(at: now) else {
                file(index, now: now)
                continue
            }
            entries[index].deadlines.clear(timer)
            let timers = entries[index].timers
            let actions = entries[index].machine.fired(timer, timers)
            let hasAttachment = attachments[Int(index)] != nil
            let outcome = apply(actions, to: index, now: now)
            // The end of a transaction is news where somebody has attached something.
            let isSilent = actions.orders.subtracting(.terminate).isEmpty
            if !isSilent || hasAttachment { outcomes.append(outcome) }
        }
        return true
    }

    /// Shows the transactions from a place on, at most `limit` of them; returns where to go on.
    func walk(from place: UInt32, limit: Int, _ each: (ServerOutcome) -> Void) -> UInt32 {
        precondition(limit > 0)
        var place = place
        var left = limit
        while place < entries.placesUsed, left > 0 {
            if entries.isLive(place) {
                each(outcome(.none, place, message: nil))
                left -= 1
            }
            place += 1
        }
        return place
    }

    // MARK: Parts

    private func find(_ key: ServerKey) -> UInt32? {
        index.find(tag(key)) { entries[$0].key == key }
    }

    private func tag(_ key: ServerKey) -> UInt32 { UInt32(truncatingIfNeeded: key.first >> 32) }

    private func handle(_ index: UInt32) -> ServerHandle {
        assert(entries.isLive(index))
        return ServerHandle(shard: number, entries.handle(index))
    }

    private func index(of handle: ServerHandle) -> UInt32? {
        assert(handle.shard == number)
        return entries.index(of: handle.handle)
    }

    private mutating func insert(
        _ entry: ServerEntry, _ attachment: (any AnyObject & Sendable)?
    ) -> UInt32 {
        let place = entries.insert(entry)
        index.insert(tag(entry.key), place)
        while messages.count <= Int(place) {
            messages.append(nil)
            attachments.append(nil)
        }
        assert(messages[Int(place)] == nil)
        attachments[Int(place)] = attachment
        return place
    }

    private func outcome(
        _ actions: TransactionActions, _ index: UInt32, message: StoredMessage?
    ) -> ServerOutcome {
        assert(entries.isLive(index))
        let entry = entries[index]
        return ServerOutcome(
            handle: handle(index), orders: actions.orders, method: entry.method,
            state: entry.machine.state, status: Int(entry.status),
            attachment: attachments[Int(index)], origin: entry.origin,
            destination: entry.destination, message: message)
    }

    /// Carries out what a machine asks of timers and memory, and says what is left to do.
    private mutating func apply(
        _ actions: TransactionActions, to index: UInt32, now: Int64, sending: Bool = true
    ) -> ServerOutcome {
        let sends = sending && actions.orders.contains(.send)
        let outcome = outcome(actions, index, message: sends ? messages[Int(index)] : nil)
        if actions.orders.contains(.terminate) {
            remove(index)
            return outcome
        }
        if !entries[index].machine.needsMessage { dropMessage(at: index) }
        entries[index].deadlines.apply(actions, now: now)
        file(index, now: now)
        return outcome
    }

    /// Files a transaction for its next timer, unless it comes out before that anyway.
    private mutating func file(_ index: UInt32, now: Int64) {
        assert(entries[index].deadlines.next > 0)
        let next = entries[index].deadlines.next
        guard next != TransactionTick.never else { return wheel.remove(index, in: &entries) }
        // Never in the slot that is being emptied, so that a sweep ends.
        let tick = max(TransactionTick.due(next), TransactionTick.now(now) + 1)
        let link = entries[index].timerLink
        if link.isFiled {
            guard wheel.dueTime(link) > tick else { return }
            wheel.remove(index, in: &entries)
        }
        wheel.file(index, at: tick, in: &entries)
    }

    private mutating func keep(_ message: Span<UInt8>, at index: UInt32) {
        assert(messages[Int(index)] == nil)
        messages[Int(index)] = pool.store(message)
        bytes += messages[Int(index)]?.capacity ?? 0
        assert(messages[Int(index)]?.count == message.count)
    }

    private mutating func dropMessage(at index: UInt32) {
        assert(entries.isLive(index))
        guard let message = messages[Int(index)].take() else { return }
        bytes -= message.capacity
        pool.recycle(consume message)
        assert(bytes >= 0)
    }

    private mutating func remove(_ place: UInt32) {
        assert(entries.isLive(place))
        dropMessage(at: place)
        attachments[Int(place)] = nil
        wheel.remove(place, in: &entries)
        index.remove(tag(entries[place].key), place)
        entries.remove(place)
    }
}
