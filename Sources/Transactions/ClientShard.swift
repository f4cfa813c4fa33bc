internal import Basics
internal import SIPSyntax

/// One part of the client transactions: everything that one lock guards.
///
/// Machines lie in a slab of plain values; what is counted by reference, messages and attachments,
/// lies in arrays beside it under the same index.
struct ClientShard: ~Copyable {
    /// Its number within the store.
    let number: Int
    private var entries = Slab<ClientEntry>()
    private var messages: [StoredMessage?] = []
    private var attachments: [(any AnyObject & Sendable)?] = []
    private var wheel: TimerWheel
    private var pool: MessagePool
    private var bytes = 0
    private let entriesMax: Int
    private let bytesMax: Int

    /// An empty shard.
    init(number: Int, entriesMax: Int, bytesMax: Int, now: Int64) {
        precondition(entriesMax > 0 && entriesMax < 1 << (32 - ClientBranch.shardBits))
        self.number = number
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
        wheel = TimerWheel(now: TransactionTick.now(now))
        pool = MessagePool(keptMax: 512)
    }

    /// Number of transactions.
    var count: Int { entries.count }
    /// Whether a further one may be opened.
    ///
    /// Bytes are counted when a place is taken, so that what has a place can be started: the bound
    /// is passed by the one message of each worker at most.
    var hasRoom: Bool { entries.count < entriesMax && bytes < bytesMax }

    // MARK: Opening

    /// Takes a place for a request that is still to be written.
    mutating func reserve(
        _ opening: borrowing ClientOpening, secret: UInt64
    ) throws(TransactionError) -> ClientBranch {
        guard hasRoom else { throw TransactionError(.full) }
        let entry = ClientEntry(
            secret: secret, timers: opening.timers, method: opening.method,
            destination: opening.destination, owner: opening.owner)
        let index = entries.insert(entry)
        while messages.count <= Int(index) {
            messages.append(nil)
            attachments.append(nil)
        }
        assert(messages[Int(index)] == nil)
        attachments[Int(index)] = opening.attachment
        return branch(index)
    }

    /// Takes a place for the CANCEL of an INVITE, which must have had a provisional response and
    /// no final one (RFC 3261 9.1).
    mutating func reserveCancel(
        of invite: ClientBranch, owner: TransactionOwner, now: Int64
    ) throws(TransactionError) -> ClientBranch {
        guard let index = index(of: invite) else { throw TransactionError(.gone) }
        let entry = entries[index]
        guard case .invite(var machine) = entry.machine, machine.state == .proceeding,
            !machine.isCancelled
        else { throw TransactionError(.wrongState) }
        let opening = ClientOpening(
            method: .cancel, destination: entry.destination, owner: owner,
            attachment: attachments[Int(index)], timers: entry.timers)
        let branch = try reserve(opening, secret: ~invite.secret)
        let actions = machine.cancelled(entry.timers)
        entries[index].machine = .invite(machine)
        entries[index].partner = branch.handle.index
        entries[branch.handle.index].partner = index
        assert(index != branch.handle.index)
        _ = apply(actions, to: index, now: now)
        return branch
    }

    /// The request of a reserved place leaves: keeps its bytes and starts its timers.
    mutating func start(
        _ branch: ClientBranch, _ message: Span<UInt8>, now: Int64
    ) throws(TransactionError) {
        guard let index = index(of: branch) else { throw TransactionError(.gone) }
        guard case .reserved = entries[index].machine else { throw TransactionError(.wrongState) }
        guard !message.isEmpty, message.count <= Limits.messageBytesMax else {
            throw TransactionError(.size)
        }
        let isReliable = entries[index].destination.transport.isStream
        let isInvite = entries[index].method == .invite
        // An INVITE is kept in any case: its CANCEL and its ACK are made of it.
        if isInvite || !isReliable {
            keep(message, at: index)
        }
        let timers = entries[index].timers
        let actions: TransactionActions
        if isInvite {
            let machine = InviteClientTransaction(timers, isReliable: isReliable)
            actions = machine.start(timers)
            entries[index].machine = .invite(machine)
        } else {
            let machine = NonInviteClientTransaction(timers, isReliable: isReliable)
            actions = machine.start(timers)
            entries[index].machine = .nonInvite(machine)
        }
        entries[index].deadlines.apply(actions, now: now)
        file(index, now: now)
    }

    // MARK: Events

    /// A response came; nil when it belongs to no transaction.
    mutating func received(
        _ branch: ClientBranch, method: SIPMethod, status: Int, now: Int64
    ) -> ClientOutcome? {
        guard var index = index(of: branch) else { return nil }
        if entries[index].method != method {
            // The response to a CANCEL has the branch of its INVITE (RFC 3261 17.1.3).
            guard method == .cancel, entries[index].partner != .max else { return nil }
            index = entries[index].partner
            assert(entries[index].method == .cancel)
        }
        let timers = entries[index].timers
        var actions = entries[index].machine.received(status: status, timers)
        if !entries[index].holdsAcknowledgement, !actions.orders.contains(.passUp) {
            // The first ACK is still being written; the peer will ask again.
            actions.orders.remove(.acknowledge)
        }
        return apply(actions, to: index, now: now)
    }

    /// The message could not be sent; nil when there is nothing to report.
    mutating func transportFailed(_ branch: ClientBranch, now: Int64) -> ClientOutcome? {
        guard let index = index(of: branch) else { return nil }
        let actions = entries[index].machine.transportFailed()
        return actions == .none ? nil : apply(actions, to: index, now: now)
    }

    /// Gives a transaction other timers; false when it has ended.
    mutating func retime(
        _ branch: ClientBranch, _ timers: TransactionTimers, now: Int64
    ) -> Bool {
        guard let index = index(of: branch) else { return false }
        entries[index].timers = timers
        let actions = entries[index].machine.retimed(timers)
        entries[index].deadlines.apply(actions, now: now)
        file(index, now: now)
        return true
    }

    /// Keeps the ACK in place of its INVITE, to be sent for each retransmitted response.
    mutating func acknowledge(_ branch: ClientBranch, _ message: Span<UInt8>) -> Bool {
        guard let index = index(of: branch), message.count <= Limits.messageBytesMax,
            case .invite(let machine) = entries[index].machine, machine.state == .completed
        else { return false }
        assert(!message.isEmpty, "an ACK without bytes")
        dropMessage(at: index)
        keep(message, at: index)
        entries[index].holdsAcknowledgement = true
        return true
    }

    /// Takes what is due, until `outcomes` has `limit` elements; whether something may be left.
    mutating func takeDue(now: Int64, limit: Int, into outcomes: inout [ClientOutcome]) -> Bool {
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
            let outcome = apply(actions, to: index, now: now)
            let isSilent = actions.orders.subtracting(.terminate).isEmpty
            if !isSilent { outcomes.append(outcome) }
        }
        return true
    }

    // MARK: Looking

    /// The state of a transaction; nil when it has ended.
    func state(of branch: ClientBranch) -> ClientState? {
        index(of: branch).map { entries[$0].machine.state }
    }

    /// What a transaction holds.
    func message(of branch: ClientBranch) -> StoredMessage? {
        index(of: branch).flatMap { messages[Int($0)] }
    }

    /// Ends a transaction without a word.
    mutating func forget(_ branch: ClientBranch) {
        if let index = index(of: branch) { remove(index) }
    }

    // MARK: Parts

    private func branch(_ index: UInt32) -> ClientBranch {
        assert(entries.isLive(index))
        return ClientBranch(shard: number, entries.handle(index), secret: entries[index].secret)
    }

    /// The place of a branch whose every bit is right.
    private func index(of branch: ClientBranch) -> UInt32? {
        assert(branch.shard == number)
        guard let index = entries.index(of: branch.handle),
            entries[index].secret == branch.secret
        else { return nil }
        return index
    }

    /// Carries out what a machine asks of timers and memory, and says what is left to do.
    private mutating func apply(
        _ actions: TransactionActions, to index: UInt32, now: Int64
    ) -> ClientOutcome {
        let entry = entries[index]
        let needsMessage =
            entry.method == .invite || !actions.orders.isDisjoint(with: [.send, .acknowledge])
        let outcome = ClientOutcome(
            branch: branch(index), orders: actions.orders, method: entry.method,
            state: entry.machine.state, owner: entry.owner, attachment: attachments[Int(index)],
            destination: entry.destination, message: needsMessage ? messages[Int(index)] : nil)
        if actions.orders.contains(.terminate) {
            remove(index)
            return outcome
        }
        if !entry.machine.needsMessage { dropMessage(at: index) }
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

    /// Frees a place; the CANCEL of an INVITE has nothing left to do and goes with it.
    private mutating func remove(_ index: UInt32) {
        let partner = entries[index].partner
        assert(partner == .max || entries[partner].partner == index)
        let isInvite = entries[index].method == .invite
        if partner != .max { entries[partner].partner = .max }
        dropMessage(at: index)
        attachments[Int(index)] = nil
        wheel.remove(index, in: &entries)
        entries.remove(index)
        if partner != .max, isInvite { remove(partner) }
    }
}
