internal import Basics

/// What a proxy knows of all branches of one request, and what it does with their responses (RFC
/// 3261 16.7).
///
/// A value without bytes, timers or sockets. The user adds branches, `begin`s, tells what comes of
/// each and carries out the actions. Responses themselves stay with the user, by index of branch.
public struct ResponseContext: Sendable {
    /// How it decides.
    public var settings: ForkSettings
    /// The branches in the order in which they were added.
    public private(set) var branches: [ForkBranch] = []
    /// Whether the client has had its final response.
    public private(set) var isFinalSent = false
    /// Whether a 2xx was passed on.
    public private(set) var isAccepted = false
    /// Whether the client has cancelled the request.
    public private(set) var isCancelled = false
    private var leg: UInt16 = 0

    /// Most branches of one context.
    public static var branchesMax: Int { Limits.branchesMax + 1 }

    /// A context without branches.
    public init(_ settings: ForkSettings = ForkSettings()) {
        precondition(Self.branchesMax <= 64, "a set of branches has 64 bits")
        self.settings = settings
    }

    // MARK: Branches

    /// Adds a branch that waits for its turn, and returns its index.
    public mutating func add(q: Int = 1000) throws(TransactionError) -> Int {
        precondition(q >= 0 && q <= 1000, "q is a number of thousandths")
        guard branches.count < Self.branchesMax else { throw TransactionError(.full) }
        guard !isFinalSent else { throw TransactionError(.wrongState) }
        branches.append(ForkBranch(q: UInt16(q)))
        return branches.count - 1
    }

    /// Starts the waiting branches with the highest q (RFC 3261 16.6).
    ///
    /// Nothing starts once the client has its final response or has cancelled. `isParallel` starts
    /// all that wait, whatever their q.
    public mutating func begin(isParallel: Bool = false) -> ForkActions {
        var actions = ForkActions()
        guard !isFinalSent, !isCancelled else { return actions }
        let waiting = set { $0.state == .waiting }
        guard let first = waiting.map({ branches[$0].q }).max() else { return actions }
        actions.start = set { $0.state == .waiting && (isParallel || $0.q == first) }
        dropEarlier()
        leg += 1
        for branch in actions.start {
            branches[branch].state = .pending
            branches[branch].leg = leg
        }
        return actions
    }

    // MARK: Events

    /// A response came on a branch.
    public mutating func received(_ branch: Int, status: Int) -> ForkActions {
        precondition(branches.indices.contains(branch), "no branch has this index")
        precondition(status >= 100 && status <= 699, "no SIP status code")
        if status < 200 { return provisional(branch, status) }
        if status < 300 { return success(branch, status) }
        guard branches[branch].isOpen else { return ForkActions() }
        return failure(branch, status, isLocal: false)
    }

    /// A branch has failed here: 408 when nothing came in time, 503 when it could not be sent (RFC
    /// 3261 16.7 step 1, 16.9), or what the caller says.
    ///
    /// An INVITE that was answered provisionally is cancelled (timer C, 16.8).
    public mutating func failed(_ branch: Int, status: Int = 408) -> ForkActions {
        precondition(branches.indices.contains(branch), "no branch has this index")
        precondition(status >= 300 && status <= 699, "no failure")
        guard branches[branch].isOpen else { return ForkActions() }
        let cancels =
            settings.isInvite && branches[branch].state == .proceeding
            && !branches[branch].isCancelled
        if cancels {
            branches[branch].isCancelled = true
            branches[branch].isCancelSent = true
        }
        var actions = failure(branch, status, isLocal: true)
        if cancels { actions.cancel.insert(branch) }
        return actions
    }

    /// The client cancels: all pending branches are cancelled, none is started any more (RFC 3261
    /// 16.10).
    ///
    /// Without a branch that could still answer, the best response comes at once: 487.
    public mutating func cancelled() -> ForkActions {
        guard !isFinalSent, !isCancelled, settings.isInvite else { return ForkActions() }
        isCancelled = true
        giveUpWaiting()
        var actions = ForkActions()
        cancelOpen(&actions)
        finishIfDone(&actions)
        return actions
    }

    /// Cancels some branches that are open, for the script; the client is not told.
    public mutating func cancel(_ chosen: BranchSet) -> ForkActions {
        var actions = ForkActions()
        guard settings.isInvite else { return actions }
        cancelOpen(&actions, among: chosen)
        finishIfDone(&actions)
        return actions
    }

    /// The client was given a final response other than a passed on 2xx: only a 2xx of an INVITE
    /// is passed on from now on.
    public mutating func finalSent() -> ForkActions {
        var actions = ForkActions()
        guard !isFinalSent else { return actions }
        isFinalSent = true
        giveUpWaiting()
        if settings.isInvite { cancelOpen(&actions) }
        return actions
    }

    /// Drops responses that have come, so that they are not chosen (`t_drop_replies`).
    public mutating func dropResponses(_ mode: FailureReplyMode) {
        for branch in branches.indices where branches[branch].state == .finished {
            let isLast = branches[branch].leg == leg
            switch mode {
            case .keepAll: break
            case .dropAll: branches[branch].isDropped = true
            case .dropLast: if isLast { branches[branch].isDropped = true }
            case .keepLast: if !isLast { branches[branch].isDropped = true }
            }
        }
    }

    // MARK: Looking

    /// The branches for which a question is answered with yes.
    public func set(where isMeant: (ForkBranch) -> Bool) -> BranchSet {
        branches.indices.reduce(into: BranchSet()) { result, branch in
            if isMeant(branches[branch]) { result.insert(branch) }
        }
    }

    /// The best of the final responses that have come (RFC 3261 16.7 steps 6 and 7).
    ///
    /// Without any it is 408, or 487 when the client has cancelled.
    public var best: BestResponse {
        let candidates = set(where: \.isCandidate)
        guard let chosen = candidates.min(by: { rank($0) < rank($1) }) else {
            return BestResponse(
                branch: nil, status: isCancelled ? 487 : 408, isLocal: true, challenges: [])
        }
        let branch = branches[chosen]
        let status = Int(branch.status)
        var challenges: BranchSet = []
        if settings.aggregatesChallenges, status == 401 || status == 407 {
            for other in candidates
            where other != chosen && !branches[other].isLocal
                && (branches[other].status == 401 || branches[other].status == 407)
            {
                challenges.insert(other)
            }
        }
        return BestResponse(
            branch: chosen, status: status == 503 && settings.remaps503 ? 500 : status,
            isLocal: branch.isLocal, challenges: challenges)
    }

    // MARK: Parts

    private func rank(_ branch: Int) -> Int {
        assert(branches[branch].isCandidate)
        let branch = branches[branch]
        let rank = ForkBranch.rank(of: Int(branch.status))
        return branch.isLocal ? rank + settings.localReplyPenalty : rank
    }

    /// A 100 is hop by hop; others are passed on until a final response was sent (16.7 step 5).
    private mutating func provisional(_ branch: Int, _ status: Int) -> ForkActions {
        assert(status < 200)
        var actions = ForkActions()
        guard branches[branch].isOpen else { return actions }
        branches[branch].state = .proceeding
        branches[branch].status = UInt16(status)
        // Now it may be cancelled (RFC 3261 9.1).
        if branches[branch].isCancelled, settings.unansweredCancel == .waits,
            !branches[branch].isCancelSent
        {
            branches[branch].isCancelSent = true
            actions.cancel.insert(branch)
        }
        if !isFinalSent, status > 100 || settings.passes100 { actions.forward = branch }
        return actions
    }

    /// A 2xx is passed on at once, and each one of an INVITE (16.7 step 5); the others are
    /// cancelled (16.7 step 10).
    private mutating func success(_ branch: Int, _ status: Int) -> ForkActions {
        assert(branches[branch].leg > 0, "a response before the request")
        var actions = ForkActions()
        guard settings.isInvite || !isFinalSent else {
            branches[branch].state = .finished
            return actions
        }
        if branches[branch].isOpen || branches[branch].status >= 300 {
            branches[branch].state = .finished
            branches[branch].status = UInt16(status)
            branches[branch].isLocal = false
        }
        actions.forward = branch
        isAccepted = true
        isFinalSent = true
        giveUpWaiting()
        if settings.isInvite { cancelOpen(&actions) }
        return actions
    }

    private mutating func failure(_ branch: Int, _ status: Int, isLocal: Bool) -> ForkActions {
        assert(branches[branch].isOpen && status >= 300)
        var actions = ForkActions()
        branches[branch].state = .finished
        branches[branch].status = UInt16(status)
        branches[branch].isLocal = isLocal
        // 6xx: nobody else will do better (16.7 step 5), but the others end before it is sent.
        if status >= 600, !settings.disables6xxBlock {
            giveUpWaiting()
            if settings.isInvite { cancelOpen(&actions) }
        }
        finishIfDone(&actions)
        return actions
    }

    /// Once nothing is open: the next group, or the end.
    private mutating func finishIfDone(_ actions: inout ForkActions) {
        guard !isFinalSent, !branches.contains(where: \.isOpen) else { return }
        if settings.startsNextGroup, branches.contains(where: { $0.state == .waiting }) {
            actions.start = begin().start
            if !actions.start.isEmpty { return }
        }
        actions.best = best
    }

    private mutating func cancelOpen(
        _ actions: inout ForkActions, among chosen: BranchSet = .all
    ) {
        for branch in branches.indices where branches[branch].isOpen {
            guard chosen.contains(branch), !branches[branch].isCancelled else { continue }
            branches[branch].isCancelled = true
            if branches[branch].state == .proceeding || settings.unansweredCancel == .cancelled {
                branches[branch].isCancelSent = true
                actions.cancel.insert(branch)
            } else if settings.unansweredCancel == .answered487 {
                branches[branch].state = .finished
                branches[branch].status = 487
                branches[branch].isLocal = true
                actions.abandon.insert(branch)
            }
        }
    }

    /// Branches that wait will not be started.
    private mutating func giveUpWaiting() {
        for branch in branches.indices where branches[branch].state == .waiting {
            branches[branch].state = .finished
            branches[branch].isDropped = true
        }
    }

    /// Earlier responses that do not count any more once others are asked.
    private mutating func dropEarlier() {
        guard leg > 0 else { return }
        switch settings.failureReplyMode {
        case .keepAll: break
        case .dropLast: dropResponses(.dropLast)
        // What is last now is earlier than what starts.
        case .dropAll, .keepLast: dropResponses(.dropAll)
        }
    }
}
