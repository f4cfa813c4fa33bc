/// The response that goes back to the client when all branches have failed.
public struct BestResponse: Sendable, Hashable {
    /// The branch whose response it is; nil when no response counts.
    public var branch: Int?
    /// The status to send, which may differ from the branch's.
    public var status: Int
    /// Whether it was made here, so that there are no bytes of it.
    public var isLocal: Bool
    /// Other branches whose challenges are added to it.
    public var challenges: BranchSet
}

/// What a response context asks of whoever drives it, after one event.
public struct ForkActions: Sendable, Hashable {
    /// Pass on the response that has just come on this branch, now.
    public var forward: Int?
    /// Send the request on these branches.
    public var start: BranchSet = []
    /// Send a CANCEL on these branches.
    public var cancel: BranchSet = []
    /// Forget the client transactions of these branches.
    public var abandon: BranchSet = []
    /// All branches have failed: run what handles failures, and unless it starts others, send this
    /// and call `finalSent`.
    public var best: BestResponse?

    /// Nothing to do.
    public init() {}
}
