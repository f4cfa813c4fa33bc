public import Basics
public import ModuleKit
internal import SIPSyntax
internal import Synchronization
internal import Transactions

/// Requests of this server's own: NOTIFY, PUBLISH, OPTIONS.
extension TMModule: TransactionServices {
    /// Sends a request that is not INVITE, and tells `user` of its end.
    ///
    /// To an address nothing is allocated: the request is written into the outbox, copied once for
    /// retransmissions, and its reply is found by the numbers in its branch.
    public func send(
        _ method: Span<UInt8>, _ uri: Span<UInt8>, to target: RequestTarget,
        for user: any TransactionUser, token: UInt64, in context: ScriptContext,
        _ rest: (inout ByteWriter) -> Void
    ) throws(ForwardFailure) {
        let name = SIPMethod(name: method)
        guard name != .ack, name != .cancel, name != .invite else { throw .wrongKind }
        let work = workspace(context)
        let owner = TransactionOwner(
            kind: OwnerKind.user.rawValue, number: number(of: user, work), value: token)
        switch target {
        case .address(let hop):
            try open(name, to: hop, owner, nil, in: context, work) { writer in
                Self.writeLine(method, uri, into: &writer)
            } rest: {
                rest(&$0)
            }
        case .uri(let text):
            let known = try services.resolver.known(text.span)
            if let known, known.count == 1 {
                return try open(name, to: known[0], owner, nil, in: context, work) { writer in
                    Self.writeLine(method, uri, into: &writer)
                } rest: {
                    rest(&$0)
                }
            }
            var line = ByteWriter(capacity: 256)
            Self.writeLine(method, uri, into: &line)
            var tail = ByteWriter(capacity: 2048)
            rest(&tail)
            let request = OwnRequest(
                line: Array(copying: line.span), rest: Array(copying: tail.span),
                candidates: known ?? [])
            if known != nil { return try proceed(request, owner, in: context) }
            let patience = UInt64(context.with(settings) { max(1, $0.finalTimer) })
            let deadline = MonotonicTime(nanoseconds: now.nanoseconds &+ patience * 1_000_000)
            services.resolver.resolve(text) { [weak self] result in
                self?.perform(later: { [weak self] context in
                    self?.resolved(request, owner, result, until: deadline, in: context)
                })
            }
        }
    }

    private static func writeLine(
        _ method: Span<UInt8>, _ uri: Span<UInt8>, into writer: inout ByteWriter
    ) {
        writer.append(method)
        writer.append(UInt8(ascii: " "))
        writer.append(uri)
        writer.append(" SIP/2.0\r\n")
    }

    /// The number that stands for a user: there are a few of them, and they live as long as the
    /// server.
    private func number(of user: any TransactionUser, _ work: TMWorkspace) -> UInt32 {
        if let place = work.users.firstIndex(where: { $0 === user }) { return UInt32(place) }
        work.users = users.withLock { users in
            if !users.contains(where: { $0 === user }) { users.append(user) }
            return users
        }
        let place = work.users.firstIndex { $0 === user }
        assert(place != nil && work.users.count <= 64, "users are modules, not requests")
        return UInt32(place ?? 0)
    }

    private func user(_ number: UInt32, _ work: TMWorkspace) -> (any TransactionUser)? {
        if Int(number) >= work.users.count { work.users = users.withLock { $0 } }
        return Int(number) < work.users.count ? work.users[Int(number)] : nil
    }

    // MARK: Sending

    /// Opens a transaction and writes its request into the outbox.
    private func open(
        _ method: SIPMethod, to hop: Origin, _ owner: TransactionOwner, _ request: OwnRequest?,
        in context: ScriptContext, _ work: TMWorkspace,
        line: (inout ByteWriter) -> Void, rest: (inout ByteWriter) -> Void
    ) throws(ForwardFailure) {
        var hop = hop
        hop.socket = try context.outgoingSocket(for: hop, among: work.sockets)
        try refuseAvoided(hop, method, context)
        var timers = context.with(settings) { $0.timers }
        // A late response changes nothing for a request of our own, so it is not waited for.
        timers.t4 = 0
        let opening = ClientOpening(
            method: method, destination: hop, owner: owner, attachment: request, timers: timers)
        let branch: ClientBranch
        do throws(TransactionError) {
            branch = try clients.reserve(opening, lane: work.lane, secret: work.secret())
        } catch {
            throw .tooManyTransactions
        }
        context.outbox.begin()
        line(&context.outbox.writer)
        work.writeVia(branch, hop.socket, into: &context.outbox.writer)
        rest(&context.outbox.writer)
        do {
            try finish(branch, to: hop, in: context, work)
        } catch {
            clients.forget(branch)
            context.outbox.abandon()
            throw error
        }
        counters.own.add()
    }

    /// Lets the script have its say, starts the transaction and sends the request.
    private func finish(
        _ branch: ClientBranch, to hop: Origin, in context: ScriptContext, _ work: TMWorkspace
    ) throws(ForwardFailure) {
        if work.hasLocalRequest { try showLocalRequest(to: hop, in: context) }
        let now = now
        do throws(TransactionError) {
            try context.withBegun { (message) throws(TransactionError) in
                try clients.start(branch, message: message, now: now)
            }
        } catch {
            throw error.kind == .size ? .tooLarge : .tooManyTransactions
        }
        watch(branch, hop)
        context.outbox.commit(to: hop)
    }

    /// Sees to it that the end of a connection is noticed.
    func watch(_ client: ClientBranch, _ hop: Origin) {
        guard hop.transport.isStream else { return }
        streams.withLock { $0.add(client, hop) }
    }

    /// Runs `event_route[tm:local-request]` on the request that was begun: it may change header
    /// fields and body, and `drop` keeps it.
    func showLocalRequest(to hop: Origin, in context: ScriptContext) throws(ForwardFailure) {
        let bytes = context.withBegun { Array(copying: $0) }
        var isDropped = false
        var changed: [UInt8]?
        services.perform { inner in
            guard Self.load(bytes.span, into: inner) else { return }
            inner.origin = hop
            let outcome = services.blocks.runBlock(.event("tm:local-request"), in: inner)
            isDropped = outcome.isDropped
            guard !inner.edits.isEmpty || inner.rewrittenURI != nil else { return }
            var writer = ByteWriter(capacity: bytes.count + 256)
            inner.renderEdited(into: &writer)
            changed = Array(copying: writer.span)
        }
        guard !isDropped else { throw .dropped }
        guard let changed else { return }
        context.outbox.abandon()
        context.outbox.writer.append(changed)
    }

    /// Loads bytes into a context; false when they are no message.
    static func load(_ bytes: Span<UInt8>, into context: ScriptContext) -> Bool {
        do throws(SyntaxError) {
            try context.message.load(bytes)
            try context.message.validate()
            return true
        } catch {
            return false
        }
    }

    /// Sends a request to the first of its candidates that it can be sent to.
    private func proceed(
        _ request: OwnRequest, _ owner: TransactionOwner, in context: ScriptContext
    ) throws(ForwardFailure) {
        var left = request.candidates[...]
        var failure = ForwardFailure.unresolvedHost
        let work = workspace(context)
        while let hop = left.popFirst() {
            do throws(ForwardFailure) {
                return try open(
                    request.method, to: hop, owner, request.with(Array(left)), in: context, work
                ) {
                    $0.append(request.line)
                } rest: {
                    $0.append(request.rest)
                }
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// The name of a request's destination was looked up.
    ///
    /// Whoever sends to an address is told at once when as many transactions are open as may be,
    /// and waits; who sends to a name hears nothing before the end, so the waiting is done here. It
    /// lasts as long as the request would have waited for its response.
    private func resolved(
        _ request: OwnRequest, _ owner: TransactionOwner,
        _ result: Result<[Origin], ForwardFailure>, until deadline: MonotonicTime,
        in context: ScriptContext
    ) {
        do throws(ForwardFailure) {
            try proceed(request.with(try result.get()), owner, in: context)
        } catch {
            if error == .tooManyTransactions, now < deadline {
                return performAtNextTick { [weak self] context in
                    self?.resolved(request, owner, result, until: deadline, in: context)
                }
            }
            complete(owner, .undeliverable, in: context)
        }
    }

    // MARK: Ends

    /// A response to a request of a module's own; it is the context's message.
    func userAnswered(_ outcome: ClientOutcome, in context: ScriptContext) {
        let status = context.message.status
        guard outcome.orders.contains(.passUp), status >= 200 else { return }
        avoidOverloaded(outcome.destination, in: context)
        if let request = outcome.attachment as? OwnRequest, !request.candidates.isEmpty,
            leadsToNext(status, context), retry(request, outcome.owner, in: context)
        {
            return
        }
        complete(outcome.owner, .answered(status), in: context)
    }

    /// A request of a module's own was not answered, or could not be sent.
    func userFailed(_ outcome: ClientOutcome, in context: ScriptContext) {
        if let request = outcome.attachment as? OwnRequest, !request.candidates.isEmpty,
            retry(request, outcome.owner, in: context)
        {
            return
        }
        let isTimeout = outcome.orders.contains(.reportTimeout)
        complete(outcome.owner, isTimeout ? .timedOut : .undeliverable, in: context)
    }

    /// Whether a status means that another server of the same name may do better (RFC 3263 4.3).
    func leadsToNext(_ status: Int, _ context: ScriptContext) -> Bool {
        status == 503 || context.with(settings) { $0.failsOver(status) }
    }

    private func retry(
        _ request: OwnRequest, _ owner: TransactionOwner, in context: ScriptContext
    ) -> Bool {
        do throws(ForwardFailure) {
            try proceed(request, owner, in: context)
            return true
        } catch {
            return false
        }
    }

    private func complete(
        _ owner: TransactionOwner, _ outcome: RequestOutcome, in context: ScriptContext
    ) {
        counters.complete(outcome.status)
        user(owner.number, workspace(context))?.completed(owner.value, outcome, in: context)
    }
}
