internal import Basics
internal import Glibc
internal import ModuleKit
internal import SIPSyntax

/// Selects of the whole message, of addresses and of the process.
extension Select {
    private static let messageParts = ["header", "h", "len", "body", "first_line", "type"]

    /// `msg`: its header fields by name, its length and its body.
    static func message(_ path: SelectPath) throws(Unknown) -> ValueStep {
        switch path.name {
        case "header", "h": return try header(path.rest)
        case "len":
            try end(path.rest)
            return { .integer($0.messageLength) }
        case "body":
            try end(path.rest)
            return { context in text(context.message.body) }
        case "first_line":
            try end(path.rest)
            return { context in text(firstLine(context)) }
        case "type":
            try end(path.rest)
            return { context in .integer(context.message.kind == .request ? 1 : 2) }
        default: throw unknown(path, messageParts)
        }
    }

    /// The request or status line without its end.
    private static func firstLine(_ context: ScriptContext) -> ByteRange {
        context.withMessage { message in
            let bytes = message.bytes
            var end = 0
            while end < bytes.count, bytes[end] != Byte.carriageReturn, bytes[end] != Byte.newline {
                end += 1
            }
            return ByteRange(offset: 0, count: end)
        }
    }

    /// `header["X-Foo"]` or `header.X_Foo`, with an index from 1, or from the end, behind it.
    ///
    /// Underscores of a bare name stand for dashes, which a name cannot have.
    private static func header(_ path: SelectPath) throws(Unknown) -> ValueStep {
        let name: [UInt8]
        switch path.parts.first {
        case .key(let text): name = Array(text.utf8)
        case .name(let text): name = Array(text.replacing("_", with: "-").utf8)
        default: throw unknown(path, ["header[\"NAME\"]"])
        }
        guard SIPToken.isToken(name) else { throw unknown(path, []) }
        let place = path.rest.index ?? 1
        try end(path.rest.index == nil ? path.rest : path.rest.rest)
        let wanted = name
        return { context in
            text(context.withMessage { field(wanted, at: place, in: $0) })
        }
    }

    /// The value of a field, counted from 1 or from the end.
    private static func field(
        _ name: [UInt8], at place: Int, in message: borrowing SIPMessage
    ) -> ByteRange? {
        var wanted = place - 1
        if place < 0 {
            wanted = place
            var field = message.firstField(named: name.span)
            while let found = field {
                wanted += 1
                field = message.nextField(named: name.span, after: found)
            }
        }
        return wanted < 0 ? nil : message.header(named: name.span, occurrence: wanted)
    }

    // MARK: Addresses

    private static let peerParts = ["ip", "port", "ip_port", "proto", "proto_ip_port"]

    /// `src`, `dst` and `received`: the last two are the socket that received the message.
    static func peer(_ path: SelectPath) throws(Unknown) -> ValueStep {
        let isSource = path.name == "src"
        let hasTransport = path.name == "received"
        let rest = path.rest
        guard let name = rest.name, peerParts.contains(name),
            hasTransport || !name.hasPrefix("proto")
        else { throw unknown(path, hasTransport ? peerParts : Array(peerParts.prefix(3))) }
        try end(rest.rest)
        return { context in
            let found = isSource ? context.origin.source : context.localAddress
            guard let address = found else { return .null }
            switch name {
            case "port": return .integer(Int(address.port))
            case "proto": return .text(context.compose { $0.append(context.origin.transport.name) })
            case "ip": return .text(context.compose { address.writeHost(into: &$0) })
            default:
                let transport = context.origin.transport.name
                return .text(
                    context.compose { writer in
                        if name == "proto_ip_port" {
                            writer.append(transport)
                            writer.append(":")
                        }
                        address.write(into: &writer)
                    })
            }
        }
    }

    // MARK: The process

    /// `sys`: the process and its time.
    static func system(_ path: SelectPath) throws(Unknown) -> ValueStep {
        let name = path.name
        try end(path.rest)
        switch name {
        case "pid":
            let process = Int(getpid())
            return { _ in .integer(process) }
        case "now": return { .integer($0.now.seconds) }
        case "server_id": return { .integer($0.serverID) }
        default: throw unknown(path, ["pid", "now", "server_id"])
        }
    }
}
