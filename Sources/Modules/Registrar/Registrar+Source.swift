import Basics
import Locations
import ModuleKit
import SIPSyntax
import Usrloc

/// Functions about where requests come from: `reg_from_user` and `add_sock_hdr`.
extension RegistrarModule {
    /// Their declarations.
    static var sourceRows: [FunctionRow<RegistrarModule>] {
        [
            FunctionRow(
                "reg_from_user", .constant("table"), .string("uri"), .integer("mode"),
                returns: "1 yes, -1 no",
                "Whether a request comes from where a user is registered.",
                compile: { (module, table, uri, mode) throws(ArgumentError) in
                    let table = try module.location(table)
                    return { context in
                        guard let uri = uri.value(context), let mode = mode.value(context) else {
                            return -1
                        }
                        let isFrom = module.isFrom(context, table, uri, SourceMode(rawValue: mode))
                        return isFrom ? 1 : -1
                    }
                }),
            FunctionRow(
                "add_sock_hdr", .string("name"), routes: .request, returns: "1, -1 not added",
                "Adds a header field with the socket that received the request."
            ) { (_, context, name: ScriptText) in Self.addSocketHeader(context, name) },
        ]
    }

    /// What `reg_from_user` compares beside the address.
    private struct SourceMode: OptionSet {
        let rawValue: Int
        static let port = SourceMode(rawValue: 1)
        static let transport = SourceMode(rawValue: 2)
    }

    /// Whether a binding of an AoR is reached where the request came from: at the address it was
    /// received from, or else at that of its URI.
    private func isFrom(
        _ context: ScriptContext, _ table: LocationTable, _ uri: ScriptText, _ mode: SourceMode
    ) -> Bool {
        context.with(settings) { parameters in
            let work = context.workspace(settings) { RegistrarWorkspace() }
            let rules = addressRules(parameters)
            let origin = context.origin
            var isFound = false
            do {
                try context.withBytes(of: uri) { (bytes) throws(RegistrarFailure) in
                    let whole = ByteRange(offset: 0, count: bytes.count)
                    try Self.write(bytes, whole, rules, &work.input.aor)
                }
                try usrloc.lookUp(
                    in: table, work.input.aor.span, now: context.now,
                    includingExpired: parameters.usesExpiredContacts
                ) { binding in
                    let target = binding.received.isEmpty ? binding.uri : binding.received
                    isFound = isFound || Self.names(target, origin, mode)
                }
            } catch {
                return false
            }
            return isFound
        }
    }

    /// Whether a URI names the address of an origin; one with a host name names none.
    private static func names(
        _ target: Span<UInt8>, _ origin: Origin, _ mode: SourceMode
    ) -> Bool {
        guard let uri = try? SIPURI(parsing: target), uri.isSIP,
            let address = PeerAddress(
                literal: target.part(uri.host), port: uri.portOrDefault),
            address.isIPv6 == origin.source.isIPv6, address.high == origin.source.high,
            address.low == origin.source.low
        else { return false }
        if mode.contains(.port), address.port != origin.source.port { return false }
        return !mode.contains(.transport) || uri.transport(in: target) == origin.transport
    }

    /// Adds `name: proto:address:port` at the end of the header section.
    private static func addSocketHeader(_ context: ScriptContext, _ name: ScriptText) -> Int {
        let index = Int(context.origin.socket.value)
        let sockets = context.services.sockets
        let field = context.bytes(of: name)
        guard !context.origin.socket.isNone, index < sockets.count, !field.isEmpty,
            field.allSatisfy(Alphabet.token.contains)
        else { return -1 }
        let line = field + Array(": \(sockets[index].name)\r\n".utf8)
        return context.edits.insert(line, at: context.message.headers.end) ? 1 : -1
    }
}
