internal import Basics
internal import SIPSyntax
internal import Subscriptions

/// Writes a NOTIFY behind its request line and Via.
enum NotifyWriter {
    /// Writes all other header fields, the empty line and the body.
    ///
    /// Every text of the dialog was a part of one line when it was read, and is written as it was.
    /// The order is Kamailio's, which tools that read traces know.
    static func write(
        _ order: NotifyOrder, event: [UInt8], contentType: [UInt8], transport: TransportProtocol,
        into writer: inout ByteWriter
    ) {
        let dialog = order.dialog
        writeAddress("From: <sip:", dialog, .toUser, .toHost, .toTag, into: &writer)
        writeAddress("To: <sip:", dialog, .fromUser, .fromHost, .fromTag, into: &writer)
        writer.appendHeader("Call-ID", dialog[.callID])
        writer.append("CSeq: ")
        writer.append(decimal: order.cseq)
        writer.append(" NOTIFY\r\n")
        writeRoutes(dialog, into: &writer)
        writer.append("Max-Forwards: 70\r\nEvent: ")
        writer.append(event)
        if !dialog[.eventID].isEmpty {
            writer.append(";id=")
            writer.append(dialog[.eventID])
        }
        writer.appendLineEnd()
        LocalContact.writeHeader(dialog[.localContact], transport, into: &writer)
        writeState(order, into: &writer)
        writeBody(order, contentType, into: &writer)
    }

    private static func writeAddress(
        _ start: StaticString, _ dialog: DialogText, _ user: DialogField, _ host: DialogField,
        _ tag: DialogField, into writer: inout ByteWriter
    ) {
        writer.append(start)
        if !dialog[user].isEmpty {
            writer.append(dialog[user])
            writer.append(UInt8(ascii: "@"))
        }
        writer.append(dialog[host])
        writer.append(">;tag=")
        writer.append(dialog[tag])
        writer.appendLineEnd()
    }

    /// The route set; before a strict router it ends with the Contact, as its first entry is the
    /// Request-URI (RFC 3261 12.2.1.1).
    private static func writeRoutes(_ dialog: DialogText, into writer: inout ByteWriter) {
        let routes = dialog[.routeSet]
        guard !routes.isEmpty else { return }
        let set = RouteSet(routes)
        guard set.isStrict else { return writer.appendHeader("Route", routes) }
        writer.append("Route: ")
        let rest = routes.extracting(set.rest.indices)
        if !rest.isEmpty {
            writer.append(rest)
            writer.append(UInt8(ascii: ","))
        }
        writer.append(UInt8(ascii: "<"))
        writer.append(dialog[.contact])
        writer.append(">\r\n")
    }

    /// Subscription-State (RFC 6665 4.1.3).
    private static func writeState(_ order: NotifyOrder, into writer: inout ByteWriter) {
        writer.append("Subscription-State: ")
        switch order.status {
        case .active, .pending:
            writer.append(order.status.word)
            writer.append(";expires=")
            writer.append(decimal: order.expiresSeconds)
        case .terminated, .waiting:
            writer.append("terminated")
            if order.reason != .none {
                writer.append(";reason=")
                writer.append(order.reason.word)
            }
        }
        writer.appendLineEnd()
    }

    private static func writeBody(
        _ order: NotifyOrder, _ contentType: [UInt8], into writer: inout ByteWriter
    ) {
        guard let body = order.body else { return writer.finishMessage() }
        let type = body.contentType ?? contentType
        writer.appendHeader("Content-Type", type.span)
        let count = body.count
        writer.appendHeader("Content-Length", decimal: count)
        writer.appendLineEnd()
        writer.reserve(count)
        body.write(into: &writer)
    }
}
