internal import Basics
public import ModuleKit
internal import SIPSyntax
internal import Synchronization

/// How calls are found, begun and followed.
extension DialogModule: CallObserver {
    /// `loose_route` has led a request here.
    public func requestWasRouted(_ parameters: [UInt8], in context: ScriptContext) {
        guard table.count > 0 else { return }
        workspace(context).routed = parameters
        follow(context)
    }

    /// A request is about to be sent on.
    public func requestWillLeave(in context: ScriptContext) {
        let isInvite = context.message.kind == .request && context.message.method == .invite
        if isInvite, !hasToTag(context) {
            if parameters.flag >= 0, context.flags & (1 << UInt32(parameters.flag)) != 0 {
                _ = manage(context)
            }
            guard table.count > 0 else { return }
            return writeCookie(context)
        }
        guard table.count > 0 else { return }
        follow(context)
    }

    /// Writes the number of the call into our Record-Route, where every request within the call
    /// will have it in its Route.
    private func writeCookie(_ context: ScriptContext) {
        guard parameters.matchMode != .tags, context.recordRoute != nil,
            let dialog = workspace(context).dialog
        else { return }
        var writer = ByteWriter(capacity: 32)
        writer.append(";")
        writer.append(parameters.cookieName)
        writer.append("=")
        Self.writeCookie(of: dialog, into: &writer)
        context.recordRoute?.parameters += Array(copying: writer.span)
        dialog.update { $0.hasCookie = true }
    }

    private static func writeCookie(of dialog: TrackedDialog, into writer: inout ByteWriter) {
        writer.append(hexadecimal: UInt64(dialog.entry))
        writer.append(".")
        writer.append(hexadecimal: UInt64(dialog.number))
    }

    private func hasToTag(_ context: ScriptContext) -> Bool {
        guard let to = try? context.message.to, let tag = to.tag else { return false }
        return !tag.isEmpty
    }

    // MARK: Finding

    /// The call of the message at hand; nil when it belongs to none that is followed.
    func current(_ context: ScriptContext) -> TrackedDialog? {
        let workspace = workspace(context)
        if workspace.isSought { return workspace.dialog }
        guard table.count > 0, let found = search(context) else {
            // Nothing is noted: the call may begin later in this very script.
            return nil
        }
        workspace.isSought = true
        workspace.dialog = found.dialog
        workspace.direction = found.direction
        return found.dialog
    }

    private func search(
        _ context: ScriptContext
    ) -> (dialog: TrackedDialog, direction: TrackedDialog.Direction)? {
        let found = context.withMessage { message -> Found? in
            guard let callID = message.header(.callID), let from = try? message.from,
                let to = try? message.to, let fromTag = from.tag
            else { return nil }
            let toTag = to.tag ?? .empty
            for dialog in table.dialogs(Array(copying: message[callID])) {
                let direction = dialog.direction(from: message[fromTag], to: message[toTag])
                guard let direction else { continue }
                let needsCookie = !toTag.isEmpty && message.kind == .request
                return Found(dialog, direction, needsCookie: needsCookie)
            }
            return nil
        }
        guard let found, !found.needsCookie || isAdmitted(found.dialog, context) else {
            return nil
        }
        return (found.dialog, found.direction)
    }

    /// A call that has the tags of a message.
    private struct Found {
        let dialog: TrackedDialog
        let direction: TrackedDialog.Direction
        let needsCookie: Bool

        init(
            _ dialog: TrackedDialog, _ direction: TrackedDialog.Direction, needsCookie: Bool
        ) {
            self.dialog = dialog
            self.direction = direction
            self.needsCookie = needsCookie
        }
    }

    /// Whether a request within a call carries the number that our Record-Route gave it, as far as
    /// `dlg_match_mode` wants it.
    private func isAdmitted(_ dialog: TrackedDialog, _ context: ScriptContext) -> Bool {
        guard parameters.matchMode != .tags else { return true }
        guard let cookie = cookie(context) else {
            return parameters.matchMode == .fallback || !dialog.snapshot.hasCookie
        }
        var writer = ByteWriter(capacity: 32)
        Self.writeCookie(of: dialog, into: &writer)
        return writer.span.equals(cookie.span)
    }

    /// The number that the Route of the request at hand carries; nil without one.
    private func cookie(_ context: ScriptContext) -> [UInt8]? {
        let name = Array(parameters.cookieName.utf8)
        if let routed = workspace(context).routed {
            if let value = Self.value(of: name, in: routed.span) { return value }
        }
        return context.withMessage { message in
            var entries = message.routes(.route)
            while let entry = try? entries.next() {
                guard let uri = try? SIPURI(parsing: message.bytes, in: entry.uri) else {
                    return nil
                }
                if let value = Self.value(of: name, in: message[uri.parameters]) { return value }
            }
            return nil
        }
    }

    /// The value of a parameter in `;name=value;name=value`.
    private static func value(of name: [UInt8], in text: Span<UInt8>) -> [UInt8]? {
        let bytes = Array(copying: text)
        for part in bytes.split(separator: UInt8(ascii: ";")) {
            guard let sign = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            if Array(part[..<sign]) == name { return Array(part[(sign + 1)...]) }
        }
        return nil
    }

    // MARK: Beginning

    /// `dlg_manage`: follows the call that an INVITE begins, or the effect of a request within one.
    func manage(_ context: ScriptContext) -> Int {
        guard context.message.kind == .request else { return -1 }
        if hasToTag(context) {
            follow(context)
            return current(context) == nil ? -1 : 1
        }
        guard context.message.method == .invite else { return -1 }
        let workspace = workspace(context)
        if workspace.dialog != nil { return 1 }
        if let known = known(context) {
            workspace.isSought = true
            workspace.dialog = known
            return 1
        }
        return begin(context) ? 1 : -1
    }

    /// The call that this very INVITE has begun before: it came again, or comes by again.
    private func known(_ context: ScriptContext) -> TrackedDialog? {
        guard table.count > 0, let facts = context.withMessage({ MessageFacts($0) }) else {
            return nil
        }
        let branch = Self.topBranch(context)
        return table.dialogs(facts.callID).first { dialog in
            let record = dialog.snapshot
            guard record.caller.tag == facts.from.tag else { return false }
            // The same branch is a retransmission, whatever has become of the call meanwhile.
            if dialog.inviteBranch == branch { return true }
            return parameters.detectsSpirals && !record.state.isActive && record.state != .ended
        }
    }

    private static func topBranch(_ context: ScriptContext) -> [UInt8] {
        context.withMessage { message in
            guard let via = try? message.topVia, let branch = via.branch else { return [] }
            return Array(copying: message[branch])
        }
    }

    /// Begins to follow the call of an INVITE.
    private func begin(_ context: ScriptContext) -> Bool {
        let facts = context.withMessage { MessageFacts($0) }
        guard let facts, !facts.from.tag.isEmpty else { return false }
        let workspace = workspace(context)
        let record = record(facts, workspace.wishes, context)
        let entry = table.entry(of: facts.callID)
        let timer = timers.withLock { $0.reserve() }
        let dialog = TrackedDialog(
            entry: entry, number: nextNumber(), callID: facts.callID,
            inviteBranch: Self.topBranch(context), timer: timer, record)
        guard table.insert(dialog) else {
            timers.withLock { $0.remove(timer) }
            context.log(.warning, "dialog: a call is not followed, as there are too many")
            return false
        }
        timers.withLock { timers in
            timers.name(timer, entry: entry, number: dialog.number)
            timers.file(timer, at: record.deadline)
        }
        workspace.isSought = true
        workspace.dialog = dialog
        workspace.isFollowed = true
        workspace.direction = .downstream
        context.responseObserver = InviteFollower(self, dialog)
        processed.add()
        tell(dialog, .created, in: context)
        return true
    }

    private func record(
        _ facts: MessageFacts, _ wishes: Wishes, _ context: ScriptContext
    ) -> DialogRecord {
        var record = DialogRecord()
        record.caller = facts.from
        record.caller.contact = facts.contact
        record.caller.cSeq = facts.cSeq
        record.caller.socket = context.origin.socket
        record.caller.routes = context.withMessage { MessageFacts.callerRoutes($0) }
        record.callee = facts.to
        record.requestURI = context.withMessage { Array(copying: $0[$0.requestURI]) }
        if record.requestURI.count > Limits.dialogTextBytesMax { record.requestURI = [] }
        record.createdAt = context.now.seconds
        record.lifetimeSeconds =
            wishes.lifetimeSeconds ?? attributeTimeout(context) ?? parameters.lifetimeSeconds
        record.deadline = context.now.seconds + parameters.earlySeconds
        record.restartsLifetime = !parameters.keepsLifetime
        record.sendsBye = wishes.sendsBye ?? parameters.sendsBye
        record.timeoutRoute = wishes.timeoutRoute
        record.flags = wishes.flags
        record.variables = wishes.variables
        return record
    }

    /// The lifetime that `timeout_avp` gives; nil without one.
    private func attributeTimeout(_ context: ScriptContext) -> Int? {
        guard let timeoutAttribute, let value = context.attributes.value(timeoutAttribute),
            let seconds = context.integer(value), seconds > 0
        else { return nil }
        return min(seconds, Int(Int32.max))
    }

    // MARK: Following

    /// Has a request within a call take its effect, once a message.
    func follow(_ context: ScriptContext) {
        guard context.message.kind == .request, hasToTag(context),
            let dialog = current(context)
        else { return }
        let workspace = workspace(context)
        guard !workspace.isFollowed else { return }
        workspace.isFollowed = true
        let method = context.message.method
        let isDownstream = workspace.direction == .downstream
        switch method {
        case .ack:
            if isDownstream { feed(.acknowledgement, to: dialog, in: context) }
        case .cancel: break
        default:
            guard isNew(context, dialog, isDownstream) else { return }
            if method == .bye { return feed(.bye, to: dialog, in: context) }
            if method == .invite || method == .update {
                context.responseObserver = RefreshFollower(self, dialog, isDownstream, context)
            }
            if let seconds = attributeTimeout(context) {
                dialog.update { $0.lifetimeSeconds = seconds }
            }
            feed(.request, to: dialog, in: context)
        }
    }

    /// Notes the CSeq number of a request; false for one that has come before.
    private func isNew(
        _ context: ScriptContext, _ dialog: TrackedDialog, _ isDownstream: Bool
    ) -> Bool {
        guard let cSeq = try? context.message.cSeq else { return false }
        return dialog.update { record in
            let known = isDownstream ? record.caller.cSeq : record.callee.cSeq
            // RFC 3261 12.2.2: numbers rise; what comes again changes nothing a second time.
            guard cSeq.number > known else { return false }
            if isDownstream {
                record.caller.cSeq = cSeq.number
            } else {
                record.callee.cSeq = cSeq.number
            }
            return true
        }
    }
}
