public import Basics
public import SIPSyntax

/// The handle of a server transaction.
public struct ServerHandle: Sendable, Hashable, BitwiseCopyable {
    /// The shard in the lowest bits, the place within it above: the script's `$T(id_index)`.
    public let index: UInt32
    /// Counts what lived at that place: the script's `$T(id_label)`.
    public let label: UInt32

    /// Bits of `index` that name the shard.
    static let shardBits: UInt32 = 5

    /// A handle of its two numbers, as they may come from a script; it may reach nothing.
    public init(index: UInt32, label: UInt32) {
        self.index = index
        self.label = label
    }

    /// The handle of a place in a shard.
    init(shard: Int, _ handle: SlabHandle) {
        assert(shard >= 0 && shard < 1 << Self.shardBits)
        assert(handle.index < 1 << (32 - Self.shardBits))
        self.init(
            index: handle.index << Self.shardBits | UInt32(shard), label: handle.generation)
    }

    /// Number of the shard.
    var shard: Int { Int(index & (1 << Self.shardBits - 1)) }
    /// Where it is within its shard.
    var handle: SlabHandle {
        SlabHandle(index: index >> Self.shardBits, generation: label)
    }
}

/// The state of a server transaction of either kind.
public enum ServerState: Sendable, Hashable {
    /// An INVITE in one of its states.
    case invite(InviteServerTransaction.State)
    /// Another request in one of its states.
    case nonInvite(NonInviteServerTransaction.State)

    /// Whether a final response was sent.
    public var isFinal: Bool {
        switch self {
        case .invite(let state): state != .proceeding
        case .nonInvite(let state): state == .completed || state == .terminated
        }
    }
}

/// What a server transaction is opened with.
public struct ServerOpening: Sendable {
    /// The method of the request; not ACK, which opens none.
    public var method: SIPMethod
    /// Where the request came from.
    public var origin: Origin
    /// Where its responses go (RFC 3261 18.2.2).
    public var destination: Origin
    /// How long the timers run.
    public var timers: TransactionTimers
    /// An object of the user, which lives at least as long as the transaction.
    public var attachment: (any AnyObject & Sendable)?

    /// An opening of these values.
    public init(
        method: SIPMethod, origin: Origin, destination: Origin,
        timers: TransactionTimers = TransactionTimers(),
        attachment: (any AnyObject & Sendable)? = nil
    ) {
        precondition(method != .ack, "an ACK opens no transaction")
        self.method = method
        self.origin = origin
        self.destination = destination
        self.timers = timers
        self.attachment = attachment
    }
}

/// What became of a transaction by an event, with all that is needed to act on it.
public struct ServerOutcome: Sendable {
    /// Which transaction.
    public var handle: ServerHandle
    /// What to do: `send`, `passUp`, `reportTimeout`, `reportFailure`; with `terminate` the handle
    /// is void from now on.
    public var orders: TransactionActions.Orders
    /// The method of the request.
    public var method: SIPMethod
    /// Its state now.
    public var state: ServerState
    /// The status of the last response, 0 before the first.
    public var status: Int
    /// The object of the user.
    public var attachment: (any AnyObject & Sendable)?
    /// Where the request came from.
    public var origin: Origin
    /// Where its responses go.
    public var destination: Origin
    /// The last response, where it is to be sent again; nil also where no memory was left for it.
    public var message: StoredMessage?
}

/// What a request is to the server transactions.
public enum ServerArrival: Sendable {
    /// It is new: the caller works on it.
    case opened(ServerHandle)
    /// It has come before: with `send` the last response goes out again, without it is absorbed.
    case repeated(ServerOutcome)
}
