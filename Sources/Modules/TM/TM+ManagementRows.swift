internal import JSONValue
internal import ModuleKit

/// The declarations of the commands `tm.*`.
extension TMModule {
    private typealias Row = MethodRow<TMModule>

    /// All of them.
    static var managementRows: [MethodRow<TMModule>] {
        lookingRows + answeringRows + requestRows
    }

    private static let statNames = [
        "current", "waiting", "total", "total_local", "rpl_received", "rpl_generated",
        "rpl_sent", "6xx", "5xx", "4xx", "3xx", "2xx", "created", "freed", "delayed_free",
    ]

    private static var lookingRows: [MethodRow<TMModule>] {
        [
            Row(
                "tm.stats", result: .object(statNames.map { .init($0, .integer) }, others: nil),
                "Counters of transactions.",
                example: RPCExample([], .object(statNames.map { .init($0, .integer(0)) }))
            ) { (module, _) in .value(module.stats()) },
            Row(
                "tm.hash_stats", result: .object([.init("hash_size", .integer)], others: .number),
                "How the transactions lie in the parts of their store.",
                example: RPCExample([], .object([.init("hash_size", .integer(32))]))
            ) { (module, _) in .value(module.hashStats()) },
            Row(
                "tm.list", result: .array(.object([], others: .any)),
                "The open transactions of requests that were received.",
                example: RPCExample([], .array([]))
            ) { (module, _) in .value(module.list()) },
            Row(
                "tm.clean", result: .nothing, isChange: true,
                "Ends the transactions whose time has come.", example: RPCExample([], .object([]))
            ) { (module, _) in
                module.perform(later: { _ in })
                return .done
            },
        ]
    }

    private static var answeringRows: [MethodRow<TMModule>] {
        let callID = RPCParameter("callid", .string, "Call-ID of the request")
        let cSeq = RPCParameter("cseq", .string, "Number of its CSeq")
        let code = RPCParameter("code", .integer, "Status of the reply")
        let reason = RPCParameter("reason", .string, "Its reason phrase")
        let headers = RPCParameter(
            "headers", .string, isOptional: true, "Further header lines; a dot for none")
        let body = RPCParameter("body", .string, isOptional: true, "The body")
        return [
            Row(
                "tm.cancel", [callID, cSeq], result: .nothing, isChange: true,
                missingParameterCode: 400, "Cancels an INVITE that was sent on.",
                example: RPCExample([.string("1-2@10.1.2.3"), .string("1")], .object([]))
            ) { (module, call) throws(RPCError) in try module.cancel(call) },
            Row(
                "tm.reply",
                [
                    code, reason, RPCParameter("trans_id", .string, "index:label of tm.list"),
                    RPCParameter(
                        "to_tag", .string, "To tag of the reply; empty or a dot for our own"),
                    headers, body,
                ], result: .nothing, isChange: true, missingParameterCode: 400,
                "Answers the request of a transaction.",
                example: RPCExample(
                    [.integer(480), .string("Gone"), .string("32:1"), .string("")], .object([]))
            ) { (module, call) throws(RPCError) in try module.reply(call) },
            Row(
                "tm.reply_callid",
                [
                    code, reason, callID, cSeq,
                    RPCParameter(
                        "to_tag", .string, "To tag of the reply; empty or a dot for our own"),
                    headers, body,
                ], result: .nothing, isChange: true, missingParameterCode: 400,
                "Answers the request of a Call-ID.",
                example: RPCExample(
                    [
                        .integer(480), .string("Gone"), .string("1-2@10.1.2.3"), .string("1"),
                        .string(""),
                    ], .object([]))
            ) { (module, call) throws(RPCError) in try module.replyByCallID(call) },
        ]
    }

    private static var requestRows: [MethodRow<TMModule>] {
        let parameters = [
            RPCParameter("method", .string, "Method, not INVITE, ACK or CANCEL"),
            RPCParameter("ruri", .string, "Request URI"),
            RPCParameter("next_hop", .string, "URI of the next hop; a dot for the request URI"),
            RPCParameter("send_socket", .string, "proto:address:port to send from; a dot for any"),
            RPCParameter("headers", .string, "Header lines with From and To"),
            RPCParameter("body", .string, isOptional: true, "The body"),
        ]
        let given: [JSONValue] = [
            .string("OPTIONS"), .string("sip:bob@127.0.0.1:5062"), .string("."), .string("."),
            .string("From: <sip:a@example.com>\r\nTo: <sip:bob@example.com>\r\n"),
        ]
        return [
            Row(
                "tm.t_uac_start", parameters, result: .nothing, isChange: true,
                missingParameterCode: 400, "Sends a request and does not wait.",
                example: RPCExample(given, .object([]))
            ) { (module, call) throws(RPCError) in try module.start(call) },
            Row(
                "tm.t_uac_wait", parameters, result: .array(.any), isChange: true,
                missingParameterCode: 400,
                "Sends a request and waits: status, reason, request URI, next hop, routes, "
                    + "header fields of the response.",
                example: RPCExample(
                    given,
                    .array([
                        .integer(200), .string("OK"), .string("sip:bob@127.0.0.1:5062"),
                        .string(""), .string(""), .string("CSeq: 10 OPTIONS\r\n"),
                    ]))
            ) { (module, call) throws(RPCError) in try module.wait(call) },
            Row(
                "tm.t_uac_wait_block", parameters,
                result: .object([.init("code", .integer), .init("text", .string)], others: nil),
                isChange: true, missingParameterCode: 400, "Sends a request and waits.",
                example: RPCExample(
                    given,
                    .object([.init("code", .integer(200)), .init("text", .string("OK"))]))
            ) { (module, call) throws(RPCError) in try module.waitForStatus(call) },
        ]
    }
}
