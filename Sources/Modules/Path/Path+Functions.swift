import Basics
import ModuleKit
import SIPSyntax

/// `add_path` and `add_path_received`.
extension PathModule {
    /// Adds this server in front of the Path of a request (RFC 3327 5.2).
    ///
    /// - Parameters:
    ///   - user: The user part; "" for none.
    ///   - extra: Further parameters of the URI, as `;`-separated text; "" for none.
    ///   - received: Whether the address that the request came from is noted.
    /// - Returns: 1, or -1 when the URI could not be read again.
    func addPath(
        _ context: ScriptContext, user: ScriptText?, parameters extra: ScriptText?, received: Bool
    ) -> Int {
        guard context.message.kind == .request, let own = socket(context) else { return -1 }
        let user = user.map { context.bytes(of: $0) } ?? []
        let extra = extra.map { context.bytes(of: $0) } ?? []
        guard user.allSatisfy(Self.isUserByte), extra.allSatisfy(Self.isParameterByte) else {
            return -1
        }
        var writer = ByteWriter(capacity: 256)
        if parameters.usesTwo, let other = leavingSocket(context, own) {
            write(other, user, extra, received ? context.origin : nil, isTwo: true, &writer)
            write(own, user, extra, received ? context.origin : nil, isTwo: true, &writer)
        } else {
            write(own, user, extra, received ? context.origin : nil, isTwo: false, &writer)
        }
        let place = context.withMessage { Self.place($0) }
        return context.edits.insert(Array(copying: writer.span), at: place) ? 1 : -1
    }

    /// Writes one header field.
    private func write(
        _ socket: ListeningSocket, _ user: [UInt8], _ extra: [UInt8], _ origin: Origin?,
        isTwo: Bool, _ writer: inout ByteWriter
    ) {
        writer.append("Path: <sip:")
        if !user.isEmpty {
            writer.append(user)
            writer.append("@")
        }
        if let advertised = socket.advertised {
            writer.append(advertised)
        } else {
            socket.address.write(into: &writer)
        }
        if socket.transport != .udp {
            writer.append(";transport=")
            writer.append(socket.transport.name)
        }
        writer.append(";lr")
        if let origin {
            writer.append(";")
            writer.append(parameters.receivedName)
            writer.append("=")
            ReceivedParameter.write(origin, parameters.receivedFormat, into: &writer)
        }
        if !extra.isEmpty {
            if extra[0] != UInt8(ascii: ";") { writer.append(";") }
            writer.append(extra)
        }
        writer.append(isTwo ? ";r2=on>\r\n" : ">\r\n")
    }

    /// In front of the first Path, so that the newest hop comes first; else in front of all header
    /// fields.
    private static func place(_ message: borrowing SIPMessage) -> Int {
        message.firstField(.path).map { message.field($0).line.start } ?? message.headers.start
    }

    /// The socket that received the request.
    private func socket(_ context: ScriptContext) -> ListeningSocket? {
        let sockets = context.services.sockets
        let index = Int(context.origin.socket.value)
        return context.origin.socket.isNone || index >= sockets.count ? nil : sockets[index]
    }

    /// The socket that the request is going to leave by, when it is of another transport than the
    /// one it came by; nil when it is the same, or none is known.
    private func leavingSocket(
        _ context: ScriptContext, _ own: ListeningSocket
    ) -> ListeningSocket? {
        let target = context.destinationURI.map { .owned($0) } ?? context.requestURI
        let leaving: TransportProtocol? = context.withBytes(of: target) { bytes in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else { return nil }
            return uri.transport(in: bytes)
        }
        guard let transport = leaving, transport != own.transport else { return nil }
        return context.services.sockets.first { $0.transport == transport }
    }

    /// What may stand in a user part without being escaped, or as an escape.
    private static func isUserByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "%") || Alphabet.uriParameter.contains(byte)
            || "&=+$,;?/!~*'()".utf8.contains(byte)
    }

    /// What may stand in parameters: nothing that ends the URI or the line.
    private static func isParameterByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "%") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "=")
            || Alphabet.uriParameter.contains(byte)
    }
}
