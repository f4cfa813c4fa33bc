public import ModuleKit
internal import SIPSyntax

extension TMXModule {
    /// What the module declares.
    public static let manifest = Manifest<TMXModule>(
        "tmx", "What scripts ask about transactions.", requires: ["tm"],
        functions: routeTests, variables: numbers + texts + messages + attributes)

    /// The blocks that belong to transactions never run yet.
    private static var routeTests: [FunctionRow<TMXModule>] {
        [
            FunctionRow(
                "t_is_request_route", returns: "1 yes, -1 no", "Whether a request is handled."
            ) {
                (_, context) in context.message.kind == .request ? 1 : -1
            },
            never("t_is_failure_route"), never("t_is_branch_route"), never("t_is_reply_route"),
        ]
    }

    private static func never(_ name: String) -> FunctionRow<TMXModule> {
        FunctionRow(name, returns: "-1", "Never, as there are no transactions.") { (_, _) in -1 }
    }

    private static var numbers: [VariableRow<TMXModule>] {
        [
            VariableRow("T_branch_idx", "Number of the branch: 0.") { _ in .integer(0) },
            VariableRow("T_reply_code", "Status of the last reply of a transaction: 0.") { _ in
                .integer(0)
            },
        ]
    }

    private static var texts: [VariableRow<TMXModule>] {
        [
            ("T_reply_reason", "Reason phrase of the last reply of a transaction: empty."),
            ("T_reply_last", "Status of the last reply that was received: empty."),
            ("T_reply_ruid", "Unique name of the branch's binding: empty."),
        ].map { name, summary in VariableRow(name, summary) { _ in .string("") } }
    }

    /// `$T_req(pv)` and its like, whose names are pseudo-variables themselves.
    private static var messages: [VariableRow<TMXModule>] {
        [
            ("T_req", "A variable of the request that a reply belongs to: null."),
            ("T_rpl", "A variable of the reply that was chosen: null."),
            ("T_inv", "A variable of the INVITE that is cancelled: null."),
        ].map { name, summary in
            VariableRow(
                name, inner: .required, accepts: .dynamicInner, summary,
                access: { (reference) throws(ArgumentError) in
                    guard reference.dynamicInner != nil else {
                        throw ArgumentError("expected a pseudo-variable, such as $\(name)($ru)")
                    }
                    return VariableAccess { _ in .null }
                })
        }
    }

    /// What `$T(name)` takes.
    enum TransactionField: String, CaseIterable {
        /// The two numbers that name a transaction.
        case index = "id_index", label = "id_label"
        /// The last reply.
        case code = "reply_code", reason = "reply_reason", type = "reply_type"
        /// The branch.
        case branch = "branch_index", ruid

        /// The value outside of a transaction.
        var value: ScriptValue {
            switch self {
            case .code, .branch: .integer(0)
            case .reason: .string("")
            case .index, .label, .type, .ruid: .null
            }
        }
    }

    /// What `$T_branch(name)` takes.
    enum TransactionBranchField: String, CaseIterable {
        /// Its flags and its request URI.
        case flags, uri
    }

    private static var attributes: [VariableRow<TMXModule>] {
        [
            VariableRow(
                "T", inner: .required, "An attribute of the transaction, as it is without one.",
                access: { (reference) throws(ArgumentError) in
                    let value = try reference.word(TransactionField.self).value
                    return VariableAccess { _ in value }
                }),
            VariableRow(
                "T_branch", inner: .required, "An attribute of a branch of it: null.",
                access: { (reference) throws(ArgumentError) in
                    _ = try reference.word(TransactionBranchField.self)
                    return VariableAccess { _ in .null }
                }),
        ]
    }
}
