internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// What scripts do with requests: sending on, cancelling, looking up.
extension TMModule {
    /// Switches of `t_relay_to`.
    struct RelayFlags: OptionSet, Sendable {
        /// One bit each, as Kamailio numbers them.
        let rawValue: Int
        /// An INVITE is not answered with 100.
        static let no100 = RelayFlags(rawValue: 1)
        /// An error is not answered.
        static let noReply = RelayFlags(rawValue: 2)
        /// There is no further address.
        static let noFailover = RelayFlags(rawValue: 4)
    }

    /// `t_relay` and its like: opens a transaction if there is none, and sends the request on.
    ///
    /// Returns 1, also for a retransmission; a negative code when it could not be sent, and then
    /// the client has its answer already.
    func relay(
        _ context: ScriptContext, _ forced: ForcedHop = .none, _ flags: RelayFlags = []
    ) -> Int {
        guard context.message.kind == .request else { return -1 }
        if let transaction = transaction(context) {
            return relay(transaction, forced, flags, in: context)
        }
        switch context.message.method {
        case .ack: return relayAcknowledgement(context, forced)
        case .cancel:
            if let code = cancel(context) { return code }
        default: break
        }
        switch arrive(context) {
        case .new(let transaction): return relay(transaction, forced, flags, in: context)
        case .repeated, .absorbed: return 1
        case .unknown: return -1
        case .full:
            // Without a transaction nothing can be sent on; the client may come back later.
            context.reply(503, Span())
            return -1
        }
    }

    /// Sends the request of a transaction on and sees to it that the client hears when that fails.
    private func relay(
        _ transaction: ServedTransaction, _ forced: ForcedHop, _ flags: RelayFlags,
        in context: ScriptContext
    ) -> Int {
        let isRequestRoute = transaction.stage == .request
        if flags.contains(.no100) { transaction.wishes.answersTrying = false }
        if flags.contains(.noReply) { transaction.wishes.disablesInternalReply = true }
        if flags.contains(.noFailover) { transaction.wishes.disablesFailover = true }
        takeTimers(of: transaction, context)
        // Who has a final reply does not wait for another one.
        guard transaction.repliedStatus < 200 else { return -1 }
        if isRequestRoute, transaction.relay == nil { answerTrying(transaction, context) }
        let failure = transaction.isCancelled ? 487 : transaction.relay(forced, in: context)
        guard let failure else { return 1 }
        // In a failure route the best response of the fork goes back, so nothing is said here.
        guard isRequestRoute, !transaction.wishes.disablesInternalReply else { return -1 }
        if failsToRoute(transaction, context) { return 1 }
        context.reply(failure, ServedTransaction.words(for: failure).span)
        return -1
    }

    /// The 100 that keeps the client from repeating its INVITE (RFC 3261 17.2.1).
    private func answerTrying(_ transaction: ServedTransaction, _ context: ScriptContext) {
        guard transaction.method == .invite, transaction.repliedStatus == 0 else { return }
        let (answers, reason) = context.with(settings) {
            ($0.answersTrying, Array($0.tryingReason.utf8))
        }
        if transaction.wishes.answersTrying ?? answers { context.reply(100, reason.span) }
    }

    /// `failure_exec_mode`: what could not be sent at all is shown to the failure route.
    private func failsToRoute(
        _ transaction: ServedTransaction, _ context: ScriptContext
    ) -> Bool {
        guard context.with(settings, { $0.failsLocally }), transaction.wishes.failureRoute != nil,
            let relay = transaction.relay
        else { return false }
        let best = relay.forks.best
        perform(later: { context in transaction.post(.finish(best), in: context) })
        return true
    }

    /// `fr_timer_avp` and `fr_inv_timer_avp`: seconds for this request.
    private func takeTimers(of transaction: ServedTransaction, _ context: ScriptContext) {
        let (final, invite) = context.with(settings) {
            ($0.finalTimerAttribute, $0.inviteTimerAttribute)
        }
        func seconds(_ name: String?) -> Int? {
            guard let name, let value = context.attributes.value(Array(name.utf8)),
                let number = context.integer(value), number > 0
            else { return nil }
            return min(number, 86_400) * 1_000
        }
        if let value = seconds(final) { transaction.wishes.finalTimer = value }
        if let value = seconds(invite) { transaction.wishes.inviteTimer = value }
    }

    // MARK: ACK and CANCEL

    /// An ACK of a failure ends here; that of a 2xx goes on without state (RFC 3261 16.11).
    private func relayAcknowledgement(_ context: ScriptContext, _ forced: ForcedHop) -> Int {
        switch arrive(context) {
        case .absorbed, .repeated: return 1
        default:
            showLeaving(context)
            return forward(context, forced)
        }
    }

    /// Shows the request at hand to the modules that follow calls, before it leaves.
    func showLeaving(_ context: ScriptContext) {
        for observer in workspace(context).observers { observer.requestWillLeave(in: context) }
    }

    /// Sends the request at hand on without state, also when a name has to be looked up.
    func forward(_ context: ScriptContext, _ forced: ForcedHop = .none) -> Int {
        let uri =
            forced.uri ?? context.destinationURI
            ?? context.withRequestURI { Array(copying: $0) }
        do throws(ForwardFailure) {
            guard let known = try services.resolver.known(uri.span) else {
                let request = RequestSnapshot(of: context)
                services.resolver.resolve(uri) { [weak self] result in
                    guard let hop = try? result.get().first else { return }
                    self?.perform(later: { context in
                        if request.restore(to: context) { try? context.forward(to: hop) }
                    })
                }
                return 1
            }
            guard var hop = known.first else { return -1 }
            if forced.uri == nil, let named = try? context.nextHop() { hop = named }
            try context.forward(to: hop)
            return 1
        } catch {
            context.log(.warning, "tm: a request was not sent on: \(error.reason)")
            return -1
        }
    }

    /// The transaction of the INVITE that the CANCEL at hand means.
    func cancelled(_ context: ScriptContext) -> ServedTransaction? {
        guard let key = workspace(context).key(of: context, as: .invite) else { return nil }
        return servers.lookUp(key)?.attachment as? ServedTransaction
    }

    /// A CANCEL is answered here and sent anew for each branch of its INVITE (RFC 3261 16.10).
    ///
    /// Nil when its INVITE is not known and it is to be sent on as any other request.
    private func cancel(_ context: ScriptContext) -> Int? {
        if let code = cancelKnown(context) { return code }
        switch context.with(settings, { $0.unmatchedCancel }) {
        case 1: return forward(context)
        case 2: return 1
        default: return nil
        }
    }

    /// Cancels the INVITE that is meant; nil when there is none.
    func cancelKnown(_ context: ScriptContext) -> Int? {
        guard let invite = cancelled(context) else { return nil }
        // Answered hop by hop, with a transaction of its own (RFC 3261 9.2, 16.10).
        guard case .new = arrive(context) else { return 1 }
        let words = Array("canceling".utf8)
        context.reply(200, words.span)
        let reason = context.message.header(.reason).map {
            context.bytes(of: .message($0))
        }
        // In a context of its own: the script goes on with this one.
        services.perform { inner in
            invite.post(.cancel(HeaderText.oneLine(reason ?? [])), in: inner)
        }
        return 1
    }

    // MARK: Questions

    /// `t_check_trans`: 1 for a CANCEL whose INVITE is known, 0 for what ends here, else -1.
    func checkTransaction(_ context: ScriptContext) -> Int {
        guard context.message.kind == .request else {
            return workspace(context).current == nil ? -1 : 1
        }
        switch context.message.method {
        case .cancel:
            return cancelled(context) == nil ? -1 : 1
        case .ack:
            guard let key = workspace(context).key(of: context),
                let outcome = servers.acknowledge(key, now: now)
            else { return -1 }
            return outcome.orders.contains(.passUp) ? 1 : 0
        default:
            return repeatsKnown(context) ? 0 : -1
        }
    }

    /// Whether the request has come before; then its last reply is sent again.
    func repeatsKnown(_ context: ScriptContext) -> Bool {
        guard let outcome = known(context) else { return false }
        if let message = servers.message(of: outcome.handle) {
            context.outbox.begin()
            context.outbox.writer.append(message.span)
            context.outbox.commit(to: outcome.destination)
            counters.sent.add()
        }
        return true
    }

    /// The transaction that the request at hand has opened before.
    func known(_ context: ScriptContext) -> ServerOutcome? {
        guard context.message.kind == .request, let key = workspace(context).key(of: context)
        else { return nil }
        return servers.lookUp(key)
    }

    /// Runs an event route on the reply that was begun.
    func show(_ event: String, _ context: ScriptContext) {
        // The event sees the reply as it leaves, in a context of its own.
        let bytes = context.withBegun { Array(copying: $0) }
        services.perform { inner in
            guard Self.load(bytes.span, into: inner) else { return }
            inner.origin = context.origin
            _ = services.blocks.runBlock(.event(event), in: inner)
        }
    }
}
