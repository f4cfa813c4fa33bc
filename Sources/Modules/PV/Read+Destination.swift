internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Attributes of the next hop: `$nh(name)`.
enum NextHopField: String, Sendable, CaseIterable {
    /// The URI.
    case uri = "u"
    /// Its user.
    case user = "U"
    /// Its host.
    case host = "d"
    /// Its port, or the default one.
    case port = "p"
    /// Its transport.
    case transport = "P"
}

/// The pseudo-variables of destinations, lengths and lives.
extension Read {
    /// Reads `$dP`.
    static func destinationTransport(_ context: ScriptContext) -> ScriptValue {
        guard let uri = context.destinationURI else { return .null }
        return transport(of: .owned(uri), context)
    }

    /// Reads `$op`.
    static func originalPort(_ context: ScriptContext) -> ScriptValue {
        port(of: .message(context.message.requestURI), context)
    }

    /// Reads `$oP`.
    static func originalTransport(_ context: ScriptContext) -> ScriptValue {
        transport(of: .message(context.message.requestURI), context)
    }

    /// Reads `$nh(name)`: the destination URI, or the request URI where none is set.
    static func nextHop(_ context: ScriptContext, _ field: NextHopField) -> ScriptValue {
        guard context.message.kind == .request else { return .null }
        let uri = context.destinationURI.map { ScriptText.owned($0) } ?? context.requestURI
        switch field {
        case .uri: return .text(uri)
        case .user: return part(of: uri, context, .user)
        case .host: return part(of: uri, context, .host)
        case .port: return port(of: uri, context)
        case .transport: return transport(of: uri, context)
        }
    }

    /// Bytes of a text, 0 for null: `$rUl` and its like.
    static func length(_ value: ScriptValue, _ context: ScriptContext) -> ScriptValue {
        guard case .text(let text) = value else { return .integer(0) }
        return .integer(context.length(of: text))
    }

    /// Reads `$expires(min)` and `$expires(max)`: the lives that Contact asks for; where a contact
    /// has none, that of Expires counts.
    static func expires(_ context: ScriptContext, longest: Bool) -> ScriptValue {
        let found = context.withMessage { message -> UInt32? in
            let header = message.expires.number
            var result: UInt32?
            var contacts = message.contacts
            while let contact = try? contacts.next() {
                guard let life = contact.expires.number ?? header else { continue }
                result = result.map { longest ? max($0, life) : min($0, life) } ?? life
            }
            return result ?? header
        }
        return found.map { .integer(Int($0)) } ?? .null
    }

    /// Reads `$route_uri`: the URI of the first Route.
    static func routeURI(_ context: ScriptContext) -> ScriptValue {
        text(
            context.withMessage { message -> ByteRange? in
                var routes = message.routes(.route)
                return (try? routes.next())?.uri
            })
    }

    /// Reads `$rsi`: the status of a reply, 0 in a request.
    static func statusNumber(_ context: ScriptContext) -> ScriptValue {
        .integer(context.message.kind == .response ? context.message.status : 0)
    }

    /// Reads `$rmid`: the method as Kamailio numbers it.
    static func methodNumber(_ context: ScriptContext) -> ScriptValue {
        let range = context.methodName
        return context.withMessage { message in
            .integer(Int(SIPMethod(name: message[range]).rawValue))
        }
    }
}

/// Flags as scripts show them.
enum FlagVariable {
    /// All flags as a number in decimal, or as eight hexadecimal digits.
    static func access(
        hexadecimal: Bool, _ read: @escaping @Sendable (ScriptContext) -> UInt32,
        _ write: @escaping @Sendable (ScriptContext, UInt32) -> Void
    ) -> VariableAccess {
        VariableAccess(
            read: { context in
                let flags = read(context)
                guard hexadecimal else { return .integer(Int(flags)) }
                return .text(context.compose { $0.append(hexadecimal: UInt64(flags), width: 8) })
            },
            write: { context, value in
                guard case .integer(let number) = value,
                    let flags = UInt32(exactly: number)
                else { return false }
                write(context, flags)
                return true
            })
    }

    /// One flag: `$Mf(3)` is 1 when it is set.
    static func bit(
        _ reference: VariableReference, _ read: @escaping @Sendable (ScriptContext) -> UInt32,
        _ write: @escaping @Sendable (ScriptContext, UInt32) -> Void
    ) throws(ArgumentError) -> VariableAccess {
        guard let number = ScriptNumber.parse(reference.inner ?? ""), (0...31).contains(number)
        else { throw ArgumentError("a flag is a number from 0 to 31") }
        let mask = UInt32(1) << UInt32(number)
        return VariableAccess(
            read: { .integer(read($0) & mask == 0 ? 0 : 1) },
            write: { context, value in
                guard case .integer(let number) = value else { return false }
                let flags = read(context)
                write(context, number == 0 ? flags & ~mask : flags | mask)
                return true
            })
    }
}
