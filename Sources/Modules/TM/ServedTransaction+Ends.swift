internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// How a request that was sent on ends.
extension ServedTransaction {
    /// All branches have failed: the failure route may start others or answer; else the best
    /// response goes back (RFC 3261 16.7 step 6).
    func finish(_ best: BestResponse, in context: ScriptContext) {
        guard let relay, !relay.forks.isFinalSent else { return }
        var best = best
        if let branch = best.branch { relay.lastBranch = branch }
        if let name = wishes.failureRoute {
            // It is armed anew for each group, so that it does not meet itself again.
            wishes.failureRoute = nil
            runFailureRoute(name, best, in: context)
            guard repliedStatus < 200 else { return }
            guard !relay.forks.branches.contains(where: \.isOpen) else { return }
            best = relay.forks.best
        }
        send(best, in: context)
        carryOut(relay.forks.finalSent(), in: context)
    }

    /// Runs the failure route on the request as it was sent on, with the attributes that other
    /// blocks have left.
    ///
    /// It has the turn while it runs; a route that takes long holds up this call only, but is worth
    /// a
    /// warning since its worker does nothing else meanwhile.
    private func runFailureRoute(
        _ name: String, _ best: BestResponse, in context: ScriptContext
    ) {
        guard let relay, beginRequest(in: context) else { return }
        let start = SystemClock.monotonic()
        stage = .failure
        module.workspace(context).currentBranch = best.branch ?? -1
        relay.chosenStatus = best.status
        relay.isChosenLocal = best.isLocal
        _ = module.services.blocks.runBlock(.failure(name), in: context)
        relay.request.keepState(of: context)
        stage = .request
        let limit = context.with(module.settings) { $0.failureRouteLimit }
        let spent = SystemClock.monotonic().since(start) / 1_000
        if limit > 0, spent > UInt64(limit) {
            context.log(.warning, "tm: failure_route[\(name)] took \(spent) microseconds")
        }
    }

    /// Runs the block that sees the failure of one branch, on the request (`t_on_branch_failure`).
    func runBranchFailure(_ index: Int, in context: ScriptContext) {
        guard let relay, let name = relay.branches[index].failureRoute else { return }
        relay.branches[index].failureRoute = nil
        let block = ScriptBlock.event("tm:branch-failure:\(name)")
        guard module.services.blocks.hasBlock(block) else { return }
        // The block works on the request, and whoever called this goes on with the response: so the
        // response is put back behind it.
        let isResponse = context.message.kind == .response
        let origin = context.origin
        let bytes = context.withMessage { Array(copying: $0.bytes) }
        guard beginRequest(in: context) else { return }
        stage = .branchFailure
        wishes.branchFailureRoute = nil
        module.workspace(context).currentBranch = index
        relay.chosenStatus = relay.branches[index].status
        relay.isChosenLocal = relay.branches[index].response.isEmpty
        _ = module.services.blocks.runBlock(block, in: context)
        relay.request.keepState(of: context)
        stage = .request
        guard isResponse else { return }
        let now = context.now
        context.reset(origin: origin, now: now)
        _ = TMModule.load(bytes.span, into: context)
    }

    /// Sends the response that was chosen.
    private func send(_ best: BestResponse, in context: ScriptContext) {
        guard let relay else { return }
        if let index = best.branch, !best.isLocal, !relay.branches[index].response.isEmpty {
            context.outbox.begin()
            write(best, index, into: &context.outbox.writer)
            return deliver(best.status, in: context)
        }
        let isTimeout = best.isLocal && best.status == 408
        let (isSilent, code, reason) = context.with(module.settings) {
            (!$0.answersTimeouts, $0.timeoutCode, Array($0.timeoutReason.utf8))
        }
        // A caller that hears nothing gives up by itself (timer B of its own), which some operators
        // want when a phone was unreachable.
        if isTimeout, isSilent, method == .invite, wishes.failureRoute == nil {
            responseObserver?.responseLeft(best.status, [], in: context)
            return
        }
        guard beginRequest(in: context) else { return }
        if isTimeout {
            context.reply(code, reason.span)
        } else {
            let words = Self.words(for: best.status)
            context.reply(best.status, words.span)
        }
    }

    /// Reason phrases of failures to send, as Kamailio has them; empty for the usual one.
    static func words(for status: Int) -> [UInt8] {
        switch status {
        case 473: Array("Filtered destination (473/TM)".utf8)
        case 477: Array("Unfortunately error on sending to next hop occurred (477/TM)".utf8)
        case 478: Array("Unresolvable destination (478/TM)".utf8)
        case 500: Array("I'm terribly sorry, server error occurred (1/TM)".utf8)
        case 487: Array("Request Terminated".utf8)
        default: []
        }
    }

    /// Writes the response of a branch, with another status if it goes back as one, and with the
    /// challenges of others (RFC 3261 16.7 steps 6 and 7).
    private func write(
        _ best: BestResponse, _ index: Int, into writer: inout ByteWriter
    ) {
        guard let relay else { return }
        let bytes = relay.branches[index].response
        let lineEnd = (bytes.firstIndex(of: 10) ?? -1) + 1
        if best.status == relay.branches[index].status {
            writer.append(bytes.span.extracting(0..<lineEnd))
        } else {
            writer.append("SIP/2.0 ")
            writer.append(decimal: best.status)
            writer.append(" ")
            writer.append(ReasonPhrase.of(best.status))
            writer.append("\r\n")
        }
        // Each realm wants credentials of its own, so the caller must see all of them at once (RFC
        // 3261 16.7 step 7).
        for other in best.challenges {
            var response = SIPMessage(capacity: 2048)
            let bytes = relay.branches[other].response
            guard (try? response.load(bytes.span)) != nil else { continue }
            Self.copyChallenges(of: response, into: &writer)
        }
        writer.append(bytes.span.extracting(lineEnd..<bytes.count))
    }

    /// Copies the lines as they were received: a parameter that this server does not know is part
    /// of
    /// what the client has to compute with (RFC 7616 3.3).
    private static func copyChallenges(
        of response: borrowing SIPMessage, into writer: inout ByteWriter
    ) {
        for number in 0..<response.headerCount {
            let field = response.field(number)
            guard field.name == .wwwAuthenticate || field.name == .proxyAuthenticate else {
                continue
            }
            writer.append(response[field.line])
        }
    }

    // MARK: Cancelling

    /// The client cancels (RFC 3261 9.2, 16.10).
    func cancel(_ reason: [UInt8], in context: ScriptContext) {
        guard let relay else {
            // Its script has not sent it on yet, and will learn of it then.
            isCancelled = true
            return
        }
        // Why the caller has hung up matters to phones that ring: a call that was answered
        // elsewhere
        // is no missed call (RFC 3326 3.1).
        let copies = context.with(module.settings) { $0.copiesReason }
        if copies, !wishes.omitsCancelReason { relay.cancelReason = reason }
        carryOut(relay.forks.cancelled(), in: context)
    }

    /// It has lived longer than `max_inv_lifetime` allows: what is open counts as timed out.
    func expire(in context: ScriptContext) {
        // The same timer tells that nobody has acknowledged a failure: then the end has come.
        guard repliedStatus < 200 else { return }
        isExpired = true
        guard let relay else { return }
        for index in relay.forks.branches.indices where relay.forks.branches[index].isOpen {
            // A target that has said nothing must not be called again once the caller was told;
            // one that rings gets its CANCEL.
            if relay.forks.branches[index].state == .pending,
                let client = relay.branches[index].client
            {
                module.clients.forget(client)
            }
            carryOut(relay.forks.failed(index), in: context)
        }
    }
}
