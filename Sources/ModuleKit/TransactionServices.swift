public import Basics

/// Where a request of this server's own goes.
public enum RequestTarget: Sendable, Hashable {
    /// To an address, by a socket or a connection if they are named.
    case address(Origin)
    /// To wherever a URI leads (RFC 3263), one candidate after the other until one answers.
    case uri([UInt8])
}

/// How a request of this server's own ended.
public enum RequestOutcome: Sendable, Hashable {
    /// With a final response of this status; `context.message` is it.
    case answered(Int)
    /// Nobody answered in time, which counts as 408 (RFC 3261 8.1.3.1).
    case timedOut
    /// It could not be sent, which counts as 503.
    case undeliverable

    /// The status that it is worth.
    public var status: Int {
        switch self {
        case .answered(let status): status
        case .timedOut: 408
        case .undeliverable: 503
        }
    }
}

/// Who sends requests of the server's own and wants to know what became of them.
public protocol TransactionUser: AnyObject, Sendable {
    /// The request of a token has ended.
    ///
    /// It is called once for each, on whichever thread found out, and never from within the call
    /// that sends. What it writes into the context's outbox is sent.
    func completed(_ token: UInt64, _ outcome: RequestOutcome, in context: ScriptContext)
}

/// Client transactions for requests of the server's own (RFC 3261 17.1); module `tm` has them.
public protocol TransactionServices: AnyObject, Sendable {
    /// Sends a request that is not INVITE, and tells `user` of its end.
    ///
    /// The request line and Via are written here; `rest` writes all fields behind them, the empty
    /// line and the body, and is done with when the call returns. The message goes into the
    /// context's outbox, or leaves later when its name has to be looked up. An error means that
    /// there is no transaction and that `user` hears nothing.
    func send(
        _ method: Span<UInt8>, _ uri: Span<UInt8>, to target: RequestTarget,
        for user: any TransactionUser, token: UInt64, in context: ScriptContext,
        _ rest: (inout ByteWriter) -> Void
    ) throws(ForwardFailure)
}

/// The server transaction that a request belongs to, once a script has opened one (`t_newtran`).
///
/// It is what the context's replies go through: it keeps them for retransmissions.
public protocol ServerTransaction: AnyObject {
    /// A reply of this server's is about to leave: it is what `context.outbox.begun` holds.
    ///
    /// False keeps it, as a final one was sent already.
    func mayReply(_ status: Int, in context: ScriptContext) -> Bool
    /// The script that had the request is done: who opened the transaction goes on with what came
    /// meanwhile, and may use the context for it.
    func scriptEnded(in context: ScriptContext)
}

extension ServerTransaction {
    /// Nothing came meanwhile.
    public func scriptEnded(in context: ScriptContext) {}
}

extension Services {
    /// The module that has transactions, nil when none is loaded.
    public var transactions: (any TransactionServices)? {
        for loaded in loadedModules {
            if let module = loaded.instance as? any TransactionServices { return module }
        }
        return nil
    }
}
