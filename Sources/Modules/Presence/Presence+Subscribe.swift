internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Subscriptions
internal import Synchronization

/// The function `handle_subscribe` (RFC 6665 4.2): a SUBSCRIBE from the message to the engine and
/// back.
extension PresenceModule {
    /// Carries a SUBSCRIBE out and answers it; the notifications follow the answer.
    ///
    /// Returns 1, and -1 after a refusal.
    func handleSubscribe(_ context: ScriptContext, watcher: ScriptText?) -> Int {
        let work = context.workspace(settings) { PresenceWorkspace() }
        do throws(RequestFailure) {
            guard let running = running.load() else { throw .notStarted }
            try readSubscribe(context, running.agent, watcher, work)
            let acceptance = try subscribe(running.agent, context.now, work)
            storage.load()?.subscriptionChanged()
            answer(acceptance, context, work)
            counters.subscribed.add()
            tellSubscription(context.now, acceptance, running.agent, work)
            running.sender.send(work, in: context)
            return 1
        } catch {
            refuse(error, context)
            counters.subscribeRefused.add()
            if error == .unknownDialog { counters.unknownDialogs.add() }
            return -1
        }
    }

    /// Has the engine carry the request out; a dialog that it does not know may be in the database
    /// alone (`subs_db_mode` 3).
    private func subscribe(
        _ agent: StateAgent, _ now: WallTime, _ work: PresenceWorkspace
    ) throws(RequestFailure) -> SubscribeAcceptance {
        var outcome = agent.subscribe(work.request, now: now, into: &work.orders)
        if case .unknownDialog = outcome, let storage = storage.load(),
            Self.fetch(work.request, storage)
        {
            outcome = agent.subscribe(work.request, now: now, into: &work.orders)
        }
        guard case .accepted(let acceptance) = outcome else { throw Self.failure(outcome) }
        return acceptance
    }

    private static func fetch(
        _ request: borrowing SubscribeRequest, _ storage: PresenceStorage
    ) -> Bool {
        storage.fetchSubscription(
            callID: request.text[.callID], toTag: request.text[.toTag],
            fromTag: request.text[.fromTag])
    }

    // MARK: Reading

    private func readSubscribe(
        _ context: ScriptContext, _ agent: StateAgent, _ watcher: ScriptText?,
        _ work: PresenceWorkspace
    ) throws(RequestFailure) {
        work.names.removeAll()
        try context.withMessage { (message) throws(RequestFailure) in
            try SubscribeReader.read(message, agent.packages, &work.names, into: &work.request)
        }
        if !work.request.isInDialog { try readPresentity(context, agent, work) }
        if let watcher {
            let place = try context.withBytes(of: watcher) { (uri) throws(RequestFailure) in
                try AddressReader.copy(uri: uri, into: &work.names)
            }
            Self.set(.watcherUser, .watcherHost, place, work.names, &work.request)
        }
        readSocket(context, work)
    }

    private func readPresentity(
        _ context: ScriptContext, _ agent: StateAgent, _ work: PresenceWorkspace
    ) throws(RequestFailure) {
        if agent.packages.packages[Int(work.request.package.number)].isShared {
            return try readSharedLine(context, work)
        }
        let place = try presentity(context, &work.names)
        fetch(place, work, isNeeded: true)
        Self.set(.presentityUser, .presentityHost, place, work.names, &work.request)
    }

    /// `dialog;sla`: the line that is shared is the user of Contact at the host of From.
    private func readSharedLine(
        _ context: ScriptContext, _ work: PresenceWorkspace
    ) throws(RequestFailure) {
        var place = try Self.contactAddress(work.request, &work.names)
        place.host = Self.append(.fromHost, of: work.request, to: &work.names)
        Self.set(.presentityUser, .presentityHost, place, work.names, &work.request)
    }

    private static func contactAddress(
        _ request: borrowing SubscribeRequest, _ names: inout ByteWriter
    ) throws(RequestFailure) -> NamePlace {
        try AddressReader.copy(uri: request.text[.contact], into: &names)
    }

    private static func append(
        _ field: DialogField, of request: borrowing SubscribeRequest, to names: inout ByteWriter
    ) -> ByteRange {
        let start = names.count
        names.append(request.text[field])
        return ByteRange(offset: start, count: names.count - start)
    }

    private static func set(
        _ user: DialogField, _ host: DialogField, _ place: NamePlace,
        _ names: borrowing ByteWriter, _ request: inout SubscribeRequest
    ) {
        request.text.set(user, names.span(place.user))
        request.text.set(host, names.span(place.host))
    }

    /// The socket and connection that the request came to, and the Contact of this end.
    private func readSocket(_ context: ScriptContext, _ work: PresenceWorkspace) {
        let sockets = context.services.sockets
        let index = Int(context.origin.socket.value)
        guard index < sockets.count else { return }
        let start = work.names.count
        SocketText.write(sockets[index].name, context.origin, into: &work.names)
        let middle = work.names.count
        context.with(settings) { parameters in
            LocalContact.write(
                sockets[index], serverAddress: parameters.serverAddressBytes, into: &work.names)
        }
        Self.set(
            .socket, .localContact,
            NamePlace(
                user: ByteRange(offset: start, count: middle - start),
                host: ByteRange(offset: middle, count: work.names.count - middle)),
            work.names, &work.request)
    }

    // MARK: Answering

    private static let ok = Array("OK".utf8)

    /// 200, or 202 where the module is set to that, with Expires and Contact.
    private func answer(
        _ acceptance: SubscribeAcceptance, _ context: ScriptContext, _ work: PresenceWorkspace
    ) {
        let packages = agent?.packages.packages ?? []
        let isPublished = packages[Int(acceptance.dialog.package.number)].isPublished
        let status = !isPublished || context.with(settings) { $0.respondsOK } ? 200 : 202
        let transport = context.origin.transport
        let dialog = acceptance.dialog
        context.reply(status, Self.ok.span, toTag: dialog[.toTag]) { writer in
            writer.appendHeader("Expires", decimal: acceptance.expiresSeconds)
            LocalContact.writeHeader(dialog[.localContact], transport, into: &writer)
        }
        guard parameters.offersSubscription else { return }
        var values = SubscriptionValues()
        values.remoteCSeq = work.request.cseq
        values.expires = acceptance.expiresSeconds
        values.status = acceptance.status
        values.reason = acceptance.reason
        work.shown = ShownSubscription(
            dialog: dialog, values: values, handle: acceptance.handle)
    }

    private static func failure(_ outcome: SubscribeOutcome) -> RequestFailure {
        switch outcome {
        case .accepted: .notStarted
        case .tooBrief(let seconds): .tooBrief(minimumSeconds: seconds)
        case .unknownDialog: .unknownDialog
        case .outOfOrder: .outOfOrder
        case .unusable: .badRequest
        case .full: .full
        }
    }
}

extension EventPackage {
    /// Whether it is `dialog;sla`, whose presentity is the line that several phones share.
    fileprivate var isShared: Bool {
        guard !parameters.isEmpty else { return false }
        return parameters.contains { $0.name.span.matches("sla") }
    }
}
