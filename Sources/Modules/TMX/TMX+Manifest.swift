internal import Basics
public import ModuleKit
internal import SIPSyntax
internal import TM

extension TMXModule {
    /// What the module declares.
    public static let manifest = Manifest<TMXModule>(
        "tmx", "What scripts ask about transactions, and do to them.", requires: ["tm"],
        parameters: [
            ParameterRow(
                "precheck_trans", only: 1,
                because: "a retransmission is always found before its transaction is opened")
        ],
        functions: routeTests + cancelRows + transactionRows + refusedRows,
        variables: numbers + texts + messages + attributes, statistics: statistics)

    // MARK: Variables

    private static var numbers: [VariableRow<TMXModule>] {
        [
            variable("T_branch_idx", "Number of the branch at hand, 0 without one.") {
                .integer($0.branchIndex($1) ?? 0)
            },
            variable("T_reply_code", "Status of the response at hand, 0 without one.") {
                .integer($0.replyStatus($1) ?? 0)
            },
        ]
    }

    private static var texts: [VariableRow<TMXModule>] {
        [
            variable("T_reply_reason", "Reason phrase of the response at hand.") {
                .text(.owned($0.lastReply($1)?.reason ?? []))
            },
            variable("T_reply_last", "Status of the response that came last, empty without one.") {
                guard let last = $0.lastReply($1) else { return .string("") }
                return .integer(last.status)
            },
            variable("T_reply_ruid", "Unique name of the binding of the branch at hand.") {
                .text(.owned($0.ruid($1) ?? []))
            },
        ]
    }

    private static func variable(
        _ name: String, _ summary: String,
        _ read: @escaping @Sendable (TMModule, ScriptContext) -> ScriptValue
    ) -> VariableRow<TMXModule> {
        VariableRow(name, summary) { (module, _) in
            let tm = module.tm
            return VariableAccess { context in read(tm, context) }
        }
    }

    /// `$T_req(pv)` and its like, whose names are pseudo-variables themselves.
    private static var messages: [VariableRow<TMXModule>] {
        [
            ("T_req", TMModule.Message.request, "A variable of the request of the transaction."),
            ("T_rpl", .reply, "A variable of the response that was chosen."),
            ("T_inv", .invite, "A variable of the INVITE that is cancelled."),
        ].map { name, message, summary in
            VariableRow(
                name, inner: .required, accepts: .dynamicInner, summary,
                check: { (reference) throws(ArgumentError) in
                    _ = try inner(reference, name)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let tm = module.tm
                    let inner = try inner(reference, name)
                    return VariableAccess { context in tm.read(message, context, inner) }
                })
        }
    }

    private static func inner(
        _ reference: VariableReference, _ name: String
    ) throws(ArgumentError) -> @Sendable (ScriptContext) -> ScriptValue {
        guard let inner = reference.dynamicInner else {
            throw ArgumentError("expected a pseudo-variable, such as $\(name)($ru)")
        }
        return inner
    }

    /// What `$T(name)` takes.
    enum TransactionField: String, CaseIterable {
        /// The two numbers that name a transaction.
        case index = "id_index", label = "id_label"
        /// The response at hand.
        case code = "reply_code", reason = "reply_reason", type = "reply_type"
        /// The branch.
        case branch = "branch_index", ruid

        /// The value for the transaction at hand.
        func value(_ tm: TMModule, _ context: ScriptContext) -> ScriptValue {
            switch self {
            case .index: tm.identity(context).map { .integer(Int($0.index)) } ?? .null
            case .label: tm.identity(context).map { .integer(Int($0.label)) } ?? .null
            case .code: .integer(tm.replyStatus(context) ?? 0)
            case .reason: .text(.owned(tm.lastReply(context)?.reason ?? []))
            case .type:
                tm.replyStatus(context) == nil
                    ? .null : .integer(tm.isReplyLocal(context) ? 1 : 0)
            case .branch: .integer(tm.branchIndex(context) ?? 0)
            case .ruid: tm.ruid(context).map { .text(.owned($0)) } ?? .null
            }
        }
    }

    /// What `$T_branch(name)` takes.
    enum TransactionBranchField: String, CaseIterable {
        /// Its flags and its request URI.
        case flags, uri

        /// The value for the branch at hand.
        func value(_ tm: TMModule, _ context: ScriptContext) -> ScriptValue {
            guard let branch = tm.branchTarget(context) else { return .null }
            switch self {
            case .flags: return .integer(Int(branch.flags))
            case .uri: return .text(.owned(branch.uri))
            }
        }
    }

    private static var attributes: [VariableRow<TMXModule>] {
        [
            VariableRow(
                "T", inner: .required, "An attribute of the transaction at hand.",
                check: { (reference) throws(ArgumentError) in
                    _ = try reference.word(TransactionField.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let tm = module.tm
                    let field = try reference.word(TransactionField.self)
                    return VariableAccess { context in field.value(tm, context) }
                }),
            VariableRow(
                "T_branch", inner: .required, "An attribute of the branch at hand.",
                check: { (reference) throws(ArgumentError) in
                    _ = try reference.word(TransactionBranchField.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let tm = module.tm
                    let field = try reference.word(TransactionBranchField.self)
                    return VariableAccess { context in field.value(tm, context) }
                }),
        ]
    }
}
