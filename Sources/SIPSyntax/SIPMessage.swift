public import Basics

/// One SIP message: its bytes, which it owns, and an index of where its parts are.
///
/// A worker keeps one and loads one datagram after the other into it, which allocates nothing once
/// the buffer has grown. Copying a datagram in costs a few nanoseconds and buys that no range can
/// outlive the bytes it points into.
public struct SIPMessage: ~Copyable, Sendable {
    private var storage: ByteWriter
    /// Where the header fields are.
    private(set) var index = HeaderIndex()
    private var start = StartLine()
    /// The body: as many bytes as Content-Length says, or all that follow the empty line.
    public private(set) var body = ByteRange.empty
    /// The first fault that `load` met, nil when there was none.
    public private(set) var fault: SyntaxError?

    /// What `validate` has parsed.
    let core = CoreHeaders()

    /// A message without bytes, with room for `capacity`.
    public init(capacity: Int = 4096) { storage = ByteWriter(capacity: capacity) }

    /// All bytes.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span }
    }

    /// The bytes of a part.
    public subscript(_ range: ByteRange) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span(range) }
    }

    /// Copies a datagram, or one message of a stream, in and scans it.
    ///
    /// Line ends before the start line are left out (RFC 3261 7.5), bytes behind the body as well
    /// (18.3). What throws may still be answered: see `canBeAnswered`; the index holds every header
    /// field that could be found. The status that answers an error is its own.
    public mutating func load(_ bytes: Span<UInt8>) throws(SyntaxError) {
        storage.removeAll()
        body = .empty
        fault = nil
        start = StartLine()
        core.isComplete = false
        index.removeAll()
        let lead = Self.countLineEnds(bytes)
        guard lead < bytes.count else {
            throw keep(SyntaxError(.keepAlive, offset: 0, "Nothing but line ends"))
        }
        guard bytes.count - lead <= Limits.messageBytesMax else {
            throw keep(SyntaxError(.tooLarge, offset: 0, "Message Too Large"))
        }
        storage.append(bytes.extracting(lead..<bytes.count))
        let scanner = Self.scan(storage, into: &index)
        start = scanner.start
        fault = scanner.fault
        delimitBody(from: scanner.bodyStart)
        if let fault { throw fault }
    }

    /// Whether an error of `load` or `validate` may be answered at all.
    ///
    /// A response never is, nor an ACK (RFC 3261 17); neither is what has too little of a request
    /// to be one.
    public var canBeAnswered: Bool {
        guard kind == .request, method != .ack, !methodRange.isEmpty else { return false }
        return header(.via) != nil || (header(.callID) != nil && header(.cSeq) != nil)
    }

    // MARK: The start line

    /// Whether it is a request or a response.
    public var kind: MessageKind { start.kind }
    /// The method of a request; `other` for a response.
    public var method: SIPMethod { start.method }
    /// The text of the method; empty for a response.
    public var methodRange: ByteRange { start.methodRange }
    /// The Request-URI; empty for a response.
    public var requestURI: ByteRange { start.requestURI }
    /// The version as sent.
    public var versionRange: ByteRange { start.version }
    /// The status of a response, 100 to 699; 0 for a request.
    public var status: Int { start.status }
    /// The reason phrase of a response, which may be empty.
    public var reason: ByteRange { start.reason }

    // MARK: Parts of loading

    private mutating func keep(_ error: SyntaxError) -> SyntaxError {
        assert(fault == nil, "only the first fault is kept")
        fault = error
        return error
    }

    /// The index is another value than the bytes, so both can be at hand at once.
    private static func scan(
        _ storage: borrowing ByteWriter, into index: inout HeaderIndex
    ) -> MessageScanner {
        var scanner = MessageScanner()
        scanner.scan(storage.span, into: &index)
        return scanner
    }

    /// Finds the body, by Content-Length where there is one (RFC 3261 20.14).
    private mutating func delimitBody(from offset: Int) {
        let available = storage.count - offset
        assert(available >= 0)
        body = ByteRange(offset: offset, count: available)
        guard let value = header(.contentLength) else { return }
        guard let length = self[value].decimal(upTo: UInt64(UInt32.max)) else {
            return note(value.start, "Malformed Content-Length")
        }
        guard length <= UInt64(available) else {
            return note(value.start, "Content-Length exceeds the message")
        }
        body = ByteRange(offset: offset, count: Int(length))
    }

    private mutating func note(_ offset: Int, _ reason: StaticString) {
        assert(offset <= storage.count)
        if fault == nil { fault = SyntaxError(.malformed, offset: offset, reason) }
    }

    /// How many bytes of CR, LF and NUL come first.
    private static func countLineEnds(_ bytes: Span<UInt8>) -> Int {
        var count = 0
        while count < bytes.count, bytes[count] == 13 || bytes[count] == 10 || bytes[count] == 0 {
            count += 1
        }
        return count
    }
}
