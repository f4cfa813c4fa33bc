internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// What a worker keeps from message to message: buffers, a source of secrets, and what never
/// changes while the server runs.
final class TMWorkspace {
    /// The shard in which this worker opens client transactions.
    let lane: Int
    /// The addresses that the server listens on.
    let sockets: [ListeningSocket]
    /// The modules that follow calls.
    let observers: [any CallObserver]
    /// Whether the script has `event_route[tm:local-request]`.
    let hasLocalRequest: Bool
    /// Whether the script has `event_route[tm:local-response]`.
    let hasLocalResponse: Bool
    /// Whether the script has `event_route[tm:local-response-sent]`.
    let hasLocalResponseSent: Bool
    /// Makes the keys of server transactions.
    var keys: ServerKeyMaker
    /// Those who send requests of their own, as of when this worker looked last.
    var users: [any TransactionUser] = []
    /// Digits of a branch.
    var digits = ByteWriter(capacity: 64)
    /// What the script has asked for before there was a transaction.
    var wishes = TransactionWishes()
    /// The message that the wishes belong to.
    var wishesMessage: UInt64 = 0
    /// The transaction whose block runs, outside of `request_route`.
    var current: ServedTransaction?
    /// The branch whose block runs, -1 outside of one.
    var currentBranch = -1
    private let secrets: KeyedHash
    private let number: UInt64
    private var count: UInt64 = 0

    /// The workspace of the worker of a number.
    init(
        lane: UInt64, secrets: KeyedHash, keys: consuming ServerKeyMaker,
        sockets: [ListeningSocket], observers: [any CallObserver],
        hasLocalRequest: Bool, hasLocalResponse: Bool, hasLocalResponseSent: Bool
    ) {
        number = lane
        self.lane = Int(truncatingIfNeeded: lane & 0xffff)
        self.secrets = secrets
        self.keys = keys
        self.sockets = sockets
        self.observers = observers
        self.hasLocalRequest = hasLocalRequest
        self.hasLocalResponse = hasLocalResponse
        self.hasLocalResponseSent = hasLocalResponseSent
    }

    /// The next 64 bits that nobody can guess: a keyed hash of a number that never comes twice.
    func secret() -> UInt64 {
        // No random numbers per message: a keyed hash is as hard to guess and needs no system call.
        count &+= 1
        let input = InlineArray<16, UInt8> { place in
            let word = place < 8 ? number : count
            return UInt8(truncatingIfNeeded: word >> UInt64((place & 7) * 8))
        }
        return secrets.hash(input.span)
    }

    /// What the script wants of the transaction of the message at hand, before it has one.
    func pendingWishes(_ context: ScriptContext) -> TransactionWishes {
        if wishesMessage != context.messageNumber {
            wishesMessage = context.messageNumber
            wishes = TransactionWishes()
        }
        return wishes
    }
}

extension TMWorkspace {
    /// Writes the Via of a request of this server's own.
    func writeVia(
        _ branch: ClientBranch, _ socket: SocketIndex, into writer: inout ByteWriter
    ) {
        digits.removeAll()
        branch.write(into: &digits)
        Self.writeVia(sockets[Int(socket.value)], digits, into: &writer)
    }

    /// Writes it with digits that were made before, as two exclusive accesses cannot overlap.
    private static func writeVia(
        _ socket: borrowing ListeningSocket, _ digits: borrowing ByteWriter,
        into writer: inout ByteWriter
    ) {
        RequestWriter.writeVia(socket, branch: digits.span, asksForPort: true, into: &writer)
    }

    private static func copy(_ writer: borrowing ByteWriter) -> [UInt8] {
        Array(copying: writer.span)
    }

    /// The digits of a branch.
    func text(_ branch: ClientBranch) -> [UInt8] {
        digits.removeAll()
        branch.write(into: &digits)
        return Self.copy(digits)
    }
}
