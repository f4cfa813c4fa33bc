public import ModuleKit

extension TMModule {
    /// What the module declares.
    public static let manifest = Manifest<TMModule>(
        "tm", "Transactions, and the proxy that is made of them.",
        parameters: timerRows + choiceRows + attributeRows + matchingRows + avoidanceRows
            + refusedRows,
        functions: relayRows + replicaRows + transactionRows + replyRows + armingRows
            + settingRows + questionRows + contactRows + refusedFunctionRows,
        methods: managementRows, eventRoutes: events)

    /// The blocks that it runs by name.
    private static let events = [
        EventRouteRow(
            "tm:local-request",
            "A request of this server's own is about to leave; drop keeps it, and header fields "
                + "and body may be changed."),
        EventRouteRow("tm:local-response", "A reply was made here and is about to leave."),
        EventRouteRow("tm:local-response-sent", "A reply was made here and has left."),
        EventRouteRow("tm:branch-failure:*", "A branch has failed (t_on_branch_failure)."),
    ]
}
