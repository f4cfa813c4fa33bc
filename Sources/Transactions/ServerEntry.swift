internal import Basics
internal import SIPSyntax

/// The machine of either kind.
enum ServerMachine: BitwiseCopyable {
    /// An INVITE.
    case invite(InviteServerTransaction)
    /// Another request.
    case nonInvite(NonInviteServerTransaction)

    /// The state as the user sees it.
    var state: ServerState {
        switch self {
        case .invite(let machine): .invite(machine.state)
        case .nonInvite(let machine): .nonInvite(machine.state)
        }
    }

    /// Whether nothing happens any more.
    var isTerminated: Bool {
        state == .invite(.terminated) || state == .nonInvite(.terminated)
    }

    /// Whether the last response may still be sent again.
    var needsMessage: Bool {
        switch self {
        case .invite(let machine): machine.state == .proceeding || machine.state == .completed
        case .nonInvite(let machine): machine.state != .terminated
        }
    }

    /// The request came again.
    func receivedAgain() -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        return switch self {
        case .invite(let machine): machine.receivedAgain()
        case .nonInvite(let machine): machine.receivedAgain()
        }
    }

    /// The ACK of an INVITE came.
    mutating func acknowledged(_ timers: TransactionTimers) -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        guard case .invite(var machine) = self else { return .none }
        let actions = machine.acknowledged(timers)
        self = .invite(machine)
        return actions
    }

    /// The user answers.
    mutating func answered(status: Int, _ timers: TransactionTimers) -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        switch self {
        case .invite(var machine):
            let actions = machine.answered(status: status, timers)
            self = .invite(machine)
            return actions
        case .nonInvite(var machine):
            let actions = machine.answered(status: status, timers)
            self = .nonInvite(machine)
            return actions
        }
    }

    /// A timer fired.
    mutating func fired(
        _ timer: TransactionTimer, _ timers: TransactionTimers
    ) -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        switch self {
        case .invite(var machine):
            let actions = machine.fired(timer, timers)
            self = .invite(machine)
            return actions
        case .nonInvite(var machine):
            let actions = machine.fired(timer)
            self = .nonInvite(machine)
            return actions
        }
    }

    /// A response could not be sent.
    func transportFailed() -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        return switch self {
        case .invite(let machine): machine.transportFailed()
        case .nonInvite(let machine): machine.transportFailed()
        }
    }
}

/// One server transaction as its shard keeps it; message and attachment stand beside it.
struct ServerEntry: TimerEntry {
    /// The wheel's own.
    var timerLink = TimerLink()
    /// What it is found by.
    let key: ServerKey
    /// Its machine.
    var machine: ServerMachine
    /// Its timers' lengths.
    let timers: TransactionTimers
    /// When its timers fire.
    var deadlines = TransactionDeadlines()
    /// The method of the request.
    let method: SIPMethod
    /// The status of the last response, 0 before the first.
    var status: Int16 = 0
    /// Where the request came from.
    let origin: Origin
    /// Where its responses go.
    let destination: Origin
}
