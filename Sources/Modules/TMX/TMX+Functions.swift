internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import TM

/// The functions and statistics of module `tmx`.
extension TMXModule {
    private typealias Row = FunctionRow<TMXModule>
    private static var anywhere: RouteKinds { [.request, .reply, .failure, .branch, .event] }

    /// Which block runs.
    static var routeTests: [FunctionRow<TMXModule>] {
        [
            Row("t_is_request_route", returns: "1 yes, -1 no", "Whether request_route runs.") {
                (module, context) in
                guard context.message.kind == .request, module.tm.block(context) == .request
                else { return -1 }
                return 1
            },
            test("t_is_failure_route", .failure), test("t_is_branch_route", .branch),
            test("t_is_reply_route", .reply),
        ]
    }

    private static func test(
        _ name: String, _ block: TMModule.Block
    ) -> FunctionRow<TMXModule> {
        Row(name, returns: "1 yes, -1 no", "Whether such a block runs.") { (module, context) in
            module.tm.block(context) == block ? 1 : -1
        }
    }

    /// What cancels.
    static var cancelRows: [FunctionRow<TMXModule>] {
        let codes = "1 cancelled, -1 there is nothing to cancel"
        return [
            Row(
                "t_cancel_branches", .constant("which"), routes: anywhere, returns: codes,
                "Cancels branches of the transaction at hand: all, others or this.",
                compile: { (module, which) throws(ArgumentError) in
                    let tm = module.tm
                    let choices: [String: TMModule.CancelChoice] = [
                        "all": .all, "others": .others, "this": .this,
                    ]
                    guard case .constant(let word) = which, let choice = choices[word] else {
                        throw ArgumentError("expected all, others or this")
                    }
                    return { context in tm.cancelBranches(choice, context) ? 1 : -1 }
                }),
            Row(
                "t_cancel_branch_idx", .integer("index"), routes: anywhere, returns: codes,
                "Cancels the branch of an index."
            ) { (module, context, index: Int) in
                module.tm.cancelBranches(.index(index), context) ? 1 : -1
            },
            Row(
                "t_cancel_callid", .string("callid"), .string("cseq"), .integer("flag"),
                Argument<Int>.integer("code").optional, routes: anywhere, returns: codes,
                "Cancels the INVITE of a Call-ID and a CSeq number, and sets a message flag.",
                call: { (module, context, callID, cSeq, flag, code) in
                    let reason = code.map { "SIP;cause=\($0)" } ?? ""
                    let isFound = module.tm.cancel(
                        callID: context.bytes(of: callID), cSeq: context.string(cSeq),
                        reason: Array(reason.utf8))
                    if (0...31).contains(flag) { context.flags |= 1 << UInt32(flag) }
                    return isFound ? 1 : -1
                }),
        ]
    }

    /// What else is done to transactions.
    static var transactionRows: [FunctionRow<TMXModule>] {
        [
            Row(
                "t_reply_callid", .string("callid"), .string("cseq"), .integer("code"),
                .string("reason"), routes: anywhere, returns: "1 sent, -1 there is none",
                "Answers the request of a Call-ID and a CSeq number.",
                call: { (module, context, callID, cSeq, code, reason) in
                    guard (100...699).contains(code) else { return -1 }
                    return module.tm.reply(
                        callID: context.bytes(of: callID), cSeq: context.string(cSeq), code,
                        context.bytes(of: reason)) ? 1 : -1
                }),
            Row(
                "t_flush_flags", routes: anywhere, returns: "1 done, -1 there is none",
                "Gives the flags of the message to the transaction."
            ) { (module, context) in module.tm.flushFlags(context) ? 1 : -1 },
            Row(
                "t_flush_xflags", routes: anywhere, returns: "1 done, -1 there is none",
                "The same; there are no further flags."
            ) { (module, context) in module.tm.flushFlags(context) ? 1 : -1 },
            Row(
                "t_precheck_trans", routes: .request,
                returns: "1 a retransmission, -1 not",
                "Whether the request has come before; its last reply is sent again."
            ) { (module, context) in module.tm.precheck(context) ? 1 : -1 },
            Row(
                "t_drop", Argument<Int>.integer("code").optional, routes: anywhere,
                returns: "1 dropped, -1 there is none",
                "Ends the transaction at hand, with a status if there is one."
            ) { (module, context, code: Int?) in module.tm.drop(context, code) ? 1 : -1 },
        ]
    }

    /// What cannot be had.
    static var refusedRows: [FunctionRow<TMXModule>] {
        [
            ("t_suspend", "no function of this server waits for anything that would need it"),
            ("t_continue", "no transaction is suspended"),
            ("t_reuse_branch", "no transaction is suspended"),
            ("t_uac_ack_local", "own requests are no INVITEs"),
            ("t_vbflag_set", "branch flags are set with setbflag"),
            ("t_vbflag_reset", "branch flags are reset with resetbflag"),
            ("t_vbflag_is_set", "branch flags are asked for with isbflagset"),
        ].map { Row(refused: $0.0, because: $0.1) }
    }

    // MARK: Statistics

    /// The statistics of the group `tmx`.
    static var statistics: [StatisticRow<TMXModule>] {
        [
            StatisticRow("active_transactions", "Open transactions.") { module in
                let open = module.tm.openCounts
                return open.served + open.sent
            },
            StatisticRow("inuse_transactions", "Open transactions.") { module in
                let open = module.tm.openCounts
                return open.served + open.sent
            },
            StatisticRow("rpl_received", "Responses to open transactions.") {
                $0.tm.counters.received
            },
            StatisticRow("rpl_generated", "Responses that were made here.") {
                $0.tm.counters.generated
            },
            StatisticRow("rpl_sent", "Responses that were sent.") { $0.tm.counters.sent },
            StatisticRow("rpl_absorbed", "Responses that went no further.") {
                $0.tm.counters.absorbed
            },
            StatisticRow("rpl_relayed", "Responses that were passed on.") {
                $0.tm.counters.relayed
            },
            StatisticRow("UAS_transactions", "Transactions of requests that were received.") {
                $0.tm.counters.served
            },
            StatisticRow("UAC_transactions", "Transactions of requests of this server's own.") {
                $0.tm.counters.own
            },
        ]
            + (2...6).map { number in
                StatisticRow("\(number)xx_transactions", "Transactions that ended so.") {
                    $0.tm.counters.classes[number - 2]
                }
            }
    }
}
