/// A module that follows calls (module `dialog`): it is shown requests where it is known that this
/// server takes part in them.
///
/// Whoever shows them keeps the list for each of its workers, so a server without such a module
/// pays the test of an empty array.
public protocol CallObserver: AnyObject, Sendable {
    /// `loose_route` has led the request at hand along a Route of this server's, whose URI has
    /// these parameters.
    func requestWasRouted(_ parameters: [UInt8], in context: ScriptContext)
    /// The request at hand is about to be sent on for the first time.
    ///
    /// What is done to `context.recordRoute` or to the header fields leaves with it.
    func requestWillLeave(in context: ScriptContext)
}

/// Who wants to hear of the responses to one request, wherever they are made.
public protocol ResponseObserver: AnyObject, Sendable {
    /// A response has been sent to the client: relayed, or made here.
    ///
    /// - Parameters:
    ///   - status: its status, 100 to 699
    ///   - response: its bytes as they left; empty when the client was told nothing, since the
    ///     operator wants it so, but the request has ended with this status all the same
    ///   - context: whose message may be the request or the response
    func responseLeft(_ status: Int, _ response: [UInt8], in context: ScriptContext)
}

extension Services {
    /// The modules that follow calls; ask once for each worker.
    public var callObservers: [any CallObserver] {
        loadedModules.compactMap { $0.instance as? any CallObserver }
    }
}
