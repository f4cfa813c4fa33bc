internal import Basics
internal import EventDocuments
internal import ModuleKit
internal import PUA
internal import Publications
internal import SIPSyntax

/// What a phone tells of the calls on a shared line.
extension PUABLAModule {
    /// `bla_handle_notify`: 1 when it is published, -1 when it is malformed or nobody's.
    ///
    /// For whom it is published says the subscription, not the NOTIFY: a phone cannot speak for
    /// another line by writing its name into From.
    func handleNotify(_ context: ScriptContext) -> Int {
        let notification = context.withMessage { LineNotification($0) }
        guard let notification else {
            context.log(.info, "bla_handle_notify: no notification that can be read")
            return -1
        }
        switch pua.isDialog(notification.dialog) {
        case .unknown: return -1
        case .known(_, let source):
            guard source.shares(.sharedLineSubscribe) else { return -1 }
        case .unsure: break
        }
        _ = pua.updateContact(notification.dialog, notification.contact)
        let isAsked = pua.findDialog(notification.dialog) { [weak self] record in
            guard let self, let record, record.source.shares(.sharedLineSubscribe) else { return }
            publish(notification, for: record)
        }
        return isAsked ? 1 : -1
    }

    private func publish(_ notification: LineNotification, for record: PUARecord) {
        let header = headerName + Array(": ".utf8) + notification.contact + [13, 10]
        let id = Array("BLA_PUBLISH.".utf8) + notification.contact
        _ = pua.publish(
            PublicationRequest(
                record[.presentity], event: .sharedLine, source: .sharedLinePublish,
                id: Array(id.prefix(Limits.callIDBytesMax)), body: notification.body,
                expiresSeconds: notification.expiresSeconds, extraHeaders: header))
        if notification.expiresSeconds == 0 {
            _ = pua.ended(notification.dialog, PUASubscriptionEnd(notification.reason))
        }
    }
}

/// A NOTIFY of a phone.
struct LineNotification: Sendable {
    /// The dialog of our subscription.
    let dialog: PUADialog
    /// The phone's own URI.
    let contact: [UInt8]
    /// Seconds that the subscription still lasts; 0 behind its end.
    private(set) var expiresSeconds = 3_600
    /// Why it has ended, when it has.
    private(set) var reason = PUASubscriptionEnd.Reason.later
    /// What the phone says; nil when it says nothing new.
    let body: [UInt8]?

    /// Reads a NOTIFY; nil for anything else, and for a body that is no dialog information.
    init?(_ message: borrowing SIPMessage) {
        guard message.kind == .request, message.method == .notify, let to = try? message.to,
            let local = to.tag, let from = try? message.from, let remote = from.tag,
            let callID = message.header(.callID), let event = message.header(.event),
            Self.isSharedLine(message[event])
        else { return nil }
        var contacts = message.contacts
        guard let first = try? contacts.next(), !first.isStar,
            let uri = try? SIPURI(parsing: message.bytes, in: first.uri), uri.isSIP,
            first.uri.count <= UInt32(Limits.contactBytesMax)
        else { return nil }
        contact = Array(copying: message[first.uri])
        dialog = PUADialog(
            callID: Array(copying: message[callID]), localTag: Array(copying: message[local]),
            remoteTag: Array(copying: message[remote]))
        let bytes = message[message.body]
        if bytes.isEmpty {
            body = nil
        } else {
            guard (try? DialogInfo.check(bytes)) != nil else { return nil }
            body = Array(copying: bytes)
        }
        if let state = message.header(.subscriptionState) {
            readState(Array(copying: message[state]))
        }
    }

    /// Whether a value of Event is `dialog;sla`; the draft writes parameters behind it.
    private static func isSharedLine(_ value: Span<UInt8>) -> Bool {
        let parts = Array(copying: value).split(separator: UInt8(ascii: ";")).map { part in
            Array(part.filter { $0 != 32 && $0 != 9 })
        }
        guard let package = parts.first, package.span.matches("dialog") else { return false }
        return parts.dropFirst().contains { $0.span.matches("sla") || $0.span.matches("ma") }
    }

    /// Reads Subscription-State (RFC 6665 8.2.3).
    private mutating func readState(_ value: [UInt8]) {
        let parts = value.split(separator: UInt8(ascii: ";")).map { part in
            Array(part.filter { $0 != 32 && $0 != 9 })
        }
        guard let state = parts.first else { return }
        for part in parts.dropFirst() {
            guard let sign = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = Array(part[..<sign])
            let text = Array(part[(sign + 1)...])
            if name.span.matches("expires"), let seconds = text.span.decimal(upTo: 1 << 31) {
                expiresSeconds = Int(seconds)
            } else if name.span.matches("reason") {
                reason = Self.reason(text)
            }
        }
        if state.span.matches("terminated") { expiresSeconds = 0 }
    }

    private static func reason(_ text: [UInt8]) -> PUASubscriptionEnd.Reason {
        let span = text.span
        if span.matches("deactivated") || span.matches("timeout") { return .again }
        let isFinal =
            span.matches("rejected") || span.matches("noresource") || span.matches("invariant")
        return isFinal ? .never : .later
    }
}
