internal import Basics
internal import EventDocuments
internal import Publications
internal import SIPSyntax

/// What a NOTIFY says beside its body.
struct NotifyReader {
    /// Its dialog, from our side.
    var dialog: PUADialog
    /// Its CSeq.
    var cseq: UInt32
    /// Host and port of the server that it comes from, in lower case.
    ///
    /// Contact names the server; From names whom it tells of, and servers may share a domain.
    var peer: [UInt8]
    /// The URI of From: whom it tells of.
    var presentity: [UInt8]
    /// How the other side ends the subscription; nil while it goes on.
    var end: PUASubscriptionEnd?

    /// Reads a NOTIFY; nil when it is none, or of another event package or type of body.
    ///
    /// Event and Content-Type may be missing, as senders without a dialog leave them out.
    init?(_ message: borrowing SIPMessage) {
        do throws(SyntaxError) {
            guard let from = try message.from, let to = try message.to,
                let cseq = try message.cSeq, let uri = try message.fromURI,
                let callID = message.callID, uri.isSIP
            else { return nil }
            if let event = try message.event {
                guard message[event.package].matches("reg") else { return nil }
            }
            if !message.body.isEmpty, let type = try message.contentType {
                guard type.matches("application", "reginfo+xml", in: message.bytes) else {
                    return nil
                }
            }
            dialog = PUADialog(
                callID: Array(copying: message[callID]),
                localTag: to.tag.map { Array(copying: message[$0]) } ?? [],
                remoteTag: from.tag.map { Array(copying: message[$0]) } ?? [])
            self.cseq = cseq.number
            presentity = Array(copying: message[from.uri])
            var contacts = message.contacts
            if let contact = try contacts.next(), !contact.isStar {
                let target = try SIPURI(parsing: message.bytes, in: contact.uri)
                peer = Self.hostAndPort(target, message.bytes)
            } else {
                peer = Self.hostAndPort(uri, message.bytes)
            }
        } catch { return nil }
        end = Self.end(of: message)
    }

    private static func hostAndPort(_ uri: SIPURI, _ bytes: Span<UInt8>) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        let host = bytes.part(uri.host)
        for place in host.indices {
            let byte = host[place]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            writer.append(isUpper ? byte | 0x20 : byte)
        }
        writer.append(UInt8(ascii: ":"))
        writer.append(decimal: uri.portOrDefault)
        return Array(copying: writer.span)
    }

    /// Why the subscription ends, if it does (RFC 6665 4.1.3).
    private static func end(of message: borrowing SIPMessage) -> PUASubscriptionEnd? {
        guard let value = message.header(.subscriptionState) else { return nil }
        let text = String(copying: message[value]).lowercased()
        let parts = text.split(separator: ";").map {
            $0.trimmingSpaces
        }
        guard parts.first == "terminated" else { return nil }
        func parameter(_ name: String) -> String? {
            parts.dropFirst().first { $0.hasPrefix(name + "=") }
                .map { String($0.dropFirst(name.count + 1)) }
        }
        let reason: PUASubscriptionEnd.Reason =
            switch parameter("reason") {
            case "deactivated", "timeout": .again
            case "rejected", "noresource", "invariant": .never
            default: .later
            }
        return PUASubscriptionEnd(
            reason, retryAfterSeconds: parameter("retry-after").flatMap { Int($0) })
    }
}

extension Substring {
    /// The text without spaces and tabs around it.
    fileprivate var trimmingSpaces: String {
        var text = self
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text.drop { $0 == " " || $0 == "\t" })
    }
}
