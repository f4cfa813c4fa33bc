public import ModuleKit

extension TMModule {
    /// What the module declares.
    public static let manifest = Manifest<TMModule>(
        "tm", "Transactions, and the proxy that is made of them.",
        functions: transactionRows, eventRoutes: events)

    /// The blocks that it runs by name.
    private static let events = [
        EventRouteRow(
            "tm:local-request",
            "A request of this server's own is about to leave; drop keeps it, and header fields "
                + "and body may be changed."),
        EventRouteRow("tm:local-response", "A reply was made here and is about to leave."),
        EventRouteRow("tm:local-response-sent", "A reply was made here and has left."),
        EventRouteRow(
            "tm:local-ack-sent", "An ACK was made here for a 2xx, and has left."),
    ]

    /// What opens, answers and ends transactions.
    private static var transactionRows: [FunctionRow<TMModule>] {
        [
            FunctionRow(
                "t_newtran", routes: [.request],
                returns: "1 opened, 0 for a retransmission or an ACK (the script ends), -1 refused",
                "Opens a transaction for the request."
            ) { (module, context) in module.newTransaction(context) }
        ]
    }
}
