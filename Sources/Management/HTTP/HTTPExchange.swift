internal import Basics

/// One request while its body arrives.
///
/// Only the thread of all connections touches it; while its connection is suspended, only the
/// worker that makes its answer does.
final class HTTPExchange {
    /// Address and port of the client.
    let client: String
    /// Its HTTP method.
    let method: String
    /// Its path.
    let path: String
    /// What it will be refused with once it has arrived; nil when it comes in.
    var refusal: HTTPReply?
    /// What is still to be decided, where a password has to be derived first.
    var question: HTTPGate.Question?
    /// The answer, made by a worker.
    var prepared: HTTPResponse?
    /// Who asks, where credentials are asked for.
    var account: Account?
    /// When its head had arrived.
    let begunAt: MonotonicTime
    /// The origin of the page that calls, where it is another than this server's.
    var origin: String?
    /// The version of HTTP.
    var version = "HTTP/1.1"
    /// The body so far, within the limit.
    private(set) var body: [UInt8] = []
    /// Whether the body is larger than the limit.
    private(set) var isTooLarge = false
    /// Whether the body is so large that it is not even read to its end.
    private(set) var isHopeless = false
    private let bodyBytesMax: Int
    private let deadline: MonotonicTime
    private var received = 0

    /// A request whose head has arrived; its time for the body begins at `now`.
    init(
        client: String, method: String, path: String, configuration: HTTPServer.Configuration,
        now: MonotonicTime = SystemClock.monotonic()
    ) {
        self.client = client
        self.method = method
        self.path = path
        begunAt = now
        bodyBytesMax = configuration.bodyBytesMax
        let patience = UInt64(configuration.requestSecondsMax) * 1_000_000_000
        deadline = MonotonicTime(nanoseconds: now.nanoseconds + patience)
    }

    /// Notes the length that the head announces.
    ///
    /// Room is made for it only within the limit: an announcement costs its sender nothing.
    func announce(_ length: String) {
        guard let length = Int(length) else { return }
        isTooLarge = length > bodyBytesMax
        isHopeless = length > max(bodyBytesMax, Limits.discardedBodyBytesMax)
        if !isTooLarge, refusal == nil { body.reserveCapacity(length) }
    }

    /// Whether the head announces a body of so many bytes at most.
    static func announces(_ length: String?, atMost bytes: Int) -> Bool {
        // Without a length it may be a chunked body of any size.
        length.flatMap { Int($0) }.map { $0 <= bytes } ?? false
    }

    /// Takes a piece of the body; false when the connection is to be closed: the body is far too
    /// large, or trickles in so slowly that it is an attack.
    @unsafe func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        received += piece.count
        guard received <= max(bodyBytesMax, Limits.discardedBodyBytesMax) else { return false }
        guard SystemClock.monotonic() < deadline else { return false }
        if received > bodyBytesMax {
            isTooLarge = true
            body = []
        } else if refusal == nil {
            unsafe body.append(contentsOf: piece)
        }
        return true
    }

    /// Gives the body away; the answer may take long.
    func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }
}
