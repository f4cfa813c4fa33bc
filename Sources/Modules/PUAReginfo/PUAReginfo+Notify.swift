internal import Basics
internal import EventDocuments
internal import Locations
internal import Logging
internal import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax
internal import Usrloc
internal import Synchronization

/// Taking over what other servers tell.
extension PUAReginfoModule {
    /// What a document that was taken over has left behind, with the codes of the function.
    private enum Result: Int {
        /// It was not taken over.
        case refused = -1
        /// Somebody is registered, or there was no document.
        case online = 1
        /// Nobody is.
        case offline = 2
    }

    /// Takes over the document of a NOTIFY (`reginfo_handle_notify`).
    func takeNotify(_ context: ScriptContext, into table: LocationTable) -> Int {
        let result = take(context, into: table)
        (result == .refused ? counters.refused : counters.taken).add(1)
        return result.rawValue
    }

    private func take(_ context: ScriptContext, into table: LocationTable) -> Result {
        let read = context.withMessage { message in
            NotifyReader(message).map { ($0, Array(copying: message[message.body])) }
        }
        guard let (notify, body) = read else { return refuse("it is no NOTIFY of event reg") }
        let answer = pua.isDialog(notify.dialog)
        guard isWelcome(answer) else {
            return refuse("it belongs to no subscription of this server")
        }
        defer { if let end = notify.end { pua.ended(notify.dialog, end) } }
        guard !body.isEmpty else { return .online }
        let info: RegistrationInfo
        do throws(DocumentError) { info = try RegistrationInfo(parsing: body.span) } catch {
            return refuse("\(error)")
        }
        let items = items(info, notify, context)
        guard !items.isEmpty else { return refuse("it names no address-of-record") }
        // Another server that shares the table may have subscribed: only the table tells.
        if answer == .unsure, order.withLock({ $0.hasFollowed }) {
            return takeLater(items, notify, into: table)
        }
        return merge(items, notify, into: table, now: context.now)
    }

    /// Whether a NOTIFY may be taken over.
    ///
    /// A server that has never subscribed takes what its script hands it, as stock Kamailio does.
    /// One that has takes documents of its own subscriptions alone: who could send others would
    /// decide where calls go.
    private func isWelcome(_ answer: PUADialogAnswer) -> Bool {
        switch answer {
        case .known(let event, _):
            order.withLock { $0.hasFollowed = true }
            return event.shares(.registration)
        case .unsure: return true
        case .unknown: return order.withLock { !$0.hasFollowed }
        }
    }

    private func refuse(_ why: String) -> Result {
        services.logger.info("reginfo_handle_notify: a NOTIFY is not taken over: \(why)")
        return .refused
    }

    // MARK: The document

    private func items(
        _ info: RegistrationInfo, _ notify: NotifyReader, _ context: ScriptContext
    ) -> [RegistrationImport.Item] {
        var rules = AddressRules()
        rules.usesDomain = usrloc.parameters.usesDomain
        rules.isCaseSensitive = setting("case_sensitive") == .integer(1)
        if case .string(let prefix) = setting("realm_pref") {
            rules.realmPrefix = Array(prefix.utf8)
        }
        let reader = RegistrationImport(
            rules: rules, peer: names.peer(host: notify.peer, serverID: context.serverID),
            serverID: UInt32(truncatingIfNeeded: context.serverID), now: context.now)
        return reader.items(info, presentity: notify.presentity)
    }

    /// Takes a document over; the result says whether anybody is registered now.
    private func merge(
        _ items: [RegistrationImport.Item], _ notify: NotifyReader, into table: LocationTable,
        now: WallTime
    ) -> Result {
        let dialog = notify.dialog
        let number = names.dialog(
            callID: dialog.callID, local: dialog.localTag, remote: dialog.remoteTag)
        let isCurrent = order.withLock { $0.isCurrent(number, notify.cseq) }
        var bindings = 0
        var isRefused = false
        for item in items {
            do throws(LocationsUnavailable) {
                guard isCurrent else {
                    bindings += try usrloc.lookUp(in: table, item.aor.span, now: now) { _ in }
                    continue
                }
                let outcome = try usrloc.merge(
                    in: table, item.aor.span, item.registration, now: now)
                bindings += outcome.bindings
                counters.imported.add(outcome.added + outcome.refreshed + outcome.removed)
                if outcome.refused + item.skipped > 0 {
                    services.logger.warning(
                        "contacts of another server cannot be kept: a field is too long or no URI",
                        metadata: [
                            "aor": "\(String(decoding: item.aor, as: UTF8.self))",
                            "contacts": "\(outcome.refused + item.skipped)",
                        ])
                }
            } catch {
                isRefused = true
            }
        }
        if isRefused {
            order.withLock { $0.forget(number) }
            return .refused
        }
        return bindings > 0 ? .online : .offline
    }

    /// Takes a document over once the table has said that its dialog is ours; the result is what it
    /// will come to.
    private func takeLater(
        _ items: [RegistrationImport.Item], _ notify: NotifyReader, into table: LocationTable
    ) -> Result {
        let isAsked = pua.findDialog(notify.dialog) { [weak self] record in
            guard let self, let record, record.event.shares(.registration) else { return }
            _ = merge(items, notify, into: table, now: SystemClock.wall())
        }
        guard isAsked else { return refuse("the table of subscriptions cannot be asked now") }
        let isOnline = items.contains { $0.registration.contacts.contains { $0.expires != nil } }
        return isOnline ? .online : .offline
    }
}
