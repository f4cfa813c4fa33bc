internal import Basics
internal import JSONValue
public import ModuleKit
internal import Publications
internal import Synchronization

extension PUAModule {
    /// The module's declaration.
    public static var manifest: Manifest<PUAModule> {
        Manifest(
            "pua", "The presence user agent: PUBLISH and SUBSCRIBE on behalf of others.",
            requires: ["tm"], parameters: parameterRows, functions: functionRows,
            methods: methodRows + storageMethods, statistics: statisticRows + storageStatistics,
            tables: tableRows)
    }

    private static var functionRows: [FunctionRow<PUAModule>] {
        [
            FunctionRow(
                "pua_update_contact", routes: [.request],
                returns: "1 when the subscription is known or is looked up, -1 when it is not",
                "Takes the Contact of a NOTIFY or SUBSCRIBE as the new remote target of the "
                    + "subscription whose dialog it belongs to."
            ) { (module, context) in module.updateContact(context) }
        ]
    }

    private static var methodRows: [MethodRow<PUAModule>] {
        [
            MethodRow(
                "pua.cleanup", result: .nothing, isChange: true,
                "Looks now for what has to be refreshed or has expired, and writes what waits.",
                example: RPCExample([], .object([]))
            ) { (module, _) in
                module.cleanUp()
                return .done
            }
        ]
    }

    private static var statisticRows: [StatisticRow<PUAModule>] {
        [
            gauge("queued", "Requests that wait for the user agent's thread.") { $0.waitingCount },
            gauge("jobs", "Publications and subscriptions that are being worked on.") {
                $0.load.jobs
            },
            gauge("in_flight", "Requests that are on their way.") { $0.load.inFlight },
            gauge("records", "Publications and subscriptions that are kept alive.") {
                $0.store.count
            },
            gauge("publish_sent", "PUBLISH requests sent.") { $0.figures.publishSent },
            gauge("subscribe_sent", "SUBSCRIBE requests sent.") { $0.figures.subscribeSent },
            gauge("refreshes", "Requests that kept something alive whose end was near.") {
                $0.figures.refreshes
            },
            gauge("accepted", "Requests that were answered with 2xx.") { $0.figures.accepted },
            gauge("refused", "Requests that were answered with anything else.") {
                $0.figures.refused
            },
            gauge("publish_412", "Publications whose entity tag was not known any more.") {
                $0.figures.conditionFailed
            },
            gauge("unanswered", "Requests that nobody answered.") { $0.figures.unanswered },
            gauge("unsendable", "Requests that could not be sent.") { $0.figures.unsendable },
            gauge("coalesced", "Requests that a newer one took the place of.") {
                $0.figures.coalesced
            },
            gauge("retries", "Attempts that were put off after a failure.") { $0.figures.retries },
            gauge("abandoned", "Requests that were given up.") { $0.figures.abandoned },
            gauge("turned_away", "Requests that were not taken since too many waited.") {
                $0.turnedAway.value
            },
        ]
    }

    private static func gauge(
        _ name: String, _ summary: String, _ read: @escaping @Sendable (PUAAgent) -> Int
    ) -> StatisticRow<PUAModule> {
        StatisticRow(name, summary) { module in module.agent.load().map(read) ?? 0 }
    }
}
