internal import Basics
internal import SIPSyntax

/// Writes requests behind their Via, in Kamailio's order, which tools that read traces know.
enum PUARequestWriter {
    /// All header fields, the empty line and the body.
    static func rest(of request: borrowing PUAExchange) -> [UInt8] {
        let body = request.body ?? []
        var writer = ByteWriter(capacity: 512 + request.extraHeaders.count + body.count)
        writeDialog(request, into: &writer)
        if !request.route.isEmpty { writer.appendHeader("Route", request.route.span) }
        writer.appendHeader("Content-Length", decimal: body.count)
        writer.append("Max-Forwards: 70\r\n")
        writer.append(request.authorization)
        writer.appendHeader("Event", request.event.span)
        if request.isSubscribe {
            writer.append("Contact: <")
            writer.append(request.contact)
            writer.append(">\r\n")
        }
        writer.appendHeader("Expires", decimal: request.expiresSeconds)
        if !request.ifMatch.isEmpty { writer.appendHeader("SIP-If-Match", request.ifMatch.span) }
        if !body.isEmpty { writer.appendHeader("Content-Type", request.contentType.span) }
        writer.append(request.extraHeaders)
        writer.appendLineEnd()
        writer.append(body)
        return Array(copying: writer.span)
    }

    private static func writeDialog(
        _ request: borrowing PUAExchange, into writer: inout ByteWriter
    ) {
        writer.append("To: <")
        writer.append(request.to)
        writer.append(UInt8(ascii: ">"))
        if !request.toTag.isEmpty {
            writer.append(";tag=")
            writer.append(request.toTag)
        }
        writer.append("\r\nFrom: <")
        writer.append(request.from)
        writer.append(">;tag=")
        writer.append(request.fromTag)
        writer.append("\r\nCSeq: ")
        writer.append(decimal: request.cseq)
        writer.append(request.isSubscribe ? " SUBSCRIBE\r\n" : " PUBLISH\r\n")
        writer.appendHeader("Call-ID", request.callID.span)
    }
}
