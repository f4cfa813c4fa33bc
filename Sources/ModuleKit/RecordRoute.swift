public import Basics

/// The body of a reply that the script has set.
public struct ReplyBody: Sendable, Hashable {
    /// The value of Content-Type.
    public var contentType: [UInt8]
    /// The bytes.
    public var bytes: [UInt8]
    /// A body.
    public init(contentType: [UInt8], bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }
}

/// The Record-Route field that a request gets when it is sent on (RFC 3261 16.6 step 4).
///
/// It is written late, because only then it is known on which socket the request leaves: when that
/// is another one than it came on, two fields are written, one for each side, and marked with
/// `r2=on` (RFC 5658).
public struct RecordRoute: Sendable {
    /// Whose address stands in it.
    public enum Host: Sendable, Hashable {
        /// Those of the sockets.
        case sockets
        /// What the script gives, with a port and parameters: for the side that the request leaves
        /// on, and for the side that it came on.
        case preset([UInt8], [UInt8]?)
        /// An address in front of the server, with the transports of the sockets.
        case advertised([UInt8])
    }

    /// Whose address stands in it.
    public var host = Host.sockets
    /// The user part; nil for none.
    public var user: [UInt8]?
    /// The tag of From, for `is_direction`; nil for none.
    public var fromTag: [UInt8]?
    /// Further parameters, each with its `;` in front.
    public var parameters: [UInt8] = []
    /// Whether `lr=on` is written instead of `lr`.
    public var isFullLooseRoute = false
    /// Whether two fields are written: 0 never, 1 when the sockets differ, 2 always.
    public var doubling = 1
    /// Whether the scheme is `sips`.
    public var isSecure = false

    /// A field with the addresses of the sockets.
    public init() {}

    /// Writes the field or the two of them; without `outgoing` the sockets count as the same.
    public func write(
        into writer: inout ByteWriter, incoming: ListeningSocket?, outgoing: ListeningSocket?
    ) {
        let leaving = outgoing ?? incoming
        if case .preset(let first, let second) = host {
            writePreset(first, into: &writer)
            if let second { writePreset(second, into: &writer) }
            return
        }
        guard let leaving, let incoming else { return }
        let isDouble = doubling == 2 || (doubling == 1 && leaving != incoming)
        writeField(leaving, isDouble, into: &writer)
        if isDouble { writeField(incoming, true, into: &writer) }
    }

    private func begin(_ writer: inout ByteWriter) {
        writer.append(isSecure ? "Record-Route: <sips:" : "Record-Route: <sip:")
        if let user {
            writer.append(user)
            writer.append("@")
        }
    }

    private func writeField(
        _ socket: ListeningSocket, _ isDouble: Bool, into writer: inout ByteWriter
    ) {
        begin(&writer)
        var isAdvertised = false
        if case .advertised(let address) = host {
            isAdvertised = true
            writer.append(address)
        } else if let advertised = socket.advertised {
            writer.append(advertised)
        } else {
            Self.write(socket.address, socket.transport, into: &writer)
        }
        if socket.transport != .udp {
            writer.append(";transport=")
            writer.append(socket.transport.name)
        }
        if isDouble { writer.append(";r2=on") }
        // Kamailio's order, which differs between the two forms.
        if isAdvertised { writeTag(into: &writer) }
        writer.append(isFullLooseRoute ? ";lr=on" : ";lr")
        if !isAdvertised { writeTag(into: &writer) }
        writer.append(parameters)
        writer.append(">\r\n")
    }

    private func writePreset(_ address: [UInt8], into writer: inout ByteWriter) {
        begin(&writer)
        writer.append(address)
        writeTag(into: &writer)
        writer.append(isFullLooseRoute ? ";lr=on" : ";lr")
        writer.append(parameters)
        writer.append(">\r\n")
    }

    private func writeTag(into writer: inout ByteWriter) {
        guard let fromTag else { return }
        writer.append(";ftag=")
        writer.append(fromTag)
    }

    /// Writes an address; the port that the transport has by default is left out.
    private static func write(
        _ address: PeerAddress, _ transport: TransportProtocol, into writer: inout ByteWriter
    ) {
        let usual: UInt16 = transport == .tls || transport == .wss ? 5061 : 5060
        guard address.port == usual else { return address.write(into: &writer) }
        if address.isIPv6 { writer.append("[") }
        address.writeHost(into: &writer)
        if address.isIPv6 { writer.append("]") }
    }
}
