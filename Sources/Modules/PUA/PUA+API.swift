internal import Basics
public import ModuleKit
public import Publications
internal import Synchronization

/// What other modules ask for; every function may be called on any thread and returns at once.
extension PUAModule {
    /// Hears of the end of a request; called on the user agent's own thread, so it must be brief.
    public typealias Completion = @Sendable (PUAReply) -> Void

    /// Adds an event package (`add_event`); to be called by modules while they are made.
    ///
    /// presence, presence.winfo, dialog;sla, message-summary, dialog, reg, conference and
    /// xcap-diff are there already.
    /// - Throws: When its name or its bit is taken.
    public func add(_ declaration: PUAEventDeclaration) throws(StartFailure) {
        let isNew = declarations.withLock { $0.events.add(declaration) }
        guard !isNew else { return }
        let name = String(decoding: declaration.name, as: UTF8.self)
        throw StartFailure("event package \(name) of module pua is there twice")
    }

    /// Says how the requests of a source go when nothing else is said; to be called by modules
    /// while they are made.
    ///
    /// The table does not hold the next hop, so that this is how a refresh finds its way.
    public func declare(
        _ source: PUASource, outboundProxy: [UInt8]?, credentials: [PUACredentials] = []
    ) {
        declarations.withLock {
            $0.routes.append(
                PUASourceRoute(
                    source: source, outboundProxy: outboundProxy, credentials: credentials))
        }
    }

    /// Has every end of a request of some sources told (`register_puacb`), refreshes included; to be
    /// called by modules while they are made.
    public func observe(_ sources: PUASource, _ body: @escaping Completion) {
        declarations.withLock { $0.observers.append(PUAObserver(sources: sources, body: body)) }
    }

    /// The event package of a name, `dialog;sla`; case does not count.
    public func event(named name: [UInt8]) -> PUAEvent? {
        declarations.withLock { $0.events.named(name)?.event }
    }

    /// Whether a text is a SIP URI that requests and the table can hold.
    public static func isURI(_ bytes: [UInt8]) -> Bool { PUAChecks.isURI(bytes) }

    /// Whether bytes are header lines that a request may carry beside its own.
    public static func isLines(_ bytes: [UInt8]) -> Bool { PUAChecks.isLines(bytes) }

    /// Publishes (`send_publish`): at once, or behind the request of the same publication that is
    /// on its way; then the newest of those that wait is sent, for all who asked.
    @discardableResult
    public func publish(
        _ request: PublicationRequest, _ completion: Completion? = nil
    ) -> PUAAdmission {
        guard let agent = agent.load() else { return .refused(.notRunning) }
        if let fault = PUAChecks.fault(request, agent.events) { return .refused(fault) }
        return agent.submit(completion) { .publish(request, ticket: $0) }
    }

    /// Subscribes (`send_subscribe`), in the same way.
    @discardableResult
    public func subscribe(
        _ request: SubscriptionRequest, _ completion: Completion? = nil
    ) -> PUAAdmission {
        guard let agent = agent.load() else { return .refused(.notRunning) }
        if let fault = PUAChecks.fault(request, agent.events) { return .refused(fault) }
        return agent.submit(completion) { .subscribe(request, ticket: $0) }
    }

    /// Whether a dialog is one of our subscriptions (`is_dialog`), as far as memory tells.
    ///
    /// In `db_mode` 0 the answer is never `.unsure`.
    public func isDialog(_ dialog: PUADialog) -> PUADialogAnswer {
        agent.load()?.answer(dialog) ?? .unknown
    }

    /// The subscription of a dialog, looked up in the table where memory does not have it; nil to
    /// `completion` when there is none.
    ///
    /// False when as much waits as may; then `completion` is not called.
    @discardableResult
    public func findDialog(
        _ dialog: PUADialog, _ completion: @escaping @Sendable (PUARecord?) -> Void
    ) -> Bool {
        look(dialog, .tell(completion))
    }

    /// Replaces the remote target of a subscription (RFC 6665 4.4.1: a NOTIFY refreshes it).
    ///
    /// False when the target is no SIP URI, or when as much waits as may.
    @discardableResult
    public func updateContact(_ dialog: PUADialog, _ target: [UInt8]) -> Bool {
        PUAChecks.isURI(target) && look(dialog, .move(target))
    }

    /// The other side has ended a subscription by a NOTIFY with `Subscription-State: terminated`.
    ///
    /// False when as much waits as may.
    @discardableResult
    public func ended(_ dialog: PUADialog, _ end: PUASubscriptionEnd) -> Bool {
        look(dialog, .end(end))
    }

    private func look(_ dialog: PUADialog, _ work: PUADialogWork) -> Bool {
        agent.load()?.submit(nil) { _ in .look(dialog, work) } == .queued
    }
}
