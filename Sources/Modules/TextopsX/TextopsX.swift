internal import Basics
public import ModuleKit
internal import SIPSyntax

/// Module `textopsx`: more operations on the text of messages.
///
/// It works on single values of header fields that are lists, walks over fields one by one, and
/// makes waiting changes at once: `msg_apply_changes` writes the message anew and reads it again,
/// so what follows in the script sees it as the next hop will.
public final class TextopsXModule: ServerModule {
    /// Nothing can be set.
    public typealias Parameters = NoParameters

    /// Where a worker finds its iterators.
    let settings: SettingsHandle<NoParameters>

    /// Nothing is opened.
    public init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        settings = setup.settings
    }

    // MARK: The message as a whole

    /// `msg_apply_changes`: -1, and nothing is lost, when the result would be no message.
    static func applyChanges(_ context: ScriptContext) -> Int {
        if context.applyChanges() { return 1 }
        context.log(.error, "msg_apply_changes: the result is no message, or a Record-Route waits")
        return -1
    }

    /// `change_reply_status`: the class of a provisional reply and of a 2xx cannot change, for
    /// both ends have acted on it already (RFC 3261 16.7).
    static func changeStatus(
        _ context: ScriptContext, _ code: Int, _ reason: ScriptText?
    ) -> Int {
        let message = context.statusLine
        // A request has no status; other numbers are none that anybody understands (RFC 3261 7.2).
        guard message.status > 0, (100...699).contains(code) else { return -1 }
        let (old, new) = (message.status / 100, code / 100)
        guard old == new || (old > 2 && new > 2) else { return -1 }
        let place = ByteRange(offset: message.version.end + 1, count: 3)
        guard context.edits.override(place, with: Array(String(code).utf8)) else { return -1 }
        guard let reason else { return 1 }
        // The reason ends with its line, so a line end in it would begin a header field.
        let words = HeaderText.oneLine(context.bytes(of: reason))
        return context.edits.override(message.reason, with: words) ? 1 : -1
    }

    /// `remove_body`: with its Content-Type, which would speak of nothing.
    static func removeBody(_ context: ScriptContext) -> Int {
        if let number = context.message.firstField(.contentType) {
            guard context.removeField(number) else { return -1 }
        }
        context.edits.body = []
        return 1
    }

    /// The fields that `keep_hf` never takes out.
    private static let indispensable: [HeaderName] = [
        .via, .from, .to, .callID, .cSeq, .contentLength, .contentType, .maxForwards, .contact,
        .route, .recordRoute,
    ]

    /// `keep_hf`: takes out all fields but those that no message can be without, and those whose
    /// name matches an expression.
    static func keepFields(_ context: ScriptContext, _ expression: RegularExpression?) -> Int {
        let removed = context.withMessage { message in
            (0..<message.headerCount).filter { number in
                let field = message.field(number)
                // The script may have left the expression out, and the message must stay one.
                if indispensable.contains(field.name) { return false }
                return !(expression?.matches(message[field.nameRange]) ?? false)
            }
        }
        for number in removed where !context.removeField(number) { return -1 }
        return 1
    }
}

extension ScriptContext {
    /// The parts of the first line of a reply; the status of a request is 0.
    fileprivate var statusLine: (version: ByteRange, status: Int, reason: ByteRange) {
        (message.versionRange, message.status, message.reason)
    }
}
