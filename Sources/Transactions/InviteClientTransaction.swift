/// The machine of an INVITE that was sent (RFC 3261 17.1.1 as RFC 6026 7.2 changes it).
///
/// A value without time, socket or bytes: each method is an event, its result says what to do.
public struct InviteClientTransaction: Sendable, Hashable, BitwiseCopyable {
    /// Where it stands.
    public enum State: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        /// The INVITE is sent, nothing came back; timers A and B run.
        ///
        /// Can transition to: proceeding, completed, accepted, terminated.
        case calling
        /// A provisional response came; timer C runs.
        ///
        /// Can transition to: completed, accepted, terminated.
        case proceeding
        /// A final response above 2xx came and is acknowledged as often as it comes; timer D runs.
        ///
        /// Can transition to: terminated.
        case completed
        /// A 2xx came; further ones, of other branches too, are shown to the user; timer M runs.
        ///
        /// Can transition to: terminated.
        case accepted
        /// Nothing happens any more.
        ///
        /// Can transition to: nothing.
        case terminated
    }

    /// Where it stands.
    public private(set) var state = State.calling
    /// Whether a CANCEL was sent, so that what comes next is the end.
    public private(set) var isCancelled = false
    private let isReliable: Bool
    private var interval: UInt32

    /// A machine whose INVITE is about to be sent, on a transport that loses nothing or may.
    public init(_ timers: TransactionTimers, isReliable: Bool) {
        interval = timers.t1
        self.isReliable = isReliable
    }

    /// The INVITE leaves: timer A for retransmission where it may be lost, timer B for the end
    /// (RFC 3261 17.1.1.2).
    public func start(_ timers: TransactionTimers) -> TransactionActions {
        precondition(state == .calling, "started before")
        return TransactionActions(
            .send, retransmission: isReliable ? .unchanged : .started(interval),
            lifetime: .started(timers.finalResponse))
    }

    /// A response came.
    public mutating func received(
        status: Int, _ timers: TransactionTimers
    ) -> TransactionActions {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        switch state {
        case .calling, .proceeding:
            if status < 200 { return provisional(timers) }
            return status < 300 ? accept(timers) : complete(timers)
        case .completed:
            // The peer has not seen the ACK (RFC 3261 17.1.1.2).
            return status >= 300 ? TransactionActions(.acknowledge) : .none
        case .accepted:
            // A retransmission, or the 2xx of another branch behind a proxy (RFC 6026 7.2).
            return status >= 200 && status < 300 ? TransactionActions(.passUp) : .none
        case .terminated: return .none
        }
    }

    /// A CANCEL is sent: without a final response after 64 times T1, the INVITE counts as
    /// cancelled (RFC 3261 9.1).
    ///
    /// Nothing happens unless a provisional response came: before that none may be sent.
    public mutating func cancelled(_ timers: TransactionTimers) -> TransactionActions {
        assert(!isCancelled || state != .calling, "cancelled before a provisional response")
        guard state == .proceeding, !isCancelled else { return .none }
        isCancelled = true
        return TransactionActions(lifetime: .started(timers.round))
    }

    /// The user wants other timers from now on: the one that ends the present state starts anew.
    public func retimed(_ timers: TransactionTimers) -> TransactionActions {
        switch state {
        case .calling: return TransactionActions(lifetime: .started(timers.finalResponse))
        case .proceeding:
            guard !isCancelled else { return .none }
            return TransactionActions(
                lifetime: timers.provisional == 0 ? .stopped : .started(timers.provisional))
        case .completed, .accepted, .terminated: return .none
        }
    }

    /// A timer fired.
    public mutating func fired(
        _ timer: TransactionTimer, _ timers: TransactionTimers
    ) -> TransactionActions {
        switch (timer, state) {
        case (.retransmission, .calling):
            // Timer A doubles without limit; timer B ends it (RFC 3261 17.1.1.2).
            interval = TransactionTimers.doubled(interval)
            return TransactionActions(.send, retransmission: .started(interval))
        case (.lifetime, .calling):
            return terminate(.reportTimeout)
        case (.lifetime, .proceeding):
            // Timer C: the user is told and cancels (RFC 3261 16.8).
            return isCancelled
                ? terminate(.reportTimeout) : TransactionActions(.reportTimeout)
        case (.lifetime, .completed), (.lifetime, .accepted): return terminate()
        case (.retransmission, _), (.lifetime, .terminated): return .none
        }
    }

    /// The INVITE or the ACK could not be sent (RFC 3261 17.1.4).
    public mutating func transportFailed() -> TransactionActions {
        switch state {
        case .calling, .completed: terminate(.reportFailure)
        case .proceeding, .accepted, .terminated: .none
        }
    }

    private mutating func provisional(_ timers: TransactionTimers) -> TransactionActions {
        assert(state == .calling || state == .proceeding)
        let restarts = state == .calling || timers.restartsOnProvisional
        state = .proceeding
        var actions = TransactionActions(.passUp, retransmission: .stopped)
        guard restarts, !isCancelled else { return actions }
        actions.lifetime = timers.provisional == 0 ? .stopped : .started(timers.provisional)
        return actions
    }

    private mutating func accept(_ timers: TransactionTimers) -> TransactionActions {
        assert(state == .calling || state == .proceeding)
        state = .accepted
        return TransactionActions(
            .passUp, retransmission: .stopped, lifetime: .started(timers.round))
    }

    private mutating func complete(_ timers: TransactionTimers) -> TransactionActions {
        assert(state == .calling || state == .proceeding)
        let orders: TransactionActions.Orders = [.passUp, .acknowledge]
        // Timer D is 0 where nothing is lost (RFC 3261 17.1.1.2).
        if isReliable { return terminate(orders) }
        state = .completed
        return TransactionActions(
            orders, retransmission: .stopped, lifetime: .started(timers.completed))
    }

    private mutating func terminate(
        _ orders: TransactionActions.Orders = []
    ) -> TransactionActions {
        assert(state != .terminated)
        state = .terminated
        return .terminate(orders)
    }
}
