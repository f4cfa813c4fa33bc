/// Which responses of earlier starts of branches count when the best one is chosen.
public enum FailureReplyMode: UInt8, Sendable, Hashable, CaseIterable {
    /// All of them.
    case keepAll = 0
    /// None: they are dropped when branches are started anew.
    case dropAll = 1
    /// All but those of the branches that were started last.
    case dropLast = 2
    /// Those of the branches that were started last only.
    case keepLast = 3
}

/// What becomes of a branch that is to be cancelled and has not answered at all.
public enum UnansweredCancel: UInt8, Sendable, Hashable, CaseIterable {
    /// It counts as answered with 487 at once, and is forgotten.
    case answered487 = 0
    /// It is cancelled as soon as a provisional response comes (RFC 3261 9.1).
    case waits = 1
    /// The CANCEL is sent at once.
    case cancelled = 2
}

/// How a response context decides.
public struct ForkSettings: Sendable, Hashable {
    /// Whether the request is an INVITE: no other can be cancelled (RFC 3261 9.1).
    public var isInvite = true
    /// Whether a 6xx neither cancels other branches nor stops further groups.
    public var disables6xxBlock = false
    /// Which earlier responses count.
    public var failureReplyMode = FailureReplyMode.keepAll
    /// Added to the rank of responses made here; 2000 lets any other one win.
    public var localReplyPenalty = 0
    /// Whether a 503 is passed on as 500 (RFC 3261 16.7 step 6).
    public var remaps503 = true
    /// Whether the challenges of all branches are joined (RFC 3261 16.7 step 7).
    public var aggregatesChallenges = true
    /// Whether a 100 is passed on, which no RFC wants.
    public var passes100 = false
    /// Whether the next group starts by itself when the present one has failed.
    public var startsNextGroup = true
    /// What becomes of branches to be cancelled that have not answered.
    public var unansweredCancel = UnansweredCancel.waits

    /// The settings of the RFC.
    public init() {}
}
