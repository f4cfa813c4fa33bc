internal import ModuleKit
internal import SIPSyntax

/// The declarations of what a script wants of a transaction.
extension TMModule {
    private typealias Row = FunctionRow<TMModule>
    private static var anywhere: RouteKinds { [.request, .reply, .failure, .branch, .event] }

    /// Changes what the script wants of the transaction at hand, or of the one to come.
    func edit(_ context: ScriptContext, _ change: (inout TransactionWishes) -> Void) -> Int {
        if let transaction = transaction(context) {
            change(&transaction.wishes)
            return 1
        }
        let work = workspace(context)
        var wishes = work.pendingWishes(context)
        change(&wishes)
        work.wishes = wishes
        return 1
    }

    /// What arms blocks.
    static var armingRows: [FunctionRow<TMModule>] {
        [
            arming("t_on_failure", .failure, \.failureRoute),
            arming("t_on_branch", .branch, \.branchRoute),
            arming("t_on_reply", .reply, \.replyRoute),
            Row(
                "t_on_branch_failure", .string("route"), routes: anywhere, returns: "1 armed",
                "Arms event_route[tm:branch-failure:NAME] for the branches to come."
            ) { (module, context, name: ScriptText) in
                let text = context.string(name)
                return module.edit(context) {
                    $0.branchFailureRoute = text == "0" || text.isEmpty ? nil : text
                }
            },
        ]
    }

    /// A function that arms a block, whose name is checked when the script is read: a call must not
    /// fail at night because of a misspelt name.
    private static func arming(
        _ name: String, _ kind: NamedRoute,
        _ path: any WritableKeyPath<TransactionWishes, String?> & Sendable
    ) -> FunctionRow<TMModule> {
        Row(
            name, .armed("route", kind), routes: anywhere, returns: "1 armed, -1 no such block",
            "Arms \(kind.rawValue)[NAME]; \"0\" disarms it."
        ) { (module, context, route: ScriptText) in
            let text = context.string(route)
            return module.edit(context) {
                $0[keyPath: path] = text == "0" || text.isEmpty ? nil : text
            }
        }
    }

    /// What sets timers and switches.
    static var settingRows: [FunctionRow<TMModule>] {
        timerSettings + [
            switching("t_set_auto_inv_100") { $0.answersTrying = $1 },
            switching("t_set_disable_6xx") { $0.disables6xx = $1 },
            switching("t_set_disable_failover") { $0.disablesFailover = $1 },
            switching("t_set_disable_internal_reply") { $0.disablesInternalReply = $1 },
            switching("t_set_no_e2e_cancel_reason") { $0.omitsCancelReason = $1 },
            switching("t_disable_e2e_cancel_reason") { $0.omitsCancelReason = $1 },
        ]
    }

    /// A function that turns something on or off for one transaction.
    private static func switching(
        _ name: String, _ change: @escaping @Sendable (inout TransactionWishes, Bool) -> Void
    ) -> FunctionRow<TMModule> {
        Row(
            name, .integer("on"), routes: anywhere, returns: "1",
            "A switch of this transaction: 0 or 1."
        ) { (module, context, value: Int) in
            module.edit(context) { change(&$0, value != 0) }
        }
    }

    /// The functions that set times, in milliseconds; what they leave is that of the parameters.
    private static var timerSettings: [FunctionRow<TMModule>] {
        [
            Row(
                "t_set_fr", .integer("fr_inv_timer"), Argument<Int>.integer("fr_timer").optional,
                routes: anywhere, returns: "1",
                "Milliseconds to wait for responses of branches to come; 0 leaves as it is."
            ) { (module, context, invite: Int, final: Int?) in
                module.edit(context) {
                    if invite > 0 { $0.inviteTimer = invite }
                    if let final, final > 0 { $0.finalTimer = final }
                }
            },
            Row("t_reset_fr", routes: anywhere, returns: "1", "Undoes t_set_fr.") {
                (module, context) in
                module.edit(context) {
                    $0.inviteTimer = nil
                    $0.finalTimer = nil
                }
            },
            Row(
                "t_set_retr", .integer("t1"), .integer("t2"), routes: anywhere, returns: "1",
                "Milliseconds of T1 and T2; 0 leaves as it is."
            ) { (module, context, one: Int, two: Int) in
                module.edit(context) {
                    if one > 0 { $0.firstInterval = one }
                    if two > 0 { $0.longestInterval = two }
                }
            },
            Row("t_reset_retr", routes: anywhere, returns: "1", "Undoes t_set_retr.") {
                (module, context) in
                module.edit(context) {
                    $0.firstInterval = nil
                    $0.longestInterval = nil
                }
            },
            Row(
                "t_set_max_lifetime", .integer("invite"), .integer("other"), routes: anywhere,
                returns: "1 set, -1 the transaction is open already",
                "Milliseconds that a transaction lives which is opened later; 0 leaves it."
            ) { (module, context, invite: Int, other: Int) in
                // The life of a transaction is decided when it is opened; a script that asks
                // later must not believe that it was heard.
                guard module.transaction(context) == nil else {
                    context.log(.error, "t_set_max_lifetime: too late, its transaction is open")
                    return -1
                }
                let value = context.message.method == .invite ? invite : other
                return module.edit(context) { if value > 0 { $0.lifetime = value } }
            },
            Row(
                "t_reset_max_lifetime", routes: anywhere, returns: "1",
                "Undoes t_set_max_lifetime."
            ) { (module, context) in module.edit(context) { $0.lifetime = nil } },
        ]
    }
}

extension Argument where Value == ScriptText {
    /// The name of a block, or "0" for none.
    fileprivate static func armed(_ name: String, _ kind: NamedRoute) -> Argument<ScriptText> {
        let route = Argument<ScriptText>.route(name, kind)
        return Argument(name, expects: route.expects, isOptional: false) {
            (source, templates) throws(ArgumentError) in
            switch source {
            case .string("0"), .string(""), .integer(0): return .constant(.owned([48]))
            default: return try route.prepare(source, templates)
            }
        }
    }
}
