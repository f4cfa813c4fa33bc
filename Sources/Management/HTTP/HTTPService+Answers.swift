internal import Basics
internal import CMicroHTTPD
internal import Glibc
internal import Logging

/// Requests that have arrived, and what they are answered with.
extension HTTPService {
    /// Answers a request whose body has arrived.
    @unsafe func finish(_ exchange: HTTPExchange, _ connection: OpaquePointer) -> MHD_Result {
        if let refusal = exchange.refusal { return unsafe send(refusal, exchange, connection) }
        if let origin = exchange.origin, exchange.method == "OPTIONS" {
            return unsafe send(Self.preflight(origin), exchange, connection)
        }
        let endpoint = endpoints[exchange.path]
        let isServed = endpoint.map { Self.serves($0, exchange.method) } ?? false
        guard isServed || configuration.script != nil else {
            if let endpoint {
                return unsafe refuse(exchange, 405, connection, allow: Self.allow(endpoint))
            }
            return unsafe refuse(exchange, 404, connection)
        }
        guard !exchange.isTooLarge else { return unsafe refuse(exchange, 413, connection) }
        let request = unsafe request(exchange, endpoint, connection)
        if let reply = configuration.script?.answer(request) {
            return unsafe send(reply, exchange, connection)
        }
        guard let endpoint else { return unsafe refuse(exchange, 404, connection) }
        guard isServed else {
            return unsafe refuse(exchange, 405, connection, allow: Self.allow(endpoint))
        }
        return unsafe send(endpoint.answer(request), exchange, connection)
    }

    /// Answers a request that no endpoint sees: a line of text says why.
    @unsafe func refuse(
        _ exchange: HTTPExchange, _ status: UInt32, _ connection: OpaquePointer,
        allow: String? = nil
    ) -> MHD_Result {
        let text: String =
            switch status {
            case 404: "Not found. Commands are served under /RPC."
            case 405: "Send a \(allow?.prefix { $0 != "," } ?? "POST") request."
            default: "The body is larger than \(configuration.bodyBytesMax) bytes."
            }
        var reply = HTTPReply(Int(status), text: text)
        if let allow { reply.fields.append((name: "Allow", value: allow)) }
        return unsafe send(reply, exchange, connection)
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

    @unsafe private func send(
        _ answer: HTTPAnswer, _ exchange: HTTPExchange, _ connection: OpaquePointer
    ) -> MHD_Result {
        switch answer {
        case .nothing: return unsafe send(HTTPReply(204), exchange, connection)
        case .reply(let reply): return unsafe send(reply, exchange, connection)
        case .content(let content, let type):
            let response = unsafe HTTPStream.response(content)
            return unsafe send(
                exchange, UInt32(content.status), response, connection, type: type, isLive: false)
        case .feed(let feed, let type):
            unsafe feed.onDrop(cutter(connection))
            let response = unsafe HTTPFeedStream.response(
                feed, socket: cmicrohttpd_socket(connection))
            if let response = unsafe response {
                // A proxy must hand events on as they come.
                unsafe MHD_add_response_header(response, "X-Accel-Buffering", "no")
            }
            return unsafe send(exchange, 200, response, connection, type: type, isLive: true)
        }
    }

    @unsafe private func send(
        _ reply: HTTPReply, _ exchange: HTTPExchange, _ connection: OpaquePointer
    ) -> MHD_Result {
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
        return unsafe send(
            exchange, UInt32(clamping: reply.status), response, connection, type: reply.type,
            isLive: !isCached && reply.status != 204)
    }

    /// Queues a response and gives our reference to it back; logs the request.
    ///
    /// `isLive` says that nobody may keep it.
    @unsafe private func send(
        _ exchange: HTTPExchange, _ status: UInt32, _ response: OpaquePointer?,
        _ connection: OpaquePointer, type: String?, isLive: Bool
    ) -> MHD_Result {
        guard let response = unsafe response else { return .NO }
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
        let result = unsafe MHD_queue_response(connection, status, response)
        unsafe MHD_destroy_response(response)
        figures.note(
            status: Int(status), nanoseconds: SystemClock.monotonic().since(exchange.begunAt))
        logger.debug("http \(exchange.client) \(exchange.method) \(exchange.path) \(status)")
        return result
    }
}
