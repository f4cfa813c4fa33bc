internal import Basics
internal import CMicroHTTPD
internal import JSONValue

/// Content on its way to a client: one piece is held at a time, and one waits to be sent, so memory
/// does not grow with the answer.
///
/// Content that fits one piece travels with a Content-Length. Of longer content the first piece is
/// made where the answer is, and the rest by a worker, ahead of the client by a piece at most: the
/// client's speed is the speed at which content is made. It goes in chunks (RFC 9112 7.1), or until
/// the end of the connection for clients of HTTP/1.0.
struct HTTPStream: ~Copyable {
    private let content: any HTTPContent
    private var writer: JSONWriter
    private var isComplete = false

    /// Content whose first piece is made now; its buffer grows with what is written, since most
    /// answers are short.
    private init(_ content: any HTTPContent) {
        self.content = content
        writer = JSONWriter(capacity: 1_024, isPretty: content.isPretty)
        fill()
    }

    /// A response with the content, and what is left to be done for it by a worker.
    @unsafe static func response(
        _ content: any HTTPContent, _ connection: OpaquePointer
    ) -> (response: OpaquePointer?, rest: HTTPWorkers.Work?) {
        var stream = HTTPStream(content)
        if stream.isComplete { return unsafe (stream.whole(), nil) }
        let pipe = unsafe HTTPPipe(connection, first: stream.takePiece())
        guard let response = unsafe HTTPPipe.response(pipe) else {
            content.abandon()
            return (nil, nil)
        }
        let tail = Tail(stream)
        return unsafe (
            response,
            {
                // SIP comes first: a dump of a million contacts takes the time that it leaves over.
                ThreadPriority.lower()
                tail.run(pipe)
                return .spent
            }
        )
    }

    /// Asks for content until a piece is full.
    private mutating func fill() {
        while !isComplete, writer.bytes.count < Limits.httpPieceBytes {
            isComplete = !content.produce(into: &writer)
        }
    }

    /// What is written, out of the writer.
    private mutating func takePiece() -> [UInt8] {
        defer { writer.bytes.removeAll() }
        return Array(copying: writer.bytes.span)
    }

    /// A response with all of a short content, copied: this value ends with the call.
    @unsafe private func whole() -> OpaquePointer? {
        unsafe writer.bytes.span.withUnsafeBufferPointer { bytes in
            unsafe MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                .RESPMEM_MUST_COPY)
        }
    }

    /// What follows the first piece.
    ///
    /// Sendable because it is handed to one worker, which runs it once, and nobody else has it.
    private final class Tail: @unchecked Sendable {
        private var stream: HTTPStream
        init(_ stream: consuming HTTPStream) { self.stream = stream }

        /// Makes piece after piece while somebody reads.
        func run(_ pipe: HTTPPipe) {
            while !stream.isComplete {
                stream.fill()
                guard pipe.put(stream.takePiece()) else {
                    if !stream.isComplete { stream.content.abandon() }
                    return
                }
            }
            pipe.finish()
        }
    }
}
