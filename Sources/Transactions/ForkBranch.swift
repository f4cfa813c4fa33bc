/// One branch of a request that was forwarded, as its response context sees it.
public struct ForkBranch: Sendable, Hashable, BitwiseCopyable {
    /// Where it stands.
    public enum State: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
        /// Its group's turn has not come.
        ///
        /// Can transition to: pending, finished.
        case waiting
        /// The request was sent, nothing came back.
        ///
        /// Can transition to: proceeding, finished.
        case pending
        /// A provisional response came.
        ///
        /// Can transition to: finished.
        case proceeding
        /// A final response came or was made here, or its turn will not come any more.
        ///
        /// Can transition to: nothing; an INVITE may still get a 2xx, which is passed on.
        case finished
    }

    /// Preference in thousandths, 0 to 1000.
    public let q: UInt16
    /// Where it stands.
    public internal(set) var state = State.waiting
    /// The status of its final response, or of the last provisional one; 0 before the first.
    public internal(set) var status: UInt16 = 0
    /// Whether the final response was made here.
    public internal(set) var isLocal = false
    /// Whether it is to be cancelled or has been.
    public internal(set) var isCancelled = false
    /// Whether the order to send its CANCEL was given.
    public internal(set) var isCancelSent = false
    /// Whether its response no longer counts when the best one is chosen.
    public internal(set) var isDropped = false
    /// Which start of branches it belongs to, from 1 on; 0 while it waits.
    public internal(set) var leg: UInt16 = 0

    /// A branch that waits.
    init(q: UInt16) { self.q = q }

    /// Whether a response may still come.
    public var isOpen: Bool { state == .pending || state == .proceeding }
    /// Whether its final response is one from which the best is chosen.
    var isCandidate: Bool { state == .finished && status >= 300 && !isDropped }

    /// How much a final response is worth, the lower the better (RFC 3261 16.7 step 6).
    ///
    /// A response of the class 6xx goes before all; then the lowest class; within 4xx those that
    /// tell the caller how to ask again. A time-out and an overload say least of their classes.
    static func rank(of status: Int) -> Int {
        precondition(status >= 300 && status <= 699)
        let within = status % 100
        switch status {
        case 600...: return 1_000 + within
        case ..<400: return 2_000 + within
        case 401, 407, 415, 420, 484: return 3_000 + within
        case 408: return 3_900
        case ..<500: return 3_500 + within
        case 503: return 4_900
        default: return 4_000 + within
        }
    }
}
