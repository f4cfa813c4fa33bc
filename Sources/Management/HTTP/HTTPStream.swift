internal import Basics
internal import CMicroHTTPD
internal import JSONValue

/// Content on its way to a client: one piece is held at a time, so memory does not grow with the
/// answer.
///
/// Only the thread of its connection touches it.
///
/// The library asks for bytes when the socket can take some, so the client's speed is the speed at
/// which content is made; nothing is made ahead of it except the piece at hand. Content that fits
/// one piece travels with a Content-Length, longer content in chunks (RFC 9112 7.1), or until the
/// end of the connection for clients of HTTP/1.0.
final class HTTPStream {
    private let content: any HTTPContent
    private var writer: JSONWriter
    private var sent = 0
    private var isComplete = false
    /// Whether the thread of the connection has been lowered for the rest of this answer.
    private var isLowered = false

    /// Content that nobody has asked for yet; its buffer grows with what is written, since most
    /// answers are short.
    private init(_ content: any HTTPContent) {
        self.content = content
        writer = JSONWriter(capacity: 1_024, isPretty: content.isPretty)
    }

    deinit { if !isComplete { content.abandon() } }

    /// A response with the content: with a length when it fits one piece, in chunks otherwise.
    @unsafe static func response(_ content: any HTTPContent) -> OpaquePointer? {
        let stream = HTTPStream(content)
        stream.fill()
        if stream.isComplete { return unsafe stream.whole() }
        return unsafe MHD_create_response_from_callback(
            UInt64.max, Limits.httpPieceBytes,
            { (closure, _, buffer, room) in
                guard let closure = unsafe closure, let buffer = unsafe buffer else { return -2 }
                let stream = unsafe Unmanaged<HTTPStream>.fromOpaque(closure).takeUnretainedValue()
                return unsafe stream.copy(into: buffer, room: room)
            },
            Unmanaged.passRetained(stream).toOpaque(),
            { closure in
                guard let closure = unsafe closure else { return }
                unsafe Unmanaged<HTTPStream>.fromOpaque(closure).release()
            })
    }

    /// Asks for content until a piece is full.
    private func fill() {
        while !isComplete, writer.bytes.count < Limits.httpPieceBytes {
            isComplete = !content.produce(into: &writer)
        }
    }

    /// A response with all of a short content, copied: this object ends with the call.
    @unsafe private func whole() -> OpaquePointer? {
        unsafe Self.lend(writer, ByteRange(offset: 0, count: writer.bytes.count)) { bytes in
            unsafe MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                .RESPMEM_MUST_COPY)
        }
    }

    /// The next bytes; -1 at the end, as the library wants it.
    @unsafe private func copy(into buffer: UnsafeMutablePointer<CChar>, room: Int) -> Int {
        if !isLowered {
            // SIP comes first: a dump of a million contacts takes the time that it leaves over.
            ThreadPriority.lower()
            isLowered = true
        }
        if sent == writer.bytes.count {
            writer.bytes.removeAll()
            sent = 0
            fill()
        }
        let count = min(room, writer.bytes.count - sent)
        guard count > 0 else { return -1 }
        unsafe Self.lend(writer, ByteRange(offset: sent, count: count)) { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe UnsafeMutableRawPointer(buffer).copyMemory(from: base, byteCount: count)
        }
        sent += count
        return count
    }

    /// Lends bytes of the writer: a span of a property of this object could not leave the access.
    @unsafe private static func lend<R>(
        _ writer: borrowing JSONWriter, _ range: ByteRange,
        _ body: (UnsafeBufferPointer<UInt8>) -> R
    ) -> R {
        unsafe writer.bytes.span(range).withUnsafeBufferPointer(body)
    }
}
