public import Basics
public import SIPSyntax
internal import Synchronization

/// What a response is to the client transactions.
public enum ClientMatch: Sendable {
    /// Its branch is not one of ours: another server, or a stateless one, has sent the request.
    case foreign
    /// Its branch looks like ours but belongs to no open transaction: late, repeated or forged.
    ///
    /// It is dropped (RFC 6026 7.3).
    case stray
    /// It belongs to a transaction.
    case matched(ClientOutcome)
}

/// All client transactions of a server (RFC 3261 17.1).
///
/// A transaction is opened in two steps, because its branch must stand in the request: `reserve`
/// gives the branch, `start` takes the bytes that were written with it and starts the timers. The
/// caller sends them. From then on the store sees responses (`received`) and time (`takeDue`) and
/// says what is to be done; it sends nothing itself, reads no clock and calls nobody.
///
/// It is cut into shards with a lock each. A worker opens in a lane of its own, so that workers
/// meet only where one receives the response to another's request.
public final class ClientTransactions: Sendable {
    /// Number of shards.
    public static let shardCount = 16

    /// A shard and its lock on cache lines of their own.
    private struct Cell: ~Copyable {
        let shard: Guarded<ClientShard>
        private let padding = InlineArray<8, UInt64>(repeating: 0)

        init(_ shard: consuming ClientShard) { self.shard = Guarded(shard) }
    }

    private let cells: [16 of Cell]

    /// A store without transactions.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - transactionsMax: Most transactions at one time, in all shards together.
    ///   - bytesMax: Most bytes of requests that are kept.
    public init(
        now: MonotonicTime, transactionsMax: Int = Limits.clientTransactionsMax,
        bytesMax: Int = Limits.clientTransactionBytesMax
    ) {
        precondition(Self.shardCount == 1 << Int(ClientBranch.shardBits))
        precondition(transactionsMax >= Self.shardCount && bytesMax >= Self.shardCount)
        let time = TransactionTick.milliseconds(now)
        cells = InlineArray { number in
            Cell(
                ClientShard(
                    number: number, entriesMax: transactionsMax / Self.shardCount,
                    bytesMax: bytesMax / Self.shardCount, now: time))
        }
    }

    /// Number of open transactions.
    public var count: Int {
        var sum = 0
        for shard in 0..<Self.shardCount { sum += cells[shard].shard.withLock { $0.count } }
        return sum
    }

    // MARK: Opening

    /// Draws the branch of a request that is about to be written.
    ///
    /// It must be followed by `start` or `forget`: a reserved transaction has no timer.
    ///
    /// - Parameters:
    ///   - opening: Method, destination, owner and timers.
    ///   - lane: Any number; each worker has its own.
    ///   - secret: 64 fresh random bits from a generator that cannot be predicted.
    /// - Returns: The branch to write into the request.
    /// - Throws: `full` when as many transactions are open as may be.
    public func reserve(
        _ opening: borrowing ClientOpening, lane: Int, secret: UInt64
    ) throws(TransactionError) -> ClientBranch {
        // A lane that is full goes on in the next one: the bound is that of all together.
        for place in 0..<Self.shardCount {
            let shard = (lane &+ place) & (Self.shardCount - 1)
            let branch = try cells[shard].shard.withLock { (shard) throws(TransactionError) in
                shard.hasRoom ? try shard.reserve(opening, secret: secret) : nil
            }
            if let branch { return branch }
        }
        throw TransactionError(.full)
    }

    /// Draws a transaction for the CANCEL of an INVITE; the INVITE's own branch is written into it
    /// (RFC 3261 9.1).
    ///
    /// The INVITE must be proceeding, else the error is `wrongState`, and before its first
    /// provisional response the caller waits for that. What is returned is a handle for `start`.
    public func reserveCancel(
        of invite: ClientBranch, owner: TransactionOwner, now: MonotonicTime
    ) throws(TransactionError) -> ClientBranch {
        let time = TransactionTick.milliseconds(now)
        return try cells[invite.shard].shard.withLock { (shard) throws(TransactionError) in
            try shard.reserveCancel(of: invite, owner: owner, now: time)
        }
    }

    /// Starts a reserved transaction: the caller sends the message right after this.
    public func start(
        _ branch: ClientBranch, message: Span<UInt8>, now: MonotonicTime
    ) throws(TransactionError) {
        let time = TransactionTick.milliseconds(now)
        try cells[branch.shard].shard.withLock { (shard) throws(TransactionError) in
            try shard.start(branch, message, now: time)
        }
    }

    /// Ends a transaction without a word, reserved or started.
    public func forget(_ branch: ClientBranch) {
        cells[branch.shard].shard.withLock { $0.forget(branch) }
    }

    // MARK: Events

    /// Takes a response that was received.
    public func received(
        _ response: borrowing SIPMessage, now: MonotonicTime
    ) -> ClientMatch {
        assert(response.kind == .response)
        let cSeq: CSeq?
        do throws(SyntaxError) { cSeq = try response.cSeq } catch { return .foreign }
        guard let cSeq, let branch = ClientBranch(ofTopmostVia: response) else { return .foreign }
        let outcome = received(
            branch, method: cSeq.method, status: response.status, now: now)
        return outcome.map { .matched($0) } ?? .stray
    }

    /// Takes a response, given by its branch, the method of its CSeq and its status.
    public func received(
        _ branch: ClientBranch, method: SIPMethod, status: Int, now: MonotonicTime
    ) -> ClientOutcome? {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        let time = TransactionTick.milliseconds(now)
        return cells[branch.shard].shard.withLock {
            $0.received(branch, method: method, status: status, now: time)
        }
    }

    /// Gives a transaction other timers; the one that ends its present state starts anew.
    ///
    /// False when it has ended.
    @discardableResult
    public func retime(
        _ branch: ClientBranch, _ timers: TransactionTimers, now: MonotonicTime
    ) -> Bool {
        let time = TransactionTick.milliseconds(now)
        return cells[branch.shard].shard.withLock { $0.retime(branch, timers, now: time) }
    }

    /// Keeps the ACK of a final response above 2xx, to be sent again by itself.
    ///
    /// False when the transaction has ended, as it has at once on a stream; the ACK is sent anyway.
    @discardableResult
    public func acknowledge(_ branch: ClientBranch, message: Span<UInt8>) -> Bool {
        cells[branch.shard].shard.withLock { $0.acknowledge(branch, message) }
    }

    /// Notes that the message of a transaction could not be sent (RFC 3261 17.1.4); nil when there
    /// is nothing to report.
    public func transportFailed(
        _ branch: ClientBranch, now: MonotonicTime
    ) -> ClientOutcome? {
        let time = TransactionTick.milliseconds(now)
        return cells[branch.shard].shard.withLock { $0.transportFailed(branch, now: time) }
    }

    /// Appends what time has brought: `send` for retransmissions, `reportTimeout`.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - limit: Length of `outcomes` at which it stops.
    ///   - outcomes: What is to be done; the caller empties it and keeps its room.
    /// - Returns: Whether something may be left to be taken at once.
    public func takeDue(
        now: MonotonicTime, limit: Int, into outcomes: inout [ClientOutcome]
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

    // MARK: Looking

    /// The state of a transaction; nil when it has ended.
    public func state(of branch: ClientBranch) -> ClientState? {
        cells[branch.shard].shard.withLock { $0.state(of: branch) }
    }

    /// The request of a transaction while it may still be sent again, and of an INVITE until it
    /// is answered.
    public func message(of branch: ClientBranch) -> StoredMessage? {
        cells[branch.shard].shard.withLock { $0.message(of: branch) }
    }
}
