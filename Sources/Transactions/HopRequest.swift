public import Basics
public import SIPSyntax

/// Writes the two requests that are made of an INVITE that was sent: the ACK of a response above
/// 2xx (RFC 3261 17.1.1.3) and the CANCEL (9.1).
///
/// Both go to where the INVITE went and are made of the bytes that were sent, not of those that
/// were received: Request-URI, top Via and Route are those of that one branch.
public enum HopRequest {
    /// Writes the ACK of a final response above 2xx.
    ///
    /// - Parameters:
    ///   - invite: The INVITE as it was sent.
    ///   - response: The response, whose To with its tag is taken.
    ///   - copiedPrefix: Header fields of the INVITE whose names start with this are copied; none
    ///     when it is empty.
    ///   - writer: Where it goes; what stands there already stays.
    public static func writeAcknowledgement(
        of invite: borrowing SIPMessage, for response: borrowing SIPMessage,
        copiedPrefix: Span<UInt8> = Span(), into writer: inout ByteWriter
    ) {
        precondition(invite.kind == .request && response.kind == .response)
        assert(response.status >= 300, "the ACK of a 2xx is a request of its own (13.2.2.4)")
        writeHead("ACK", of: invite, into: &writer)
        copyFirst(.to, "To: ", of: response, into: &writer)
        writeTail("ACK", of: invite, copiedPrefix, into: &writer)
        writer.finishMessage()
    }

    /// Writes the CANCEL of an INVITE.
    ///
    /// - Parameters:
    ///   - invite: The INVITE as it was sent.
    ///   - reason: The value of Reason (RFC 3326) in one line; none when it is empty.
    ///   - copiedPrefix: Header fields of the INVITE whose names start with this are copied; none
    ///     when it is empty.
    ///   - writer: Where it goes; what stands there already stays.
    public static func writeCancel(
        of invite: borrowing SIPMessage, reason: Span<UInt8> = Span(),
        copiedPrefix: Span<UInt8> = Span(), into writer: inout ByteWriter
    ) {
        precondition(invite.kind == .request)
        writeHead("CANCEL", of: invite, into: &writer)
        copyFirst(.to, "To: ", of: invite, into: &writer)
        writeTail("CANCEL", of: invite, copiedPrefix, into: &writer)
        if !reason.isEmpty {
            writer.append("Reason: ")
            writer.appendOneLine(reason)
            writer.appendLineEnd()
        }
        writer.finishMessage()
    }

    // MARK: Parts

    /// The request line, the top Via alone, Max-Forwards, all of Route, and From.
    private static func writeHead(
        _ method: StaticString, of invite: borrowing SIPMessage, into writer: inout ByteWriter
    ) {
        assert(invite.method == .invite)
        writer.append(method)
        writer.append(UInt8(ascii: " "))
        writer.append(invite[invite.requestURI])
        writer.append(" SIP/2.0\r\nVia: ")
        if let via = topVia(invite) { invite.writeUnfolded(via, into: &writer) }
        writer.append("\r\nMax-Forwards: 70\r\n")
        var route = invite.firstField(.route)
        while let field = route {
            writer.append("Route: ")
            invite.writeValue(ofField: field, into: &writer)
            writer.appendLineEnd()
            route = invite.nextField(after: field)
        }
        copyFirst(.from, "From: ", of: invite, into: &writer)
    }

    /// Call-ID, the number of CSeq with the new method, and what the caller wants copied.
    private static func writeTail(
        _ method: StaticString, of invite: borrowing SIPMessage, _ prefix: Span<UInt8>,
        into writer: inout ByteWriter
    ) {
        copyFirst(.callID, "Call-ID: ", of: invite, into: &writer)
        writer.append("CSeq: ")
        writer.append(decimal: sequenceNumber(invite))
        writer.append(UInt8(ascii: " "))
        writer.append(method)
        writer.appendLineEnd()
        guard !prefix.isEmpty, prefix.count <= Limits.copiedHeaderPrefixBytesMax else { return }
        for number in 0..<invite.headerCount {
            let field = invite.field(number)
            guard mayBeCopied(field.name), field.nameRange.count >= prefix.count else { continue }
            let name = invite[field.nameRange]
            guard name.extracting(0..<prefix.count).matches(prefix) else { continue }
            writer.append(name)
            writer.append(": ")
            invite.writeValue(ofField: number, into: &writer)
            writer.appendLineEnd()
        }
    }

    /// Whether a header field may be copied: not what is written anyway, what belongs to a body,
    /// or what a CANCEL must not have (RFC 3261 9.1).
    private static func mayBeCopied(_ name: HeaderName) -> Bool {
        switch name {
        case .via, .route, .from, .to, .callID, .cSeq, .maxForwards, .require, .proxyRequire,
            .contentLength, .contentType, .contentEncoding, .contentDisposition, .reason:
            false
        default: true
        }
    }

    private static func copyFirst(
        _ name: HeaderName, _ label: StaticString, of message: borrowing SIPMessage,
        into writer: inout ByteWriter
    ) {
        assert(name != .other)
        guard let number = message.firstField(name) else { return }
        writer.append(label)
        message.writeValue(ofField: number, into: &writer)
        writer.appendLineEnd()
    }

    private static func topVia(_ message: borrowing SIPMessage) -> ByteRange? {
        do throws(SyntaxError) { return try message.topVia?.whole } catch { return nil }
    }

    private static func sequenceNumber(_ message: borrowing SIPMessage) -> UInt32 {
        do throws(SyntaxError) { return try message.cSeq?.number ?? 0 } catch { return 0 }
    }
}
