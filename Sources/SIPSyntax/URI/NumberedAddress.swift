public import Basics

/// An address with its transport in the short form `address~port~number`, which module `nathelper`
/// writes into `alias` and module `path` into `received`.
///
/// The number is that of the transport in Kamailio's tables.
public struct NumberedAddress: Sendable, Hashable {
    /// Address and port.
    public let address: PeerAddress
    /// The transport.
    public let transport: TransportProtocol

    /// An address in this form.
    public init(_ address: PeerAddress, _ transport: TransportProtocol) {
        self.address = address
        self.transport = transport
    }

    /// Reads a text, in which IPv6 addresses may stand in brackets; nil when it is something else.
    public init?(parsing text: Span<UInt8>) {
        guard let first = Self.tilde(text, from: 0), let second = Self.tilde(text, from: first + 1),
            let port = text.extracting(first + 1..<second).decimal(upTo: 65_535), port > 0,
            let number = text.extracting(second + 1..<text.count).decimal(upTo: 255),
            let transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: number)),
            let address = PeerAddress(
                literal: text.extracting(0..<first), port: UInt16(truncatingIfNeeded: port))
        else { return nil }
        self.init(address, transport)
    }

    /// Writes the text, IPv6 addresses with brackets if they are asked for: these keep the colons
    /// apart from what may follow.
    public func write(brackets: Bool, into writer: inout ByteWriter) {
        let isBracketed = brackets && address.isIPv6
        if isBracketed { writer.append("[") }
        address.writeHost(into: &writer)
        if isBracketed { writer.append("]") }
        writer.append("~")
        writer.append(decimal: address.port)
        writer.append("~")
        writer.append(decimal: transport.rawValue)
    }

    /// Writes the URI that it stands for; UDP goes without saying.
    public func writeURI(into writer: inout ByteWriter) {
        writer.append("sip:")
        address.write(into: &writer)
        guard transport != .udp else { return }
        // RFC 7118 4.2: the parameter is `ws` with TLS and without.
        writer.append(";transport=")
        writer.append(transport == .wss ? "ws" : transport.name)
    }

    private static func tilde(_ text: Span<UInt8>, from start: Int) -> Int? {
        assert(start >= 0)
        var place = start
        while place < text.count {
            if text[place] == UInt8(ascii: "~") { return place }
            place += 1
        }
        return nil
    }
}
