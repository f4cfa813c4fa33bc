public import Basics

/// Cuts the bytes of a connection into messages by Content-Length (RFC 3261 18.3).
///
/// A value without a socket: bytes go in with `append`, actions come out of `next`. Memory is
/// bounded by `Limits.messageBytesMax` plus what one `append` brings.
public struct StreamFramer: ~Copyable, Sendable {
    /// What the connection has to do.
    public enum Action: Sendable, Equatable {
        /// Wait for more bytes.
        case wait
        /// Handle a message; its bytes are `framer[range]` until the next `append`.
        case message(ByteRange)
        /// Answer a ping of two line ends with one (RFC 5626 4.4.1).
        case pong
        /// End the connection.
        ///
        /// The header section, if the range holds one, may be answered first.
        case fail(SyntaxError, ByteRange)
    }

    /// Longest header section in bytes.
    public static let headersBytesMax = Limits.headerSectionBytesMax

    private var buffer: ByteWriter
    /// Offset of the first byte that was not handed out.
    private var start = 0
    /// Offset up to which no end of a header section was found.
    private var scanned = 0
    /// Length of the message at `start` once its header section is complete, else 0.
    private var expected = 0
    private var failure: SyntaxError?
    private let acceptsMissingLength: Bool

    /// A framer without bytes.
    ///
    /// - Parameters:
    ///   - capacity: Bytes that it has room for at first.
    ///   - acceptNoContentLength: Whether a message without Content-Length has no body instead of
    ///     being an error (the core parameter `tcp_accept_no_cl`).
    public init(capacity: Int = 4096, acceptNoContentLength: Bool = false) {
        precondition(capacity >= 0)
        buffer = ByteWriter(capacity: capacity)
        acceptsMissingLength = acceptNoContentLength
    }

    /// How many bytes wait to become a message.
    public var pendingBytes: Int { buffer.count - start }

    /// The bytes of a message.
    public subscript(_ range: ByteRange) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.span(range) }
    }

    /// Takes in what was read; ranges handed out before are void.
    public mutating func append(_ bytes: Span<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            scanned = max(0, scanned - start)
            start = 0
        }
        buffer.append(bytes)
        assert(scanned <= buffer.count)
    }

    /// What to do next; to be called until it says `wait` or `fail`.
    public mutating func next() -> Action {
        assert(start <= scanned || scanned == 0)
        // Behind a fault nobody knows where a message starts: the connection can only be closed.
        if let failure { return .fail(failure, .empty) }
        if expected == 0 {
            if let action = skipLineEnds() { return action }
            do throws(SyntaxError) {
                guard let end = try headerEnd() else { return .wait }
                expected = try measure(upTo: end)
            } catch {
                failure = error
                let seen = error.kind == .tooLarge ? 0 : scanned - start
                return .fail(error, ByteRange(offset: start, count: max(0, seen)))
            }
        }
        guard pendingBytes >= expected else { return .wait }
        let range = ByteRange(offset: start, count: expected)
        start += expected
        scanned = start
        expected = 0
        return .message(range)
    }

    /// Passes over line ends between messages.
    ///
    /// Two in a row are a ping; a single one is nothing, but stays until it is known what follows.
    private mutating func skipLineEnds() -> Action? {
        assert(expected == 0, "in the middle of a message")
        while pendingBytes > 0 {
            guard buffer.span[start] == 13 || buffer.span[start] == 10 else { return nil }
            if buffer.span[start] == 10 {
                advance(1)
                continue
            }
            guard pendingBytes >= 2 else { return .wait }
            guard buffer.span[start + 1] == 10 else { return nil }
            guard pendingBytes >= 3 else { return .wait }
            guard buffer.span[start + 2] == 13 else {
                advance(2)
                continue
            }
            guard pendingBytes >= 4 else { return .wait }
            let isPing = buffer.span[start + 3] == 10
            advance(isPing ? 4 : 2)
            if isPing { return .pong }
        }
        return .wait
    }

    /// Passes over bytes that are no part of a message.
    private mutating func advance(_ count: Int) {
        assert(count > 0 && count <= pendingBytes)
        start += count
        scanned = start
    }

    /// Offset behind the empty line of the message at `start`; nil when it has not come yet.
    private mutating func headerEnd() throws(SyntaxError) -> Int? {
        assert(expected == 0, "in the middle of a message")
        // The empty line may have begun in the bytes seen last.
        let end = Self.emptyLine(buffer.span, from: max(start, scanned - 3))
        scanned = end ?? buffer.count
        if scanned - start > Self.headersBytesMax {
            throw SyntaxError(.tooLarge, offset: scanned - start, "Message Too Large")
        }
        return end
    }

    /// Offset behind the first empty line, nil when there is none.
    private static func emptyLine(_ bytes: Span<UInt8>, from: Int) -> Int? {
        assert(from >= 0 && from <= bytes.count)
        var cursor = Cursor(bytes)
        cursor.move(to: from)
        while cursor.seek(10) {
            cursor.advance()
            let crlf = cursor.current == 13 && cursor.peek(1) == 10
            if crlf || cursor.current == 10 { return cursor.position + (crlf ? 2 : 1) }
        }
        return nil
    }

    /// Length of the whole message whose header section ends at an offset.
    private func measure(upTo end: Int) throws(SyntaxError) -> Int {
        assert(end > start && end <= buffer.count)
        let section = ByteRange(offset: start, count: end - start)
        // On a stream nothing else tells where the message ends (RFC 3261 18.3, 20.14).
        guard let length = try StreamFramer.contentLength(buffer.span, in: section) else {
            if acceptsMissingLength { return end - start }
            throw SyntaxError(.malformed, offset: end - start, "Content-Length is missing")
        }
        guard length <= Limits.messageBytesMax - (end - start) else {
            throw SyntaxError(.tooLarge, offset: end - start, "Message Too Large")
        }
        return end - start + length
    }

    /// The value of Content-Length in a header section; nil when there is none.
    ///
    /// Two different ones are an error, because the two ends would not agree where the next message
    /// starts.
    static func contentLength(
        _ bytes: Span<UInt8>, in section: ByteRange
    ) throws(SyntaxError) -> Int? {
        assert(section.end <= bytes.count)
        var found: Int?
        var cursor = Cursor(bytes, in: section)
        while cursor.seek(10) {
            cursor.advance()
            let name = cursor.run(of: .token)
            guard HeaderNameTable.shared.find(bytes, name) == .contentLength else { continue }
            cursor.skip(.blank)
            guard cursor.take(UInt8(ascii: ":")) else { continue }
            cursor.skipSpace()
            let offset = cursor.position - section.start
            let value = cursor.decimal(upTo: UInt64(UInt32.max))
            cursor.skip(.blank)
            guard let value, cursor.current == 13 || cursor.current == 10 else {
                throw SyntaxError(.malformed, offset: offset, "Malformed Content-Length")
            }
            if let found, found != Int(value) {
                throw SyntaxError(.malformed, offset: offset, "Two Content-Lengths")
            }
            found = Int(value)
        }
        return found
    }
}
