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
    /// Texts of the dialog, by the names of the columns or of Kamailio's structure.
    case uri, pres_uri, to_user, to_domain, from_user, from_domain, watcher_username
    /// Texts of the dialog.
    case watcher_domain, event, event_id, to_tag, from_tag, callid, contact, local_contact
    /// Texts of the dialog.
    case record_route, reason, user_agent, sockinfo
    /// Numbers.
    case remote_cseq, local_cseq, expires, status, version, flags

    /// The text of the dialog that it is, as it is stored; nil for others.
    private var field: DialogField? {
        switch self {
        case .to_user: .toUser
        case .to_domain: .toHost
        case .from_user: .fromUser
        case .from_domain: .fromHost
        case .watcher_username: .watcherUser
        case .watcher_domain: .watcherHost
        case .event_id: .eventID
        case .to_tag: .toTag
        case .from_tag: .fromTag
        case .callid: .callID
        case .contact: .contact
        case .local_contact: .localContact
        case .record_route: .routeSet
        case .user_agent: .userAgent
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
        case .uri, .pres_uri:
            return .text(
                context.compose { writer in
                    writer.append("sip:")
                    writer.append(shown.dialog[.presentityUser])
                    if !shown.dialog[.presentityUser].isEmpty { writer.append(64) }
                    writer.append(shown.dialog[.presentityHost])
                })
        case .event: return .text(.owned(agent.packages[shown.dialog.package].eventText))
        case .sockinfo:
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
        case .remote_cseq: Int(values.remoteCSeq)
        case .local_cseq: Int(values.localCSeq)
        case .expires: shown.values.expires
        case .status: Int(shown.values.status.rawValue)
        case .version: Int(values.version)
        default: Int(values.flags)
        }
    }
}
