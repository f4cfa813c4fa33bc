public import Basics
public import SIPSyntax

/// Parts of a request URI that a script can replace.
public enum URIPart: Sendable, Hashable {
    /// The user, with its password left alone; an empty text removes the whole user part.
    case user
    /// User and password together: `alice:secret`.
    case userAndPassword
    /// The host.
    case host
    /// Host and port together: `10.0.0.1:5080`.
    case hostAndPort
    /// The port; an empty text removes it.
    case port
}

/// The request URI as the script sees it: the message's, until it is rewritten.
extension ScriptContext {
    /// Lends the request URI as it is now; empty for a reply.
    public func withRequestURI<R, E: Error>(
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        if let rewrittenURI { return try body(rewrittenURI.span) }
        let range = message.requestURI
        return try withMessage { (message) throws(E) in try body(message[range]) }
    }

    /// The request URI as a text.
    public var requestURI: ScriptText {
        rewrittenURI.map { .owned($0) } ?? .message(message.requestURI)
    }

    /// Replaces the whole request URI; false when the text is no URI, and then nothing changes.
    public func setRequestURI(_ bytes: [UInt8]) -> Bool {
        guard message.kind == .request, (try? SIPURI(parsing: bytes.span)) != nil else {
            return false
        }
        rewrittenURI = bytes
        return true
    }

    /// Replaces one part of the request URI; false when no URI would result, and then nothing
    /// changes.
    ///
    /// Only `sip` and `sips` URIs have parts.
    public func setRequestURI(_ part: URIPart, _ text: Span<UInt8>) -> Bool {
        var writer = ByteWriter(capacity: 128)
        let isWritten = withRequestURI { bytes in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else { return false }
            Self.write(uri, bytes, with: part, text, into: &writer)
            return true
        }
        guard isWritten, writer.count <= Limits.scriptTextBytesMax else { return false }
        return setRequestURI(Self.copy(writer.span))
    }

    /// Writes a URI with one part replaced (RFC 3261 19.1.1).
    private static func write(
        _ uri: SIPURI, _ bytes: Span<UInt8>, with part: URIPart, _ text: Span<UInt8>,
        into writer: inout ByteWriter
    ) {
        writer.append(bytes.part(uri.schemeRange))
        writer.append(":")
        switch part {
        case .user, .userAndPassword:
            writer.append(text)
            if part == .user, !text.isEmpty, let password = uri.password {
                writer.append(":")
                writer.append(bytes.part(password))
            }
            if !text.isEmpty { writer.append("@") }
        case .host, .hostAndPort, .port:
            if let user = uri.user {
                writer.append(bytes.extracting(user.start..<uri.host.start))
            }
        }
        switch part {
        case .host, .hostAndPort: writer.append(text)
        default: writer.append(bytes.part(uri.host))
        }
        if part == .port {
            if !text.isEmpty {
                writer.append(":")
                writer.append(text)
            }
        } else if part != .hostAndPort, let port = uri.port {
            writer.append(":")
            writer.append(decimal: port)
        }
        if !uri.parameters.isEmpty {
            writer.append(";")
            writer.append(bytes.part(uri.parameters))
        }
        if !uri.headers.isEmpty {
            writer.append("?")
            writer.append(bytes.part(uri.headers))
        }
    }

    private static func copy(_ span: Span<UInt8>) -> [UInt8] {
        Array(capacity: span.count) { output in
            for place in span.indices { output.append(span[place]) }
        }
    }
}

extension Services {
    /// Whether a host, and a port unless it is 0, is one of the addresses that are listened on.
    public func isListening(_ host: Span<UInt8>, port: UInt16) -> Bool {
        guard let address = PeerAddress(literal: host, port: port) else { return false }
        return sockets.contains { socket in
            socket.address.high == address.high && socket.address.low == address.low
                && socket.address.isIPv6 == address.isIPv6
                && (port == 0 || socket.address.port == port)
        }
    }

    /// Whether a host, and a port unless it is 0, is what one of the sockets is advertised as: it
    /// stands in the Record-Route fields that we write.
    private func isAdvertised(_ host: Span<UInt8>, port: UInt16) -> Bool {
        for socket in sockets {
            guard let text = socket.advertised else { continue }
            // `host:port`, `[address]:port`, or either without a port.
            let bytes = Array(text.utf8)
            let colon = bytes.lastIndex(of: UInt8(ascii: ":"))
            let bracket = bytes.lastIndex(of: UInt8(ascii: "]"))
            let end = colon.flatMap { $0 > bracket ?? -1 ? $0 : nil } ?? bytes.count
            let ownPort = UInt16(String(decoding: bytes[end...].dropFirst(), as: UTF8.self))
            guard port == 0 || ownPort == nil || ownPort == port else { continue }
            let name = Array(bytes[..<end])
            if host.matches(name.span) { return true }
        }
        return false
    }

    /// The addresses that are listened on and advertised, and the aliases, are the server's own.
    public func isMyself(_ host: Span<UInt8>, port: UInt16) -> Bool {
        if isListening(host, port: port) || isAdvertised(host, port: port) { return true }
        for alias in aliases where port == 0 || alias.port == nil || alias.port == port {
            let name = Array(alias.host.utf8)
            if host.matches(name.span) { return true }
        }
        return false
    }

    /// One set of counters for the process.
    public var replyCounters: ReplyCounters { ReplyCounters.process }
}

extension ReplyCounters {
    /// The counters of a process that has one server.
    static let process = ReplyCounters()
}

/// Parts of the message that scripts ask for often.
extension ScriptContext {
    /// The method of a request, or of the request that a reply answers; empty without one.
    public var methodName: ByteRange {
        if message.kind == .request { return message.methodRange }
        return (try? message.cSeq)?.methodRange ?? .empty
    }

    /// Number of bytes of the message.
    public var messageLength: Int { withMessage { $0.bytes.count } }

    /// The URI of From or To; nil when the field is missing or malformed.
    public func addressURI(_ name: HeaderName) -> ByteRange? {
        assert(name == .from || name == .to)
        do {
            if name == .from { return try message.from?.uri }
            return try message.to?.uri
        } catch {
            return nil
        }
    }

    /// The user part of the request URI as it is now, empty without one; nil when the URI has no
    /// such part: it is no SIP URI.
    public var requestUser: [UInt8]? {
        withRequestURI { bytes in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else { return nil }
            return uri.user.map { Self.copy(bytes.part($0)) } ?? []
        }
    }

    /// Address and port of the socket that received the message, nil without one.
    public var localAddress: PeerAddress? {
        let sockets = services.sockets
        let index = origin.socket
        guard !index.isNone, Int(index.value) < sockets.count else { return nil }
        return sockets[Int(index.value)].address
    }

    /// Whether a SIP URI names this server.
    public func isMyself(uri text: ScriptText) -> Bool {
        withBytes(of: text) { bytes in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else { return false }
            return services.isMyself(bytes.part(uri.host), port: uri.port ?? 0)
        }
    }

    /// Whether an address is one of this server's, on any port.
    public func isMyself(address: PeerAddress) -> Bool {
        var writer = ByteWriter(capacity: 48)
        address.writeHost(into: &writer)
        return services.isMyself(writer.span, port: 0)
    }
}
