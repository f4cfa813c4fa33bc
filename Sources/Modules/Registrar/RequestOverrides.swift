import Basics
import ModuleKit
import SIPSyntax

/// What a script decides for one request: the attributes of the `$xavp` that `xavp_cfg` names, and
/// the socket that a header field names.
///
/// A script that says nothing costs two comparisons.
struct RequestOverrides {
    /// Most bindings of the AoR, in place of `max_contacts`.
    var contactsMax: Int?
    /// Seconds that contacts live, whatever the request asks for; 0 or more.
    var expires: Int?
    /// q in thousandths; what is not from 0 to 1000 is refused like a bad q of the contact.
    var q: Int?
    /// The socket that is stored, in place of the one that received the request.
    var socket: SocketIndex?
    /// The connection that is stored, in place of the one it came on.
    var connection: Int64?

    /// Nothing.
    init() {}

    /// What a script has said for the message at hand.
    init(_ context: ScriptContext, _ parameters: borrowing RegistrarParameters) {
        let root = parameters.overrideRootBytes
        if !root.isEmpty, !context.structured.roots.isEmpty {
            contactsMax = Self.number("max_contacts", root, context).flatMap { $0 < 0 ? nil : $0 }
            expires = Self.number("expires", root, context).flatMap { $0 < 0 ? nil : $0 }
            q = Self.number("q", root, context)
            connection = Self.number("tcpconn_id", root, context).flatMap {
                $0 > 0 ? Int64($0) : nil
            }
        }
        guard parameters.socketFlag >= 0, context.flags & 1 << UInt32(parameters.socketFlag) != 0
        else { return }
        socket = Self.socket(context, parameters)
    }

    /// An attribute that is an integer; nil when it is not set, or is none.
    private static func number(
        _ name: StaticString, _ root: [UInt8], _ context: ScriptContext
    ) -> Int? {
        guard let value = context.structured.value(root, name.bytes) else { return nil }
        if case .integer(let number) = value { return number }
        return nil
    }

    /// The socket that the header field names, or else the attribute; nil when it is none of ours.
    private static func socket(
        _ context: ScriptContext, _ parameters: borrowing RegistrarParameters
    ) -> SocketIndex? {
        let name = parameters.socketHeaderName
        if !name.isEmpty,
            let field = context.withMessage({ $0.header(named: name.span) }), !field.isEmpty
        {
            return context.withBytes(of: .message(field)) {
                SocketName.find($0, context.services.sockets)
            }
        }
        let root = parameters.overrideRootBytes
        guard !root.isEmpty,
            case .text(let text)? = context.structured.value(root, ("socket" as StaticString).bytes)
        else { return nil }
        return context.withBytes(of: text) { SocketName.find($0, context.services.sockets) }
    }
}

extension StaticString {
    /// The bytes as an array, for names of attributes.
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: utf8CodeUnitCount)
        writer.append(self)
        return Array(copying: writer.span)
    }
}

/// Finds a socket of this server by the name that a header field has for it:
/// `[proto:]address[:port]`.
enum SocketName {
    /// The index of the socket, nil when it is none of ours.
    ///
    /// Without a transport, UDP is meant; without a port, any of that address.
    static func find(_ text: Span<UInt8>, _ sockets: [ListeningSocket]) -> SocketIndex? {
        var rest = text
        var transport = TransportProtocol.udp
        for known in TransportProtocol.allCases {
            let count = known.name.utf8CodeUnitCount
            guard rest.count > count, rest[count] == UInt8(ascii: ":"),
                rest.extracting(first: count).matches(known.name)
            else { continue }
            transport = known
            rest = rest.extracting(droppingFirst: count + 1)
            break
        }
        let (host, port) = split(rest)
        guard let port, let address = PeerAddress(literal: host, port: port) else { return nil }
        for (index, socket) in sockets.enumerated() where socket.transport == transport {
            let own = socket.address
            if own.high == address.high, own.low == address.low, own.isIPv6 == address.isIPv6,
                port == 0 || own.port == port
            {
                return SocketIndex(index)
            }
        }
        return nil
    }

    /// Host and port; the port is 0 when there is none and nil when it is no number.
    ///
    /// An IPv6 address stands in brackets, so a colon behind them begins the port.
    @_lifetime(copy text)
    private static func split(_ text: Span<UInt8>) -> (host: Span<UInt8>, port: UInt16?) {
        var place = text.count
        while place > 0, text[place - 1] != UInt8(ascii: ":"), text[place - 1] != UInt8(ascii: "]")
        {
            place -= 1
        }
        guard place > 0, text[place - 1] == UInt8(ascii: ":") else { return (text, 0) }
        let port = text.extracting(droppingFirst: place).decimal(upTo: 65_535)
        return (text.extracting(first: place - 1), port.map { UInt16(truncatingIfNeeded: $0) })
    }
}
