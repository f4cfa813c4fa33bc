public import Basics
public import SIPSyntax

/// Whose a client transaction is, in the words of its user; the store only keeps it.
public struct TransactionOwner: Sendable, Hashable, BitwiseCopyable {
    /// Which part of the server it belongs to.
    public var kind: UInt32
    /// A number of that part.
    public var number: UInt32
    /// Another number of that part, such as a handle.
    public var value: UInt64

    /// An owner of its numbers.
    public init(kind: UInt32, number: UInt32 = 0, value: UInt64 = 0) {
        self.kind = kind
        self.number = number
        self.value = value
    }
}

/// What a client transaction is opened with.
public struct ClientOpening: Sendable {
    /// The method of the request; not ACK, which has no transaction (RFC 3261 17.1).
    public var method: SIPMethod
    /// Where the request goes.
    public var destination: Origin
    /// Who is told of responses and time-outs.
    public var owner: TransactionOwner
    /// An object of the owner, which lives at least as long as the transaction.
    public var attachment: (any AnyObject & Sendable)?
    /// How long the timers run.
    public var timers: TransactionTimers

    /// An opening of these values.
    public init(
        method: SIPMethod, destination: Origin, owner: TransactionOwner,
        attachment: (any AnyObject & Sendable)? = nil,
        timers: TransactionTimers = TransactionTimers()
    ) {
        precondition(method != .ack, "an ACK has no transaction")
        self.method = method
        self.destination = destination
        self.owner = owner
        self.attachment = attachment
        self.timers = timers
    }
}

/// The state of a client transaction of either kind.
public enum ClientState: Sendable, Hashable {
    /// The branch is drawn, the request not written yet.
    case reserved
    /// An INVITE in one of its states.
    case invite(InviteClientTransaction.State)
    /// Another request in one of its states.
    case nonInvite(NonInviteClientTransaction.State)
}

/// What became of a transaction by an event, with all that is needed to act on it.
public struct ClientOutcome: Sendable {
    /// Which transaction.
    public var branch: ClientBranch
    /// What to do: `passUp`, `acknowledge`, `send`, `reportTimeout`, `reportFailure`; with
    /// `terminate` the branch is void from now on.
    public var orders: TransactionActions.Orders
    /// The method of the request.
    public var method: SIPMethod
    /// Its state now.
    public var state: ClientState
    /// Whose it is.
    public var owner: TransactionOwner
    /// The object of the owner.
    public var attachment: (any AnyObject & Sendable)?
    /// Where the request went.
    public var destination: Origin
    /// What the transaction holds: the request, or for `acknowledge` without `passUp` the ACK to
    /// be sent again.
    ///
    /// Nil where nothing is to be sent and for a request that is no INVITE and has its answer.
    public var message: StoredMessage?
}
