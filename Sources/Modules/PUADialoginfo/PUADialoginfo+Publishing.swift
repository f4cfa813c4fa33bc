internal import Basics
internal import Dialog
internal import EventDocuments
internal import Logging
internal import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax

/// What is published of a call, and when.
extension PUADialoginfoModule {
    /// Seconds that the end of a call is shown.
    private static let endSeconds = 10

    /// Something has happened to a call.
    func dialogChanged(
        _ dialog: TrackedDialog, _ change: DialogChange, _ record: DialogRecord,
        in context: ScriptContext
    ) {
        if change == .created {
            guard let call = begin(dialog, record, in: context) else { return }
            return publishTrying(call, dialog, record)
        }
        guard let call = dialog.attachment(of: self, as: PublishedCall.self) else { return }
        if change == .requestWithin { refreshPresentities(call, dialog, record, in: context) }
        publish(change, call, dialog, record)
    }

    // MARK: Who is published

    /// Decides who is published; nil when nobody is.
    private func begin(
        _ dialog: TrackedDialog, _ record: DialogRecord, in context: ScriptContext
    ) -> PublishedCall? {
        if parameters.publishFlag >= 0, !isSet(parameters.publishFlag, context) { return nil }
        let uris = identities(record)
        let hides = (
            caller: isSet(parameters.hideCallerFlag, context),
            callee: isSet(parameters.hideCalleeFlag, context)
        )
        let caller = side(
            uris.caller, attributes.caller, hides.caller, parameters.hiddenCaller, context)
        let callee = side(
            uris.callee, attributes.callee, hides.callee, parameters.hiddenCallee, context)
        guard !caller.presentities.isEmpty || !callee.presentities.isEmpty else { return nil }
        keep(caller.presentities, in: parameters.callerVariable, of: dialog)
        keep(callee.presentities, in: parameters.calleeVariable, of: dialog)
        return dialog.attachment(of: self) {
            PublishedCall(id: id(of: dialog, record), caller: caller, callee: callee)
        }
    }

    private func identities(_ record: DialogRecord) -> (caller: [UInt8], callee: [UInt8]) {
        let usesRequestURI = parameters.includesRequestURI && !record.requestURI.isEmpty
        return (record.caller.uri, usesRequestURI ? record.requestURI : record.callee.uri)
    }

    private func side(
        _ identity: [UInt8], _ attribute: [UInt8]?, _ isHidden: Bool, _ substitute: String?,
        _ context: ScriptContext
    ) -> PublishedSide {
        let shown = isHidden ? substitute.map { Array($0.utf8) } ?? identity : identity
        let presentities =
            isHidden ? [] : presentities(identity, attribute, context)
        return PublishedSide(
            identity: identity, presentities: presentities, shownIdentity: shown)
    }

    /// Where a side is published: at its own URI, or at those of an attribute.
    ///
    /// Without a flag that says so only users of own domains are: a PUBLISH for a stranger would
    /// go out into the world.
    private func presentities(
        _ identity: [UInt8], _ attribute: [UInt8]?, _ context: ScriptContext
    ) -> [[UInt8]] {
        var found = [identity]
        if parameters.usesAttributes, let attribute { found = values(of: attribute, context) }
        return found.filter { uri in
            Self.isURI(uri)
                && (parameters.publishFlag >= 0 || context.isMyself(uri: .owned(uri)))
        }
    }

    /// All values of an attribute, the newest first.
    private func values(of attribute: [UInt8], _ context: ScriptContext) -> [[UInt8]] {
        let count = min(context.attributes.count(attribute), Limits.presentitiesPerCallMax)
        return (0..<count).compactMap { place in
            context.attributes.value(attribute, at: place).flatMap { context.text($0) }
                .map { context.bytes(of: $0) }
        }
    }

    private func isSet(_ flag: Int, _ context: ScriptContext) -> Bool {
        flag >= 0 && context.flags & (1 << UInt32(flag)) != 0
    }

    private func keep(
        _ presentities: [[UInt8]], in variable: String?, of dialog: TrackedDialog
    ) {
        guard let variable, !presentities.isEmpty else { return }
        let text = Array(presentities.joined(separator: [UInt8(ascii: ",")]))
        _ = dialog.setVariable(Array(variable.utf8), text)
    }

    /// Reads the attributes again from a request within the call that is flagged for it.
    private func refreshPresentities(
        _ call: PublishedCall, _ dialog: TrackedDialog, _ record: DialogRecord,
        in context: ScriptContext
    ) {
        guard parameters.usesAttributes, isSet(parameters.refreshFlag, context) else { return }
        let uris = identities(record)
        let caller = presentities(uris.caller, attributes.caller, context)
        let callee = presentities(uris.callee, attributes.callee, context)
        call.update { state in
            if !state.caller.presentities.isEmpty, !caller.isEmpty {
                state.caller.presentities = caller
            }
            if !state.callee.presentities.isEmpty, !callee.isEmpty {
                state.callee.presentities = callee
            }
        }
        keep(caller, in: parameters.callerVariable, of: dialog)
        keep(callee, in: parameters.calleeVariable, of: dialog)
    }

    private func id(of dialog: TrackedDialog, _ record: DialogRecord) -> String {
        if parameters.usesUUID { return Self.uuid() }
        let parts = [UInt64(max(record.createdAt, 0)), UInt64(dialog.entry), UInt64(dialog.number)]
        return parts.map { String($0, radix: 16) }.joined(separator: "-")
    }

    /// A random UUID (RFC 9562 5.4).
    private static func uuid() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...UInt8.max) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return groups.map { digits[$0].joined() }.joined(separator: "-")
    }

    // MARK: What is published

    private func publishTrying(
        _ call: PublishedCall, _ dialog: TrackedDialog, _ record: DialogRecord
    ) {
        call.update { state in
            publish(&state, call, dialog, record, .trying, forCaller: true)
            if parameters.showsCalleeTrying {
                publish(&state, call, dialog, record, .trying, forCaller: false)
            }
        }
    }

    private func publish(
        _ change: DialogChange, _ call: PublishedCall, _ dialog: TrackedDialog,
        _ record: DialogRecord
    ) {
        call.update { state in
            guard record.revision > state.revision else { return }
            state.revision = record.revision
            switch change {
            case .created, .confirmed: return
            case .early: publishEarly(&state, call, dialog, record)
            case .answered:
                publishBoth(&state, call, dialog, record, .confirmed)
            case .requestWithin:
                guard parameters.publishesWithin else { return }
                guard record.state.isActive else {
                    return publishEarly(&state, call, dialog, record)
                }
                publishBoth(&state, call, dialog, record, .confirmed)
            case .failed, .terminated, .expired:
                // Whoever never rang was never shown, and has nothing that could end.
                if state.caller.isPublished {
                    publish(&state, call, dialog, record, .terminated, forCaller: true)
                }
                if state.callee.isPublished {
                    publish(&state, call, dialog, record, .terminated, forCaller: false)
                }
            }
        }
    }

    private func publishBoth(
        _ state: inout PublishedCall.State, _ call: PublishedCall, _ dialog: TrackedDialog,
        _ record: DialogRecord, _ shown: DialogInfo.State
    ) {
        publish(&state, call, dialog, record, shown, forCaller: true)
        publish(&state, call, dialog, record, shown, forCaller: false)
    }

    /// RFC 4235 3.7.1: a provisional response with a tag is early, one without proceeding.
    private func publishEarly(
        _ state: inout PublishedCall.State, _ call: PublishedCall, _ dialog: TrackedDialog,
        _ record: DialogRecord
    ) {
        let shown = record.callee.tag.isEmpty ? DialogInfo.State.proceeding : .early
        publish(
            &state, call, dialog, record, parameters.confirmsCaller ? .confirmed : shown,
            forCaller: true)
        publish(&state, call, dialog, record, shown, forCaller: false)
    }

    private func publish(
        _ state: inout PublishedCall.State, _ call: PublishedCall, _ dialog: TrackedDialog,
        _ record: DialogRecord, _ shown: DialogInfo.State, forCaller: Bool
    ) {
        let own = forCaller ? state.caller : state.callee
        let presentities = presentities(own, forCaller, record)
        guard !presentities.isEmpty else { return }
        let other = forCaller ? state.callee : state.caller
        let body = document(own, other, call, dialog, record, shown, forCaller)
        let seconds = shown == .terminated ? Self.endSeconds : lifetime(record)
        let id = Array("DIALOG_PUBLISH.\(call.id)\(forCaller ? "a" : "b")".utf8)
        for presentity in presentities {
            let admission = pua.publish(
                PublicationRequest(
                    presentity, event: .dialog, source: .dialogs, id: id, body: body,
                    expiresSeconds: seconds))
            guard case .refused(let reason) = admission else { continue }
            let name = String(decoding: presentity, as: UTF8.self)
            services.logger.warning(
                "pua_dialoginfo: a call of \(name) is not published: \(reason)")
        }
        if forCaller { state.caller.isPublished = true } else { state.callee.isPublished = true }
    }

    /// Where a side is published now: a script may have changed the value that keeps it.
    private func presentities(
        _ side: PublishedSide, _ isCaller: Bool, _ record: DialogRecord
    ) -> [[UInt8]] {
        let variable = isCaller ? parameters.callerVariable : parameters.calleeVariable
        guard !side.presentities.isEmpty, let variable,
            let text = record.variable(Array(variable.utf8))
        else { return side.presentities }
        return text.split(separator: UInt8(ascii: ",")).map { Array($0) }.filter(Self.isURI)
    }

    private func lifetime(_ record: DialogRecord) -> Int {
        parameters.lifetimeSeconds > 0 ? parameters.lifetimeSeconds : record.lifetimeSeconds
    }

    // MARK: Documents

    private func document(
        _ own: PublishedSide, _ other: PublishedSide, _ call: PublishedCall,
        _ dialog: TrackedDialog, _ record: DialogRecord, _ shown: DialogInfo.State,
        _ isCaller: Bool
    ) -> [UInt8] {
        let (local, remote) =
            isCaller ? (record.caller, record.callee) : (record.callee, record.caller)
        // The same user may call himself: each side has an id of its own.
        var described = DialogInfo.Call(
            id: call.id + (isCaller ? "a" : "b"), isInitiator: isCaller, state: shown)
        if parameters.includesCallID { described.callID = Self.text(dialog.callID) }
        if parameters.includesTags {
            described.localTag = local.tag.isEmpty ? nil : Self.text(local.tag)
            described.remoteTag = remote.tag.isEmpty ? nil : Self.text(remote.tag)
        }
        if parameters.includesParticipants {
            described.local = participant(local, identity(own, record), isHidden: false)
            described.remote = participant(
                remote, other.shownIdentity, isHidden: other.shownIdentity != other.identity)
        }
        return DialogInfo.document(entity: Self.text(own.identity), described)
    }

    private func identity(_ own: PublishedSide, _ record: DialogRecord) -> [UInt8] {
        guard let name = parameters.identityVariable,
            let value = record.variable(Array(name.utf8)), Self.isURI(value)
        else { return own.identity }
        return value
    }

    /// One of the two; of somebody who is hidden neither address nor name is shown.
    private func participant(
        _ side: DialogSide, _ identity: [UInt8], isHidden: Bool
    ) -> DialogInfo.Participant {
        let hasContact = !isHidden && !side.contact.isEmpty
        var participant = DialogInfo.Participant(
            identity: Self.text(identity),
            target: Self.text(hasContact ? side.contact : identity))
        if parameters.showsDisplay {
            let hasName = !isHidden && !side.displayName.isEmpty
            let name = hasName ? side.displayName : Self.user(of: identity)
            participant.display = name.isEmpty ? nil : Self.text(name)
        }
        return participant
    }

    private static func user(of uri: [UInt8]) -> [UInt8] {
        guard let parsed = try? SIPURI(parsing: uri.span), let user = parsed.user else {
            return []
        }
        return Array(copying: uri.span.part(user))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
