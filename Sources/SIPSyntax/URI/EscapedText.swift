public import Basics

/// Text with `%` escapes (RFC 3261 19.1.2), compared and written out without making a copy.
public enum EscapedText {
    /// Writes the text with its escapes resolved; a `%` without two digits stays as it is.
    public static func write(_ text: Span<UInt8>, into writer: inout ByteWriter) {
        var reader = Reader(text)
        while let (byte, _) = reader.next() { writer.append(byte) }
    }

    /// Whether two texts are the same once escapes are resolved, without regard to case.
    public static func matches(_ one: Span<UInt8>, _ two: Span<UInt8>) -> Bool {
        compare(one, two, ignoringCase: true)
    }

    /// Whether two texts are the same once escapes are resolved, with regard to case.
    public static func equals(_ one: Span<UInt8>, _ two: Span<UInt8>) -> Bool {
        compare(one, two, ignoringCase: false)
    }

    /// Writes the text with everything escaped that is not allowed; `%` never is.
    public static func writeEscaped(
        _ text: Span<UInt8>, isAllowed: (UInt8) -> Bool, into writer: inout ByteWriter
    ) {
        URIBytes.write(
            text, where: { $0 != UInt8(ascii: "%") && isAllowed($0) }, into: &writer)
    }

    /// Compares byte by byte as escapes are resolved, so that nothing is copied.
    private static func compare(
        _ one: Span<UInt8>, _ two: Span<UInt8>, ignoringCase: Bool
    ) -> Bool {
        var left = Reader(one)
        var right = Reader(two)
        while true {
            let (a, b) = (left.next(), right.next())
            guard let a, let b else { return a == nil && b == nil }
            // An escaped reserved character is not the same as the bare one (19.1.4).
            if a.byte == b.byte, a.isEscaped == b.isEscaped || isPlain(a.byte) { continue }
            guard ignoringCase, lower(a.byte) == lower(b.byte), isPlain(a.byte) else {
                return false
            }
        }
    }

    /// Whether escaping a byte changes nothing: it is neither reserved nor outside of ASCII's
    /// unreserved characters.
    private static func isPlain(_ byte: UInt8) -> Bool {
        Alphabet.uriPassword.contains(byte) && !isReserved(byte)
    }

    /// `reserved` of RFC 3261 25.1, in so far as a password may hold it.
    private static func isReserved(_ byte: UInt8) -> Bool {
        byte == 38 || byte == 61 || byte == 43 || byte == 36 || byte == 44
    }

    /// ASCII only: bytes beyond are compared as they are.
    private static func lower(_ byte: UInt8) -> UInt8 {
        byte >= 65 && byte <= 90 ? byte | 0x20 : byte
    }

    /// Reads bytes and resolves escapes.
    private struct Reader: ~Escapable {
        private var cursor: Cursor

        @_lifetime(copy text)
        init(_ text: Span<UInt8>) { cursor = Cursor(text) }

        @_lifetime(self: copy self)
        mutating func next() -> (byte: UInt8, isEscaped: Bool)? {
            guard let byte = cursor.current else { return nil }
            if byte == UInt8(ascii: "%"), let one = cursor.peek(1), let two = cursor.peek(2),
                let high = hexadecimal(one), let low = hexadecimal(two)
            {
                cursor.advance(3)
                return (high << 4 | low, true)
            }
            cursor.advance()
            return (byte, false)
        }
    }
}
