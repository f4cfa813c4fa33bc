internal import Basics
internal import JSONValue
internal import ModuleKit
internal import PUA
internal import Publications

/// What the commands do; errors have Kamailio's codes and name the parameter.
extension PUARPCModule {
    /// `pua.publish`.
    func publish(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let request = try publication(call, .rpcPublish)
        let agent = agent
        let answer = try waiters.wait { (waiter) throws(RPCError) in
            try Self.check(agent.publish(request) { waiter.take($0) })
            return waiter.wait()
        }
        guard let answer else {
            throw RPCError(500, "as many commands wait for replies as may; try again")
        }
        guard let reply = answer else { throw RPCError(500, "RPC/PUBLISH error: no reply") }
        switch reply.outcome {
        case .wrongTag: throw RPCError(500, "Wrong ETag", data: Self.named("etag"))
        case .noBody: throw RPCError(400, "Body is missing", data: Self.named("body"))
        case .badBody:
            throw RPCError(
                400, "the body is no document of the package", data: Self.named("body"))
        case .refused: throw RPCError(500, "RPC/PUBLISH error: \(Self.text(reply.reason))")
        case .answered, .timedOut, .undeliverable, .nothingToDo: break
        }
        var members: [JSONValue.Member] = []
        if let etag = reply.etag { members.append(.init("SIP-ETag", .string(Self.text(etag)))) }
        if let seconds = reply.expiresSeconds {
            members.append(.init("Expires", .integer(Int64(seconds))))
        }
        members.append(.init("code", .integer(Int64(reply.status))))
        members.append(.init("reason", .string(Self.text(reply.reason))))
        return .value(.object(members))
    }

    /// `pua.send_publish`.
    func sendPublish(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        try Self.check(agent.publish(try publication(call, .rpcSendPublish)))
        return .done
    }

    /// `pua.subscribe`.
    func subscribe(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let presentity = Array((call.string(0) ?? "").utf8)
        let watcher = Array((call.string(1) ?? "").utf8)
        guard PUAModule.isURI(presentity) else {
            throw RPCError(400, "Invalid presentity URI (pres_uri)", data: Self.named("pres_uri"))
        }
        guard PUAModule.isURI(watcher) else {
            throw RPCError(
                400, "Invalid watcher URI (watcher_uri)", data: Self.named("watcher_uri"))
        }
        guard let event = agent.event(named: Array((call.string(2) ?? "").utf8)) else {
            throw RPCError(404, "Unknown event", data: Self.named("event"))
        }
        let request = SubscriptionRequest(
            presentity, watcher: watcher, contact: watcher, event: event, source: .rpcSubscribe,
            expiresSeconds: try Self.seconds(call, 3))
        try Self.check(agent.subscribe(request))
        return .done
    }

    // MARK: Parameters

    private func publication(
        _ call: RPCCall, _ source: PUASource
    ) throws(RPCError) -> PublicationRequest {
        let presentity = call.string(0) ?? ""
        guard PUAModule.isURI(Array(presentity.utf8)) else {
            throw RPCError(
                400, "Invalid presentity uri '\(presentity)'", data: Self.named("pres_uri"))
        }
        let seconds = try Self.seconds(call, 1)
        guard let event = agent.event(named: Array((call.string(2) ?? "").utf8)) else {
            throw RPCError(400, "Unknown event", data: Self.named("event"))
        }
        let type = Self.given(call, 3)
        let body = Self.given(call, 8)
        if type != nil, body == nil, seconds != 0 {
            throw RPCError(400, "Body is missing", data: Self.named("body"))
        }
        let proxy = Self.given(call, 6)
        if let proxy, !PUAModule.isURI(proxy) {
            throw RPCError(
                400, "Invalid outbound_proxy '\(Self.text(proxy))'",
                data: Self.named("outbound_proxy"))
        }
        return PublicationRequest(
            Array(presentity.utf8), event: event, source: source, id: Self.given(call, 4) ?? [],
            body: body, expiresSeconds: seconds, contentType: type, etag: Self.given(call, 5),
            outboundProxy: proxy, extraHeaders: try Self.lines(call, 7))
    }

    /// A text that is there; a dot stands for none, as positional calls need it.
    private static func given(_ call: RPCCall, _ place: Int) -> [UInt8]? {
        guard let text = call.string(place), !text.isEmpty, text != "." else { return nil }
        return Array(text.utf8)
    }

    /// The number of seconds, which may come as a text.
    private static func seconds(_ call: RPCCall, _ place: Int) throws(RPCError) -> Int {
        let text = call.string(place) ?? ""
        guard let seconds = call.integer(place), !text.isEmpty,
            seconds <= Limits.userAgentExpiresMax
        else { throw RPCError(400, "Invalid expires value '\(text)'", data: named("expires")) }
        return max(seconds, -1)
    }

    private static func lines(_ call: RPCCall, _ place: Int) throws(RPCError) -> [UInt8] {
        guard let text = given(call, place) else { return [] }
        guard let lines = HeaderText.lines(text), PUAModule.isLines(lines) else {
            throw RPCError(
                400, "extra_headers are no header lines, or name a field that every PUBLISH has",
                data: named("extra_headers"))
        }
        return lines
    }

    private static func check(_ admission: PUAAdmission) throws(RPCError) {
        guard case .refused(let why) = admission else { return }
        switch why {
        case .notRunning: throw RPCError(500, "RPC/PUBLISH error: the server stops")
        case .full: throw RPCError(500, "RPC/PUBLISH error: as many requests wait as may")
        case .unknownEvent: throw RPCError(400, "Unknown event", data: named("event"))
        case .badURI: throw RPCError(400, "Invalid URI", data: named("pres_uri"))
        case .badText:
            throw RPCError(
                400, "id, etag, content_type, body or expires is longer or other than it may be")
        case .noContentType:
            throw RPCError(
                400, "the package has no content type of its own", data: named("content_type"))
        }
    }

    private static func named(_ parameter: String) -> JSONValue {
        .object([.init("parameter", .string(parameter))])
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
