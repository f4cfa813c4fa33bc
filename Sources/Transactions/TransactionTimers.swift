/// How long the timers of one transaction run, in milliseconds (RFC 3261 table 4, RFC 6026 8).
///
/// The defaults are those of the RFCs; a transaction may have its own.
public struct TransactionTimers: Sendable, Hashable, BitwiseCopyable {
    /// T1, the estimate of a round trip: the first interval of the timers A, E and G.
    public var t1: UInt32 = 500
    /// T2, the longest interval of the timers E and G.
    public var t2: UInt32 = 4_000
    /// T4, how long a message may stay in the network: the timers I and K.
    public var t4: UInt32 = 5_000
    /// The timers B and F: how long a request waits for a response.
    public var finalResponse: UInt32 = 32_000
    /// Timer C: how long an INVITE waits for a final response after a provisional one; 0 for ever.
    ///
    /// RFC 3261 16.6 step 11 wants more than three minutes.
    public var provisional: UInt32 = 181_000
    /// Whether each provisional response starts timer C anew (RFC 3261 16.7 step 2).
    public var restartsOnProvisional = true
    /// The timers D and J: how long a retransmission is answered where datagrams may be lost.
    public var completed: UInt32 = 32_000
    /// How long a server transaction waits for its user to answer; 0 for ever.
    ///
    /// No RFC has this one: it sees to it that nothing that was forgotten stays.
    public var unanswered: UInt32 = 300_000

    /// The timers of the RFCs.
    public init() {}

    /// 64 times T1, at most the largest number: the timers H, L and M.
    public var round: UInt32 {
        let (product, overflows) = t1.multipliedReportingOverflow(by: 64)
        return overflows ? .max : product
    }

    /// Twice an interval, at most `limit`.
    static func doubled(_ interval: UInt32, limit: UInt32 = .max) -> UInt32 {
        let (twice, overflows) = interval.multipliedReportingOverflow(by: 2)
        return overflows ? limit : min(twice, limit)
    }
}

/// The two timers that a transaction can have at one time.
public enum TransactionTimer: UInt8, Sendable, Hashable, CaseIterable {
    /// Timer A, E or G: send again.
    case retransmission
    /// Timer B, C, D, F, H, I, J, K, L or M: the present state ends.
    case lifetime
}
