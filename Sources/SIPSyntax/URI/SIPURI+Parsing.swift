public import Basics

/// Reading a URI.
extension SIPURI {
    /// Reads the URI that the bytes are; they must hold nothing else.
    public init(parsing bytes: Span<UInt8>) throws(SyntaxError) {
        try self.init(parsing: bytes, in: ByteRange(offset: 0, count: bytes.count))
    }

    /// Reads the URI that a range covers, which must hold nothing else.
    public init(parsing bytes: Span<UInt8>, in range: ByteRange) throws(SyntaxError) {
        var cursor = Cursor(bytes, in: range)
        guard let first = cursor.current, Self.isLetter(first) else {
            throw cursor.malformed("Malformed URI scheme")
        }
        schemeRange = cursor.run(of: .scheme)
        guard cursor.take(UInt8(ascii: ":")) else { throw cursor.malformed("Malformed URI scheme") }
        scheme = Self.scheme(bytes.part(schemeRange))
        let nothing = ByteRange(offset: range.end, count: 0)
        whole = range
        host = nothing
        parameters = nothing
        headers = nothing
        switch scheme {
        case .sip, .sips: try parseSIP(&cursor)
        case .tel: try parseTel(&cursor)
        case .other:
            guard cursor.skip(.uriAny) > 0 else { throw cursor.malformed("Malformed URI") }
        }
        guard cursor.isAtEnd else { throw cursor.malformed("Malformed URI") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= 97 && lower <= 122
    }

    private static func scheme(_ name: Span<UInt8>) -> Scheme {
        assert(!name.isEmpty)
        switch name.count {
        case 3: return name.matches("sip") ? .sip : name.matches("tel") ? .tel : .other
        case 4: return name.matches("sips") ? .sips : .other
        default: return .other
        }
    }

    private mutating func parseSIP(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(isSIP && cursor.position > schemeRange.end)
        try parseUser(&cursor)
        try parseHost(&cursor)
        if cursor.take(UInt8(ascii: ":")) {
            guard let number = cursor.decimal(upTo: 65535) else {
                throw cursor.malformed("Malformed port")
            }
            port = UInt16(truncatingIfNeeded: number)
        }
        if cursor.take(UInt8(ascii: ";")) { parameters = try cursor.uriParameters() }
        if cursor.take(UInt8(ascii: "?")) { headers = try cursor.uriHeaders() }
    }

    /// The user part may hold `;`, `?` and `/` unescaped, so it is read first as far as it goes;
    /// without an `@` behind it, it was the host.
    ///
    /// Nothing behind the host may hold an `@`.
    private mutating func parseUser(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(user == nil && password == nil)
        let start = cursor.position
        let name = try cursor.escaped(.uriUser)
        var secret: ByteRange?
        if cursor.take(UInt8(ascii: ":")) { secret = try cursor.escaped(.uriPassword) }
        guard cursor.take(UInt8(ascii: "@")) else { return cursor.move(to: start) }
        if name.isEmpty { throw SyntaxError(.malformed, offset: start, "Malformed user in URI") }
        user = name
        password = secret
    }

    private mutating func parseHost(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(hostKind == nil)
        let start = cursor.position
        if cursor.take(UInt8(ascii: "[")) {
            guard cursor.seek(UInt8(ascii: "]")) else { throw cursor.malformed("Malformed host") }
            cursor.advance()
        } else {
            cursor.skip(.hostName)
        }
        host = cursor.range(from: start)
        hostKind = Host.kind(of: cursor.bytes.part(host))
        if hostKind == nil { throw SyntaxError(.malformed, offset: start, "Malformed host") }
    }

    /// `tel:` and a number, global or local, with visual separators (RFC 3966 3).
    private mutating func parseTel(_ cursor: inout Cursor) throws(SyntaxError) {
        assert(scheme == .tel)
        let number = cursor.run(of: .phone)
        guard !number.isEmpty else { throw cursor.malformed("Malformed telephone number") }
        user = number
        if cursor.take(UInt8(ascii: ";")) { parameters = try cursor.uriParameters() }
    }
}

extension Cursor {
    /// Moves over bytes of a set and escaped ones (`%` and two hexadecimal digits).
    @_lifetime(self: copy self)
    mutating func escaped(_ set: Alphabet) throws(SyntaxError) -> ByteRange {
        let start = position
        while true {
            skip(set)
            guard current == UInt8(ascii: "%") else { return range(from: start) }
            guard let high = peek(1), let low = peek(2), hexadecimal(high) != nil,
                hexadecimal(low) != nil
            else { throw malformed("Malformed escape in URI") }
            advance(3)
        }
    }

    /// Moves over `name[=value]` joined by `;`, none of which is empty.
    @_lifetime(self: copy self)
    mutating func uriParameters() throws(SyntaxError) -> ByteRange {
        let start = position
        repeat {
            guard !(try escaped(.uriParameter)).isEmpty else {
                throw malformed("Malformed URI parameter")
            }
            if take(UInt8(ascii: "=")) {
                guard !(try escaped(.uriParameter)).isEmpty else {
                    throw malformed("Malformed URI parameter")
                }
            }
        } while take(UInt8(ascii: ";"))
        return range(from: start)
    }

    /// Moves over `name=value` joined by `&`; values may be empty.
    @_lifetime(self: copy self)
    mutating func uriHeaders() throws(SyntaxError) -> ByteRange {
        let start = position
        repeat {
            guard !(try escaped(.uriHeader)).isEmpty, take(UInt8(ascii: "=")) else {
                throw malformed("Malformed URI header")
            }
            _ = try escaped(.uriHeader)
        } while take(UInt8(ascii: "&"))
        return range(from: start)
    }
}
