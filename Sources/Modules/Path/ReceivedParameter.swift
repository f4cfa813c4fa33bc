import Basics
import SIPSyntax

/// The parameter of a Path URI that says where a client was seen.
enum ReceivedParameter {
    /// Writes an address in one of the two forms.
    static func write(
        _ origin: Origin, _ format: PathParameters.ReceivedFormat, into writer: inout ByteWriter
    ) {
        switch format {
        case .uri:
            writer.append("sip:")
            origin.source.write(into: &writer)
            guard origin.transport != .udp else { return }
            // `;` and `=` would begin a parameter of the Path URI itself (RFC 3261 19.1.2).
            writer.append("%3Btransport%3D")
            writer.append(origin.transport.name)
        case .short:
            origin.source.writeHost(into: &writer)
            writer.append("~")
            writer.append(decimal: origin.source.port)
            writer.append("~")
            writer.append(decimal: origin.transport.rawValue)
        }
    }

    /// The URI that a parameter of either form stands for; nil when it stands for none.
    static func target(_ value: Span<UInt8>) -> [UInt8]? {
        // Three bytes for each that is escaped.
        guard value.count <= Limits.receivedBytesMax * 3 else { return nil }
        var writer = ByteWriter(capacity: 64)
        if let (address, transport) = short(value) {
            writer.append("sip:")
            address.write(into: &writer)
            if transport != .udp {
                writer.append(";transport=")
                writer.append(transport.name)
            }
        } else {
            EscapedText.write(value, into: &writer)
        }
        // The Route came through the client: it may have been changed on the way.
        guard let uri = try? SIPURI(parsing: writer.span), uri.isSIP else { return nil }
        return Array(copying: writer.span)
    }

    /// Reads `address~port~number`.
    private static func short(_ text: Span<UInt8>) -> (PeerAddress, TransportProtocol)? {
        guard let first = tilde(text, from: 0), let second = tilde(text, from: first + 1),
            let port = text.extracting(first + 1..<second).decimal(upTo: 65_535),
            let number = text.extracting(second + 1..<text.count).decimal(upTo: 255),
            let transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: number)),
            let address = PeerAddress(
                literal: text.extracting(0..<first), port: UInt16(truncatingIfNeeded: port))
        else { return nil }
        return (address, transport)
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
