internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// `{urialias.…}`, `{sock.…}` and `{url.…}`: addresses in the forms of other places.
extension Transformations {
    /// `host~port~number`: the parameter `alias` of contacts behind NAT.
    static var aliases: [TransformationRow] {
        [
            .built("urialias.encode", "A SIP URI as addr~port~protoid; empty for other texts.") {
                bytes, _, _, writer in
                guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else {
                    return !bytes.isEmpty
                }
                let transport = uri.transport(in: bytes) ?? .udp
                writer.append(bytes.part(uri.host))
                writer.append("~")
                writer.append(decimal: uri.portOrDefault)
                writer.append("~")
                writer.append(decimal: transport.rawValue)
                return true
            },
            .built("urialias.decode", "A SIP URI of addr~port~protoid; empty for other texts.") {
                bytes, _, _, writer in
                let tilde = Int(UInt8(ascii: "~"))
                guard let first = bytes.place(of: tilde), first > 0,
                    let second = bytes.place(of: tilde, from: first + 1),
                    let port = bytes.extracting((first + 1)..<second).decimal(upTo: 65_535),
                    let number = bytes.extracting((second + 1)..<bytes.count).decimal(upTo: 6)
                else { return !bytes.isEmpty }
                // The numbers of transports are Kamailio's, where 0 is none.
                let transport = TransportProtocol(rawValue: UInt8(number)) ?? .udp
                writer.append("sip:")
                writer.append(bytes.extracting(0..<first))
                writer.append(":")
                writer.append(decimal: port)
                guard transport != .udp else { return true }
                writer.append(";transport=")
                writer.append(transport.name)
                return true
            },
        ]
    }

    /// `proto:host:port`, of which only the host must be there.
    static var sockets: [TransformationRow] {
        [
            .part("sock.host", "Host of proto:host:port.") { bytes, _, _ in
                SocketAddress(bytes)?.host
            },
            .part("sock.port", "Port of proto:host:port.") { bytes, _, _ in
                SocketAddress(bytes)?.port
            },
            .part("sock.proto", "Transport of proto:host:port.") { bytes, _, _ in
                SocketAddress(bytes)?.transport
            },
            .built("sock.touri", "A SIP URI of proto:host:port.") { bytes, _, _, writer in
                guard let socket = SocketAddress(bytes) else { return false }
                writer.append("sip:")
                writer.append(bytes.part(socket.host))
                if !socket.port.isEmpty {
                    writer.append(":")
                    writer.append(bytes.part(socket.port))
                }
                if !socket.transport.isEmpty {
                    writer.append(";transport=")
                    writer.append(bytes.part(socket.transport))
                }
                return true
            },
        ]
    }

    /// Parts of a URL as an HTTP request has it.
    static var urls: [TransformationRow] {
        let mark = Int(UInt8(ascii: "?"))
        return [
            .part("url.path", "The path of a URL: what stands before the ?.") { bytes, _, _ in
                bytes.range(0, bytes.place(of: mark) ?? bytes.count)
            },
            .part("url.querystring", "The query of a URL: what stands behind the ?.") {
                bytes, _, _ in
                bytes.range((bytes.place(of: mark) ?? bytes.count - 1) + 1, bytes.count)
            },
        ]
    }
}

/// The parts of `proto:host:port`.
private struct SocketAddress {
    /// The transport, empty without one.
    var transport = ByteRange.empty
    /// The host, an IPv6 address with its brackets.
    var host: ByteRange
    /// The port, empty without one.
    var port = ByteRange.empty

    /// Nil for an unknown transport, a port that is no number, or an empty text.
    init?(_ bytes: Span<UInt8>) {
        var start = 0
        let colon = Int(UInt8(ascii: ":"))
        if let end = bytes.place(of: colon), Self.isTransport(bytes.extracting(0..<end)) {
            transport = bytes.range(0, end)
            start = end + 1
        }
        var end = bytes.count
        if start < end, bytes[start] == UInt8(ascii: "[") {
            guard let close = bytes.place(of: Int(UInt8(ascii: "]")), from: start) else {
                return nil
            }
            end = close + 1
        } else {
            end = bytes.place(of: colon, from: start) ?? end
        }
        host = bytes.range(start, end)
        guard !host.isEmpty else { return nil }
        guard end < bytes.count else { return }
        port = bytes.range(end + 1, bytes.count)
        guard bytes[end] == UInt8(ascii: ":"),
            bytes.part(port).decimal(upTo: 65_535) != nil
        else { return nil }
    }

    private static func isTransport(_ name: Span<UInt8>) -> Bool {
        for known in TransportProtocol.allCases where name.matches(known.name) { return true }
        return false
    }
}
