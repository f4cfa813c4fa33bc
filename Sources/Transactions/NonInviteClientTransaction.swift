/// The machine of any request but INVITE and ACK that was sent (RFC 3261 17.1.2).
///
/// A value without time, socket or bytes: each method is an event, its result says what to do.
public struct NonInviteClientTransaction: Sendable, Hashable, BitwiseCopyable {
    /// Where it stands.
    public enum State: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        /// The request is sent, nothing came back; timers E and F run.
        ///
        /// Can transition to: proceeding, completed, terminated.
        case trying
        /// A provisional response came; timer E goes on, every T2; timer F runs.
        ///
        /// Can transition to: completed, terminated.
        case proceeding
        /// The final response came; others are absorbed while timer K runs.
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
    private var interval: UInt32

    /// A machine whose request is about to be sent, on a transport that loses nothing or may.
    public init(_ timers: TransactionTimers, isReliable: Bool) {
        interval = timers.t1
        self.isReliable = isReliable
    }

    /// The request leaves: timer E where it may be lost, timer F (RFC 3261 17.1.2.2).
    public func start(_ timers: TransactionTimers) -> TransactionActions {
        precondition(state == .trying, "started before")
        return TransactionActions(
            .send, retransmission: isReliable ? .unchanged : .started(interval),
            lifetime: .started(timers.finalResponse))
    }

    /// A response came.
    public mutating func received(
        status: Int, _ timers: TransactionTimers
    ) -> TransactionActions {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        guard state == .trying || state == .proceeding else { return .none }
        if status < 200 {
            state = .proceeding
            return TransactionActions(.passUp)
        }
        // Timer K is 0 where nothing is lost (RFC 3261 17.1.2.2).
        if isReliable || timers.t4 == 0 { return terminate(.passUp) }
        state = .completed
        return TransactionActions(
            .passUp, retransmission: .stopped, lifetime: .started(timers.t4))
    }

    /// The user wants other timers from now on: timer F starts anew.
    public func retimed(_ timers: TransactionTimers) -> TransactionActions {
        switch state {
        case .trying, .proceeding: TransactionActions(lifetime: .started(timers.finalResponse))
        case .completed, .terminated: .none
        }
    }

    /// A timer fired.
    public mutating func fired(
        _ timer: TransactionTimer, _ timers: TransactionTimers
    ) -> TransactionActions {
        switch (timer, state) {
        case (.retransmission, .trying):
            interval = TransactionTimers.doubled(interval, limit: max(timers.t2, timers.t1))
            return TransactionActions(.send, retransmission: .started(interval))
        case (.retransmission, .proceeding):
            // Once the peer is known to work on it, T2 is often enough (RFC 3261 17.1.2.2).
            interval = max(timers.t2, timers.t1)
            return TransactionActions(.send, retransmission: .started(interval))
        case (.lifetime, .trying), (.lifetime, .proceeding): return terminate(.reportTimeout)
        case (.lifetime, .completed): return terminate()
        case (.retransmission, .completed), (_, .terminated): return .none
        }
    }

    /// The request could not be sent (RFC 3261 17.1.4).
    public mutating func transportFailed() -> TransactionActions {
        switch state {
        case .trying, .proceeding: terminate(.reportFailure)
        case .completed, .terminated: .none
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
