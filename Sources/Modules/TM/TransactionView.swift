internal import Basics
public import ModuleKit
internal import SIPSyntax
internal import Transactions

/// What module `tmx` and other modules may know of the transaction that a script works on.
extension TMModule {
    /// The blocks of a transaction.
    public enum Block: Sendable {
        /// `request_route`, or none of the others.
        case request
        /// `failure_route`.
        case failure
        /// `branch_route`.
        case branch
        /// `onreply_route`.
        case reply
        /// `event_route[tm:branch-failure:NAME]`.
        case branchFailure
    }

    /// The block that runs.
    public func block(_ context: ScriptContext) -> Block {
        guard let transaction = workspace(context).current else { return .request }
        return switch transaction.stage {
        case .request: .request
        case .failure: .failure
        case .branch: .branch
        case .reply: .reply
        case .branchFailure: .branchFailure
        }
    }

    /// The numbers that name the transaction at hand; nil without one.
    public func identity(_ context: ScriptContext) -> (index: UInt32, label: UInt32)? {
        transaction(context).map { ($0.handle.index, $0.handle.label) }
    }

    /// Index of the branch at hand; nil outside of the blocks that have one.
    public func branchIndex(_ context: ScriptContext) -> Int? {
        let index = workspace(context).currentBranch
        return index >= 0 ? index : nil
    }

    /// The status of the response at hand; nil without one.
    public func replyStatus(_ context: ScriptContext) -> Int? { status(context) }

    /// The branch that a block works on: the one at hand, else the one whose response came last.
    private func branch(_ context: ScriptContext) -> RelayBranch? {
        guard let relay = transaction(context)?.relay else { return nil }
        let index = branchIndex(context) ?? relay.lastBranch
        return relay.branches.indices.contains(index) ? relay.branches[index] : nil
    }

    /// Status and reason phrase of the last response of the branch at hand; nil without one.
    public func lastReply(_ context: ScriptContext) -> (status: Int, reason: [UInt8])? {
        guard let branch = branch(context), branch.status > 0 else { return nil }
        return (branch.status, branch.reason)
    }

    /// Unique name of the binding of the branch at hand; nil without one.
    public func ruid(_ context: ScriptContext) -> [UInt8]? {
        guard let ruid = branch(context)?.target.target.ruid, !ruid.isEmpty else { return nil }
        return ruid
    }

    /// Whether the response at hand was made here.
    public func isReplyLocal(_ context: ScriptContext) -> Bool {
        transaction(context)?.relay?.isChosenLocal ?? false
    }

    /// Flags and request URI of the branch at hand; nil without one.
    public func branchTarget(_ context: ScriptContext) -> (flags: UInt32, uri: [UInt8])? {
        branch(context).map { ($0.target.flags, $0.target.uri) }
    }

    /// A message of the transaction that a script can ask about while it works on another.
    public enum Message: Sendable {
        /// The request (`$T_req`).
        case request
        /// The response that was chosen (`$T_rpl`).
        case reply
        /// The INVITE that a CANCEL means (`$T_inv`).
        case invite
    }

    /// Runs `body` on another message of the transaction; nil when there is none.
    ///
    /// Its values are copied: they outlive that message.
    public func read(
        _ message: Message, _ context: ScriptContext, _ body: (ScriptContext) -> ScriptValue
    ) -> ScriptValue {
        var bytes: [UInt8] = []
        var origin = context.origin
        switch message {
        case .request:
            guard let relay = transaction(context)?.relay else { return .null }
            bytes = relay.request.bytes
            origin = relay.request.origin
        case .invite:
            guard context.message.method == .cancel,
                let relay = cancelled(context)?.relay
            else { return .null }
            bytes = relay.request.bytes
            origin = relay.request.origin
        case .reply:
            guard let branch = branch(context), !branch.response.isEmpty else { return .null }
            bytes = branch.response
            origin = branch.hop ?? origin
        }
        var value = ScriptValue.null
        // In a context of its own: the script goes on with the message that it has.
        let inner = ScriptContext(services: services)
        inner.reset(origin: origin, now: context.now)
        guard (try? inner.message.load(bytes.span)) != nil else { return .null }
        value = body(inner)
        if case .text(let text) = value { value = .text(.owned(inner.bytes(of: text))) }
        return value
    }
}

extension TMModule {
    /// Cancels branches of the transaction at hand: all, those other than the branch at hand, or
    /// that alone; false without a transaction.
    public func cancelBranches(_ which: CancelChoice, _ context: ScriptContext) -> Bool {
        // Without branches there is nothing to cancel.
        guard let transaction = transaction(context), transaction.relay != nil else {
            return false
        }
        var set = BranchSet.all
        switch which {
        case .all: break
        case .others:
            if let index = branchIndex(context) { set.remove(index) }
        case .this:
            guard let index = branchIndex(context) else { return false }
            set = [index]
        case .index(let index):
            guard (0..<64).contains(index) else { return false }
            set = [index]
        }
        transaction.post(.cancelBranches(set, []), in: context)
        return true
    }

    /// Which branches are cancelled.
    public enum CancelChoice: Sendable {
        /// All of them.
        case all
        /// All but the one at hand.
        case others
        /// The one at hand.
        case this
        /// The one of an index.
        case index(Int)
    }

    /// Whether the request at hand has come before; then its last reply was sent again.
    public func precheck(_ context: ScriptContext) -> Bool { repeatsKnown(context) }

    /// Gives the flags of the message to the transaction.
    public func flushFlags(_ context: ScriptContext) -> Bool {
        guard let relay = transaction(context)?.relay else { return false }
        relay.request.keepState(of: context)
        return true
    }

    /// Ends the branches of the transaction at hand with a status, or without a word.
    public func drop(_ context: ScriptContext, _ status: Int?) -> Bool {
        guard let transaction = transaction(context) else { return false }
        // A status that is none, or that would promise success, drops without a word.
        if let status, (300...699).contains(status) {
            return answer(transaction, status, [], context) == 1
        } else if transaction.relay == nil {
            transaction.repliedStatus = 0
            servers.forget(transaction.handle)
        }
        return true
    }

    /// Numbers of open transactions: as server, and as client.
    public var openCounts: (served: Int, sent: Int) { (servers.count, clients.count) }
}
