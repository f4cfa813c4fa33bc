internal import ModuleKit

/// What a script wants of a transaction: the blocks that it armed, timers, switches.
struct TransactionWishes: Sendable {
    /// `t_on_failure`.
    var failureRoute: String?
    /// `t_on_branch`.
    var branchRoute: String?
    /// `t_on_reply`.
    var replyRoute: String?
    /// `t_on_branch_failure`.
    var branchFailureRoute: String?
    /// `t_set_fr`: milliseconds, nil for the parameter's.
    var inviteTimer: Int?
    /// `t_set_fr`: milliseconds, nil for the parameter's.
    var finalTimer: Int?
    /// `t_set_retr`: T1.
    var firstInterval: Int?
    /// `t_set_retr`: T2.
    var longestInterval: Int?
    /// `t_set_max_lifetime`.
    var lifetime: Int?
    /// `t_set_auto_inv_100`.
    var answersTrying: Bool?
    /// `t_set_disable_6xx`.
    var disables6xx: Bool?
    /// `t_set_disable_failover`.
    var disablesFailover = false
    /// `t_set_disable_internal_reply`.
    var disablesInternalReply = false
    /// `t_set_no_e2e_cancel_reason`.
    var omitsCancelReason = false

    /// Targets that are still to be tried, group by group in the order of their q
    /// (`t_load_contacts`); nil before they were loaded.
    var groups: [[ScriptBranch]]?
    /// Whether a group after the first one is being tried (`fr_inv_timer_next`).
    var isFurtherGroup = false
    /// Further flows of phones that are being tried (`t_next_contact_flow`).
    var flows: [ScriptBranch] = []

    /// No wishes.
    init() {}
}
