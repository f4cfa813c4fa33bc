import Basics
import SIPSyntax

/// The address in an alias parameter: `address~port~number of the transport`.
struct ContactAlias: Equatable {
    /// Address and port.
    var address: PeerAddress
    /// The transport.
    var transport: TransportProtocol

    /// Why a value is no alias.
    enum Fault: Error { case malformed }

    /// An alias of an address.
    init(_ address: PeerAddress, _ transport: TransportProtocol) {
        self.address = address
        self.transport = transport
    }

    /// Reads a value; IPv6 addresses may stand in brackets.
    init(parsing text: Span<UInt8>) throws(Fault) {
        guard let first = Self.tilde(text, from: 0), let second = Self.tilde(text, from: first + 1),
            let port = text.extracting(first + 1..<second).decimal(upTo: 65_535), port > 0,
            let number = text.extracting(second + 1..<text.count).decimal(upTo: 255),
            let transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: number)),
            let address = PeerAddress(
                literal: text.extracting(0..<first), port: UInt16(truncatingIfNeeded: port))
        else { throw .malformed }
        self.address = address
        self.transport = transport
    }

    /// Writes the value.
    func write(into writer: inout ByteWriter) {
        // The brackets keep the colons of the address apart from what may follow.
        if address.isIPv6 { writer.append("[") }
        address.writeHost(into: &writer)
        if address.isIPv6 { writer.append("]") }
        writer.append("~")
        writer.append(decimal: address.port)
        writer.append("~")
        writer.append(decimal: transport.rawValue)
    }

    /// Writes the URI that it stands for.
    func writeURI(into writer: inout ByteWriter) {
        writer.append("sip:")
        address.write(into: &writer)
        guard transport != .udp else { return }
        // RFC 7118 4.2: the parameter is `ws` with TLS and without.
        writer.append(";transport=")
        writer.append(transport == .wss ? "ws" : transport.name)
    }

    private static func tilde(_ text: Span<UInt8>, from start: Int) -> Int? {
        var place = start
        while place < text.count {
            if text[place] == UInt8(ascii: "~") { return place }
            place += 1
        }
        return nil
    }
}

/// An alias parameter within a URI.
struct AliasParameter {
    /// The value.
    let value: ByteRange
    /// The parameter with the semicolon in front of it.
    let whole: ByteRange

    /// The first or the last parameter of the name in a URI that has a value; nil without one.
    static func find(
        _ name: [UInt8], in uri: SIPURI, _ bytes: Span<UInt8>, last: Bool
    ) -> AliasParameter? {
        var found: AliasParameter?
        var pairs = uri.parameterPairs(in: bytes)
        while let pair = pairs.next() {
            // A parameter without value is no alias; others may use the name for a flag.
            guard let value = pair.value, !value.isEmpty, bytes.part(pair.name).matches(name.span)
            else { continue }
            found = AliasParameter(
                value: value,
                whole: ByteRange(
                    offset: pair.name.start - 1, count: value.end - pair.name.start + 1))
            if !last { break }
        }
        return found
    }
}
