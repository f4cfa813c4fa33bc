internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// What becomes of responses (RFC 3261 16.7).
extension ServedTransaction {
    /// A response came; it is the context's message.
    ///
    /// The ACK of a failure goes out at once, whoever has the turn: it is a matter of the hop.
    func answered(_ outcome: ClientOutcome, in context: ScriptContext) {
        if outcome.orders.contains(.acknowledge) { acknowledge(outcome, in: context) }
        guard outcome.orders.contains(.passUp),
            outcome.owner.kind == OwnerKind.branch.rawValue
        else {
            module.counters.absorbed.add()
            return
        }
        let index = Int(outcome.owner.number)
        take(context) {
            respond(index, outcome.branch, in: context)
        } else: {
            // What `reply_route` has done to it must not be lost.
            var writer = ByteWriter(capacity: context.messageLength + 256)
            context.renderEdited(into: &writer)
            return .response(
                index, outcome.branch, Array(copying: writer.span), context.origin)
        }
    }

    /// Sends the ACK of a failure to where the INVITE went (RFC 3261 17.1.1.3).
    ///
    /// The first one is made of the INVITE and the response; the store keeps it, since the callee
    /// repeats its response until it hears one.
    private func acknowledge(_ outcome: ClientOutcome, in context: ScriptContext) {
        guard let message = outcome.message else { return }
        context.outbox.begin()
        if outcome.orders.contains(.passUp) {
            var invite = SIPMessage(capacity: message.span.count)
            guard (try? invite.load(message.span)) != nil else { return }
            let prefix = Array(context.with(module.settings) { $0.copiedPrefix }.utf8)
            HopRequest.writeAcknowledgement(
                of: invite, for: context.message, copiedPrefix: prefix.span,
                into: &context.outbox.writer)
            context.withBegun { ack in
                _ = module.clients.acknowledge(outcome.branch, message: ack)
            }
        } else {
            context.outbox.writer.append(message.span)
        }
        context.outbox.commit(to: outcome.destination)
    }

    /// A branch was not answered, or could not be sent.
    func failed(_ outcome: ClientOutcome, in context: ScriptContext) {
        guard outcome.owner.kind == OwnerKind.branch.rawValue else { return }
        post(
            .failure(
                Int(outcome.owner.number), outcome.branch,
                isTimeout: outcome.orders.contains(.reportTimeout)), in: context)
    }

    // MARK: Within a turn

    /// Works on a response of a branch, which is the context's message.
    func respond(_ index: Int, _ client: ClientBranch, in context: ScriptContext) {
        guard let relay, index < relay.branches.count, relay.branches[index].client == client
        else { return }
        let status = context.message.status
        relay.lastBranch = index
        let work = module.workspace(context)
        work.current = self
        work.currentBranch = index
        relay.branches[index].status = status
        relay.branches[index].reason = context.bytes(of: .message(context.message.reason))
        // The script sees each response before anything is decided on it, as it may change it.
        if let name = wishes.replyRoute, !runReplyRoute(name, status, in: context) { return }
        if status >= 300 {
            module.avoidOverloaded(relay.branches[index].hop, in: context)
            // Another address of the same name may do better, and the caller need not know of it.
            if failsOver(index, status, in: context) { return }
            keepResponse(index, in: context)
            runBranchFailure(index, in: context)
        }
        carryOut(relay.forks.received(index, status: status), in: context)
    }

    /// Runs the reply route with the attributes of the transaction; false when a provisional
    /// response was dropped.
    private func runReplyRoute(_ name: String, _ status: Int, in context: ScriptContext) -> Bool {
        guard let relay else { return true }
        stage = .reply
        relay.request.lendState(to: context)
        let outcome = module.services.blocks.runBlock(.reply(name), in: context)
        relay.request.keepState(of: context)
        stage = .request
        // A final response that nobody sees would leave the client waiting.
        return !outcome.isDropped || status >= 200
    }

    /// Keeps a response as it goes back, without our Via.
    private func keepResponse(_ index: Int, in context: ScriptContext) {
        guard let relay else { return }
        do throws(ForwardFailure) {
            try context.beginRelayedReply()
            relay.branches[index].response = context.withBegun { Array(copying: $0) }
            context.outbox.abandon()
        } catch {
            relay.branches[index].response = []
        }
    }

    /// Whether the branch goes to the next address of its name instead (RFC 3263 4.3).
    private func failsOver(_ index: Int, _ status: Int, in context: ScriptContext) -> Bool {
        guard let relay, !relay.branches[index].candidates.isEmpty,
            !relay.forks.branches[index].isCancelled, module.leadsToNext(status, context)
        else { return false }
        return retry(index, in: context)
    }

    /// Sends the branch to the next of its addresses, as it would have been sent to the first;
    /// false
    /// when none is left or none can be sent to.
    ///
    /// It is a new client transaction with a branch of its own (RFC 3263 4.3): what comes late from
    /// the address that failed belongs to the old one, which nobody knows any more.
    private func retry(_ index: Int, in context: ScriptContext) -> Bool {
        guard let relay, !relay.branches[index].candidates.isEmpty, !wishes.disablesFailover
        else { return false }
        let origin = context.origin
        let bytes = context.withMessage { Array(copying: $0.bytes) }
        guard beginRequest(in: context) else { return false }
        context.edits = relay.branches[index].edits
        relay.branches[index].target.apply(to: context)
        if send(index, in: context) == nil { return true }
        // Then the response that is at hand counts after all.
        let now = context.now
        context.reset(origin: origin, now: now)
        _ = TMModule.load(bytes.span, into: context)
        return false
    }

    /// A branch has ended without a response; the context may be used for anything.
    func fail(
        _ index: Int, _ client: ClientBranch, isTimeout: Bool, in context: ScriptContext
    ) {
        guard let relay, index < relay.branches.count, relay.branches[index].client == client
        else { return }
        let branch = relay.forks.branches[index]
        // Whoever has rung was reached, so another address would only ring a second time.
        if branch.state == .pending, !branch.isCancelled, retry(index, in: context) { return }
        relay.lastBranch = index
        let isEnd = branch.isCancelled
        let status = isEnd ? 487 : isTimeout ? 408 : 503
        relay.branches[index].status = status
        relay.branches[index].reason = []
        relay.branches[index].response = []
        runBranchFailure(index, in: context)
        carryOut(relay.forks.failed(index, status: status), in: context)
    }

    /// Does what the response context asks.
    func carryOut(_ actions: ForkActions, in context: ScriptContext) {
        // The caller comes first: what it hears does not depend on the CANCELs of the others.
        if let index = actions.forward { forward(index, in: context) }
        for index in actions.cancel { sendCancel(index, in: context) }
        for index in actions.abandon {
            if let client = relay?.branches[index].client { module.clients.forget(client) }
        }
        if let best = actions.best { finish(best, in: context) }
    }

    /// Passes the response at hand on to the client.
    private func forward(_ index: Int, in context: ScriptContext) {
        guard context.message.kind == .response else { return }
        let status = context.message.status
        do throws(ForwardFailure) {
            try context.beginRelayedReply()
        } catch {
            return
        }
        deliver(status, in: context)
    }

    /// Sends the response that was begun to the client, if it may still have one.
    func deliver(_ status: Int, in context: ScriptContext) {
        let now = module.now
        let observed = responseObserver == nil ? [] : context.withBegun { Array(copying: $0) }
        do throws(TransactionError) {
            let outcome = try context.withBegun { (message) throws(TransactionError) in
                try module.servers.answer(handle, status: status, message: message, now: now)
            }
            // The machine drops what must not follow a final response (RFC 3261 17.2.1).
            guard outcome.orders.contains(.send) else {
                context.outbox.abandon()
                module.counters.absorbed.add()
                return
            }
            context.outbox.commit(to: outcome.destination)
        } catch {
            // The store has forgotten what has lived too long; the caller gets its answer once.
            guard isExpired, repliedStatus < 200, status >= 200 else {
                context.outbox.abandon()
                return
            }
            context.outbox.commit(to: client)
        }
        repliedStatus = status
        hasActed = true
        module.counters.relayed.add()
        module.counters.sent.add()
        module.counters.complete(status)
        context.forwardedReplies += 1
        responseObserver?.responseLeft(status, observed, in: context)
    }

    /// Cancels a branch (RFC 3261 9.1, 16.10).
    func sendCancel(_ index: Int, in context: ScriptContext) {
        guard let relay, let client = relay.branches[index].client,
            let hop = relay.branches[index].hop, let message = module.clients.message(of: client)
        else { return }
        // Route, URI, To and the topmost Via must be those of the INVITE as it went out, not as it
        // came (RFC 3261 9.1).
        var invite = SIPMessage(capacity: message.span.count)
        guard (try? invite.load(message.span)) != nil else { return }
        let owner = TransactionOwner(
            kind: OwnerKind.cancel.rawValue, number: UInt32(index))
        let now = module.now
        do throws(TransactionError) {
            let handle = try module.clients.reserveCancel(of: client, owner: owner, now: now)
            let prefix = Array(context.with(module.settings) { $0.copiedPrefix }.utf8)
            context.outbox.begin()
            HopRequest.writeCancel(
                of: invite, reason: cancelReason(context).span, copiedPrefix: prefix.span,
                into: &context.outbox.writer)
            try context.withBegun { (message) throws(TransactionError) in
                try module.clients.start(handle, message: message, now: now)
            }
            context.outbox.commit(to: hop)
        } catch {
            // The branch has ended, or was cancelled already.
            context.outbox.abandon()
        }
    }

    /// The value of Reason for our CANCEL (RFC 3326).
    private func cancelReason(_ context: ScriptContext) -> [UInt8] {
        guard let relay else { return [] }
        if !relay.cancelReason.isEmpty { return relay.cancelReason }
        guard context.with(module.settings, { $0.addsReason }), relay.forks.isAccepted else {
            return []
        }
        return Array("SIP;cause=200;text=\"Call completed elsewhere\"".utf8)
    }
}
