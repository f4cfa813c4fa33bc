internal import Basics
internal import CMicroHTTPD
internal import Glibc
internal import Logging
internal import Synchronization

/// What the callbacks of libmicrohttpd work with.
///
/// It outlives the daemon, and nothing in it changes.
///
/// The library calls `handle` several times for one request. The first call brings the head: an
/// `HTTPExchange` is made, and the library carries it for us from then on. The calls in between
/// bring pieces of the body. The last one brings nothing: that is when the request is answered.
/// Whatever happens, `completed` comes last and frees the exchange, also when the client has gone
/// or the daemon is stopped.
///
/// A request that cannot be answered well (no such path, wrong method, body too large) is still
/// read to its end, up to `Limits.discardedBodyBytesMax`: a server that closes a connection with
/// unread bytes resets it, and the client never sees the status.
///
/// Rejected: the library's pool of epoll threads. A thread of the pool that waits for a database
/// would hold up every connection that it happens to serve; with a thread a connection, bounded by
/// the limit on connections, a slow command costs its own client only.
final class HTTPService: Sendable {
    private let configuration: HTTPServer.Configuration
    private let endpoints: [any HTTPEndpoint]
    private let logger: Logger
    /// The sockets of the connections that are open.
    private let sockets = Guarded<Set<Int32>>([])

    /// What the callbacks of one daemon need.
    init(
        _ configuration: HTTPServer.Configuration, endpoints: [any HTTPEndpoint], logger: Logger
    ) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.logger = logger
    }

    // MARK: Callbacks

    /// Whether a client may connect.
    static let accept: MHD_AcceptPolicyCallback = { closure, address, _ in
        guard let service = unsafe HTTPService.from(closure) else { return .NO }
        guard let client = unsafe PeerAddress(address) else { return .NO }
        return service.admits(client) ? .YES : .NO
    }

    /// Head, pieces of the body, and end of a request: called once or more for each.
    static let handle: MHD_AccessHandlerCallback = {
        (closure, connection, url, method, _, upload, size, context) in
        guard let service = unsafe HTTPService.from(closure),
            let connection = unsafe connection, let url = unsafe url,
            let method = unsafe method, let size = unsafe size, let context = unsafe context
        else { return .NO }
        guard let known = unsafe context.pointee else {
            let exchange = unsafe service.begin(
                connection, String(cString: url), String(cString: method))
            unsafe context.pointee = Unmanaged.passRetained(exchange).toOpaque()
            guard exchange.isHopeless else { return .YES }
            return unsafe service.refuse(exchange, 413, connection)
        }
        let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(known).takeUnretainedValue()
        guard unsafe size.pointee > 0, let upload = unsafe upload else {
            return unsafe service.finish(exchange, connection)
        }
        let piece = unsafe UnsafeRawBufferPointer(start: upload, count: size.pointee)
        unsafe size.pointee = 0
        return unsafe exchange.take(piece) ? .YES : .NO
    }

    /// A request is over, answered or not: its state goes.
    static let completed: MHD_RequestCompletedCallback = { _, _, context, _ in
        guard let context = unsafe context, let known = unsafe context.pointee else { return }
        unsafe Unmanaged<HTTPExchange>.fromOpaque(known).release()
        unsafe context.pointee = nil
    }

    /// A connection begins or ends; its socket is closed when the call about its end has returned.
    static let connected: MHD_NotifyConnectionCallback = { closure, connection, _, event in
        guard let service = unsafe HTTPService.from(closure), let connection = unsafe connection
        else { return }
        let socket = unsafe cmicrohttpd_socket(connection)
        service.sockets.withLock { sockets in
            if event == .CONNECTION_NOTIFY_STARTED {
                sockets.insert(socket)
            } else {
                sockets.remove(socket)
            }
        }
    }

    /// Ends the connections without the library's help: first those that wait for a request, by the
    /// end of what they can read; after `patience` nanoseconds the others too.
    ///
    /// Returns when there are none left, or when it has waited twice as long.
    func drain(patience: UInt64) {
        for direction in [SHUT_RD, SHUT_RDWR] {
            let start = SystemClock.monotonic()
            repeat {
                let isEmpty = sockets.withLock { sockets in
                    // Under the lock no socket is closed, so no number can be another's by now.
                    for socket in sockets { shutdown(socket, Int32(direction)) }
                    return sockets.isEmpty
                }
                if isEmpty { return }
                usleep(2_000)
            } while SystemClock.monotonic().since(start) < patience
        }
    }

    /// The service behind the pointer that the library carries for us.
    @unsafe private static func from(_ closure: UnsafeMutableRawPointer?) -> HTTPService? {
        guard let closure = unsafe closure else { return nil }
        return unsafe Unmanaged<HTTPService>.fromOpaque(closure).takeUnretainedValue()
    }

    // MARK: Requests

    /// Whether an address is in the list of those that may connect; an empty list admits all.
    private func admits(_ client: PeerAddress) -> Bool {
        let ranges = configuration.allowed
        if ranges.isEmpty || ranges.contains(where: { $0.contains(client) }) { return true }
        logger.notice("HTTP connection from \(client.text) refused: not in allowed_ips")
        return false
    }

    /// Looks at the head of a request: whether it will be answered, and how much may follow.
    @unsafe private func begin(
        _ connection: OpaquePointer, _ url: String, _ method: String
    ) -> HTTPExchange {
        let client = unsafe PeerAddress(cmicrohttpd_client(connection))?.text ?? "unknown"
        let exchange = HTTPExchange(
            client: client, method: method, path: url, configuration: configuration)
        let length = unsafe MHD_lookup_connection_value(
            connection, .HEADER_KIND, "Content-Length")
        if let length = unsafe length { exchange.announce(unsafe String(cString: length)) }
        return exchange
    }

    /// Answers a request whose body has arrived.
    @unsafe private func finish(
        _ exchange: HTTPExchange, _ connection: OpaquePointer
    ) -> MHD_Result {
        guard let endpoint = endpoints.first(where: { $0.path == exchange.path }) else {
            return unsafe refuse(exchange, 404, connection)
        }
        guard endpoint.method == exchange.method else {
            return unsafe refuse(exchange, 405, connection, allow: endpoint.method)
        }
        guard !exchange.isTooLarge else { return unsafe refuse(exchange, 413, connection) }
        let request = HTTPRequest(body: exchange.body, client: exchange.client)
        exchange.forgetBody()
        switch endpoint.answer(request) {
        case .nothing: return unsafe send(exchange, 204, Self.response([]), connection)
        case .content(let content, let type):
            let response = unsafe HTTPStream.response(content)
            return unsafe send(exchange, 200, response, connection, type: type)
        }
    }

    /// Answers a request that no endpoint sees: a line of text says why.
    @unsafe private func refuse(
        _ exchange: HTTPExchange, _ status: UInt32, _ connection: OpaquePointer,
        allow: String? = nil
    ) -> MHD_Result {
        let text: String =
            switch status {
            case 404: "Not found. Commands are served under /RPC.\n"
            case 405: "Send a POST request.\n"
            default: "The body is larger than \(configuration.bodyBytesMax) bytes.\n"
            }
        let response = unsafe Self.response(Array(text.utf8))
        if let allow, let response = unsafe response {
            unsafe MHD_add_response_header(response, "Allow", allow)
        }
        return unsafe send(exchange, status, response, connection, type: "text/plain")
    }

    /// A response with a short body that the library copies.
    @unsafe private static func response(_ body: [UInt8]) -> OpaquePointer? {
        var body = body
        return unsafe body.withUnsafeMutableBytes { bytes in
            unsafe MHD_create_response_from_buffer(
                bytes.count, bytes.baseAddress, .RESPMEM_MUST_COPY)
        }
    }

    /// Queues a response and gives our reference to it back; logs the request.
    @unsafe private func send(
        _ exchange: HTTPExchange, _ status: UInt32, _ response: OpaquePointer?,
        _ connection: OpaquePointer, type: String? = nil
    ) -> MHD_Result {
        guard let response = unsafe response else { return .NO }
        if let type { unsafe MHD_add_response_header(response, "Content-Type", type) }
        let result = unsafe MHD_queue_response(connection, status, response)
        unsafe MHD_destroy_response(response)
        logger.debug("http \(exchange.client) \(exchange.method) \(exchange.path) \(status)")
        return result
    }
}
