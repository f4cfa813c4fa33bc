internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Synchronization
internal import Transactions

/// A request that was received, from `t_newtran` or `t_relay` to its end.
///
/// Whoever works on it has its turn: the worker that runs its `request_route`, then whoever
/// receives a response or finds a timer due. What comes while another thread has the turn waits in
/// the mailbox and is done by that thread, so that no lock is held while a script runs.
///
/// `@unchecked Sendable`: everything but the mailbox is touched by the thread that has the turn.
final class ServedTransaction: ServerTransaction, @unchecked Sendable {
    /// What can happen to it.
    enum Event: Sendable {
        /// A response came on a branch: its bytes, and where they came from.
        case response(Int, ClientBranch, [UInt8], Origin)
        /// A branch was not answered in time; or could not be sent.
        case failure(Int, ClientBranch, isTimeout: Bool)
        /// A name was looked up.
        case resolved(Int, Result<[Origin], ForwardFailure>)
        /// The client cancels; with the value of its Reason.
        case cancel([UInt8])
        /// Branches are to be cancelled, for the script or an operator.
        case cancelBranches(BranchSet, [UInt8])
        /// An answer of an operator's: status, reason phrase, further header lines, body, and the
        /// tag that To gets, empty for the usual one.
        case reply(Int, [UInt8], [UInt8], ReplyBody?, toTag: [UInt8] = [])
        /// Nothing could be sent: the failure route is asked.
        case finish(BestResponse)
        /// It has lived too long.
        case expired
    }

    /// What waits for the thread that has the turn.
    private struct Mailbox {
        /// A new transaction belongs to the worker that runs its script.
        var isBusy = true
        var events: [Event] = []
    }

    /// The module that opened it.
    let module: TMModule
    /// What the store knows it by.
    let handle: ServerHandle
    /// The method of its request.
    let method: SIPMethod
    /// Where its replies go (RFC 3261 18.2.2, RFC 3581 4).
    let client: Origin
    /// What the script wants of it.
    var wishes: TransactionWishes
    /// Its branches, once it was sent on.
    var relay: Relay?
    /// Status of the last reply that was sent, 0 before.
    var repliedStatus = 0
    /// Whether the client has cancelled it before it was sent on.
    var isCancelled = false
    /// Whether it has lived longer than it may.
    var isExpired = false
    /// Branches that could not be sent, with the status that says why, until others are known.
    var failures: [(index: Int, status: Int)] = []
    /// Who hears of its responses, from when it is sent on.
    var responseObserver: (any ResponseObserver)?
    /// Which block of the script runs for it.
    var stage = Stage.request
    /// Whether the present turn has started branches or answered the client.
    var hasActed = false
    private let mailbox = Guarded(Mailbox())

    /// The blocks that run for a transaction.
    enum Stage { case request, branch, reply, failure, branchFailure }

    /// A transaction of a request that the store has just opened.
    init(
        _ module: TMModule, _ handle: ServerHandle, _ opening: ServerOpening,
        _ wishes: TransactionWishes
    ) {
        self.module = module
        self.handle = handle
        method = opening.method
        client = opening.destination
        self.wishes = wishes
    }

    // MARK: Turns

    /// Does `now` if nobody else has the turn, else leaves an event for who has it.
    func take(
        _ context: ScriptContext, _ now: () -> Void, else event: () -> Event
    ) {
        if mailbox.withLock({ mailbox in take(&mailbox) }) {
            now()
            leave(context)
            return drain(context)
        }
        // The event is made without the lock, since it copies a message; meanwhile the turn may
        // have
        // become free, so it is asked for once more together with leaving the event.
        let event = event()
        let isFree = mailbox.withLock { mailbox in
            if take(&mailbox) { return true }
            // A stranger who floods a branch with responses gets no more room than this.
            if mailbox.events.count < Limits.transactionEventsMax { mailbox.events.append(event) }
            return false
        }
        guard isFree else { return }
        handle(event, in: context)
        drain(context)
    }

    /// Takes the turn if it is free.
    private func take(_ mailbox: inout Mailbox) -> Bool {
        guard !mailbox.isBusy else { return false }
        mailbox.isBusy = true
        return true
    }

    /// Leaves an event, and does it at once if nobody has the turn.
    func post(_ event: Event, in context: ScriptContext) {
        take(context, { handle(event, in: context) }, else: { event })
    }

    /// Does what came meanwhile, and gives the turn back.
    private func drain(_ context: ScriptContext) {
        while true {
            let events = mailbox.withLock { mailbox in
                let events = mailbox.events
                mailbox.events = []
                // Found empty and given back under one lock: nothing can be left in between.
                if events.isEmpty { mailbox.isBusy = false }
                return events
            }
            guard !events.isEmpty else { return }
            for event in events { handle(event, in: context) }
        }
    }

    /// The script that had the request is done.
    ///
    /// A transaction that was neither answered nor sent on is given up, so that the client's next
    /// attempt is worked on.
    func scriptEnded(in context: ScriptContext) {
        if relay == nil, repliedStatus == 0 { module.servers.forget(handle) }
        settle(in: context)
        drain(context)
    }

    /// Once the script has answered the client itself, no branch is waited for any more.
    func settle(in context: ScriptContext) {
        guard let relay, repliedStatus >= 200, !relay.forks.isFinalSent else { return }
        carryOut(relay.forks.finalSent(), in: context)
    }

    /// The end of one event: what it has changed of the worker is put back.
    private func leave(_ context: ScriptContext) {
        settle(in: context)
        let work = module.workspace(context)
        work.current = nil
        work.currentBranch = -1
        stage = .request
    }

    /// Does what has happened; the caller has the turn.
    private func handle(_ event: Event, in context: ScriptContext) {
        defer { leave(context) }
        switch event {
        case .response(let index, let client, let bytes, let origin):
            let now = context.now
            context.reset(origin: origin, now: now)
            guard TMModule.load(bytes.span, into: context) else { return }
            respond(index, client, in: context)
        case .failure(let index, let client, let isTimeout):
            fail(index, client, isTimeout: isTimeout, in: context)
        case .resolved(let index, let result): resolved(index, result, in: context)
        case .cancel(let reason): cancel(reason, in: context)
        case .cancelBranches(let set, let reason):
            guard let relay else { return }
            relay.cancelReason = reason
            carryOut(relay.forks.cancel(set), in: context)
        case .reply(let status, let reason, let headers, let body, let tag):
            guard beginRequest(in: context) else { return }
            context.replyHeaders.append(headers)
            if let body { context.replyBody = body }
            answer(status, reason, tag, in: context)
        case .finish(let best): finish(best, in: context)
        case .expired: expire(in: context)
        }
    }

    // MARK: Replies of this server's

    /// Keeps a reply for retransmissions; false when a final one was sent already.
    func mayReply(_ status: Int, in context: ScriptContext) -> Bool {
        let work = module.workspace(context)
        // Two flags that were found out once: a script without these events pays nothing for them.
        if work.hasLocalResponse { module.show("tm:local-response", context) }
        let now = module.now
        do throws(TransactionError) {
            let outcome = try context.withBegun { (message) throws(TransactionError) in
                try module.servers.answer(handle, status: status, message: message, now: now)
            }
            // A second final reply is none (RFC 3261 17.2.1).
            guard outcome.orders.contains(.send) else { return false }
        } catch {
            // What has lived too long is answered once and not repeated.
            guard isExpired, repliedStatus < 200 else { return false }
        }
        repliedStatus = status
        hasActed = true
        module.counters.generated.add()
        module.counters.sent.add()
        module.counters.complete(status)
        if work.hasLocalResponseSent { module.show("tm:local-response-sent", context) }
        return true
    }

    /// Makes the request the context's message again, with this as its transaction.
    func beginRequest(in context: ScriptContext) -> Bool {
        guard let relay, relay.request.restore(to: context) else { return false }
        context.transaction = self
        context.responseObserver = responseObserver
        module.workspace(context).current = self
        return true
    }

    /// Answers the request that `beginRequest` has put into the context.
    private func answer(
        _ status: Int, _ reason: [UInt8], _ tag: [UInt8], in context: ScriptContext
    ) {
        if tag.isEmpty {
            context.reply(status, reason.span)
        } else {
            context.reply(status, reason.span, toTag: tag.span) { _ in }
        }
    }

    /// The store has forgotten it.
    func ended() {
        module.counters.ended.add()
    }
}
