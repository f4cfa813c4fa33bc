import Basics
import EventDocuments
import ModuleKit
import Presence
import Subscriptions

/// Questions of a script about what somebody has published.
extension PresenceXMLModule {
    /// The functions; neither asks the database.
    static var functionRows: [FunctionRow<PresenceXMLModule>] {
        [
            FunctionRow(
                "pres_check_basic", .string("presentity"), .string("status"),
                returns: "1 a tuple has it, -1 none has",
                "Whether a presentity has published a basic status: open or closed."
            ) { (module, context, presentity: ScriptText, status: ScriptText) in
                let wanted = context.string(status)
                return module.hasStatus(wanted, context.bytes(of: presentity))
            },
            FunctionRow(
                "pres_check_activities", .string("presentity"), .string("activity"),
                returns: "1 a person has it, -1 none has",
                "Whether a presentity has published an activity (RFC 4480): on-the-phone."
            ) { (module, context, presentity: ScriptText, activity: ScriptText) in
                let wanted = context.string(activity)
                return module.hasActivity(wanted, context.bytes(of: presentity))
            },
        ]
    }

    /// 1 if a tuple of the document that watchers of a presentity see has a basic status, else -1.
    func hasStatus(_ status: String, _ presentity: [UInt8]) -> Int {
        let found = withDocument(of: RuleKey(uri: presentity.span)) { document in
            PIDF.statuses(of: document).contains(status)
        }
        return found == true ? 1 : -1
    }

    /// 1 if a person of that document has an activity, else -1.
    func hasActivity(_ activity: String, _ presentity: [UInt8]) -> Int {
        let found = withDocument(of: RuleKey(uri: presentity.span)) { document in
            PIDF.activities(of: document).contains(activity)
        }
        return found == true ? 1 : -1
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
