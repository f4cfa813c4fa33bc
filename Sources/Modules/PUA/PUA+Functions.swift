internal import Basics
internal import ModuleKit
internal import Publications
internal import SIPSyntax
internal import Synchronization

/// What scripts and commands ask for.
extension PUAModule {
    /// `pua.cleanup`.
    func cleanUp() {
        guard let agent = agent.load() else { return }
        _ = agent.submit(nil) { _ in .round }
        agent.store.flush()
    }

    /// `pua_update_contact`.
    func updateContact(_ context: ScriptContext) -> Int {
        guard let (dialog, target) = context.withMessage({ Self.dialog(of: $0) }) else {
            context.log(.info, "pua_update_contact: no request of a dialog with a Contact")
            return -1
        }
        // A stranger's request must not cost a look-up where memory knows all dialogs.
        guard isDialog(dialog) != .unknown else { return -1 }
        return updateContact(dialog, target) ? 1 : -1
    }

    /// The dialog of a request of the other side, and its target.
    ///
    /// Kamailio keeps the value of Contact as it is, with name and parameters; requests need the
    /// URI (RFC 3261 12.2.1.1).
    private static func dialog(
        of message: borrowing SIPMessage
    ) -> (PUADialog, [UInt8])? {
        guard message.kind == .request, let to = try? message.to, let local = to.tag,
            let from = try? message.from, let remote = from.tag, let callID = message.callID
        else { return nil }
        var contacts = message.contacts
        guard let contact = try? contacts.next(), !contact.isStar else { return nil }
        let dialog = PUADialog(
            callID: Array(copying: message[callID]), localTag: Array(copying: message[local]),
            remoteTag: Array(copying: message[remote]))
        return (dialog, Array(copying: message[contact.uri]))
    }
}
