internal import Basics
internal import CMicroHTTPD
internal import Glibc
internal import Logging

/// Requests that have arrived, and what they are answered with.
extension HTTPService {
    /// Answers a request whose body has arrived: at once where that takes no time, else by a
    /// worker, while the connection is suspended.
    ///
    /// It is called again when the worker is done.
    @unsafe func finish(_ exchange: HTTPExchange, _ connection: OpaquePointer) -> MHD_Result {
        if let response = exchange.prepared {
            exchange.prepared = nil
            return unsafe response.queue(connection)
        }
        if let refusal = exchange.refusal { return unsafe send(refusal, exchange, connection) }
        if exchange.question == nil, let reply = preliminary(exchange) {
            return unsafe send(reply, exchange, connection)
        }
        let endpoint = endpoints[exchange.path]
        let request = unsafe request(exchange, endpoint, connection)
        if exchange.question == nil, configuration.script == nil,
            let answer = endpoint?.briefAnswer(request)
        {
            return unsafe queue(answer, exchange, connection)
        }
        return unsafe handOver(exchange, request, connection)
    }

    /// What needs no endpoint: preflights, and requests that none of them takes.
    private func preliminary(_ exchange: HTTPExchange) -> HTTPReply? {
        if let origin = exchange.origin, exchange.method == "OPTIONS" {
            return Self.preflight(origin)
        }
        let endpoint = endpoints[exchange.path]
        let isServed = endpoint.map { Self.serves($0, exchange.method) } ?? false
        guard isServed || configuration.script != nil else {
            return endpoint.map { refusal(405, allow: Self.allow($0)) } ?? refusal(404)
        }
        return exchange.isTooLarge ? refusal(413) : nil
    }

    /// What a request is answered with by a thread that may wait.
    private func answer(_ exchange: HTTPExchange, _ request: HTTPRequest) -> HTTPAnswer {
        var request = request
        if let question = exchange.question {
            exchange.question = nil
            let now = SystemClock.monotonic()
            switch gate.authorize(question, exchange.origin, at: now) {
            case .admitted(let account, _): exchange.account = account
            case .refused(let reply): return .reply(reply)
            case .undecided: return .reply(HTTPReply(503, text: "Try again."))
            }
            request.account = exchange.account
            if let reply = preliminary(exchange) { return .reply(reply) }
        }
        if let reply = configuration.script?.answer(request) { return .reply(reply) }
        guard let endpoint = endpoints[exchange.path] else { return .reply(refusal(404)) }
        guard Self.serves(endpoint, exchange.method) else {
            return .reply(refusal(405, allow: Self.allow(endpoint)))
        }
        return endpoint.answer(request)
    }

    // MARK: Workers

    /// What a worker has while a connection is suspended.
    ///
    /// Sendable because the library's thread leaves both alone until the connection is resumed.
    @safe private struct Handover: @unchecked Sendable {
        let exchange: HTTPExchange
        let connection: OpaquePointer
    }

    /// Suspends the connection, and has a worker make the answer.
    @unsafe private func handOver(
        _ exchange: HTTPExchange, _ request: HTTPRequest, _ connection: OpaquePointer
    ) -> MHD_Result {
        let handover = unsafe Handover(exchange: exchange, connection: connection)
        unsafe MHD_suspend_connection(connection)
        let isTaken = workers.run { [self] in
            let rest = prepare(handover, request)
            return rest?() ?? .reusable
        }
        if !isTaken {
            exchange.refusal = HTTPReply(503, text: "The server has no thread left.")
            unsafe MHD_resume_connection(connection)
        }
        return .YES
    }

    /// Makes the answer of a connection that is suspended, and resumes it; what is left to be done
    /// comes back.
    private func prepare(_ handover: Handover, _ request: HTTPRequest) -> HTTPWorkers.Work? {
        let exchange = handover.exchange
        let answer = answer(exchange, request)
        let (response, rest) = unsafe build(answer, exchange, handover.connection)
        exchange.prepared = response
        if response == nil {
            exchange.refusal = HTTPReply(500, text: "There is no memory left.")
        }
        // From here on the exchange is the library's thread's again.
        unsafe MHD_resume_connection(handover.connection)
        return rest
    }

    /// Queues an answer that is there at once.
    @unsafe private func queue(
        _ answer: HTTPAnswer, _ exchange: HTTPExchange, _ connection: OpaquePointer
    ) -> MHD_Result {
        let (response, rest) = unsafe build(answer, exchange, connection)
        guard let response else { return .NO }
        if let rest, !workers.run(rest) { return .NO }
        return unsafe response.queue(connection)
    }

    /// The answer to a request that no endpoint sees: a line of text says why.
    func refusal(_ status: Int, allow: String? = nil) -> HTTPReply {
        let text: String =
            switch status {
            case 404: "Not found. Commands are served under /RPC."
            case 405: "Send a \(allow?.prefix { $0 != "," } ?? "POST") request."
            default: "The body is larger than \(configuration.bodyBytesMax) bytes."
            }
        var reply = HTTPReply(status, text: text)
        if let allow { reply.fields.append((name: "Allow", value: allow)) }
        return reply
    }

    // MARK: Requests

    private static func serves(_ endpoint: any HTTPEndpoint, _ method: String) -> Bool {
        endpoint.method == method || (endpoint.method == "GET" && method == "HEAD")
    }

    private static func allow(_ endpoint: any HTTPEndpoint) -> String {
        endpoint.method == "GET" ? "GET, HEAD" : endpoint.method
    }

    /// The request as endpoints and the script see it.
    @unsafe private func request(
        _ exchange: HTTPExchange, _ endpoint: (any HTTPEndpoint)?, _ connection: OpaquePointer
    ) -> HTTPRequest {
        var request = HTTPRequest(body: exchange.takeBody(), client: exchange.client)
        request.account = exchange.account
        // Commands need no more; the rest is copied for those who look at it.
        guard let endpoint, endpoint.method == "POST", configuration.script == nil else {
            request.method = exchange.method
            request.path = exchange.path
            request.version = exchange.version
            unsafe request.query = Self.query(connection)
            for name in endpoint?.fields ?? [] {
                guard let value = unsafe MHD_lookup_connection_value(connection, .HEADER_KIND, name)
                else { continue }
                let text = unsafe String(cString: value)
                if text.utf8.count <= Limits.httpFieldBytesMax { request.fields[name] = text }
            }
            return request
        }
        return request
    }

    /// The names and values of the query.
    @unsafe private static func query(
        _ connection: OpaquePointer
    ) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        unsafe withUnsafeMutablePointer(to: &found) { pointer in
            _ = unsafe MHD_get_connection_values(
                connection, .GET_ARGUMENT_KIND,
                { (closure, _, name, value) in
                    guard let closure = unsafe closure, let name = unsafe name else { return .NO }
                    let list = unsafe closure.assumingMemoryBound(
                        to: [(name: String, value: String)].self)
                    let text = unsafe value.map { unsafe String(cString: $0) } ?? ""
                    unsafe list.pointee.append((name: String(cString: name), value: text))
                    return .YES
                }, pointer)
        }
        return found
    }

    /// What a page of a listed origin may send (Fetch Standard 3.2.3).
    private static func preflight(_ origin: String) -> HTTPReply {
        HTTPReply(
            204,
            fields: [
                (name: "Access-Control-Allow-Methods", value: "GET, POST"),
                (
                    name: "Access-Control-Allow-Headers",
                    value: "Authorization, Content-Type, Last-Event-ID"
                ),
                (name: "Access-Control-Max-Age", value: "600"),
            ])
    }

    // MARK: Answers

    /// Queues a short answer.
    @unsafe func send(
        _ reply: HTTPReply, _ exchange: HTTPExchange, _ connection: OpaquePointer
    ) -> MHD_Result {
        unsafe build(reply, exchange)?.queue(connection) ?? .NO
    }

    /// An answer as the library has it, and what is left to be done for it by a worker.
    @unsafe private func build(
        _ answer: HTTPAnswer, _ exchange: HTTPExchange, _ connection: OpaquePointer
    ) -> (response: HTTPResponse?, rest: HTTPWorkers.Work?) {
        switch answer {
        case .nothing: return unsafe (build(HTTPReply(204), exchange), nil)
        case .reply(let reply): return unsafe (build(reply, exchange), nil)
        case .content(let content, let type):
            let (response, rest) = unsafe HTTPStream.response(content, connection)
            let status = UInt32(content.status)
            return unsafe (complete(exchange, status, response, type: type, isLive: false), rest)
        case .feed(let feed, let type):
            unsafe feed.onDrop(cutter(connection))
            let (response, rest) = unsafe HTTPFeedStream.response(feed, connection)
            if let response = unsafe response {
                // A proxy must hand events on as they come.
                unsafe MHD_add_response_header(response, "X-Accel-Buffering", "no")
            }
            return unsafe (complete(exchange, 200, response, type: type, isLive: true), rest)
        }
    }

    @unsafe private func build(_ reply: HTTPReply, _ exchange: HTTPExchange) -> HTTPResponse? {
        var body = reply.body
        let response = unsafe body.withUnsafeMutableBytes { bytes in
            unsafe MHD_create_response_from_buffer(
                bytes.count, bytes.baseAddress, .RESPMEM_MUST_COPY)
        }
        var isCached = false
        if let response = unsafe response {
            for field in reply.fields {
                if field.name == "Cache-Control" { isCached = true }
                unsafe MHD_add_response_header(response, field.name, field.value)
            }
        }
        return unsafe complete(
            exchange, UInt32(clamping: reply.status), response, type: reply.type,
            isLive: !isCached && reply.status != 204)
    }

    /// Gives a response the header fields that all have; logs the request.
    ///
    /// `isLive` says that nobody may keep it.
    @unsafe private func complete(
        _ exchange: HTTPExchange, _ status: UInt32, _ response: OpaquePointer?, type: String?,
        isLive: Bool
    ) -> HTTPResponse? {
        guard let response = unsafe response else { return nil }
        if let type {
            unsafe MHD_add_response_header(response, "Content-Type", type)
            // Nobody guesses a type that would run as a script.
            unsafe MHD_add_response_header(response, "X-Content-Type-Options", "nosniff")
        }
        if isLive { unsafe MHD_add_response_header(response, "Cache-Control", "no-store") }
        if let origin = exchange.origin {
            unsafe MHD_add_response_header(response, "Access-Control-Allow-Origin", origin)
            unsafe MHD_add_response_header(response, "Access-Control-Allow-Credentials", "true")
            unsafe MHD_add_response_header(response, "Vary", "Origin")
        }
        figures.note(
            status: Int(status), nanoseconds: SystemClock.monotonic().since(exchange.begunAt))
        logger.debug("http \(exchange.client) \(exchange.method) \(exchange.path) \(status)")
        return unsafe HTTPResponse(status, response)
    }
}
