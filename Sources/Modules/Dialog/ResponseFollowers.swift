internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Hears of the responses to the INVITE that has begun a call.
final class InviteFollower: ResponseObserver {
    private let module: DialogModule
    private let dialog: TrackedDialog

    /// Follows a call of a module's.
    init(_ module: DialogModule, _ dialog: TrackedDialog) {
        self.module = module
        self.dialog = dialog
    }

    /// A response went to the caller.
    func responseLeft(_ status: Int, _ response: [UInt8], in context: ScriptContext) {
        switch status {
        // 100 says only that somebody has the INVITE (RFC 3261 17.2.1).
        case ...100: return
        case 101..<200:
            guard takesProvisional(response) else { return }
            module.feed(.provisional, to: dialog, in: context)
        case 200..<300:
            takeSuccess(response)
            module.feed(.success, to: dialog, in: context)
        default: module.feed(.failure, to: dialog, in: context)
        }
    }

    /// Takes up who rings; false when nothing is new.
    private func takesProvisional(_ response: [UInt8]) -> Bool {
        guard let facts = Self.facts(response) else { return false }
        return dialog.update { record in
            guard record.state == .unconfirmed || record.state == .early else { return false }
            var callee = record.callee
            if !facts.to.tag.isEmpty { callee.tag = facts.to.tag }
            if !facts.contact.isEmpty { callee.contact = facts.contact }
            // A phone that rings on says so again and again; that is no news.
            guard callee != record.callee || record.state == .unconfirmed else { return false }
            record.callee = callee
            return true
        }
    }

    /// Takes up who has answered, and the way to them.
    private func takeSuccess(_ response: [UInt8]) {
        guard let facts = Self.facts(response) else { return }
        let services = module.services
        let routes = Self.routes(response, services)
        dialog.update { record in
            // Of two phones that answer at once the first has the call (RFC 3261 13.2.2.4).
            guard record.state == .unconfirmed || record.state == .early else { return }
            record.callee.tag = facts.to.tag
            if !facts.contact.isEmpty { record.callee.contact = facts.contact }
            record.callee.routes = routes
            if record.callee.socket.isNone { record.callee.socket = record.caller.socket }
        }
    }

    private static func routes(_ response: [UInt8], _ services: any Services) -> [UInt8] {
        var message = SIPMessage(capacity: response.count)
        guard (try? message.load(response.span)) != nil else { return [] }
        return MessageFacts.calleeRoutes(message) { uri, bytes in
            services.isMyself(bytes.part(uri.host), port: uri.port ?? 0)
        }
    }

    /// What a response says; nil when it cannot be read.
    static func facts(_ response: [UInt8]) -> MessageFacts? {
        guard !response.isEmpty else { return nil }
        var message = SIPMessage(capacity: response.count)
        guard (try? message.load(response.span)) != nil else { return nil }
        return MessageFacts(message)
    }
}

/// Hears of the responses to a request that may move one side to another address (RFC 3261 12.2:
/// INVITE; RFC 3311 5.1: UPDATE).
final class RefreshFollower: ResponseObserver {
    private let dialog: TrackedDialog
    private let isDownstream: Bool
    private let contact: [UInt8]

    /// Follows the request at hand, of the caller or of the callee.
    init(
        _ module: DialogModule, _ dialog: TrackedDialog, _ isDownstream: Bool,
        _ context: ScriptContext
    ) {
        self.dialog = dialog
        self.isDownstream = isDownstream
        contact = context.withMessage { MessageFacts($0)?.contact } ?? []
    }

    /// A response went back: with a 2xx both have the addresses that the two messages name.
    func responseLeft(_ status: Int, _ response: [UInt8], in context: ScriptContext) {
        guard (200..<300).contains(status) else { return }
        let answered = InviteFollower.facts(response)?.contact ?? []
        dialog.update { record in
            let (asking, answering) =
                isDownstream ? (contact, answered) : (answered, contact)
            if !asking.isEmpty { record.caller.contact = asking }
            if !answering.isEmpty { record.callee.contact = answering }
        }
    }
}
