internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Selects of header fields that have parts.
extension Select {
    private static let addressParts = ["uri", "tag", "name", "params"]

    /// `from` and `to`.
    static func address(_ path: SelectPath, _ header: HeaderName) throws(Unknown) -> ValueStep {
        guard let name = path.name else {
            try end(path)
            return { context in text(context.message.header(header)) }
        }
        @Sendable func parsed(_ context: ScriptContext) -> TaggedAddress? {
            context.withMessage { message in
                if header == .from { return try? message.from }
                return try? message.to
            }
        }
        switch name {
        case "uri":
            return try uri(path.rest) { context in
                context.addressURI(header).map { .message($0) }
            }
        case "tag":
            try end(path.rest)
            return { context in text(parsed(context)?.tag) }
        case "name":
            try end(path.rest)
            return { context in text(parsed(context)?.displayName) }
        case "params":
            return try parameter(path.rest) { context in parsed(context)?.parameters }
        default: throw unknown(path, addressParts)
        }
    }

    private static let contactParts = [
        "uri", "name", "q", "expires", "methods", "received", "instance", "params",
    ]

    /// `contact`: the first one of the message.
    static func contact(_ path: SelectPath) throws(Unknown) -> ValueStep {
        guard let name = path.name else {
            try end(path)
            return { context in text(context.message.header(.contact)) }
        }
        @Sendable func first(_ context: ScriptContext) -> Contact? {
            context.withMessage { message in
                var all = message.contacts
                let contact = (try? all.next()).flatMap { $0 }
                return contact.flatMap { $0.isStar ? nil : $0 }
            }
        }
        switch name {
        case "uri": return try uri(path.rest) { context in first(context).map { .message($0.uri) } }
        case "name":
            try end(path.rest)
            return { context in text(first(context)?.address.displayName) }
        case "params":
            return try parameter(path.rest) { context in first(context)?.parameters }
        case "q", "expires", "methods", "received":
            try end(path.rest)
            return named(name) { context in first(context)?.parameters }
        case "instance":
            try end(path.rest)
            return named("+sip.instance") { context in first(context)?.parameters }
        default: throw unknown(path, contactParts)
        }
    }

    private static let viaParts = [
        "host", "port", "transport", "branch", "received", "rport", "params",
    ]

    /// `via`, `via[1]` for the top one, `via[-1]` for the last: there is no 0 (Kamailio 5.6.3).
    static func via(_ path: SelectPath) throws(Unknown) -> ValueStep {
        let place = path.index ?? 1
        let rest = path.index == nil ? path : path.rest
        @Sendable func found(_ context: ScriptContext) -> Via? {
            guard place != 0 else { return nil }
            return context.withMessage { message in
                var wanted = place
                if place < 0 {
                    var count = 0
                    var all = message.vias
                    while ((try? all.next()) ?? nil) != nil { count += 1 }
                    wanted = count + place + 1
                }
                var all = message.vias
                while let via = (try? all.next()) ?? nil {
                    wanted -= 1
                    if wanted == 0 { return via }
                    if wanted < 0 { return nil }
                }
                return nil
            }
        }
        guard let name = rest.name else {
            try end(rest)
            return { context in text(found(context)?.whole) }
        }
        if name == "params" { return try parameter(rest.rest) { found($0)?.parameters } }
        try end(rest.rest)
        switch name {
        case "host": return { context in text(found(context)?.host) }
        case "transport": return { context in text(found(context)?.transport) }
        case "port":
            return { context in found(context)?.port.map { .integer(Int($0)) } ?? .null }
        case "branch", "received", "rport": return named(name) { found($0)?.parameters }
        default: throw unknown(rest, viaParts)
        }
    }

    /// `cseq`, its number and its method.
    static func cSeq(_ path: SelectPath) throws(Unknown) -> ValueStep {
        guard let name = path.name else {
            try end(path)
            return { context in text(context.message.header(.cSeq)) }
        }
        try end(path.rest)
        switch name {
        case "num":
            return { context in
                (try? context.message.cSeq).map { .integer(Int($0.number)) } ?? .null
            }
        case "method": return { context in text((try? context.message.cSeq)?.methodRange) }
        default: throw unknown(path, ["num", "method"])
        }
    }

    // MARK: Parameters

    /// `params` as a whole, or `params.name`.
    private static func parameter(
        _ path: SelectPath, _ list: @escaping @Sendable (ScriptContext) -> ByteRange?
    ) throws(Unknown) -> ValueStep {
        guard let name = path.name else { throw unknown(path, ["params.NAME"]) }
        try end(path.rest)
        return named(name, list)
    }

    /// One parameter of a list, without the quotes around its value.
    private static func named(
        _ name: String, _ list: @escaping @Sendable (ScriptContext) -> ByteRange?
    ) -> ValueStep {
        let wanted = Array(name.utf8)
        return { context in
            guard let range = list(context) else { return .null }
            return context.withMessage { message in
                let bytes = message.bytes
                let found = HeaderParameters.find(wanted.span, of: bytes, in: range)
                return text(found?.unquotedValue(in: bytes))
            }
        }
    }
}
