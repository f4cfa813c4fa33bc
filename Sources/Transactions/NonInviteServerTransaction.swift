/// The machine of any request but INVITE and ACK that was received (RFC 3261 17.2.2).
///
/// A value without time, socket or bytes: each method is an event, its result says what to do.
public struct NonInviteServerTransaction: Sendable, Hashable, BitwiseCopyable {
    /// Where it stands.
    public enum State: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        /// The request was shown to the user, who has not answered; it is absorbed if it comes
        /// again.
        ///
        /// Can transition to: proceeding, completed, terminated.
        case trying
        /// A provisional response was sent and is sent again for each retransmission.
        ///
        /// Can transition to: completed, terminated.
        case proceeding
        /// The final response was sent, and again for each retransmission while timer J runs.
        ///
        /// Can transition to: terminated.
        case completed
        /// Nothing happens any more.
        ///
        /// Can transition to: nothing.
        case terminated
    }

    /// Where it stands.
    public private(set) var state = State.trying
    private let isReliable: Bool

    /// A machine whose request came on a transport that loses nothing or may.
    public init(isReliable: Bool) { self.isReliable = isReliable }

    /// The request is shown to the user.
    public func start(_ timers: TransactionTimers) -> TransactionActions {
        precondition(state == .trying, "started before")
        return TransactionActions(
            .passUp, lifetime: timers.unanswered == 0 ? .unchanged : .started(timers.unanswered))
    }

    /// The request came again.
    public func receivedAgain() -> TransactionActions {
        switch state {
        case .proceeding, .completed: TransactionActions(.send)
        case .trying, .terminated: .none
        }
    }

    /// The user answers; without `send` among the orders the response is dropped.
    public mutating func answered(
        status: Int, _ timers: TransactionTimers
    ) -> TransactionActions {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        guard state == .trying || state == .proceeding else { return .none }
        if status < 200 {
            state = .proceeding
            // Whoever says that it still works on it is not forgotten.
            let waits = timers.unanswered > 0
            return TransactionActions(
                .send, lifetime: waits ? .started(timers.unanswered) : .unchanged)
        }
        // Timer J is 0 where nothing is lost (RFC 3261 17.2.2).
        if isReliable || timers.completed == 0 { return terminate(.send) }
        state = .completed
        return TransactionActions(.send, lifetime: .started(timers.completed))
    }

    /// A timer fired.
    public mutating func fired(_ timer: TransactionTimer) -> TransactionActions {
        switch (timer, state) {
        case (.lifetime, .trying), (.lifetime, .proceeding): terminate(.reportTimeout)
        case (.lifetime, .completed): terminate()
        case (.retransmission, _), (.lifetime, .terminated): .none
        }
    }

    /// A response could not be sent: the user hears of it, the state stays (RFC 6026 8).
    public func transportFailed() -> TransactionActions {
        switch state {
        case .proceeding, .completed: TransactionActions(.reportFailure)
        case .trying, .terminated: .none
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
