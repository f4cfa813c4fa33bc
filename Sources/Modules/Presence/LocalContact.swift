internal import Basics
internal import ModuleKit

/// The Contact of this server: what a dialog's requests are sent to.
enum LocalContact {
    /// Writes the URI for a socket: `server_address`, or the socket's own address.
    ///
    /// A `server_address` without a transport gets that of the socket when it is written into a
    /// message, not here: rows have it as the parameter gives it.
    static func write(
        _ socket: ListeningSocket, serverAddress: [UInt8], into writer: inout ByteWriter
    ) {
        guard serverAddress.isEmpty else { return writer.append(serverAddress) }
        writer.append("sip:")
        if let advertised = socket.advertised {
            writer.append(advertised)
        } else {
            socket.address.write(into: &writer)
        }
        writer.append(";transport=")
        writer.append(socket.transport.name)
    }

    /// Writes the header field, with the transport unless the URI has one or it is UDP.
    static func writeHeader(
        _ uri: Span<UInt8>, _ transport: TransportProtocol, into writer: inout ByteWriter
    ) {
        writer.append("Contact: <")
        writer.append(uri)
        if transport != .udp, !hasTransport(uri) {
            writer.append(";transport=")
            writer.append(transport.name)
        }
        writer.append(">\r\n")
    }

    private static func hasTransport(_ uri: Span<UInt8>) -> Bool {
        let name: StaticString = ";transport="
        let length = name.utf8CodeUnitCount
        guard uri.count > length else { return false }
        for place in 0...(uri.count - length)
        where uri[place] == UInt8(ascii: ";")
            && uri.extracting(place..<place + length).matches(name)
        {
            return true
        }
        return false
    }
}
