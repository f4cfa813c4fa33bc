internal import Basics
internal import ModuleKit
internal import Publications
internal import SIPSyntax

/// Checks what modules and operators hand over before it gets into requests and rows.
enum PUAChecks {
    /// Longest URI, id, and tag: the widths of their columns.
    private static let textBytesMax = 255
    private static let etagBytesMax = 128

    /// Whether a text is a SIP URI and nothing else, no longer than its column.
    ///
    /// It is written between `< >`, and as a request line: blanks and brackets would end it.
    static func isURI(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= textBytesMax, let uri = try? SIPURI(parsing: bytes.span) else {
            return false
        }
        return uri.isSIP
            && bytes.allSatisfy {
                $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
            }
    }

    /// What is wrong with a publication; nil when nothing is.
    static func fault(
        _ request: PublicationRequest, _ events: PUAEventTable
    ) -> PUAAdmission.Refusal? {
        guard let package = events[request.event] else { return .unknownEvent }
        guard isURI(request.presentity), request.outboundProxy.map(isURI) ?? true else {
            return .badURI
        }
        guard isText(request.id, textBytesMax), isLines(request.extraHeaders),
            request.etag.map({ SIPToken.isToken($0) && $0.count <= etagBytesMax }) ?? true,
            isText(request.contentType ?? [], textBytesMax),
            request.body?.count ?? 0 <= Limits.publishedBytesMax,
            request.expiresSeconds <= Limits.userAgentExpiresMax
        else { return .badText }
        let hasType = !(request.contentType ?? package.contentType ?? []).isEmpty
        guard request.body == nil || request.expiresSeconds == 0 || hasType else {
            return .noContentType
        }
        return nil
    }

    /// What is wrong with a subscription; nil when nothing is.
    static func fault(
        _ request: SubscriptionRequest, _ events: PUAEventTable
    ) -> PUAAdmission.Refusal? {
        guard events[request.event] != nil else { return .unknownEvent }
        let uris = [request.presentity, request.watcher, request.contact]
        guard uris.allSatisfy(isURI), request.remoteTarget.map(isURI) ?? true,
            request.outboundProxy.map(isURI) ?? true
        else { return .badURI }
        guard isText(request.id, textBytesMax), isLines(request.extraHeaders),
            request.expiresSeconds <= Limits.userAgentExpiresMax
        else { return .badText }
        return nil
    }

    /// Whether a text stands in one line.
    private static func isText(_ bytes: [UInt8], _ countMax: Int) -> Bool {
        bytes.count <= countMax && bytes.allSatisfy { $0 >= 32 && $0 != 127 }
    }

    /// Header fields that the user agent writes itself: a second one would make two readers see
    /// two requests.
    private static let own = [
        "via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "content-length", "l",
        "max-forwards", "event", "o", "expires", "sip-if-match", "contact", "m", "content-type",
        "c", "route", "content-encoding", "e",
    ]

    /// Whether bytes are header lines that may be added.
    static func isLines(_ bytes: [UInt8]) -> Bool {
        if bytes.isEmpty { return true }
        guard bytes.count <= 4_096, HeaderText.lines(bytes) == bytes else { return false }
        return bytes.split(separator: 10).allSatisfy { line in
            let name = line.prefix { $0 != UInt8(ascii: ":") && $0 != 32 && $0 != 9 }
            let text = String(decoding: name, as: UTF8.self).lowercased()
            return !own.contains(text)
        }
    }
}
