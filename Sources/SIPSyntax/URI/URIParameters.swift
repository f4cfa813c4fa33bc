public import Basics

/// Walks over `name[=value]` pairs of a URI's parameters (`;`) or headers (`&`).
public struct URIPairs: ~Escapable {
    /// One parameter or header of a URI.
    public struct Pair: Sendable, Hashable {
        /// Its name, escaped as sent.
        public var name: ByteRange
        /// Its value, escaped as sent; nil without `=`.
        public var value: ByteRange?
    }

    private var cursor: Cursor
    private let separator: UInt8

    /// The pairs of a range, each of which a separator ends.
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, in range: ByteRange, separator: UInt8) {
        assert(separator == UInt8(ascii: ";") || separator == UInt8(ascii: "&"))
        cursor = Cursor(bytes, in: range)
        self.separator = separator
    }

    /// The next pair, nil behind the last.
    @_lifetime(self: copy self)
    public mutating func next() -> Pair? {
        guard !cursor.isAtEnd else { return nil }
        let start = cursor.position
        while let byte = cursor.current, byte != separator, byte != UInt8(ascii: "=") {
            cursor.advance()
        }
        var pair = Pair(name: cursor.range(from: start), value: nil)
        if cursor.take(UInt8(ascii: "=")) {
            let from = cursor.position
            _ = cursor.seek(separator)
            pair.value = cursor.range(from: from)
        }
        cursor.advance()
        return pair
    }
}

extension SIPURI {
    /// The parameters in order; `bytes` is the span that was parsed.
    @_lifetime(copy bytes)
    public func parameterPairs(in bytes: Span<UInt8>) -> URIPairs {
        assert(parameters.end <= bytes.count, "not the bytes that were parsed")
        return URIPairs(bytes, in: parameters, separator: UInt8(ascii: ";"))
    }

    /// The headers in order; `bytes` is the span that was parsed.
    @_lifetime(copy bytes)
    public func headerPairs(in bytes: Span<UInt8>) -> URIPairs {
        assert(headers.end <= bytes.count, "not the bytes that were parsed")
        return URIPairs(bytes, in: headers, separator: UInt8(ascii: "&"))
    }

    /// The first parameter of a name, without regard to case.
    public func parameter(_ name: StaticString, in bytes: Span<UInt8>) -> URIPairs.Pair? {
        var pairs = parameterPairs(in: bytes)
        while let pair = pairs.next() {
            if bytes.part(pair.name).matches(name) { return pair }
        }
        return nil
    }

    /// The first parameter whose name is the given bytes, without regard to case and escapes.
    public func parameter(named name: Span<UInt8>, in bytes: Span<UInt8>) -> URIPairs.Pair? {
        var pairs = parameterPairs(in: bytes)
        while let pair = pairs.next() {
            if EscapedText.matches(bytes.part(pair.name), name) { return pair }
        }
        return nil
    }

    /// The transport that the URI asks for: its parameter, else that of its scheme.
    ///
    /// Nil when the parameter names one that we do not know.
    public func transport(in bytes: Span<UInt8>) -> TransportProtocol? {
        guard let value = parameter("transport", in: bytes)?.value else {
            return scheme == .sips ? .tls : .udp
        }
        let name = bytes.part(value)
        for known in TransportProtocol.allCases where name.matches(known.name) {
            return scheme == .sips && known == .tcp ? .tls : known
        }
        return nil
    }
}
