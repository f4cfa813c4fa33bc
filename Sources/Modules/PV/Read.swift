internal import Basics
internal import Glibc
internal import ModuleKit
internal import SIPSyntax

/// What the pseudo-variables of a message read.
///
/// Strings are parts of the message wherever the message has them; nothing is copied.
enum Read {
    /// A part of the message as a value.
    ///
    /// Absent and empty are both null: a script asks for a value by comparing
    /// with `$null`, and an empty User-Agent is none.
    static func text(_ range: ByteRange?) -> ScriptValue {
        guard let range, !range.isEmpty else { return .null }
        return .text(.message(range))
    }

    // MARK: The first line

    /// Reads `$rm`.
    static func method(_ context: ScriptContext) -> ScriptValue { text(context.methodName) }

    /// Reads `$rs`.
    static func status(_ context: ScriptContext) -> ScriptValue {
        // A request has no status; 0 would compare as smaller than any.
        context.message.kind == .response ? .integer(context.message.status) : .null
    }

    /// Reads `$rr`.
    static func reason(_ context: ScriptContext) -> ScriptValue {
        // Not through `text`: a reply without a reason phrase has an empty one (RFC 3261 7.2), not
        // none.
        context.message.kind == .response ? .text(.message(context.message.reason)) : .null
    }

    /// Reads `$rv`.
    static func version(_ context: ScriptContext) -> ScriptValue {
        text(context.message.versionRange)
    }

    /// Reads `$mt`.
    static func messageType(_ context: ScriptContext) -> ScriptValue {
        .integer(context.message.kind == .request ? 1 : 2)
    }

    // MARK: The request URI

    /// Reads `$ru`.
    static func requestURI(_ context: ScriptContext) -> ScriptValue {
        // What the script has set comes first; `$ou` is there for what was received.
        context.message.kind == .request ? .text(context.requestURI) : .null
    }

    /// Reads `$ou`.
    static func originalURI(_ context: ScriptContext) -> ScriptValue {
        text(context.message.requestURI)
    }

    /// Reads `$rU`, `$rd` and `$rz`.
    static func requestPart(
        _ context: ScriptContext, _ part: URIPiece
    ) -> ScriptValue {
        guard context.message.kind == .request else { return .null }
        return self.part(of: context.requestURI, context, part)
    }

    /// Reads `$oU` and `$od`.
    static func originalPart(
        _ context: ScriptContext, _ part: URIPiece
    ) -> ScriptValue {
        self.part(of: .message(context.message.requestURI), context, part)
    }

    /// Reads `$rp`.
    static func requestPort(_ context: ScriptContext) -> ScriptValue {
        guard context.message.kind == .request else { return .null }
        return port(of: context.requestURI, context)
    }

    /// Reads `$rP`.
    static func requestTransport(_ context: ScriptContext) -> ScriptValue {
        guard context.message.kind == .request else { return .null }
        return transport(of: context.requestURI, context)
    }

    /// The transport that a URI names, `UDP` in capitals where a SIP URI names none, as Kamailio
    /// shows it; a transport that is named is shown as it is.
    static func transport(of uri: ScriptText, _ context: ScriptContext) -> ScriptValue {
        // nil: no SIP URI, which has no transport. Empty: a SIP URI that names none, for which UDP
        // is shown although RFC 3263 4.1 might choose another: scripts compare it with "UDP".
        let range = context.withBytes(of: uri) { bytes -> ByteRange? in
            guard let parsed = try? SIPURI(parsing: bytes), parsed.isSIP else { return nil }
            let pair = parsed.parameter("transport", in: bytes)
            return pair.map { $0.value ?? .empty } ?? .empty
        }
        guard let range else { return .null }
        if range.isEmpty { return .text(context.compose { $0.append("UDP") }) }
        return slice(uri, range, context)
    }

    // MARK: The destination

    /// Reads `$du`.
    static func destinationURI(_ context: ScriptContext) -> ScriptValue {
        context.destinationURI.map { .text(.owned($0)) } ?? .null
    }

    /// Reads `$dd`.
    static func destinationPart(
        _ context: ScriptContext, _ part: URIPiece
    ) -> ScriptValue {
        guard let uri = context.destinationURI else { return .null }
        return self.part(of: .owned(uri), context, part)
    }

    /// Reads `$dp`.
    static func destinationPort(_ context: ScriptContext) -> ScriptValue {
        guard let uri = context.destinationURI else { return .null }
        return port(of: .owned(uri), context)
    }

    // MARK: From and To

    /// Reads `$fu` and `$tu`.
    static func uri(_ context: ScriptContext, _ name: HeaderName) -> ScriptValue {
        text(context.addressURI(name))
    }

    /// Reads `$fU`, `$fd`, `$tU` and `$td`.
    static func uriPart(
        _ context: ScriptContext, _ name: HeaderName, _ part: URIPiece
    ) -> ScriptValue {
        // The message has kept what its validation parsed: nothing is parsed again.
        let uri: SIPURI?
        do throws(SyntaxError) {
            uri = name == .from ? try context.message.fromURI : try context.message.toURI
        } catch {
            return .null
        }
        guard let range = uri.flatMap({ part.range(in: $0) }), !range.isEmpty else { return .null }
        return .text(.message(range))
    }

    /// Reads `$fn` and `$tn`.
    static func displayName(_ context: ScriptContext, _ name: HeaderName) -> ScriptValue {
        text(address(context, name)?.displayName)
    }

    /// Reads `$ft` and `$tt`.
    static func tag(_ context: ScriptContext, _ name: HeaderName) -> ScriptValue {
        text(address(context, name)?.tag)
    }

    /// From or To, parsed anew at each use: scripts ask for them rarely, and what is parsed nowhere
    /// costs nothing.
    ///
    /// A malformed field reads as absent; the message was accepted by now.
    private static func address(
        _ context: ScriptContext, _ name: HeaderName
    ) -> TaggedAddress? {
        do {
            if name == .from { return try context.message.from }
            return try context.message.to
        } catch {
            return nil
        }
    }

    // MARK: Header fields and body

    /// `$ci` and its like.
    static func header(_ context: ScriptContext, _ name: HeaderName) -> ScriptValue {
        text(context.message.header(name))
    }

    /// Reads `$cs`.
    static func cSeqNumber(_ context: ScriptContext) -> ScriptValue {
        // Below 2^31 (RFC 3261 8.1.1.5): a larger number makes the field malformed, so it is null.
        guard let cSeq = try? context.message.cSeq else { return .null }
        return .integer(Int(cSeq.number))
    }

    /// Reads `$cl`.
    static func contentLength(_ context: ScriptContext) -> ScriptValue {
        // The number that the sender claims; `$bs` is the size that arrived.
        context.message.contentLength.number.map { .integer(Int($0)) } ?? .null
    }

    /// Reads `$rb`.
    static func body(_ context: ScriptContext) -> ScriptValue { text(context.message.body) }

    /// Reads `$mb`.
    static func message(_ context: ScriptContext) -> ScriptValue {
        // In place: the range covers the worker's own buffer, and nothing is copied until it is
        // kept.
        text(ByteRange(offset: 0, count: context.messageLength))
    }

    // MARK: Addresses

    /// Reads `$si`.
    static func sourceHost(_ context: ScriptContext) -> ScriptValue {
        let address = context.origin.source
        return .text(context.compose { address.writeHost(into: &$0) })
    }

    /// Reads `$su`.
    static func sourceURI(_ context: ScriptContext) -> ScriptValue {
        let origin = context.origin
        return .text(
            context.compose { writer in
                writer.append("sip:")
                origin.source.write(into: &writer)
                // UDP is what a SIP URI without the parameter means, so it is left out.
                guard origin.transport != .udp else { return }
                writer.append(";transport=")
                writer.append(origin.transport.name)
            })
    }

    /// Reads `$Ri`.
    static func localHost(_ context: ScriptContext) -> ScriptValue {
        // Null for a message that came on no socket of ours: one of an event route.
        guard let address = context.localAddress else { return .null }
        return .text(context.compose { address.writeHost(into: &$0) })
    }

    /// Reads `$Rp`.
    static func localPort(_ context: ScriptContext) -> ScriptValue {
        context.localAddress.map { .integer(Int($0.port)) } ?? .null
    }

    /// Reads `$proto`.
    static func transport(_ context: ScriptContext) -> ScriptValue {
        let name = context.origin.transport.name
        return .text(context.compose { $0.append(name) })
    }

    /// Reads `$pp`.
    static var process: ScriptValue { .integer(Int(getpid())) }

    // MARK: Parts of URIs

    /// A part of a URI as a value; null when the text is no URI or has no such part.
    ///
    /// The URI is parsed at each use. It is short, and a cache would have to notice that the script
    /// has set another one.
    static func part(
        of uri: ScriptText, _ context: ScriptContext, _ part: URIPiece
    ) -> ScriptValue {
        let range = context.withBytes(of: uri) { bytes in
            (try? SIPURI(parsing: bytes)).flatMap { part.range(in: $0) }
        }
        guard let range, !range.isEmpty else { return .null }
        return slice(uri, range, context)
    }

    /// The port of a SIP URI or its default (RFC 3261 19.1.2): 5060, 5061 for sips.
    ///
    /// Other URIs, such as tel, have neither.
    static func port(of uri: ScriptText, _ context: ScriptContext) -> ScriptValue {
        let port = context.withBytes(of: uri) { bytes -> Int? in
            guard let parsed = try? SIPURI(parsing: bytes), parsed.isSIP else { return nil }
            return Int(parsed.portOrDefault)
        }
        return port.map { .integer($0) } ?? .null
    }

    /// A part of a text, in place where the text is part of the message.
    static func slice(
        _ text: ScriptText, _ range: ByteRange, _ context: ScriptContext
    ) -> ScriptValue {
        switch text {
        case .message(let whole):
            .text(
                .message(ByteRange(offset: whole.start + range.start, count: Int(range.count))))
        case .scratch(let whole):
            .text(
                .scratch(ByteRange(offset: whole.start + range.start, count: Int(range.count))))
        // Bytes outside of the message have no range of their own, so the part is copied once.
        case .owned(let bytes):
            .text(context.compose { $0.append(bytes.span.extracting(range.indices)) })
        }
    }
}

/// The parts of a URI that pseudo-variables read.
enum URIPiece {
    /// The user.
    case user
    /// The host.
    case host
    /// The scheme.
    case scheme

    /// Where it is in a URI; nil or empty when the URI has none.
    func range(in uri: SIPURI) -> ByteRange? {
        switch self {
        case .user: uri.user
        case .host: uri.host
        case .scheme: uri.schemeRange
        }
    }
}

/// What the writable pseudo-variables of a message do with a value.
enum Write {
    /// `$ru`: null and integers are refused, as is what is no URI.
    static func requestURI(_ context: ScriptContext, _ value: ScriptValue) -> Bool {
        // An integer is no URI; kept as text it would only fail later, where nobody sees why.
        guard case .text(let text) = value else { return false }
        return context.setRequestURI(context.bytes(of: text))
    }

    /// `$rU`, `$rd`, `$rp`: null removes what can be absent.
    static func part(_ part: URIPart, _ context: ScriptContext, _ value: ScriptValue) -> Bool {
        guard context.message.kind == .request else { return false }
        var bytes: [UInt8] = []
        if let text = context.text(value) { bytes = context.bytes(of: text) }
        // User and port can be absent, the host cannot (RFC 3261 19.1.1).
        if part == .host, bytes.isEmpty { return false }
        return context.setRequestURI(part, bytes.span)
    }

    /// `$du`: null resets it.
    static func destinationURI(_ context: ScriptContext, _ value: ScriptValue) -> Bool {
        guard case .text(let text) = value else {
            guard case .null = value else { return false }
            context.destinationURI = nil
            return true
        }
        let bytes = context.bytes(of: text)
        guard (try? SIPURI(parsing: bytes.span)) != nil else { return false }
        context.destinationURI = bytes
        return true
    }
}
