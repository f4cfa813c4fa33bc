internal import Basics
internal import ModuleKit
internal import Subscriptions

/// The variables of the module.
extension PresenceModule {
    /// All of them.
    static var variableRows: [VariableRow<PresenceModule>] {
        [
            VariableRow(
                "subs", inner: .required,
                "The subscription that was handled last, or that a NOTIFY was about.",
                check: { (reference) throws(ArgumentError) in _ = try part(of: reference) },
                compile: { (module, reference) throws(ArgumentError) in
                    let part = try part(of: reference)
                    return VariableAccess { context in module.show(part, context) }
                }),
            VariableRow(
                "notify_reply", inner: .required, accepts: .dynamicInner,
                "A variable as it is for the answer to a NOTIFY, within its event route.",
                compile: { (module, reference) throws(ArgumentError) in
                    let isStatus = reference.inner == "$rs"
                    let read = try readInner(reference)
                    return VariableAccess { context in
                        module.showReply(context, isStatus: isStatus, read)
                    }
                }),
        ]
    }

    private static func part(
        of reference: VariableReference
    ) throws(ArgumentError) -> SubscriptionPart {
        let name = reference.inner ?? ""
        guard let part = SubscriptionPart(rawValue: name) else {
            let names = SubscriptionPart.allCases.map(\.rawValue).joined(separator: ", ")
            throw ArgumentError("$subs has no \"\(name)\"; it has \(names)")
        }
        return part
    }

    private static func readInner(
        _ reference: VariableReference
    ) throws(ArgumentError) -> @Sendable (ScriptContext) -> ScriptValue {
        if let compile = reference.compilePart, let inner = reference.inner,
            let read = try compile(inner)
        {
            return read
        }
        if let read = reference.dynamicInner { return read }
        throw ArgumentError("$notify_reply takes a pseudo-variable, such as $notify_reply($rs)")
    }

    private func showReply(
        _ context: ScriptContext, isStatus: Bool,
        _ read: @Sendable (ScriptContext) -> ScriptValue
    ) -> ScriptValue {
        let work = context.workspace(settings) { PresenceWorkspace() }
        guard let reply = work.notifyReply else { return .null }
        if reply.isMessage { return read(context) }
        return isStatus ? .integer(reply.status) : .null
    }

    private func show(_ part: SubscriptionPart, _ context: ScriptContext) -> ScriptValue {
        let work = context.workspace(settings) { PresenceWorkspace() }
        guard parameters.offersSubscription, let shown = work.shown, let agent else {
            return .null
        }
        return part.value(of: shown, agent, context)
    }
}

/// What `$subs(name)` can name.
enum SubscriptionPart: String, Sendable, CaseIterable {
    /// The presentity as a URI, under two names.
    case uri, presentity = "pres_uri"
    /// The addresses of the dialog.
    case toUser = "to_user", toHost = "to_domain", fromUser = "from_user", fromHost = "from_domain"
    /// Who watches.
    case watcherUser = "watcher_username", watcherHost = "watcher_domain"
    /// What is watched.
    case event, eventID = "event_id"
    /// What names the dialog.
    case toTag = "to_tag", fromTag = "from_tag", callID = "callid"
    /// Where the two ends are.
    case contact, localContact = "local_contact", routeSet = "record_route", socket = "sockinfo"
    /// How it stands.
    case expires, status, reason, version, flags
    /// How far its requests have come.
    case remoteCSeq = "remote_cseq", localCSeq = "local_cseq"
    /// What the watcher calls itself.
    case userAgent = "user_agent"

    /// The text of the dialog that it is, as it is stored; nil for others.
    private var field: DialogField? {
        switch self {
        case .toUser: .toUser
        case .toHost: .toHost
        case .fromUser: .fromUser
        case .fromHost: .fromHost
        case .watcherUser: .watcherUser
        case .watcherHost: .watcherHost
        case .eventID: .eventID
        case .toTag: .toTag
        case .fromTag: .fromTag
        case .callID: .callID
        case .contact: .contact
        case .localContact: .localContact
        case .routeSet: .routeSet
        case .userAgent: .userAgent
        default: nil
        }
    }

    /// The value for a subscription.
    func value(
        of shown: ShownSubscription, _ agent: StateAgent, _ context: ScriptContext
    ) -> ScriptValue {
        if let field {
            return .text(context.compose { $0.append(shown.dialog[field]) })
        }
        switch self {
        case .uri, .presentity:
            return .text(
                context.compose { writer in
                    writer.append("sip:")
                    writer.append(shown.dialog[.presentityUser])
                    if !shown.dialog[.presentityUser].isEmpty { writer.append(64) }
                    writer.append(shown.dialog[.presentityHost])
                })
        case .event: return .text(.owned(agent.packages[shown.dialog.package].eventText))
        case .socket:
            let text = context.compose { $0.append(SocketText.name(of: shown.dialog[.socket])) }
            return .text(text)
        case .reason: return .text(context.compose { $0.append(shown.values.reason.word) })
        default: return .integer(number(of: shown, agent))
        }
    }

    private func number(of shown: ShownSubscription, _ agent: StateAgent) -> Int {
        // What has changed since: the engine counts NOTIFYs.
        let values = shown.handle.flatMap { agent.subscription($0)?.values } ?? shown.values
        return switch self {
        case .remoteCSeq: Int(values.remoteCSeq)
        case .localCSeq: Int(values.localCSeq)
        case .expires: shown.values.expires
        case .status: Int(shown.values.status.rawValue)
        case .version: Int(values.version)
        default: Int(values.flags)
        }
    }
}
