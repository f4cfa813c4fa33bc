internal import Glibc

/// Comparing bytes with text and with each other, and finding them, without making a `String`.
extension Span where Element == UInt8 {
    /// A part of the span; the range must lie within it.
    @_lifetime(copy self)
    public func part(_ range: ByteRange) -> Span<UInt8> {
        extracting(range.start..<range.end)
    }

    /// Whether it holds exactly the bytes of another span.
    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for place in indices where self[place] != other[place] { return false }
        return true
    }

    /// Whether it holds exactly the bytes of a literal.
    public func equals(_ text: StaticString) -> Bool {
        assert(text.hasPointerRepresentation)
        guard count == text.utf8CodeUnitCount else { return false }
        let literal = unsafe text.utf8Start
        for place in indices where unsafe self[place] != literal[place] { return false }
        return true
    }

    /// Whether it equals a literal but for the case of ASCII letters.
    ///
    /// The literal must be ASCII.
    public func matches(_ text: StaticString) -> Bool {
        assert(text.hasPointerRepresentation)
        guard count == text.utf8CodeUnitCount else { return false }
        let literal = unsafe text.utf8Start
        for place in indices {
            let expected = unsafe literal[place]
            if !sameLetter(self[place], expected) { return false }
        }
        return true
    }

    /// Whether it equals another span but for the case of ASCII letters.
    public func matches(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for place in indices where !sameLetter(self[place], other[place]) { return false }
        return true
    }

    /// Whether it starts with a literal but for the case of ASCII letters.
    public func hasPrefix(matching text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return count >= length && extracting(0..<length).matches(text)
    }

    /// Where a byte is for the first time, at `start` or behind it; nil when it is not there.
    ///
    /// The C library looks at many bytes at once.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        return unsafe withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }

    /// Its value as a decimal number; nil unless it is digits only and at most `limit`.
    public func decimal(upTo limit: UInt64 = .max) -> UInt64? {
        var cursor = Cursor(self)
        guard let value = cursor.decimal(upTo: limit), cursor.isAtEnd else { return nil }
        return value
    }
}

/// Whether two bytes are the same but for the case of an ASCII letter.
private func sameLetter(_ one: UInt8, _ two: UInt8) -> Bool {
    if one == two { return true }
    let lower = one | 0x20
    return one ^ two == 0x20 && lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
}
