public import Basics
public import SIPSyntax
internal import Synchronization

/// All server transactions of a server (RFC 3261 17.2).
///
/// A request is looked up by a key (`ServerKeyMaker`); looking up and opening is one step under one
/// lock, so that of two workers that receive the same request one opens it and the other one sees a
/// retransmission. The store says what is to be sent and keeps the last response to send it again;
/// it sends nothing itself, reads no clock and calls nobody.
public final class ServerTransactions: Sendable {
    /// Number of shards: enough that dozens of workers hardly ever meet.
    public static let shardCount = 32

    /// A shard and its lock on cache lines of their own.
    private struct Cell: ~Copyable {
        let shard: Guarded<ServerShard>
        private let padding = InlineArray<8, UInt64>(repeating: 0)

        init(_ shard: consuming ServerShard) { self.shard = Guarded(shard) }
    }

    private let cells: [32 of Cell]
    private let first: KeyedHash
    private let second: KeyedHash

    /// A store without transactions.
    ///
    /// - Parameters:
    ///   - seed: Four random numbers that strangers do not know: the keys of two hashes.
    ///   - now: The present time.
    ///   - transactionsMax: Most transactions at one time, in all shards together.
    ///   - bytesMax: Most bytes of responses that are kept.
    public init(
        seed: (UInt64, UInt64, UInt64, UInt64), now: MonotonicTime,
        transactionsMax: Int = Limits.serverTransactionsMax,
        bytesMax: Int = Limits.serverTransactionBytesMax
    ) {
        precondition(Self.shardCount == 1 << Int(ServerHandle.shardBits))
        precondition(transactionsMax >= Self.shardCount && bytesMax >= Self.shardCount)
        first = KeyedHash(key0: seed.0, key1: seed.1)
        second = KeyedHash(key0: seed.2, key1: seed.3)
        let time = TransactionTick.milliseconds(now)
        cells = InlineArray { number in
            Cell(
                ServerShard(
                    number: number, entriesMax: transactionsMax / Self.shardCount,
                    bytesMax: bytesMax / Self.shardCount, now: time))
        }
    }

    /// What makes keys for this store; each worker keeps its own.
    public func makeKeyMaker() -> ServerKeyMaker { ServerKeyMaker(first: first, second: second) }

    /// Number of open transactions.
    public var count: Int {
        var sum = 0
        for shard in 0..<Self.shardCount { sum += cells[shard].shard.withLock { $0.count } }
        return sum
    }

    // MARK: Requests

    /// Finds the transaction of a request, or opens it: never for an ACK.
    public func receive(
        _ key: ServerKey, _ opening: borrowing ServerOpening, now: MonotonicTime
    ) throws(TransactionError) -> ServerArrival {
        let time = TransactionTick.milliseconds(now)
        return try cells[shard(key)].shard.withLock { (shard) throws(TransactionError) in
            try shard.receive(key, opening, now: time)
        }
    }

    /// Takes an ACK by the key of its INVITE; nil when it belongs to none, as that of a 2xx does.
    ///
    /// With `passUp` among the orders it is the ACK of a 2xx that reuses the branch; else it is
    /// absorbed.
    public func acknowledge(_ key: ServerKey, now: MonotonicTime) -> ServerOutcome? {
        let time = TransactionTick.milliseconds(now)
        return cells[shard(key)].shard.withLock { $0.acknowledge(key, now: time) }
    }

    /// Takes an ACK as `acknowledge(_:now:)` does; one without the magic cookie must also have the
    /// To tag of the response that was sent (RFC 3261 17.2.3).
    public func acknowledge(
        _ key: ServerKey, _ ack: borrowing SIPMessage, now: MonotonicTime
    ) -> ServerOutcome? {
        assert(ack.method == .ack)
        if key.isRFC2543, let handle = lookUp(key)?.handle, let sent = message(of: handle) {
            // Rare enough that reading the response once more does no harm.
            var response = SIPMessage(capacity: sent.count)
            guard response.receive(sent.span) == .accept else { return nil }
            guard Self.hasSameToTag(ack, response) else { return nil }
        }
        return acknowledge(key, now: now)
    }

    private static func hasSameToTag(
        _ one: borrowing SIPMessage, _ other: borrowing SIPMessage
    ) -> Bool {
        do throws(SyntaxError) {
            let first = try one.to?.tag ?? .empty
            let second = try other.to?.tag ?? .empty
            return one[first].equals(other[second])
        } catch {
            return false
        }
    }

    /// The transaction of a key as it is, with no orders: for a CANCEL that of the INVITE, made by
    /// `key(of: cancel, as: .invite)` (RFC 3261 9.2).
    public func lookUp(_ key: ServerKey) -> ServerOutcome? {
        cells[shard(key)].shard.withLock { $0.lookUp(key) }
    }

    // MARK: The user

    /// Takes a response of the user; with `send` among the orders the caller sends it.
    ///
    /// A response for which no memory is left is sent like any other, but not kept: a request that
    /// comes again is absorbed then. A second final response is dropped (RFC 3261 17.2.2), but for
    /// further 2xx of an INVITE. The error is `gone` when the transaction has ended, `size` for a
    /// message of no bytes or too many.
    public func answer(
        _ handle: ServerHandle, status: Int, message: Span<UInt8>, now: MonotonicTime
    ) throws(TransactionError) -> ServerOutcome {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        let time = TransactionTick.milliseconds(now)
        return try cells[handle.shard].shard.withLock { (shard) throws(TransactionError) in
            try shard.answer(handle, status: status, message, now: time)
        }
    }

    /// Changes the object of the user; false when the transaction has ended.
    @discardableResult
    public func attach(
        _ attachment: (any AnyObject & Sendable)?, to handle: ServerHandle
    ) -> Bool {
        cells[handle.shard].shard.withLock { $0.attach(attachment, to: handle) }
    }

    /// The transaction of a handle as it is, with no orders; nil when it has ended.
    public func look(_ handle: ServerHandle) -> ServerOutcome? {
        cells[handle.shard].shard.withLock { $0.look(handle) }
    }

    /// The last response of a transaction while it may be sent again.
    public func message(of handle: ServerHandle) -> StoredMessage? {
        cells[handle.shard].shard.withLock { $0.message(of: handle) }
    }

    /// Notes that a response could not be sent (RFC 3261 17.2.4); nil when nothing is to report.
    public func transportFailed(_ handle: ServerHandle, now: MonotonicTime) -> ServerOutcome? {
        let time = TransactionTick.milliseconds(now)
        return cells[handle.shard].shard.withLock { $0.transportFailed(handle, now: time) }
    }

    /// Ends a transaction without a word.
    public func forget(_ handle: ServerHandle) {
        cells[handle.shard].shard.withLock { $0.forget(handle) }
    }

    // MARK: Time and walks

    /// Appends what time has brought: `send` for retransmissions, `reportTimeout` without an ACK
    /// or an answer, and the end of every transaction with an attachment.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - limit: Length of `outcomes` at which it stops.
    ///   - outcomes: What is to be done; the caller empties it and keeps its room.
    /// - Returns: Whether something may be left to be taken at once.
    public func takeDue(
        now: MonotonicTime, limit: Int, into outcomes: inout [ServerOutcome]
    ) -> Bool {
        precondition(limit > 0)
        let time = TransactionTick.milliseconds(now)
        for shard in 0..<Self.shardCount {
            let isLeft = cells[shard].shard.withLock {
                $0.takeDue(now: time, limit: limit, into: &outcomes)
            }
            if isLeft { return true }
        }
        return false
    }

    /// Shows the transactions of one shard from a place on; nil when the shard is at its end.
    ///
    /// - Parameters:
    ///   - shard: 0 to `shardCount - 1`.
    ///   - place: 0, or what the call before returned.
    ///   - limit: Most transactions to show.
    ///   - each: Sees them under the lock of the shard: it copies what it needs.
    /// - Returns: Where to go on; nil at the end.
    public func walk(
        shard: Int, from place: UInt32 = 0, limit: Int, _ each: (ServerOutcome) -> Void
    ) -> UInt32? {
        precondition(shard >= 0 && shard < Self.shardCount && limit > 0)
        return cells[shard].shard.withLock { shard in
            let next = shard.walk(from: place, limit: limit, each)
            return next < shard.placesUsed ? next : nil
        }
    }

    private func shard(_ key: ServerKey) -> Int {
        Int(truncatingIfNeeded: key.first & UInt64(Self.shardCount - 1))
    }
}
