public import Basics

/// Writes the response to a request in place, without parsing more of the request than it must.
///
/// A response is written in three steps, so that header fields in the middle need no buffer of
/// their own: `begin`, any number of `ByteWriter.appendHeader`, `ByteWriter.finishMessage`.
///
/// A request that was refused as malformed can be answered too: what cannot be parsed is copied as
/// it is, and what is missing is left out.
public enum ReplyWriter {
    /// Writes the status line, all of Via, From, To, Call-ID and CSeq (RFC 3261 8.2.6.2).
    ///
    /// - Parameters:
    ///   - status: 100 to 699.
    ///   - reason: The reason phrase; empty for the usual one. Control bytes become spaces.
    ///   - request: The request that is answered.
    ///   - origin: Where the request came from, for `received` and `rport`.
    ///   - toTag: The tag that To gets when it has none and the status is not 100; empty for none.
    ///   - forceRport: Whether to do as if the request asked for `rport` (RFC 3581).
    ///   - writer: Where the response goes; what stands there already stays.
    public static func begin(
        _ status: Int, reason: Span<UInt8>, to request: borrowing SIPMessage, from origin: Origin,
        toTag: Span<UInt8>, forceRport: Bool = false, into writer: inout ByteWriter
    ) {
        writeStatus(status, &writer)
        if reason.isEmpty {
            writer.append(ReasonPhrase.of(status))
        } else {
            writer.appendOneLine(reason)
        }
        writeHead(status, request, origin, toTag, forceRport, &writer)
    }

    /// The same with the usual reason phrase.
    public static func begin(
        _ status: Int, to request: borrowing SIPMessage, from origin: Origin, toTag: Span<UInt8>,
        forceRport: Bool = false, into writer: inout ByteWriter
    ) {
        writeStatus(status, &writer)
        writer.append(ReasonPhrase.of(status))
        writeHead(status, request, origin, toTag, forceRport, &writer)
    }

    /// Writes the whole answer to a request that was refused.
    public static func refuse(
        _ error: SyntaxError, to request: borrowing SIPMessage, from origin: Origin,
        toTag: Span<UInt8>, server: Span<UInt8>, into writer: inout ByteWriter
    ) {
        precondition(error.status > 0 && request.canBeAnswered, "an error without answer")
        writeStatus(error.status, &writer)
        writer.append(error.reason)
        writeHead(error.status, request, origin, toTag, false, &writer)
        if !server.isEmpty { writer.appendHeader("Server", server) }
        writer.finishMessage()
    }

    /// Writes the value of the first Via field of a request that is sent on, with what was seen of
    /// its sender (RFC 3261 18.2.1, RFC 3581 4).
    public static func writeTopVia(
        of request: borrowing SIPMessage, from origin: Origin, forceRport: Bool,
        into writer: inout ByteWriter
    ) {
        guard let top = topVia(request) else { return }
        writeTop(top, request, origin, forceRport, &writer)
    }

    // MARK: Parts

    private static func writeStatus(_ status: Int, _ writer: inout ByteWriter) {
        precondition(status >= 100 && status <= 699, "no SIP status code")
        writer.append("SIP/2.0 ")
        writer.append(decimal: status)
        writer.append(UInt8(ascii: " "))
    }

    private static func writeHead(
        _ status: Int, _ request: borrowing SIPMessage, _ origin: Origin, _ toTag: Span<UInt8>,
        _ forceRport: Bool, _ writer: inout ByteWriter
    ) {
        precondition(request.kind == .request, "a response is not answered")
        writer.appendLineEnd()
        writeVias(request, origin, forceRport, &writer)
        copy(.from, "From: ", of: request, &writer)
        writeTo(request, status == 100 ? toTag.extracting(first: 0) : toTag, &writer)
        copy(.callID, "Call-ID: ", of: request, &writer)
        copy(.cSeq, "CSeq: ", of: request, &writer)
        if status > 100, status < 300, request.method.createsDialog {
            copyAll(.recordRoute, "Record-Route: ", of: request, &writer)
        }
    }

    /// Writes every Via field; the first value of the first is completed (RFC 3261 18.2.1).
    private static func writeVias(
        _ request: borrowing SIPMessage, _ origin: Origin, _ forceRport: Bool,
        _ writer: inout ByteWriter
    ) {
        guard let first = request.firstField(.via) else { return }
        writer.append("Via: ")
        if let top = topVia(request) {
            writeTop(top, request, origin, forceRport, &writer)
        } else {
            request.writeValue(ofField: first, into: &writer)
        }
        writer.appendLineEnd()
        var number = request.nextField(after: first)
        while let field = number {
            writer.append("Via: ")
            request.writeValue(ofField: field, into: &writer)
            writer.appendLineEnd()
            number = request.nextField(after: field)
        }
    }

    private static func topVia(_ request: borrowing SIPMessage) -> Via? {
        do throws(SyntaxError) { return try request.topVia } catch { return nil }
    }

    /// Writes the first Via field with `received` and `rport` of the top value as they are seen
    /// here; what the sender wrote of the two is not believed.
    private static func writeTop(
        _ via: Via, _ request: borrowing SIPMessage, _ origin: Origin, _ forceRport: Bool,
        _ writer: inout ByteWriter
    ) {
        assert(via.whole.end <= request.bytes.count)
        let symmetric = via.hasRport || forceRport
        var copied = via.whole.start
        if via.hasRport || via.received != nil {
            var cursor = Cursor(request.bytes, in: via.parameters)
            var start = cursor.position
            while let parameter = nextParameter(&cursor) {
                let isOurs =
                    parameter.key == ParameterKey.rport
                    || (parameter.key == ParameterKey.received && parameter.name.count == 8)
                if isOurs {
                    copy(copied, start, of: request, &writer)
                    copied = cursor.position
                }
                start = cursor.position
            }
        }
        copy(copied, via.whole.end, of: request, &writer)
        if symmetric || ReplyRoute.isElsewhere(via, request.bytes, origin.source) {
            writer.append(";received=")
            origin.source.writeHost(into: &writer)
        }
        if symmetric {
            writer.append(";rport=")
            writer.append(decimal: origin.source.port)
        }
        let value = request.header(.via) ?? via.whole
        copy(via.whole.end, value.end, of: request, &writer)
    }

    private static func nextParameter(_ cursor: inout Cursor) -> HeaderParameter? {
        do throws(SyntaxError) { return try cursor.parameter() } catch { return nil }
    }

    /// Copies the bytes between two offsets in one line.
    private static func copy(
        _ start: Int, _ end: Int, of request: borrowing SIPMessage, _ writer: inout ByteWriter
    ) {
        guard start < end else { return }
        let range = ByteRange(offset: start, count: end - start)
        guard request.isFolded(.via) else { return writer.append(request[range]) }
        request.writeUnfolded(range, into: &writer)
    }

    private static func writeTo(
        _ request: borrowing SIPMessage, _ tag: Span<UInt8>, _ writer: inout ByteWriter
    ) {
        guard let number = request.firstField(.to) else { return }
        writer.append("To: ")
        request.writeValue(ofField: number, into: &writer)
        if !tag.isEmpty, hasNoTag(request) {
            writer.append(";tag=")
            writer.append(tag)
        }
        writer.appendLineEnd()
    }

    /// Whether To is well-formed and has no tag.
    private static func hasNoTag(_ request: borrowing SIPMessage) -> Bool {
        do throws(SyntaxError) { return try request.to?.tag == nil } catch { return false }
    }

    private static func copy(
        _ name: HeaderName, _ label: StaticString, of request: borrowing SIPMessage,
        _ writer: inout ByteWriter
    ) {
        guard let number = request.firstField(name) else { return }
        writer.append(label)
        request.writeValue(ofField: number, into: &writer)
        writer.appendLineEnd()
    }

    private static func copyAll(
        _ name: HeaderName, _ label: StaticString, of request: borrowing SIPMessage,
        _ writer: inout ByteWriter
    ) {
        var number = request.firstField(name)
        while let field = number {
            writer.append(label)
            request.writeValue(ofField: field, into: &writer)
            writer.appendLineEnd()
            number = request.nextField(after: field)
        }
    }
}

extension SIPMethod {
    /// Whether a 2xx to it can create a dialog, so that Record-Route is copied (RFC 3261 12.1.1).
    public var createsDialog: Bool {
        self == .invite || self == .subscribe || self == .refer || self == .notify
    }
}
