internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// What a message says of the call that it belongs to.
struct MessageFacts {
    /// Its Call-ID.
    var callID: [UInt8]
    /// Who is named in From.
    var from: DialogSide
    /// Who is named in To.
    var to: DialogSide
    /// The number of its CSeq.
    var cSeq: UInt32
    /// The method of the request, or of the one that a response answers.
    var method: SIPMethod
    /// The URI of the first Contact; empty without one.
    var contact: [UInt8] = []

    /// Reads a message; nil when it lacks what every message must have (RFC 3261 8.1.1), or has
    /// texts that are too long to keep.
    init?(_ message: borrowing SIPMessage) {
        guard let callID = message.header(.callID), let from = try? message.from,
            let to = try? message.to, let cSeq = try? message.cSeq
        else { return nil }
        self.callID = Array(copying: message[callID])
        self.from = Self.side(from, message)
        self.to = Self.side(to, message)
        self.cSeq = cSeq.number
        method = cSeq.method
        var contacts = message.contacts
        if let first = try? contacts.next(), !first.isStar {
            contact = Array(copying: message[first.uri])
        }
        let longest = max(
            self.from.uri.count, self.to.uri.count, self.from.tag.count, self.to.tag.count,
            self.from.displayName.count, self.to.displayName.count, contact.count)
        guard !self.callID.isEmpty, self.callID.count <= Limits.callIDBytesMax,
            longest <= Limits.dialogTextBytesMax
        else { return nil }
    }

    private static func side(
        _ address: TaggedAddress, _ message: borrowing SIPMessage
    ) -> DialogSide {
        var side = DialogSide()
        side.uri = Array(copying: message[address.uri])
        side.tag = address.tag.map { Array(copying: message[$0]) } ?? []
        side.displayName = plain(Array(copying: message[address.displayName]))
        return side
    }

    /// A display name without its quotes and escapes (RFC 3261 25.1 quoted-string).
    static func plain(_ name: [UInt8]) -> [UInt8] {
        guard name.first == UInt8(ascii: "\""), name.count >= 2 else { return name }
        var text: [UInt8] = []
        var isEscaped = false
        for byte in name.dropFirst().dropLast() {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                isEscaped = false
                text.append(byte)
            }
        }
        return text
    }

    /// The values of Record-Route that lie between this server and the caller, as the INVITE has
    /// them: the nearest first (RFC 3261 12.1.1).
    static func callerRoutes(_ message: borrowing SIPMessage) -> [UInt8] {
        var routes: [[UInt8]] = []
        var entries = message.routes(.recordRoute)
        while let entry = try? entries.next() {
            routes.append(Array(copying: message[entry.whole]))
        }
        return joined(routes)
    }

    /// Those between this server and the callee, of a response that has ours among them: what lies
    /// above the first of ours, from the last to the first (RFC 3261 12.1.2).
    static func calleeRoutes(
        _ message: borrowing SIPMessage, isOwn: (SIPURI, Span<UInt8>) -> Bool
    ) -> [UInt8] {
        var routes: [[UInt8]] = []
        var entries = message.routes(.recordRoute)
        while let entry = try? entries.next() {
            guard let uri = try? SIPURI(parsing: message.bytes, in: entry.uri) else { return [] }
            if isOwn(uri, message.bytes) { return joined(routes.reversed()) }
            routes.append(Array(copying: message[entry.whole]))
        }
        // Without ours among them nobody can say which lie behind this server.
        return []
    }

    private static func joined(_ routes: [[UInt8]]) -> [UInt8] {
        let text = Array(routes.joined(separator: [UInt8(ascii: ",")]))
        return text.count <= Limits.dialogTextBytesMax ? text : []
    }
}
