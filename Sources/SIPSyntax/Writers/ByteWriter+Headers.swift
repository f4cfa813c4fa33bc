public import Basics

/// Writing header fields.
extension ByteWriter {
    /// Ends a line.
    public mutating func appendLineEnd() {
        append(13)
        append(10)
    }

    /// Writes `Name: value` and the line end.
    ///
    /// The value must hold no line end.
    public mutating func appendHeader(_ name: StaticString, _ value: Span<UInt8>) {
        assert(!value.indices.contains { value[$0] == 10 }, "a header value of two lines")
        append(name)
        append(": ")
        append(value)
        appendLineEnd()
    }

    /// Writes `Name: value` and the line end.
    public mutating func appendHeader(_ name: StaticString, _ value: StaticString) {
        assert(name.utf8CodeUnitCount > 0)
        append(name)
        append(": ")
        append(value)
        appendLineEnd()
    }

    /// Writes `Name: number` and the line end.
    public mutating func appendHeader(_ name: StaticString, decimal value: Int) {
        assert(value >= 0)
        append(name)
        append(": ")
        append(decimal: value)
        appendLineEnd()
    }

    /// Writes text that comes from outside into a line: control bytes become spaces, so that
    /// nothing can start a line of its own. A tab stays, which the grammar allows wherever it allows
    /// a space (RFC 3261 25.1).
    public mutating func appendOneLine(_ text: Span<UInt8>) {
        let start = count
        append(text)
        var written = mutableSpan
        for place in start..<written.count
        where
            (written[place] < 32 && written[place] != 9) || written[place] == 127
        {
            written[place] = 32
        }
    }

    /// Writes Content-Type where there is a body, Content-Length, the empty line and the body: the
    /// end of every message.
    public mutating func finishMessage(contentType: Span<UInt8>, body: Span<UInt8>) {
        if !body.isEmpty, !contentType.isEmpty { appendHeader("Content-Type", contentType) }
        appendHeader("Content-Length", decimal: body.count)
        appendLineEnd()
        append(body)
    }

    /// Writes Content-Length 0 and the empty line: the end of a message without body.
    public mutating func finishMessage() {
        append("Content-Length: 0\r\n\r\n")
    }
}
