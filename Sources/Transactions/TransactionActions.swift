/// What a timer becomes.
public enum TimerChange: Sendable, Hashable, BitwiseCopyable {
    /// It goes on as it does.
    case unchanged
    /// It is stopped if it runs.
    case stopped
    /// It fires once after so many milliseconds, whatever it did before.
    case started(UInt32)
}

/// What a machine asks of whoever drives it, after one event.
public struct TransactionActions: Sendable, Hashable, BitwiseCopyable {
    /// The things to do; all of them, in the order in which they stand here.
    public struct Orders: OptionSet, Sendable, Hashable, BitwiseCopyable {
        /// One bit for each order.
        public var rawValue: UInt8
        /// A set of given bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Send the message that the transaction holds: the request, or the last response.
        public static let send = Orders(rawValue: 1)
        /// Send an ACK for the response that has just come (RFC 3261 17.1.1.3).
        public static let acknowledge = Orders(rawValue: 2)
        /// Show the message that has just come to the transaction's user.
        public static let passUp = Orders(rawValue: 4)
        /// Tell the user that nothing came in time.
        public static let reportTimeout = Orders(rawValue: 8)
        /// Tell the user that the message could not be sent.
        public static let reportFailure = Orders(rawValue: 16)
        /// Forget the transaction.
        public static let terminate = Orders(rawValue: 32)
    }

    /// What to do.
    public var orders: Orders
    /// What becomes of timer A, E or G.
    public var retransmission: TimerChange
    /// What becomes of the timer that ends the present state.
    public var lifetime: TimerChange

    /// Some orders and changes of timers.
    public init(
        _ orders: Orders = [], retransmission: TimerChange = .unchanged,
        lifetime: TimerChange = .unchanged
    ) {
        self.orders = orders
        self.retransmission = retransmission
        self.lifetime = lifetime
    }

    /// Nothing to do.
    public static var none: TransactionActions { TransactionActions() }

    /// The end: no timer survives it.
    static func terminate(_ orders: Orders = []) -> TransactionActions {
        TransactionActions(
            orders.union(.terminate), retransmission: .stopped, lifetime: .stopped)
    }
}
