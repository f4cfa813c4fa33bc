/// The machine of an INVITE that was received (RFC 3261 17.2.1 as RFC 6026 7.1 changes it).
///
/// A value without time, socket or bytes: each method is an event, its result says what to do.
public struct InviteServerTransaction: Sendable, Hashable, BitwiseCopyable {
    /// Where it stands.
    public enum State: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        /// The INVITE was shown to the user, who has not answered finally.
        ///
        /// Can transition to: completed, accepted, terminated.
        case proceeding
        /// A final response above 2xx was sent; timers G and H run.
        ///
        /// Can transition to: confirmed, terminated.
        case completed
        /// Its ACK came; others are absorbed while timer I runs.
        ///
        /// Can transition to: terminated.
        case confirmed
        /// A 2xx was sent; the INVITE is absorbed while timer L runs (RFC 6026 7.1).
        ///
        /// Can transition to: terminated.
        case accepted
        /// Nothing happens any more.
        ///
        /// Can transition to: nothing.
        case terminated
    }

    /// Where it stands.
    public private(set) var state = State.proceeding
    private var isAnswered = false
    private let isReliable: Bool
    private var interval: UInt32

    /// A machine whose INVITE came on a transport that loses nothing or may.
    public init(_ timers: TransactionTimers, isReliable: Bool) {
        interval = timers.t1
        self.isReliable = isReliable
    }

    /// The INVITE is shown to the user; a 100 within 200 ms is the user's to send (17.2.1).
    public func start(_ timers: TransactionTimers) -> TransactionActions {
        precondition(state == .proceeding && !isAnswered, "started before")
        return TransactionActions(
            .passUp, lifetime: timers.unanswered == 0 ? .unchanged : .started(timers.unanswered))
    }

    /// The INVITE came again.
    public func receivedAgain() -> TransactionActions {
        switch state {
        case .proceeding: isAnswered ? TransactionActions(.send) : .none
        case .completed: TransactionActions(.send)
        // The 2xx is the user's to repeat (RFC 6026 7.1).
        case .accepted, .confirmed, .terminated: .none
        }
    }

    /// An ACK came.
    public mutating func acknowledged(_ timers: TransactionTimers) -> TransactionActions {
        switch state {
        case .completed:
            // Timer I is 0 where nothing is lost (RFC 3261 17.2.1).
            if isReliable || timers.t4 == 0 { return terminate() }
            state = .confirmed
            return TransactionActions(retransmission: .stopped, lifetime: .started(timers.t4))
        // An ACK of a 2xx that uses the branch of its INVITE (RFC 6026 7.1).
        case .accepted: return TransactionActions(.passUp)
        case .proceeding, .confirmed, .terminated: return .none
        }
    }

    /// The user answers; without `send` among the orders the response is dropped.
    public mutating func answered(
        status: Int, _ timers: TransactionTimers
    ) -> TransactionActions {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        switch state {
        case .proceeding:
            isAnswered = true
            if status < 200 {
                // Whoever says that it still works on it is not forgotten.
                let waits = timers.unanswered > 0
                return TransactionActions(
                    .send, lifetime: waits ? .started(timers.unanswered) : .unchanged)
            }
            state = status < 300 ? .accepted : .completed
            let resends = state == .completed && !isReliable
            return TransactionActions(
                .send, retransmission: resends ? .started(interval) : .unchanged,
                lifetime: .started(timers.round))
        case .accepted: return status / 100 == 2 ? TransactionActions(.send) : .none
        case .completed, .confirmed, .terminated: return .none
        }
    }

    /// A timer fired.
    public mutating func fired(
        _ timer: TransactionTimer, _ timers: TransactionTimers
    ) -> TransactionActions {
        switch (timer, state) {
        case (.retransmission, .completed):
            interval = TransactionTimers.doubled(interval, limit: max(timers.t2, timers.t1))
            return TransactionActions(.send, retransmission: .started(interval))
        // Nobody acknowledged (timer H), or nobody answered.
        case (.lifetime, .completed), (.lifetime, .proceeding): return terminate(.reportTimeout)
        case (.lifetime, .confirmed), (.lifetime, .accepted): return terminate()
        case (.retransmission, _), (.lifetime, .terminated): return .none
        }
    }

    /// A response could not be sent: the user hears of it, the state stays (RFC 6026 8).
    public func transportFailed() -> TransactionActions {
        switch state {
        case .proceeding, .completed, .accepted: TransactionActions(.reportFailure)
        case .confirmed, .terminated: .none
        }
    }

    private mutating func terminate(
        _ orders: TransactionActions.Orders = []
    ) -> TransactionActions {
        assert(state != .terminated)
        state = .terminated
        return .terminate(orders)
    }
}
