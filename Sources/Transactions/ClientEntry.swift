internal import Basics
internal import SIPSyntax

/// The machine of either kind.
enum ClientMachine: BitwiseCopyable {
    /// The branch is drawn, the request not written yet.
    case reserved
    /// An INVITE.
    case invite(InviteClientTransaction)
    /// Another request.
    case nonInvite(NonInviteClientTransaction)

    /// The state as the user sees it.
    var state: ClientState {
        switch self {
        case .reserved: .reserved
        case .invite(let machine): .invite(machine.state)
        case .nonInvite(let machine): .nonInvite(machine.state)
        }
    }

    /// A response came.
    mutating func received(status: Int, _ timers: TransactionTimers) -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        switch self {
        case .reserved: return .none
        case .invite(var machine):
            let actions = machine.received(status: status, timers)
            self = .invite(machine)
            return actions
        case .nonInvite(var machine):
            let actions = machine.received(status: status, timers)
            self = .nonInvite(machine)
            return actions
        }
    }

    /// A timer fired; a branch that was never used is dropped.
    mutating func fired(
        _ timer: TransactionTimer, _ timers: TransactionTimers
    ) -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        switch self {
        case .reserved: return .terminate()
        case .invite(var machine):
            let actions = machine.fired(timer, timers)
            self = .invite(machine)
            return actions
        case .nonInvite(var machine):
            let actions = machine.fired(timer, timers)
            self = .nonInvite(machine)
            return actions
        }
    }

    /// The user wants other timers.
    func retimed(_ timers: TransactionTimers) -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        return switch self {
        case .reserved: .none
        case .invite(let machine): machine.retimed(timers)
        case .nonInvite(let machine): machine.retimed(timers)
        }
    }

    /// The message could not be sent.
    mutating func transportFailed() -> TransactionActions {
        assert(!isTerminated, "a transaction that ended is kept")
        switch self {
        case .reserved: return .none
        case .invite(var machine):
            let actions = machine.transportFailed()
            self = .invite(machine)
            return actions
        case .nonInvite(var machine):
            let actions = machine.transportFailed()
            self = .nonInvite(machine)
            return actions
        }
    }
}

/// One client transaction as its shard keeps it; message and attachment stand beside it.
struct ClientEntry: TimerEntry {
    /// The wheel's own.
    var timerLink = TimerLink()
    /// The 64 bits of the branch that nobody can guess.
    let secret: UInt64
    /// Its machine.
    var machine = ClientMachine.reserved
    /// Its timers' lengths.
    var timers: TransactionTimers
    /// When its timers fire.
    var deadlines = TransactionDeadlines()
    /// The method of the request.
    let method: SIPMethod
    /// Where the request goes.
    let destination: Origin
    /// Whose it is.
    let owner: TransactionOwner
    /// The CANCEL of an INVITE, or the INVITE of a CANCEL: both have one branch (RFC 3261 9.1).
    var partner = UInt32.max
    /// Whether the stored message is the ACK instead of the INVITE.
    var holdsAcknowledgement = false
}

extension ClientMachine {
    /// Whether nothing happens any more.
    var isTerminated: Bool {
        state == .invite(.terminated) || state == .nonInvite(.terminated)
    }

    /// Whether the stored message may still be wanted.
    var needsMessage: Bool {
        switch self {
        case .reserved: true
        case .invite(let machine): machine.state != .accepted && machine.state != .terminated
        case .nonInvite(let machine): machine.state == .trying || machine.state == .proceeding
        }
    }
}
