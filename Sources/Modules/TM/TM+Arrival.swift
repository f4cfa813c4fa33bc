internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// What a request is to the transactions that are open.
enum Arrival {
    /// It opened this one.
    case new(ServedTransaction)
    /// It has come before; its reply was sent again if there is one.
    case repeated
    /// It is the ACK of a reply of this server's, or of one that was passed on, and goes no
    /// further.
    case absorbed
    /// It is an ACK of nobody's, or its header fields cannot be read.
    case unknown
    /// As many transactions are open as may be.
    case full
}

extension TMModule {
    /// Finds or opens the transaction of the request at hand.
    func arrive(_ context: ScriptContext) -> Arrival {
        guard context.message.kind == .request else { return .unknown }
        let work = workspace(context)
        guard let key = work.key(of: context) else { return .unknown }
        let now = now
        let method = context.message.method
        // An ACK is no transaction: it ends one, or belongs to the call (RFC 3261 17).
        if method == .ack {
            guard let outcome = servers.acknowledge(key, now: now) else { return .unknown }
            return outcome.orders.contains(.passUp) ? .unknown : .absorbed
        }
        // Found out now, while the request is at hand: its Via says where replies go (RFC 3261
        // 18.2.2), with the port it came from if rport asks for it (RFC 3581 4).
        let destination = context.withMessage {
            ReplyRoute.destination(for: $0, from: context.origin, forceRport: context.forcesRport)
        }
        let wishes = work.pendingWishes(context)
        let opening = ServerOpening(
            method: method, origin: context.origin, destination: destination,
            timers: context.with(settings) { $0.timers(wishes, serving: method == .invite) })
        do throws(TransactionError) {
            switch try servers.receive(key, opening, now: now) {
            case .repeated(let outcome):
                repeatReply(outcome, in: context)
                return .repeated
            case .opened(let handle):
                let transaction = ServedTransaction(self, handle, opening, wishes)
                // A CANCEL may come before the script is done, and must find its INVITE (RFC 3261
                // 9.2).
                if method == .invite { servers.attach(transaction, to: handle) }
                counters.served.add()
                context.transaction = transaction
                return .new(transaction)
            }
        } catch {
            return .full
        }
    }

    /// Sends the last reply again, if there is one.
    private func repeatReply(_ outcome: ServerOutcome, in context: ScriptContext) {
        guard outcome.orders.contains(.send), let message = outcome.message else { return }
        context.outbox.begin()
        context.outbox.writer.append(message.span)
        context.outbox.commit(to: outcome.destination)
        counters.sent.add()
    }

    /// The transaction that the script works on, if it has opened one.
    func transaction(_ context: ScriptContext) -> ServedTransaction? {
        (context.transaction as? ServedTransaction) ?? workspace(context).current
    }

    // MARK: Functions

    /// `t_newtran`: 1 opened, 0 for what was there before, which ends the script.
    func newTransaction(_ context: ScriptContext) -> Int {
        guard transaction(context) == nil else {
            context.log(.error, "t_newtran: the request has a transaction already")
            return -1
        }
        switch arrive(context) {
        case .new: return 1
        case .repeated, .absorbed: return 0
        case .unknown: return -1
        case .full:
            context.log(.error, "t_newtran: too many transactions are open")
            return -1
        }
    }
}

extension TMWorkspace {
    /// The key of the request at hand, or of the INVITE that a CANCEL means.
    func key(of context: ScriptContext, as method: SIPMethod? = nil) -> ServerKey? {
        context.withMessage { keys.key(of: $0, as: method) }
    }
}
