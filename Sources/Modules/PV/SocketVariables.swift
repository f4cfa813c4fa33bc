internal import Basics
internal import ModuleKit

/// What a message's way in reads: the socket that received it, its source.
enum SocketVariable {
    /// The address of the receiving socket as others see it: the advertised one, if `listen` has
    /// one.
    private static func advertised(_ socket: ListeningSocket) -> (host: String, port: Int) {
        guard let text = socket.advertised else {
            return (host(socket.address), Int(socket.address.port))
        }
        // The port stands behind the last colon, unless that is a part of an IPv6 address.
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]"),
            let port = Int(text[text.index(after: colon)...])
        else { return (text, Int(socket.address.port)) }
        return (String(text[..<colon]), port)
    }

    private static func host(_ address: PeerAddress) -> String {
        var writer = ByteWriter(capacity: 48)
        address.writeHost(into: &writer)
        return writer.text
    }

    /// Reads `$RAi`.
    @Sendable static func advertisedHost(_ context: ScriptContext) -> ScriptValue {
        context.listeningSocket(context.origin.socket).map { .string(advertised($0).host) }
            ?? .null
    }

    /// Reads `$RAp`.
    @Sendable static func advertisedPort(_ context: ScriptContext) -> ScriptValue {
        context.listeningSocket(context.origin.socket).map { .integer(advertised($0).port) }
            ?? .null
    }

    /// A socket as a URI: `$Ru` and `$RAu`, with the transport also for UDP `$Rut` and `$RAut`.
    static func uri(
        advertised isAdvertised: Bool, full: Bool
    ) -> @Sendable (ScriptContext) -> ScriptValue {
        { context in
            guard let socket = context.listeningSocket(context.origin.socket) else {
                return .null
            }
            return .text(
                context.compose { writer in
                    writer.append("sip:")
                    if isAdvertised, socket.advertised != nil {
                        let (host, port) = advertised(socket)
                        writer.append(host)
                        writer.append(":")
                        writer.append(decimal: port)
                    } else {
                        socket.address.write(into: &writer)
                    }
                    appendTransport(socket.transport, full: full, into: &writer)
                })
        }
    }

    /// Reads `$sut`: the source as a URI with its transport.
    @Sendable static func fullSourceURI(_ context: ScriptContext) -> ScriptValue {
        let origin = context.origin
        return .text(
            context.compose { writer in
                writer.append("sip:")
                origin.source.write(into: &writer)
                appendTransport(origin.transport, full: true, into: &writer)
            })
    }

    private static func appendTransport(
        _ transport: TransportProtocol, full: Bool, into writer: inout ByteWriter
    ) {
        guard full || transport != .udp else { return }
        writer.append(";transport=")
        writer.append(transport.name)
    }

    /// Reads `$sas`: the source as sockets are named.
    @Sendable static func sourceSocket(_ context: ScriptContext) -> ScriptValue {
        let origin = context.origin
        return .text(
            context.compose { writer in
                writer.append(origin.transport.name)
                writer.append(":")
                origin.source.write(into: &writer)
            })
    }

    /// Reads `$siz`: the source address, IPv6 in brackets.
    @Sendable static func bracketedSource(_ context: ScriptContext) -> ScriptValue {
        let source = context.origin.source
        return .text(
            context.compose { writer in
                if source.isIPv6 { writer.append("[") }
                source.writeHost(into: &writer)
                if source.isIPv6 { writer.append("]") }
            })
    }

    /// `$fs`: the socket that the request is sent from.
    static var forced: VariableAccess {
        VariableAccess(
            read: { context in context.socketName(context.sending.socket ?? .none) },
            write: { context, value in
                guard let socket = context.socket(named: value) else { return false }
                context.sending.socket = socket.isNone ? nil : socket
                return true
            })
    }

    /// Reads `$fsp`: the port of that socket, 0 without one.
    @Sendable static func forcedPort(_ context: ScriptContext) -> ScriptValue {
        let socket = context.listeningSocket(context.sending.socket ?? .none)
        return .integer(Int(socket?.address.port ?? 0))
    }
}

/// `$rcv(name)`: what arrived, and between which addresses.
enum ReceivedField: String, Sendable, CaseIterable {
    /// The message.
    case buffer = "buf"
    /// Its bytes.
    case length = "len"
    /// The address that sent it.
    case sourceHost = "srcip"
    /// The address that received it.
    case localHost = "rcvip"
    /// The port that sent it.
    case sourcePort = "srcport"
    /// The port that received it.
    case localPort = "rcvport"
    /// The number of its transport.
    case transportNumber = "proto"
    /// The name of its transport.
    case transport = "sproto"
    /// Its address family.
    case family = "af"

    /// What it reads.
    func read(_ context: ScriptContext) -> ScriptValue {
        switch self {
        case .buffer: Read.message(context)
        case .length: .integer(context.messageLength)
        case .sourceHost: Read.sourceHost(context)
        case .localHost: Read.localHost(context)
        case .sourcePort: .integer(Int(context.origin.source.port))
        case .localPort: Read.localPort(context)
        case .transportNumber: .integer(Int(context.origin.transport.rawValue))
        case .transport: Read.transport(context)
        case .family: .integer(context.origin.source.isIPv6 ? 10 : 2)
        }
    }
}

/// `$snd(name)`, `$sndfrom(name)` and `$sndto(name)`: where a request is being sent, which only
/// `onsend_route` knows; elsewhere they are null.
enum SendField: String, Sendable, CaseIterable {
    /// Address, family (2 or 10), port, number of the transport, its name.
    case ip, af, port, proto, sproto

    /// The field of the destination, or of the socket that the request leaves by.
    func read(_ context: ScriptContext, isTarget: Bool) -> ScriptValue {
        guard let hop = context.sendingTo else { return .null }
        var address = hop.source
        if !isTarget {
            let sockets = context.services.sockets
            guard Int(hop.socket.value) < sockets.count else { return .null }
            address = sockets[Int(hop.socket.value)].address
        }
        return switch self {
        case .ip: .text(context.compose { address.writeHost(into: &$0) })
        case .af: .integer(address.isIPv6 ? 10 : 2)
        case .port: .integer(Int(address.port))
        case .proto: .integer(Int(hop.transport.rawValue))
        case .sproto: .text(context.compose { $0.append(hop.transport.name) })
        }
    }
}

/// `$K(name)`: the numbers of address families and transports.
enum ProtocolConstant: String, Sendable, CaseIterable {
    /// Address families.
    case ipv4 = "IPv4", ipv6 = "IPv6"
    /// Transports.
    case udp = "UDP", tcp = "TCP", tls = "TLS", sctp = "SCTP", ws = "WS", wss = "WSS"

    /// Its number.
    var number: Int {
        switch self {
        case .ipv4: 2
        case .ipv6: 10
        case .udp: 1
        case .tcp: 2
        case .tls: 3
        case .sctp: 4
        case .ws: 5
        case .wss: 6
        }
    }
}

/// `$cnt($avp(name))`: how many values a name has.
enum CountVariable {
    /// What a reference counts.
    static func access(
        _ reference: VariableReference, aliases: [String: [UInt8]],
        _ workspace: (@Sendable (ScriptContext) -> PVWorkspace)? = nil
    ) throws(ArgumentError) -> VariableAccess {
        let text = reference.inner ?? ""
        guard text.hasPrefix("$"), text.hasSuffix(")"),
            let parenthesis = text.firstIndex(of: "(")
        else { throw ArgumentError("expected $avp(name) or $xavp(name), found \"\(text)\"") }
        let kind = String(text[text.index(after: text.startIndex)..<parenthesis])
        let inner = String(text[text.index(after: parenthesis)...].dropLast())
        if kind == "avp" {
            var name = VariableReference(name: "avp", inner: inner)
            name.dynamicInner = try reference.compilePart?(inner)
            let variable = try AttributeVariable(name, aliases: aliases, workspace)
            return VariableAccess { .integer(variable.count($0)) }
        }
        guard let structured = StructuredClass(rawValue: kind), !inner.contains("$") else {
            throw ArgumentError("expected $avp(name) or $xavp(name), found \"\(text)\"")
        }
        let path = try StructuredVariable.path(inner, structured)
        return VariableAccess { .integer(structured.values($0).count(path)) }
    }
}
