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
            NumberedAddress(origin.source, origin.transport).write(brackets: false, into: &writer)
        }
    }

    /// The URI that a parameter of either form stands for; nil when it stands for none.
    static func target(_ value: Span<UInt8>) -> [UInt8]? {
        // Three bytes for each that is escaped.
        guard value.count <= Limits.receivedBytesMax * 3 else { return nil }
        var writer = ByteWriter(capacity: 64)
        if let address = NumberedAddress(parsing: value) {
            address.writeURI(into: &writer)
        } else {
            EscapedText.write(value, into: &writer)
        }
        // The Route came through the client: it may have been changed on the way.
        guard let uri = try? SIPURI(parsing: writer.span), uri.isSIP else { return nil }
        return Array(copying: writer.span)
    }
}
