internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Subscriptions
internal import Synchronization

/// The function `handle_publish` (RFC 3903 6): a PUBLISH from the message to the engine and back.
extension PresenceModule {
    /// What was read of a PUBLISH.
    private struct Headers {
        /// The package that Event names.
        var package = PackageIndex(0)
        /// The presentity, within the workspace's names.
        var presentity = NamePlace()
        /// SIP-If-Match, within the message.
        var ifMatch = ByteRange.empty
        /// The number in Expires.
        var expires: Int?
        /// The column `priority`.
        var priority: Int32 = 0
    }

    /// Carries a PUBLISH out and answers it; the notifications follow the answer.
    ///
    /// Returns 1, also after 412, and -1 after any other refusal.
    func handlePublish(_ context: ScriptContext, sender: ScriptText?) -> Int {
        let work = context.workspace(settings) { PresenceWorkspace() }
        do throws(RequestFailure) {
            guard let running = running.load() else { throw .notStarted }
            let priority = attribute("priority", context)
            let headers = try readPublish(context, running.agent, priority, work)
            fetch(headers.presentity, work, isNeeded: !headers.ifMatch.isEmpty)
            let outcome = try publish(context, running.agent, headers, sender, work)
            storage.load()?.publicationChanged()
            try answer(outcome, context, headers)
            counters.published.add()
            tell(outcome, context, running.agent, headers, work)
            running.sender.send(work, in: context)
            return 1
        } catch {
            refuse(error, context)
            counters.publishRefused.add()
            guard error == .conditionFailed else { return -1 }
            counters.conditionFailed.add()
            return 1
        }
    }

    /// Tells those who watch from outside.
    private func tell(
        _ outcome: PublishOutcome, _ context: ScriptContext, _ agent: StateAgent,
        _ headers: Headers, _ work: PresenceWorkspace
    ) {
        guard case .accepted(_, let seconds) = outcome else { return }
        tellPublication(
            context.now, headers.presentity, headers.package, agent, work,
            isNew: headers.ifMatch.isEmpty, hasBody: !context.message.body.isEmpty,
            expires: seconds)
    }

    // MARK: Reading

    private func readPublish(
        _ context: ScriptContext, _ agent: StateAgent, _ priority: Int?, _ work: PresenceWorkspace
    ) throws(RequestFailure) -> Headers {
        var headers = Headers()
        headers.priority = Int32(clamping: priority ?? 0)
        work.names.removeAll()
        try context.withMessage { (message) throws(RequestFailure) in
            headers.package = try Self.event(of: message, agent.packages, isPublish: true).package
            headers.expires = try Self.expires(of: message)
            headers.ifMatch = message.header(.sipIfMatch) ?? .empty
            try Self.checkBody(of: message, agent.packages, headers.package)
        }
        headers.presentity = try presentity(context, &work.names)
        return headers
    }

    /// The presentity: user and host of the Request-URI.
    func presentity(
        _ context: ScriptContext, _ names: inout ByteWriter
    ) throws(RequestFailure) -> NamePlace {
        // The bytes are in the message or in the context, and the writer is neither.
        try context.withRequestURI { (uri) throws(RequestFailure) in
            try AddressReader.copy(uri: uri, into: &names)
        }
    }

    /// The package and the id that Event names; 489 for an unknown one, 400 for what is no Event.
    static func event(
        of message: borrowing SIPMessage, _ packages: borrowing PackageTable, isPublish: Bool
    ) throws(RequestFailure) -> EventMatch {
        guard let value = message.header(.event) else { throw .badEvent(isPublish: isPublish) }
        guard let match = packages.match(message[value]) else {
            do throws(SyntaxError) { _ = try message.event } catch { throw .badRequest }
            throw .badEvent(isPublish: isPublish)
        }
        let isPublished = packages.packages[Int(match.package.number)].isPublished
        if isPublish, !isPublished { throw .badEvent(isPublish: true) }
        return match
    }

    /// The number in Expires, nil without one; what is no number is refused (RFC 3261 20.19).
    static func expires(of message: borrowing SIPMessage) throws(RequestFailure) -> Int? {
        switch message.expires {
        case .absent: return nil
        case .value(let seconds): return Int(seconds)
        case .malformed:
            // RFC 3261 20.19 ends at 2^32 - 1; more digits mean a very long time all the same.
            guard let value = message.header(.expires), isNumber(message[value]) else {
                throw .badRequest
            }
            return Int(UInt32.max)
        }
    }

    private static func isNumber(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        for place in bytes.indices where bytes[place] < 48 || bytes[place] > 57 { return false }
        return true
    }

    /// Refuses a document of a type that the package does not take (RFC 3903 6 step 5).
    ///
    /// One without Content-Type is taken for what the package is about, as Kamailio takes it.
    private static func checkBody(
        of message: borrowing SIPMessage, _ packages: borrowing PackageTable,
        _ package: PackageIndex
    ) throws(RequestFailure) {
        guard !message.body.isEmpty else { return }
        if let encoding = message.header(.contentEncoding), !message[encoding].matches("identity") {
            throw .unsupportedEncoding
        }
        guard let type = message.header(.contentType) else { return }
        guard packages.packages[Int(package.number)].accepts(contentType: message[type]) else {
            throw .unsupportedType(package)
        }
    }

    // MARK: Carrying out

    private func publish(
        _ context: ScriptContext, _ agent: StateAgent, _ headers: Headers, _ sender: ScriptText?,
        _ work: PresenceWorkspace
    ) throws(RequestFailure) -> PublishOutcome {
        let now = context.now
        guard let sender else {
            return context.withMessage { message in
                Self.publish(agent, message, work.names, headers, Span(), now, &work.orders)
            }
        }
        return try context.withBytes(of: sender) { (uri) throws(RequestFailure) in
            guard Self.isSIP(uri) else { throw .badRequest }
            return context.withMessage { message in
                Self.publish(agent, message, work.names, headers, uri, now, &work.orders)
            }
        }
    }

    /// Takes up documents of a presentity that another program has written, where the database is
    /// the truth (`publ_cache` 0).
    func fetch(_ place: NamePlace, _ work: PresenceWorkspace, isNeeded: Bool) {
        guard isNeeded, let storage = storage.load() else { return }
        Self.fetch(place, work.names, storage)
    }

    private static func fetch(
        _ place: NamePlace, _ names: borrowing ByteWriter, _ storage: PresenceStorage
    ) {
        storage.fetchPublications(user: names.span(place.user), host: names.span(place.host))
    }

    private static func isSIP(_ uri: Span<UInt8>) -> Bool {
        do throws(SyntaxError) { return try SIPURI(parsing: uri).isSIP } catch { return false }
    }

    private static func publish(
        _ agent: StateAgent, _ message: borrowing SIPMessage, _ names: borrowing ByteWriter,
        _ headers: Headers, _ sender: Span<UInt8>, _ now: WallTime, _ orders: inout [NotifyOrder]
    ) -> PublishOutcome {
        var request = PublishRequest(
            package: headers.package, user: names.span(headers.presentity.user),
            host: names.span(headers.presentity.host), ifMatch: message[headers.ifMatch],
            body: message[message.body], sender: sender)
        request.expiresSeconds = headers.expires
        request.priority = headers.priority
        return agent.publish(request, now: now, into: &orders)
    }

    // MARK: Answering

    private static let ok = Array("OK".utf8)

    /// 200 with Expires and SIP-ETag, or the failure that the outcome stands for.
    private func answer(
        _ outcome: PublishOutcome, _ context: ScriptContext, _ headers: Headers
    ) throws(RequestFailure) {
        switch outcome {
        case .accepted(let tag, let seconds):
            context.reply(200, Self.ok.span) { writer in
                writer.appendHeader("Expires", decimal: seconds)
                writer.append("SIP-ETag: ")
                if let tag {
                    tag.write(into: &writer)
                } else {
                    context.withMessage { writer.append($0[headers.ifMatch]) }
                }
                writer.appendLineEnd()
            }
        case .empty: throw .invalidRequest
        case .malformed, .unusable: throw .badRequest
        case .unsupported: throw .unsupportedType(headers.package)
        case .tooLarge: throw .tooLarge
        case .conditionFailed: throw .conditionFailed
        case .full: throw .full
        }
    }

    /// Answers a request that is refused.
    func refuse(_ failure: RequestFailure, _ context: ScriptContext) {
        let packages = agent?.packages
        context.reply(failure.status, failure.reason.span) { writer in
            failure.writeHeaders(packages, into: &writer)
        }
    }

    /// An integer that the script has left in the `$xavp` of `xavp_cfg`.
    func attribute(_ name: StaticString, _ context: ScriptContext) -> Int? {
        guard !context.structured.roots.isEmpty, !parameters.attributesRootBytes.isEmpty else {
            return nil
        }
        let name = name.withUTF8Buffer { unsafe Array($0) }
        let value = context.structured.value(parameters.attributesRootBytes, name)
        return value.flatMap { context.integer($0) }
    }
}
