internal import Basics
internal import JSONValue
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// What the commands `tm.*` do.
extension TMModule {
    /// Seconds that `tm.t_uac_wait` waits at most.
    static let waitSecondsMax = 80

    /// `tm.stats`.
    func stats() -> JSONValue {
        let open = openCounts
        let opened = counters.served.value + counters.own.value
        var members: [(String, Int)] = [
            ("current", open.served + open.sent), ("waiting", 0), ("total", opened),
            ("total_local", counters.own.value), ("rpl_received", counters.received.value),
            ("rpl_generated", counters.generated.value), ("rpl_sent", counters.sent.value),
        ]
        for number in [6, 5, 4, 3, 2] {
            members.append(("\(number)xx", counters.classes[number - 2].value))
        }
        let left = max(0, opened - open.served - open.sent)
        members += [("created", opened), ("freed", left), ("delayed_free", 0)]
        return .object(members.map { .init($0.0, .integer(Int64($0.1))) })
    }

    /// `tm.hash_stats`: how transactions lie in the shards of the store.
    func hashStats() -> JSONValue {
        var sizes: [Int] = []
        for shard in 0..<ServerTransactions.shardCount {
            var place: UInt32? = 0
            var count = 0
            while let from = place {
                place = servers.walk(shard: shard, from: from, limit: 256) { _ in count += 1 }
            }
            sizes.append(count)
        }
        let opened = counters.served.value
        return .object(
            [.init("hash_size", .integer(Int64(sizes.count)))]
                + Self.spread("crt", sizes.reduce(0, +), sizes.min() ?? 0, sizes.max() ?? 0, sizes)
                + Self.spread("acc", opened, 0, opened, []))
    }

    /// The nine numbers that `tm.hash_stats` has for what is open and for what was opened.
    private static func spread(
        _ prefix: String, _ sum: Int, _ least: Int, _ most: Int, _ sizes: [Int]
    ) -> [JSONValue.Member] {
        let target = Double(sum) / Double(max(1, ServerTransactions.shardCount))
        let squares = sizes.reduce(0.0) { $0 + (Double($1) - target) * (Double($1) - target) }
        let numbers: [(String, JSONValue)] = [
            ("transactions", .integer(Int64(sum))), ("target_per_cell", .double(target)),
            ("min", .integer(Int64(least))), ("max", .integer(Int64(most))),
            ("worst_case_extra_cells", .integer(Int64(max(0, most - Int(target.rounded(.up)))))),
            ("no_zero_cells", .integer(Int64(sizes.count { $0 > 0 }))),
            ("no_deviating_cells", .integer(Int64(sizes.count { Double($0) != target }))),
            ("deviation_sq_sum", .double(squares)),
        ]
        return numbers.map { .init("\(prefix)_\($0.0)", $0.1) }
    }

    /// `tm.list`: the open server transactions, at most `Limits.transactionsListedMax`.
    func list() -> JSONValue {
        var rows: [JSONValue] = []
        walk { listed in
            let label = Int64(listed.handle.label)
            let branches = listed.transaction?.relay?.branches.count ?? 0
            rows.append(
                .object([
                    .init("cell", .string("\(listed.handle.index):\(label)")),
                    .init("tindex", .integer(Int64(listed.handle.index))),
                    .init("tlabel", .integer(label)),
                    .init("method", .string(Self.text(listed.method))),
                    .init("from", .string(listed.from)), .init("to", .string(listed.to)),
                    .init("callid", .string(listed.callID)), .init("cseq", .string(listed.cSeq)),
                    .init("uas_request", .string("yes")), .init("tflags", .integer(0)),
                    .init("outgoings", .integer(Int64(branches))),
                    .init("ref_count", .integer(1)),
                    .init("lifetime", .integer(listed.isFinal ? 1 : 0)),
                ]))
            return rows.count < Limits.transactionsListedMax
        }
        return .array(rows)
    }

    /// The name of a method; those that have no number of their own are not kept as text.
    private static func text(_ method: SIPMethod) -> String {
        method == .other ? "" : "\(method.name)"
    }

    /// `tm.cancel`.
    func cancel(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        guard
            cancel(
                callID: Array((call.string(0) ?? "").utf8), cSeq: call.string(1) ?? "", reason: [])
        else { throw RPCError(400, "Transaction not found") }
        return .done
    }

    /// `tm.reply`.
    func reply(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        // The label tells a transaction from an older one at the same index, so an operator who was
        // too slow does not answer somebody else's call.
        let parts = (call.string(2) ?? "").split(separator: ":").compactMap { UInt32($0) }
        guard parts.count == 2 else { throw RPCError(400, "Invalid transaction ID") }
        let handle = ServerHandle(index: parts[0], label: parts[1])
        guard let transaction = servers.look(handle)?.attachment as? ServedTransaction else {
            throw RPCError(481, "No such transaction")
        }
        return try reply(transaction, call, headers: 4)
    }

    /// `tm.reply_callid`.
    func replyByCallID(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        guard
            let transaction = find(
                callID: Array((call.string(2) ?? "").utf8), cSeq: call.string(3) ?? "")
        else { throw RPCError(404, "Transaction not found") }
        return try reply(transaction, call, headers: 5)
    }

    private func reply(
        _ transaction: ServedTransaction, _ call: RPCCall, headers place: Int
    ) throws(RPCError) -> RPCOutcome {
        guard let code = call.integer(0), (100...699).contains(code) else {
            throw RPCError(400, "Reply code expected")
        }
        guard let reason = call.string(1) else { throw RPCError(400, "Reply phrase expected") }
        var lines: [UInt8] = []
        if let text = call.string(place), !text.isEmpty, text != "." {
            // A second length would let two readers see two ends of the reply (RFC 3261 18.3).
            guard let given = HeaderText.lines(Array(text.utf8)),
                !DescribedRequest.hasLength(given)
            else { throw RPCError(400, "Invalid headers") }
            lines = given
        }
        let tag = Array((call.string(place - 1) ?? "").utf8)
        guard tag.isEmpty || tag == [UInt8(ascii: ".")] || SIPToken.isToken(tag) else {
            throw RPCError(400, "Invalid to-tag")
        }
        let toTag = tag == [UInt8(ascii: ".")] ? [] : tag
        var body: ReplyBody?
        if let text = call.string(place + 1), !text.isEmpty {
            body = ReplyBody(contentType: [], bytes: Array(text.utf8))
        }
        // Asked before and decided again in its turn: the answer of the callee may come between.
        guard transaction.repliedStatus < 200 else { throw RPCError(500, "Reply failed") }
        // A line feed in the phrase would begin a header field of the operator's.
        let words = HeaderText.oneLine(Array(reason.utf8))
        services.perform { context in
            transaction.post(.reply(code, words, lines, body, toTag: toTag), in: context)
        }
        return .done
    }

    // MARK: Requests

    /// Sends what is described; the error is Kamailio's.
    func send(
        _ request: DescribedRequest, socket: String, token: UInt64
    ) throws(RPCError) {
        var index = SocketIndex.none
        if !socket.isEmpty, socket != "." {
            let wanted = socket.contains(":") ? socket : "udp:\(socket)"
            guard let place = services.sockets.firstIndex(where: { $0.name == wanted }) else {
                throw RPCError(400, "No local socket for \(socket)")
            }
            index = SocketIndex(place)
        }
        var failure: ForwardFailure?
        services.perform { context in
            if !index.isNone { context.origin.socket = index }
            do throws(ForwardFailure) {
                try send(
                    request.method.span, request.uri.span,
                    to: .uri(request.nextHop ?? request.uri), for: commands, token: token,
                    in: context
                ) { $0.append(request.rest) }
            } catch {
                failure = error
            }
        }
        if let failure { throw RPCError(500, "RPC/UAC error: \(failure.reason)") }
    }

    /// Reads the description, and says what is wrong with it in the words of the other server.
    private static func described(_ call: RPCCall) throws(RPCError) -> DescribedRequest {
        do throws(DescribedRequest.Fault) {
            return try DescribedRequest(
                method: call.string(0) ?? "", uri: call.string(1) ?? "",
                nextHop: call.string(2) ?? "", headers: call.string(4) ?? "",
                body: call.string(5) ?? "")
        } catch {
            throw RPCError(error.code, error.message)
        }
    }

    /// `tm.t_uac_start`.
    func start(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        try send(try Self.described(call), socket: call.string(3) ?? "", token: 0)
        return .done
    }

    /// Sends a request and waits for its final response.
    ///
    /// The thread that waits is one of the management plane; no call is held up by it.
    private func wait(
        _ call: RPCCall
    ) throws(RPCError) -> (DescribedRequest, CommandRequests.Answer) {
        let request = try Self.described(call)
        let socket = call.string(3) ?? ""
        let answer = try commands.wait(seconds: Self.waitSecondsMax) { (token) throws(RPCError) in
            try send(request, socket: socket, token: token)
        }
        guard let answer else { throw RPCError(500, "No response") }
        return (request, answer)
    }

    /// `tm.t_uac_wait`.
    func wait(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (request, answer) = try wait(call)
        return .value(
            .array([
                .integer(Int64(answer.status)), .string(answer.reason),
                .string(String(decoding: request.uri, as: UTF8.self)),
                .string(String(decoding: request.nextHop ?? [], as: UTF8.self)),
                .string(""), .string(answer.headers),
            ]))
    }

    /// `tm.t_uac_wait_block`.
    func waitForStatus(_ call: RPCCall) throws(RPCError) -> RPCOutcome {
        let (_, answer) = try wait(call)
        return .value(
            .object([
                .init("code", .integer(Int64(answer.status))),
                .init("text", .string(answer.reason)),
            ]))
    }

    /// `t_uac_send` of a script: sends and forgets.
    func send(
        _ context: ScriptContext, _ method: ScriptText, _ uri: ScriptText, _ nextHop: ScriptText,
        _ socket: ScriptText, _ headers: ScriptText, _ body: ScriptText
    ) -> Int {
        do {
            let request = try DescribedRequest(
                method: context.string(method), uri: context.string(uri),
                nextHop: context.string(nextHop), headers: context.string(headers),
                body: context.string(body))
            try send(request, socket: context.string(socket), token: 0)
            return 1
        } catch {
            context.log(.error, "t_uac_send: the request was not sent")
            return -1
        }
    }
}
