internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The select framework, as far as scripts use it: `@ruri.user`, `$sel(from.tag)`.
///
/// A select is resolved when the script is compiled, to a closure that reads one part of the
/// message. Parts are ranges of the message wherever they can be.
enum Select {
    /// Why a select cannot be used.
    struct Unknown: Error {
        /// What is wrong.
        let message: String
        /// What could have been meant, in order.
        let candidates: [String]
    }

    /// The names that a select can begin with.
    static let roots = [
        "authorization", "call_id", "cfg_get", "contact", "content_length", "content_type", "cseq",
        "date", "dst", "dst_uri", "event", "expires", "from", "max_forwards", "method", "msg",
        "next_hop", "proxy_authorization", "received", "record_route", "refer_to", "route", "rr",
        "ruri", "src", "subject", "sys", "to", "user_agent", "version", "via",
    ]

    /// Compiles a path, `cfg_get` apart.
    static func step(_ path: SelectPath) throws(Unknown) -> ValueStep {
        let rest = path.rest
        switch path.name {
        case "ruri": return try uri(rest) { $0.requestURIOrNil }
        case "dst_uri":
            return try uri(rest) { context in context.destinationURI.map { .owned($0) } }
        case "next_hop":
            return try uri(rest) { context in
                context.destinationURI.map { .owned($0) } ?? context.requestURIOrNil
            }
        case "from": return try address(rest, .from)
        case "to": return try address(rest, .to)
        case "contact": return try contact(rest)
        case "via": return try via(rest)
        case "cseq": return try cSeq(rest)
        case "msg": return try message(rest)
        case "src", "dst", "received": return try peer(path)
        case "sys": return try system(rest)
        case "method":
            try end(rest)
            return { .text(.message($0.methodName)) }
        case "version":
            try end(rest)
            return { context in .text(.message(context.message.versionRange)) }
        case let name?:
            guard let header = headers[name] else {
                throw Unknown(
                    message: "unknown select \"\(path.text)\"", candidates: roots)
            }
            try end(rest)
            return { context in text(context.message.header(header)) }
        case nil: throw Unknown(message: "\"\(path.text)\" is no select", candidates: roots)
        }
    }

    /// Header fields that are read as a whole.
    private static let headers: [String: HeaderName] = [
        "call_id": .callID, "content_length": .contentLength, "content_type": .contentType,
        "date": .date, "event": .event, "expires": .expires, "max_forwards": .maxForwards,
        "record_route": .recordRoute, "rr": .recordRoute, "refer_to": .referTo, "route": .route,
        "subject": .subject, "user_agent": .userAgent, "authorization": .authorization,
        "proxy_authorization": .proxyAuthorization,
    ]

    /// Refuses what follows a part that has none of its own.
    static func end(_ path: SelectPath) throws(Unknown) {
        guard path.isEmpty else { throw unknown(path, []) }
    }

    /// The error of a part that is not there.
    static func unknown(_ path: SelectPath, _ candidates: [String]) -> Unknown {
        Unknown(message: "unknown select \"\(path.text)\"", candidates: candidates)
    }

    /// A range of the message as a value; null when it is empty or missing.
    static func text(_ range: ByteRange?) -> ScriptValue {
        guard let range, !range.isEmpty else { return .null }
        return .text(.message(range))
    }

    /// A part of a text as a value, in place where that is possible.
    static func slice(
        _ text: ScriptText, _ range: ByteRange?, _ context: ScriptContext
    ) -> ScriptValue {
        guard let range, !range.isEmpty else { return .null }
        switch text {
        case .message(let whole):
            return .text(
                .message(ByteRange(offset: whole.start + range.start, count: Int(range.count))))
        case .scratch(let whole):
            return .text(
                .scratch(ByteRange(offset: whole.start + range.start, count: Int(range.count))))
        case .owned(let bytes):
            return .text(context.compose { $0.append(bytes.span.extracting(range.indices)) })
        }
    }

    // MARK: URIs

    /// A text to take a part of.
    typealias TextStep = @Sendable (ScriptContext) -> ScriptText?

    private static let uriParts = [
        "user", "pwd", "host", "port", "hostport", "params", "type", "transport",
    ]

    /// A URI or one of its parts.
    static func uri(
        _ path: SelectPath, _ read: @escaping TextStep
    ) throws(Unknown) -> ValueStep {
        guard !path.isEmpty else { return { context in read(context).map { .text($0) } ?? .null } }
        guard let name = path.name, uriParts.contains(name) else { throw unknown(path, uriParts) }
        if name == "params", case .name(let parameter)? = path.rest.parts.first {
            try end(path.rest.rest)
            let wanted = Array(parameter.utf8)
            return part(read) { uri, bytes in
                uri.parameter(named: wanted.span, in: bytes)?.value
            }
        }
        try end(path.rest)
        switch name {
        case "user": return part(read) { uri, _ in uri.user }
        case "pwd": return part(read) { uri, _ in uri.password }
        case "host": return part(read) { uri, _ in uri.host }
        case "params": return part(read) { uri, _ in uri.parameters }
        case "type": return part(read) { uri, _ in uri.schemeRange }
        case "hostport": return part(read) { uri, bytes in hostAndPort(uri, bytes) }
        case "port": return number(read) { uri, _ in uri.port.map { Int($0) } }
        default: return transport(read)
        }
    }

    /// A range of a URI.
    private static func part(
        _ read: @escaping TextStep,
        _ find: @escaping @Sendable (SIPURI, Span<UInt8>) -> ByteRange?
    ) -> ValueStep {
        { context in
            guard let text = read(context) else { return .null }
            let range = context.withBytes(of: text) { bytes in
                (try? SIPURI(parsing: bytes)).flatMap { find($0, bytes) }
            }
            return slice(text, range, context)
        }
    }

    /// A number of a URI.
    private static func number(
        _ read: @escaping TextStep, _ find: @escaping @Sendable (SIPURI, Span<UInt8>) -> Int?
    ) -> ValueStep {
        { context in
            guard let text = read(context) else { return .null }
            let found = context.withBytes(of: text) { bytes in
                (try? SIPURI(parsing: bytes)).flatMap { find($0, bytes) }
            }
            return found.map { .integer($0) } ?? .null
        }
    }

    /// The transport of a URI, udp where it names none (RFC 3263 4.1).
    private static func transport(_ read: @escaping TextStep) -> ValueStep {
        let named = part(read) { uri, bytes in uri.parameter("transport", in: bytes)?.value }
        return { context in
            if case .text(let text) = named(context) { return .text(text) }
            guard read(context) != nil else { return .null }
            return udp
        }
    }
    private static let udp = ScriptValue.string("udp")

    /// Host and port of a URI as they stand.
    private static func hostAndPort(_ uri: SIPURI, _ bytes: Span<UInt8>) -> ByteRange {
        guard uri.port != nil else { return uri.host }
        var end = uri.host.end
        while end < uri.whole.end, bytes[end] == UInt8(ascii: ":") || Byte.isDigit(bytes[end]) {
            end += 1
        }
        return ByteRange(offset: uri.host.start, count: end - uri.host.start)
    }
}

extension ScriptContext {
    /// The request URI; nil for a reply.
    fileprivate var requestURIOrNil: ScriptText? {
        message.kind == .request ? requestURI : nil
    }
}
