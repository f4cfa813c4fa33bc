public import Basics

/// Writes the response to a request in place, without parsing more of the request than it must.
///
/// A response is written in three steps, so that header fields in the middle need no buffer of their
/// own: `begin`, any number of `ByteWriter.appendHeader`, `ByteWriter.finishMessage`.
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
        let value = request.field(first).value
        if let top = parsed(request, value) {
            writeTop(top, request.bytes, origin, forceRport, &writer)
            let rest = ByteRange(offset: top.whole.end, count: value.end - top.whole.end)
            request.writeUnfolded(rest, into: &writer)
        } else {
            request.writeUnfolded(value, into: &writer)
        }
        writer.appendLineEnd()
        var number = request.nextField(after: first)
        while let field = number {
            writer.append("Via: ")
            request.writeUnfolded(request.field(field).value, into: &writer)
            writer.appendLineEnd()
            number = request.nextField(after: field)
        }
    }

    private static func parsed(_ request: borrowing SIPMessage, _ value: ByteRange) -> Via? {
        var cursor = Cursor(request.bytes, in: value)
        do throws(SyntaxError) { return try Via(&cursor) } catch { return nil }
    }

    /// Writes the top value with `received` and `rport` as they are seen here; what the sender wrote
    /// of the two is not believed.
    private static func writeTop(
        _ via: Via, _ bytes: Span<UInt8>, _ origin: Origin, _ forceRport: Bool,
        _ writer: inout ByteWriter
    ) {
        let head = ByteRange(
            offset: via.whole.start, count: via.parameters.start - via.whole.start)
        writer.appendOneLine(bytes.part(head))
        var parameters = HeaderParameters(bytes, in: via.parameters)
        while let parameter = parameters.next() {
            let name = bytes.part(parameter.name)
            if name.matches("received") || name.matches("rport") { continue }
            writer.append(UInt8(ascii: ";"))
            writer.append(name)
            guard let value = parameter.value else { continue }
            writer.append(UInt8(ascii: "="))
            writer.appendOneLine(bytes.part(value))
        }
        let symmetric = via.hasRport || forceRport
        if symmetric || ReplyRoute.isElsewhere(via, bytes, origin.source) {
            writer.append(";received=")
            origin.source.writeHost(into: &writer)
        }
        if symmetric {
            writer.append(";rport=")
            writer.append(decimal: origin.source.port)
        }
    }

    private static func writeTo(
        _ request: borrowing SIPMessage, _ tag: Span<UInt8>, _ writer: inout ByteWriter
    ) {
        guard let value = request.header(.to) else { return }
        writer.append("To: ")
        request.writeUnfolded(value, into: &writer)
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
        guard let value = request.header(name) else { return }
        writer.append(label)
        request.writeUnfolded(value, into: &writer)
        writer.appendLineEnd()
    }

    private static func copyAll(
        _ name: HeaderName, _ label: StaticString, of request: borrowing SIPMessage,
        _ writer: inout ByteWriter
    ) {
        var number = request.firstField(name)
        while let field = number {
            writer.append(label)
            request.writeUnfolded(request.field(field).value, into: &writer)
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
