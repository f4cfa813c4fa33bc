internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// The declarations of what opens, answers and ends transactions.
extension TMModule {
    private typealias Row = FunctionRow<TMModule>

    /// What opens and finds transactions.
    static var transactionRows: [FunctionRow<TMModule>] {
        let found = "1 there is one, -1 there is none"
        return [
            Row(
                "t_newtran", routes: .request,
                returns: "1 opened, 0 for a retransmission or an ACK (the script ends), -1 refused",
                "Opens a transaction for the request."
            ) { (module, context) in module.newTransaction(context) },
            Row(
                "t_check_trans", routes: [.request, .reply, .branch],
                returns: "1 a CANCEL of an open INVITE, 0 a retransmission, -1 neither",
                "Tells what belongs to an open transaction, and answers retransmissions."
            ) { (module, context) in module.checkTransaction(context) },
            Row("t_exists", returns: found, "Whether the request has an open transaction.") {
                (module, context) in
                module.transaction(context) != nil || module.known(context) != nil ? 1 : -1
            },
            Row(
                "t_lookup_request", routes: .request, returns: found,
                "Finds the open transaction of the request."
            ) { (module, context) in
                guard let outcome = module.known(context) else { return -1 }
                if let known = outcome.attachment as? ServedTransaction {
                    context.transaction = known
                }
                return 1
            },
            Row(
                "t_lookup_cancel", Argument<Int>.integer("flags").optional, routes: .request,
                returns: found,
                "Whether the INVITE of a CANCEL is open; with 1 the CANCEL gets its flags."
            ) { (module, context, mode: Int?) in
                guard context.message.method == .cancel, let invite = module.cancelled(context)
                else { return -1 }
                if mode == 1, let relay = invite.relay { context.flags = relay.request.flags }
                return 1
            },
            Row(
                "t_relay_cancel", routes: .request,
                returns: "1 its INVITE is not known, 0 cancelled (the script ends), negative else",
                "Cancels the INVITE of a CANCEL at once."
            ) { (module, context) in
                guard context.message.method == .cancel else { return -1 }
                return module.cancelKnown(context) == nil ? 1 : 0
            },
            Row(
                "t_release", routes: .request, returns: "1 ended, -1 there is none",
                "Ends a transaction that is neither answered nor sent on."
            ) { (module, context) in module.release(context) },
            Row(
                "t_save_lumps", routes: .request, returns: "1",
                "Nothing: what the script has changed is always kept."
            ) { (_, _) in 1 },
            Row(
                "t_uac_send", .string("method"), .string("ruri"), .string("nexthop"),
                .string("socket"), .string("headers"), .string("body"),
                returns: "1 sent, -1 not", "Sends a request of this server's own.",
                call: { (module, context, method, uri, hop, socket, headers, body) in
                    module.send(context, method, uri, hop, socket, headers, body)
                }),
            Row("t_clean", returns: "1", "Ends the transactions whose time has come.") {
                (module, _) in
                module.perform(later: { _ in })
                return 1
            },
        ]
    }

    /// Gives up a transaction of which the client has heard nothing, so that its next attempt is
    /// new.
    private func release(_ context: ScriptContext) -> Int {
        guard let transaction = context.transaction as? ServedTransaction,
            transaction.relay == nil, transaction.repliedStatus == 0
        else { return -1 }
        servers.forget(transaction.handle)
        context.transaction = nil
        return 1
    }

    // MARK: Replies

    /// What answers.
    static var replyRows: [FunctionRow<TMModule>] {
        let routes: RouteKinds = [.request, .reply, .failure, .event]
        let codes = "1 sent, -1 not"
        return [
            Row(
                "t_reply", .integer("code"), .string("reason"), routes: routes, returns: codes,
                "Answers the request of the transaction."
            ) { (module, context, code: Int, reason: ScriptText) in
                guard let transaction = module.transaction(context) else { return -1 }
                return module.answer(transaction, code, context.bytes(of: reason), context)
            },
            Row(
                "t_send_reply", .integer("code"), .string("reason"), routes: routes,
                returns: codes, "The same, and opens a transaction if there is none."
            ) { (module, context, code: Int, reason: ScriptText) in
                let words = context.bytes(of: reason)
                if let transaction = module.transaction(context) {
                    return module.answer(transaction, code, words, context)
                }
                guard case .new(let transaction) = module.arrive(context) else { return -1 }
                return module.answer(transaction, code, words, context)
            },
            Row(
                "t_reply_error", routes: routes, returns: codes,
                "Answers that the server has failed."
            ) { (module, context) in
                guard let transaction = module.transaction(context) else { return -1 }
                return module.answer(
                    transaction, 500, ServedTransaction.words(for: 500), context)
            },
            Row(
                "t_retransmit_reply", routes: .request, returns: codes,
                "Sends the last reply again."
            ) { (module, context) in module.retransmitReply(context) },
        ]
    }

    /// Answers; in a reply route the request is not at hand, so it is done behind it.
    func answer(
        _ transaction: ServedTransaction, _ code: Int, _ reason: [UInt8],
        _ context: ScriptContext
    ) -> Int {
        var code = code
        var reason = HeaderText.oneLine(reason)
        // A number that is no status comes from a variable: the client still gets an answer.
        if !(100...699).contains(code) {
            context.with(settings) {
                code = $0.defaultCode
                reason = Array($0.defaultReason.utf8)
            }
        }
        guard context.message.kind == .request else {
            transaction.post(.reply(code, reason, [], nil), in: context)
            return 1
        }
        return context.reply(code, reason.span) ? 1 : -1
    }

    /// Sends the last reply again, as when the request had come again.
    private func retransmitReply(_ context: ScriptContext) -> Int {
        guard let transaction = transaction(context),
            let outcome = servers.look(transaction.handle),
            let message = servers.message(of: transaction.handle)
        else { return -1 }
        context.outbox.begin()
        context.outbox.writer.append(message.span)
        context.outbox.commit(to: outcome.destination)
        return 1
    }

    /// Sends a copy of the request at hand, whose answers nobody sees.
    func replicate(
        _ context: ScriptContext, _ target: ScriptText, _ port: Int?,
        _ transport: TransportProtocol?
    ) -> Int {
        guard let forced = Self.forced(target, port, transport, context), let uri = forced.uri,
            context.message.method != .ack
        else { return -1 }
        let work = workspace(context)
        do throws(ForwardFailure) {
            guard let known = try services.resolver.known(uri.span)?.first else {
                throw .unresolvedHost
            }
            let hop = try context.leaving(to: known)
            let opening = ClientOpening(
                method: context.message.method, destination: hop,
                owner: TransactionOwner(kind: OwnerKind.replica.rawValue),
                timers: context.with(settings) { $0.timers })
            do throws(TransactionError) {
                let client = try clients.reserve(
                    opening, lane: work.lane, secret: work.secret())
                do throws(ForwardFailure) {
                    try context.beginForwarding(to: hop, branch: work.text(client))
                } catch {
                    clients.forget(client)
                    return -1
                }
                let now = now
                try context.withBegun { (message) throws(TransactionError) in
                    try clients.start(client, message: message, now: now)
                }
                context.outbox.commit(to: hop)
            } catch {
                context.outbox.abandon()
                return -1
            }
            return 1
        } catch {
            return -1
        }
    }
}
