public import Basics

/// One value of Via (RFC 3261 20.42): who sent the request on what, and where answers go.
public struct Via: Sendable, Hashable {
    /// The whole value, from the protocol name to the last parameter.
    public var whole: ByteRange
    /// The transport as sent, such as `UDP`.
    public var transport: ByteRange
    /// The host of sent-by; IPv6 with its brackets.
    public var host: ByteRange
    /// The port of sent-by; nil without one.
    public var port: UInt16?
    /// The branch, with its magic cookie; nil without one, as in RFC 2543.
    public var branch: ByteRange?
    /// The address that a server saw (RFC 3261 18.2.1).
    public var received: ByteRange?
    /// The address that answers go to instead of the sender's (RFC 3261 18.2.2).
    public var maddr: ByteRange?
    /// Whether the sender wants answers at the port it sends from (RFC 3581 3).
    public var hasRport = false
    /// The port that a server saw.
    public var rport: UInt16?
    /// The multicast scope, 0 to 255.
    public var ttl: UInt8?
    /// All parameters, from the first `;` on.
    public var parameters: ByteRange

    /// Reads the value that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        try self.init(&cursor)
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed Via") }
    }

    /// Reads one value at a cursor; stops at the comma behind it or at the end.
    init(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(cursor.end <= cursor.bytes.count)
        cursor.skipSpace()
        let start = cursor.position
        let name = try cursor.token("Malformed Via")
        try cursor.separator(UInt8(ascii: "/"), "Malformed Via")
        let version = try cursor.token("Malformed Via")
        guard cursor.bytes.part(name).matches("SIP"), cursor.bytes.part(version).equals("2.0")
        else {
            throw SyntaxError(.version, offset: start, "Version Not Supported in Via")
        }
        try cursor.separator(UInt8(ascii: "/"), "Malformed Via")
        transport = try cursor.token("Malformed Via")
        // `LWS` must stand between protocol and sent-by; elsewhere it is optional.
        let gap = cursor.position
        cursor.skipSpace()
        guard cursor.position > gap else { throw cursor.malformed("Malformed Via") }
        host = try Self.host(&cursor)
        // White space may surround the colon (RFC 3261 25.1 `COLON`), but without one it belongs
        // to what follows.
        let behind = cursor.position
        cursor.skipSpace()
        if cursor.take(UInt8(ascii: ":")) {
            cursor.skipSpace()
            guard let number = cursor.decimal(upTo: 65535) else {
                throw cursor.malformed("Malformed port in Via")
            }
            port = UInt16(truncatingIfNeeded: number)
        } else {
            cursor.move(to: behind)
        }
        let from = cursor.position
        parameters = ByteRange(offset: from, count: 0)
        whole = parameters
        while let parameter = try cursor.parameter() {
            try note(parameter, cursor)
        }
        parameters = cursor.range(from: from)
        let last = cursor.position
        try cursor.endOfElement("Malformed Via")
        whole = ByteRange(offset: start, count: last - start)
    }

    /// Whether the branch was made under RFC 3261 and names a transaction (8.1.1.7).
    public func hasMagicCookie(in bytes: Span<UInt8>) -> Bool {
        assert(whole.end <= bytes.count, "not the bytes that were parsed")
        guard let branch, branch.count > 7 else { return false }
        return bytes.part(branch).hasPrefix(matching: "z9hG4bK")
    }

    /// The transport, nil for one that we do not know.
    public func transportProtocol(in bytes: Span<UInt8>) -> TransportProtocol? {
        assert(whole.end <= bytes.count, "not the bytes that were parsed")
        return TransportProtocol.named(bytes.part(transport))
    }

    /// A host name, an IPv4 address, or an IPv6 address in brackets; one without brackets is
    /// tolerated when nothing but parameters follows it (RFC 5118 4.5 has it in `received`).
    private static func host(_ cursor: inout Cursor) throws(SyntaxError) -> ByteRange {
        let start = cursor.position
        if cursor.take(UInt8(ascii: "[")) {
            guard cursor.seek(UInt8(ascii: "]")) else { throw cursor.malformed("Malformed Via") }
            cursor.advance()
        } else {
            cursor.skip(.hostName)
        }
        let host = cursor.range(from: start)
        guard Host.kind(of: cursor.bytes.part(host)) != nil else {
            throw SyntaxError(.malformed, offset: start, "Malformed host in Via")
        }
        return host
    }

    /// Takes up a parameter; of two with the same name the first one counts.
    private mutating func note(_ parameter: HeaderParameter, _ cursor: Cursor) throws(SyntaxError) {
        assert(parameter.name.end <= cursor.position && !parameter.name.isEmpty)
        let bytes = cursor.bytes
        switch parameter.key {
        case ParameterKey.branch where branch == nil: branch = parameter.value
        case ParameterKey.rport where !hasRport:
            hasRport = true
            guard let value = parameter.value else { return }
            guard let number = bytes.part(value).decimal(upTo: 65535) else {
                throw cursor.malformed("Malformed rport in Via")
            }
            rport = UInt16(truncatingIfNeeded: number)
        case ParameterKey.received where received == nil && parameter.name.count == 8:
            received = parameter.value
        case ParameterKey.maddr where maddr == nil: maddr = parameter.value
        case ParameterKey.ttl where ttl == nil:
            guard let value = parameter.value, let number = bytes.part(value).decimal(upTo: 255)
            else { throw cursor.malformed("Malformed ttl in Via") }
            ttl = UInt8(truncatingIfNeeded: number)
        default: return
        }
    }
}

/// Walks over all values of Via, from the top one down.
public struct Vias: ~Escapable {
    private var elements: HeaderElements

    /// A walk over fields of Via.
    @_lifetime(copy elements)
    init(_ elements: HeaderElements) { self.elements = elements }

    /// The next value, nil behind the last.
    @_lifetime(self: copy self)
    public mutating func next() throws(SyntaxError) -> Via? {
        guard elements.advance() else { return nil }
        return try Via(&elements.cursor)
    }
}

extension SIPMessage {
    /// The values of Via in order.
    public var vias: Vias {
        @_lifetime(borrow self)
        get { Vias(HeaderElements(self, .via)) }
    }

    /// The top value of Via; nil when there is none.
    public var topVia: Via? {
        get throws(SyntaxError) {
            if core.isComplete { return core.via }
            guard let value = header(.via) else { return nil }
            var cursor = Cursor(bytes, in: value)
            return try Via(&cursor)
        }
    }
}
