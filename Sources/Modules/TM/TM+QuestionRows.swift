internal import Basics
internal import ModuleKit
internal import SIPSyntax
internal import Transactions

/// The declarations of what scripts ask about transactions.
extension TMModule {
    private typealias Row = FunctionRow<TMModule>
    private static var anywhere: RouteKinds { [.request, .reply, .failure, .branch, .event] }
    private static var yesNo: String { "1 yes, -1 no" }

    /// The status that a block works on: that of the response at hand, of the one that was chosen,
    /// or of the last reply; nil without any.
    func status(_ context: ScriptContext) -> Int? {
        guard let transaction = transaction(context) else { return nil }
        // In a reply route the response itself is at hand, and it is the newest.
        if context.message.kind == .response { return context.message.status }
        switch transaction.stage {
        case .failure, .branchFailure: return transaction.relay?.chosenStatus
        default: return transaction.repliedStatus > 0 ? transaction.repliedStatus : nil
        }
    }

    /// A question about the transaction at hand.
    private static func asking(
        _ name: String, _ summary: String,
        _ question: @escaping @Sendable (ServedTransaction) -> Bool
    ) -> FunctionRow<TMModule> {
        Row(name, routes: anywhere, returns: yesNo, summary) { (module, context) in
            guard let transaction = module.transaction(context) else { return -1 }
            return question(transaction) ? 1 : -1
        }
    }

    /// All of them.
    static var questionRows: [FunctionRow<TMModule>] {
        statusRows + [
            asking("t_any_timeout", "Whether a branch was not answered in time.") {
                $0.relay?.forks.branches.contains { $0.isLocal && $0.status == 408 } ?? false
            },
            asking("t_any_replied", "Whether a branch was answered.") {
                $0.relay?.forks.branches.contains { !$0.isLocal && $0.status > 0 } ?? false
            },
            asking("t_branch_timeout", "Whether the chosen branch was not answered in time.") {
                guard let relay = $0.relay else { return false }
                return relay.isChosenLocal && relay.chosenStatus == 408
            },
            asking("t_branch_replied", "Whether the chosen branch was answered.") {
                guard let relay = $0.relay else { return false }
                return !relay.isChosenLocal && relay.chosenStatus > 0
            },
            asking("t_is_canceled", "Whether the client has cancelled.") {
                $0.isCancelled || $0.relay?.forks.isCancelled ?? false
            },
            asking("t_is_expired", "Whether the transaction has lived too long.") {
                $0.isExpired
            },
            Row(
                "t_is_retr_async_reply", routes: .reply, returns: "-1",
                "Never: no transaction is suspended."
            ) { (_, _) in -1 },
            Row(
                "t_is_set", .constant("target"), returns: yesNo,
                "Whether branch_route, failure_route, onreply_route or branch_failure_route is "
                    + "armed.",
                compile: { (module, target) throws(ArgumentError) in
                    guard let name = target.constantValue, let path = Self.armed(name) else {
                        throw ArgumentError("expected branch_route, failure_route, onreply_route")
                    }
                    return { context in
                        let wishes =
                            module.transaction(context)?.wishes
                            ?? module.workspace(context).pendingWishes(context)
                        return wishes[keyPath: path] == nil ? -1 : 1
                    }
                }),
            Row(
                "t_drop_replies", Argument<String>.constant("which").optional, routes: .failure,
                returns: "1",
                "Responses are not chosen from: a all, l those of the last group, n "
                    + "none."
            ) { (module, context, which: String?) in
                let mode: FailureReplyMode =
                    switch which ?? "a" {
                    case "n", "0": .keepAll
                    case "l": .dropLast
                    default: .dropAll
                    }
                module.transaction(context)?.relay?.forks.dropResponses(mode)
                return 1
            },
        ]
    }

    /// The wish that `t_is_set` asks for, by the name of its block.
    private static func armed(
        _ name: String
    ) -> (any KeyPath<TransactionWishes, String?> & Sendable)? {
        switch name {
        case "branch_route": return \TransactionWishes.branchRoute
        case "failure_route": return \TransactionWishes.failureRoute
        case "onreply_route", "reply_route": return \TransactionWishes.replyRoute
        case "branch_failure_route", "branch-failure": return \TransactionWishes.branchFailureRoute
        default: return nil
        }
    }

    /// Questions about the status of responses.
    private static var statusRows: [FunctionRow<TMModule>] {
        [
            Row(
                "t_check_status", .pattern("expression"), routes: anywhere, returns: yesNo,
                "Whether the status of the response matches."
            ) { (module, context, expression: RegularExpression) in
                guard let status = module.status(context) else { return -1 }
                let text = Array(String(status).utf8)
                return expression.matches(text.span) ? 1 : -1
            },
            Row(
                "t_get_status_code", routes: anywhere, returns: "the status, -1 without one",
                "The status of the response."
            ) { (module, context) in module.status(context) ?? -1 },
            Row(
                "t_get_branch_index", routes: anywhere, returns: "the index, -1 without one",
                "The branch that the block runs for."
            ) { (module, context) in module.workspace(context).currentBranch },
            Row(
                "t_grep_status", .integer("code"), routes: anywhere, returns: yesNo,
                "Whether a branch has ended with this status."
            ) { (module, context, code: Int) in
                let forks = module.transaction(context)?.relay?.forks
                return forks?.branches.contains { Int($0.status) == code } ?? false ? 1 : -1
            },
        ]
    }

    /// What cannot be had.
    static var refusedFunctionRows: [FunctionRow<TMModule>] {
        [
            ("t_write_req", "there are no FIFOs for requests"),
            ("t_write_unix", "there are no sockets for requests"),
            ("t_relay_to_avp", "a destination is set with $du"),
            ("t_cell_append_branches", "branches are appended to the transaction at hand"),
            ("t_msg_apply_changes", "changes of a branch show when it is sent"),
            ("t_set_no_auto_ack", "own requests are no INVITEs"),
            ("t_use_uac_headers", "own requests are written, not made of others"),
        ].map { Row(refused: $0.0, because: $0.1) }
    }
}

extension Evaluator where Value == String {
    /// The value that the script has written.
    var constantValue: String? {
        if case .constant(let text) = self { return text }
        return nil
    }
}
