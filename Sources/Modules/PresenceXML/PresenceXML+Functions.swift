import Basics
import EventDocuments
import ModuleKit
import Presence
import Subscriptions

/// Questions of a script about what somebody has published.
extension PresenceXMLModule {
    static var functionRows: [FunctionRow<PresenceXMLModule>] {
        [
            FunctionRow(
                "pres_check_basic", .string("presentity"), .string("status"),
                returns: "1 a tuple has it, -1 none has",
                "Whether a presentity has published a basic status: open or closed."
            ) { (module, context, presentity: ScriptText, status: ScriptText) in
                let wanted = context.string(status)
                return module.document(context.bytes(of: presentity)) { document in
                    PIDF.statuses(of: document).contains(wanted)
                }
            },
            FunctionRow(
                "pres_check_activities", .string("presentity"), .string("activity"),
                returns: "1 a person has it, -1 none has",
                "Whether a presentity has published an activity (RFC 4480): on-the-phone."
            ) { (module, context, presentity: ScriptText, activity: ScriptText) in
                let wanted = context.string(activity)
                return module.document(context.bytes(of: presentity)) { document in
                    PIDF.activities(of: document).contains(wanted)
                }
            },
        ]
    }

    /// 1 if something holds of the document that watchers of a presentity see now, else -1.
    private func document(_ presentity: [UInt8], _ holds: (Span<UInt8>) -> Bool) -> Int {
        withDocument(of: RuleKey(uri: presentity.span), holds) == true ? 1 : -1
    }

    /// Where a presentity says it is, in the document that its watchers see now.
    func sphere(of key: RuleKey) -> String? {
        withDocument(of: key) { PIDF.sphere(of: $0) } ?? nil
    }

    /// Runs `body` with that document; nil where there is none.
    private func withDocument<R>(of key: RuleKey, _ body: (Span<UInt8>) -> R) -> R? {
        guard let agent = presence.agent,
            let package = agent.packages.named("presence".utf8.span),
            let document = agent.document(
                package: package, user: key.userBytes.span, host: key.hostBytes.span)
        else { return nil }
        var writer = ByteWriter(capacity: 1_024)
        document.write(into: &writer)
        return body(writer.span)
    }
}
