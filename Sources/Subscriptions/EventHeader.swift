internal import Basics

/// The parts of the value of an Event header: `token *( ";" name [ "=" value ] )`.
struct EventHeader {
    /// One parameter.
    struct Parameter {
        /// Where its name lies.
        var name = ByteRange.empty
        /// Where its value lies, without quotes; empty without one.
        var value = ByteRange.empty
    }

    /// The event type.
    private(set) var name = ByteRange.empty
    /// The value of `id`, empty without one.
    private(set) var id = ByteRange.empty
    private var parameters = InlineArray<8, Parameter>(repeating: Parameter())
    private var parameterCount = 0

    /// Takes the value apart; nil when it is malformed or has too many parameters.
    init?(_ bytes: Span<UInt8>) {
        var cursor = Cursor(bytes)
        Self.skipBlanks(&cursor)
        name = Self.token(&cursor)
        guard !name.isEmpty, name.count <= Limits.eventNameBytesMax else { return nil }
        Self.skipBlanks(&cursor)
        while cursor.take(UInt8(ascii: ";")) {
            guard takeParameter(&cursor, bytes) else { return nil }
        }
        guard cursor.isAtEnd else { return nil }
    }

    /// Whether it is the name of a package, with its parameters and no others.
    func names(_ package: borrowing EventPackage, in bytes: Span<UInt8>) -> Bool {
        guard package.parameters.count == parameterCount else { return false }
        guard bytes.part(name).matches(package.name.span) else { return false }
        for place in 0..<parameterCount {
            let parameter = parameters[place]
            let isKnown = package.parameters.contains { known in
                bytes.part(parameter.name).matches(known.name.span)
                    && bytes.part(parameter.value).equals(known.value.span)
            }
            if !isKnown { return false }
        }
        return true
    }

    private mutating func takeParameter(_ cursor: inout Cursor, _ bytes: Span<UInt8>) -> Bool {
        Self.skipBlanks(&cursor)
        var parameter = Parameter()
        parameter.name = Self.token(&cursor)
        guard !parameter.name.isEmpty else { return false }
        Self.skipBlanks(&cursor)
        if cursor.take(UInt8(ascii: "=")) {
            Self.skipBlanks(&cursor)
            parameter.value = Self.token(&cursor)
            guard !parameter.value.isEmpty else { return false }
            Self.skipBlanks(&cursor)
        }
        if bytes.part(parameter.name).matches("id") {
            id = parameter.value
            return id.count <= Limits.eventNameBytesMax
        }
        guard parameterCount < 8 else { return false }
        parameters[parameterCount] = parameter
        parameterCount += 1
        return true
    }

    private static func token(_ cursor: inout Cursor) -> ByteRange {
        let start = cursor.position
        while let byte = cursor.current, isToken(byte) { cursor.advance() }
        return cursor.range(from: start)
    }

    private static func skipBlanks(_ cursor: inout Cursor) {
        while let byte = cursor.current, byte == 32 || byte == 9 { cursor.advance() }
    }

    /// Whether a byte may stand in a token (RFC 3261 25.1).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "%"),
            UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "`"),
            UInt8(ascii: "'"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
