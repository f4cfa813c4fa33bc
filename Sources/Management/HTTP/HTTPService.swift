internal import Basics
internal import CMicroHTTPD
internal import Glibc
internal import Logging

/// What the callbacks of libmicrohttpd work with.
///
/// It outlives the daemon, and nothing in it changes but the list of connections.
///
/// The library calls `handle` several times for one request. The first call brings the head: it is
/// decided whether the request comes in, an `HTTPExchange` is made, and the library carries it for
/// us from then on. The calls in between bring pieces of the body. The last one brings nothing:
/// that is when the request is answered. Whatever happens, `completed` comes last and frees the
/// exchange, also when the client has gone or the daemon is stopped.
///
/// A request that is refused (no such path, wrong method, body too large, no credentials) is still
/// read to its end, up to `Limits.discardedBodyBytesMax`: a server that closes a connection with
/// unread bytes resets it, and the client never sees the status.
///
/// One thread of the library's serves all connections with epoll, and answers itself what takes
/// microseconds (`HTTPEndpoint.briefAnswer`). For everything else the connection is suspended, and
/// a worker makes the answer: a slow command costs its own client only.
///
/// Rejected: a thread for each connection. It cost two changes of threads for each call, and half
/// of the processor time of a short one. Rejected: the library's pool of epoll threads. A thread of
/// the pool that waits for a database would hold up every connection that it happens to serve.
final class HTTPService: Sendable {
    /// How the server is set up.
    let configuration: HTTPServer.Configuration
    /// What is served, by path.
    let endpoints: [String: any HTTPEndpoint]
    /// The server's log.
    let logger: Logger
    /// Who comes in.
    let gate: HTTPGate
    /// What is counted.
    let figures: HTTPFigures
    /// The connections that are open.
    let connections = HTTPConnections()
    /// The threads that make answers which may have to wait.
    let workers = HTTPWorkers()

    /// What the callbacks of one daemon need.
    init(
        _ configuration: HTTPServer.Configuration, endpoints: [any HTTPEndpoint], gate: HTTPGate,
        logger: Logger, figures: HTTPFigures
    ) {
        self.configuration = configuration
        self.figures = figures
        self.endpoints = Dictionary(endpoints.map { ($0.path, $0) }) { first, _ in first }
        self.gate = gate
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
        (closure, connection, url, method, version, upload, size, context) in
        guard let service = unsafe HTTPService.from(closure),
            let connection = unsafe connection, let url = unsafe url,
            let method = unsafe method, let size = unsafe size, let context = unsafe context
        else { return .NO }
        guard let known = unsafe context.pointee else {
            let exchange = unsafe service.begin(
                connection, String(cString: url), String(cString: method))
            if let version = unsafe version, unsafe strcmp(version, "HTTP/1.1") != 0 {
                exchange.version = unsafe String(cString: version)
            }
            unsafe context.pointee = Unmanaged.passRetained(exchange).toOpaque()
            guard exchange.isHopeless else { return .YES }
            return unsafe service.send(service.refusal(413), exchange, connection)
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
        let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(known).takeRetainedValue()
        unsafe context.pointee = nil
        // The client went while its answer was made: the worker that goes on with it must hear so.
        exchange.prepared?.drop()
        exchange.prepared = nil
    }

    /// A connection begins or ends; its socket is closed when the call about its end has returned.
    static let connected: MHD_NotifyConnectionCallback = { closure, connection, context, event in
        guard let service = unsafe HTTPService.from(closure), let connection = unsafe connection,
            let context = unsafe context
        else { return }
        if event == .CONNECTION_NOTIFY_STARTED {
            let socket = unsafe cmicrohttpd_socket(connection)
            let address =
                unsafe PeerAddress(cmicrohttpd_client(connection)) ?? PeerAddress(ipv4: 0, port: 0)
            let begun = HTTPConnection(
                address: address, socket: socket, number: service.connections.add(socket: socket))
            unsafe context.pointee = Unmanaged.passRetained(begun).toOpaque()
            service.figures.accepted.add()
            service.figures.connections.add()
        } else if let known = unsafe context.pointee {
            let ended = unsafe Unmanaged<HTTPConnection>.fromOpaque(known).takeRetainedValue()
            unsafe context.pointee = nil
            service.connections.remove(ended.number)
            service.figures.connections.add(-1)
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
                connections.forEach { shutdown($0, Int32(direction)) }
                if connections.isEmpty { break }
                usleep(2_000)
            } while SystemClock.monotonic().since(start) < patience
        }
        // The library must not stop while a connection is suspended, and a command that runs may
        // not be cut off in the middle.
        while workers.isBusy { usleep(2_000) }
    }

    /// The service behind the pointer that the library carries for us.
    @unsafe private static func from(_ closure: UnsafeMutableRawPointer?) -> HTTPService? {
        guard let closure = unsafe closure else { return nil }
        return unsafe Unmanaged<HTTPService>.fromOpaque(closure).takeUnretainedValue()
    }

    // MARK: Heads

    /// Whether an address is in the list of those that may connect; an empty list admits all.
    private func admits(_ client: PeerAddress) -> Bool {
        let ranges = configuration.allowed
        if ranges.isEmpty || ranges.contains(where: { $0.contains(client) }) { return true }
        logger.notice("HTTP connection from \(client.text) refused: not in allowed_ips")
        return false
    }

    /// Looks at the head of a request: whether it will be answered, and how much may follow.
    @unsafe private func begin(
        _ handle: OpaquePointer, _ url: String, _ method: String
    ) -> HTTPExchange {
        let connection = unsafe Self.connection(handle)
        let now = SystemClock.monotonic()
        let exchange = HTTPExchange(
            client: connection.client, method: method, path: url, configuration: configuration,
            now: now)
        let origin = unsafe Self.field("Origin", of: handle)
        let question = unsafe HTTPGate.Question(
            connection: connection, method: method, isOpen: endpoints[url]?.isOpen ?? false,
            authorization: gate.asksForCredentials
                ? Self.field("Authorization", of: handle) : nil,
            origin: origin,
            host: origin == nil && gate.asksForCredentials
                ? nil : Self.field("Host", of: handle))
        let length = unsafe Self.field("Content-Length", of: handle)
        // Nobody fills the memory with long bodies before it is known who sends them.
        let isShort = HTTPExchange.announces(
            length ?? (method == "POST" ? nil : "0"), atMost: Limits.undecidedBodyBytesMax)
        switch gate.judge(question, at: now, derives: !isShort) {
        case .admitted(let account, let origin):
            exchange.account = account
            exchange.origin = origin
        case .undecided(let origin):
            exchange.question = question
            exchange.origin = origin
        case .refused(let reply): exchange.refusal = reply
        }
        if let length { exchange.announce(length) }
        return exchange
    }

    /// The connection of a request.
    @unsafe private static func connection(_ handle: OpaquePointer) -> HTTPConnection {
        guard let known = unsafe cmicrohttpd_context(handle) else {
            // The library tells of every connection before its first request; this is for none.
            return HTTPConnection(
                address: PeerAddress(ipv4: 0, port: 0), socket: -1, number: 0)
        }
        return unsafe Unmanaged<HTTPConnection>.fromOpaque(known).takeUnretainedValue()
    }

    /// The value of a header field; nil without it, and for one that is longer than any sensible
    /// value.
    @unsafe static func field(_ name: StaticString, of connection: OpaquePointer) -> String? {
        let name = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        let value = unsafe MHD_lookup_connection_value(connection, .HEADER_KIND, name)
        guard let value = unsafe value,
            unsafe strnlen(value, Limits.httpFieldBytesMax + 1)
                <= Limits.httpFieldBytesMax
        else { return nil }
        return unsafe String(cString: value)
    }

    /// How one connection is ended from another thread.
    @unsafe func cutter(_ handle: OpaquePointer) -> @Sendable () -> Void {
        let number = unsafe Self.connection(handle).number
        return { [connections] in connections.forEach(number) { shutdown($0, Int32(SHUT_RDWR)) } }
    }
}
