internal import Basics

/// Cuts a stream of bytes into SIP messages by their Content-Length (RFC 3261 18.3).
struct StreamFramer: ~Copyable {
    private var bytes = ByteWriter(capacity: 16_384)
    private var start = 0

    /// Whether the stream has brought something that is no message, or one beyond the limit.
    private(set) var isBroken = false

    /// Adds bytes that `body` writes into at most `room` bytes; it returns how many.
    mutating func fill(_ room: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
        if start == bytes.count {
            bytes.removeAll()
            start = 0
        } else if start > 1 << 20 {
            compact()
        }
        unsafe bytes.fill(room, body)
    }

    /// Reads the replies of this run from the whole messages that have come.
    mutating func takeReplies(_ reader: ReplyReader, into replies: inout [ReplyReader.Reply]) {
        while let range = next() {
            if let reply = reader.read(message(range)) { replies.append(reply) }
        }
    }

    /// Where the next whole message stands, or nil when more bytes are needed.
    mutating func next() -> ByteRange? {
        let found = Self.find(bytes.span, start)
        isBroken = isBroken || found.isBroken
        start = found.range?.end ?? start
        return found.range
    }

    /// The bytes of a message that `next` has found; valid until the next `fill`.
    @_lifetime(borrow self)
    func message(_ range: ByteRange) -> Span<UInt8> { bytes.span(range) }

    /// Looks for a whole message from `first`, or for a reason to give the stream up.
    private static func find(
        _ span: Span<UInt8>, _ first: Int
    ) -> (range: ByteRange?, isBroken: Bool) {
        var start = first
        // RFC 3261 7.5: empty lines before a start line are skipped.
        while start < span.count, span[start] == 13 || span[start] == 10 { start += 1 }
        guard let body = endOfHeader(span, start) else {
            return (nil, span.count - start > Limits.messageBytesMax)
        }
        guard let length = contentLength(span, start, body),
            body - start + length <= Limits.messageBytesMax
        else { return (nil, true) }
        guard body + length <= span.count else { return (nil, false) }
        return (ByteRange(offset: start, count: body + length - start), false)
    }

    /// Moves what is not read yet to the front, so that a long stream needs no more than its rest.
    private mutating func compact() {
        var rest = ByteWriter(capacity: bytes.count - start + 16_384)
        rest.append(bytes.span(ByteRange(offset: start, count: bytes.count - start)))
        bytes = rest
        start = 0
    }

    /// Offset behind the empty line, or nil when it has not come yet.
    private static func endOfHeader(_ span: Span<UInt8>, _ start: Int) -> Int? {
        var index = start + 3
        while index < span.count {
            if span[index] == 10, span[index - 1] == 13, span[index - 2] == 10,
                span[index - 3] == 13
            {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    /// The value of Content-Length or its compact form `l`; 0 when absent, nil when no number.
    private static func contentLength(
        _ span: Span<UInt8>, _ start: Int, _ end: Int
    ) -> Int? {
        var line = start
        while line < end {
            var next = line
            while next < end, span[next] != 10 { next += 1 }
            if let value = valueStart(span, line, next) { return number(span, value, next) }
            line = next + 1
        }
        return 0
    }

    /// Where the value of a line begins whose name is the one that counts, case ignored.
    ///
    /// Before the colon white space may stand (RFC 3261 7.3.1, HCOLON).
    private static func valueStart(_ span: Span<UInt8>, _ line: Int, _ end: Int) -> Int? {
        guard let colon = (line..<end).first(where: { span[$0] == UInt8(ascii: ":") }) else {
            return nil
        }
        var nameEnd = colon
        while nameEnd > line, span[nameEnd - 1] == 32 || span[nameEnd - 1] == 9 { nameEnd -= 1 }
        let name: StaticString = nameEnd - line == 1 ? "l" : "content-length"
        guard nameEnd - line == name.utf8CodeUnitCount else { return nil }
        let isSame = name.withUTF8Buffer { wanted in
            (0..<wanted.count).allSatisfy { unsafe span[line + $0] | 0x20 == wanted[$0] | 0x20 }
        }
        return isSame ? colon + 1 : nil
    }

    /// The number between two places; nil when there is none, or one beyond the limit.
    private static func number(_ span: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var value: Int?
        for index in start..<end {
            let byte = span[index]
            if byte == 32 || byte == 9 || byte == 13 { continue }
            guard byte >= 48, byte <= 57, (value ?? 0) <= Limits.messageBytesMax else { return nil }
            value = (value ?? 0) * 10 + Int(byte - 48)
        }
        return value
    }
}
