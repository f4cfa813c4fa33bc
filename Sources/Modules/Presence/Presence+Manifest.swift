internal import Basics
public import ModuleKit
internal import Subscriptions
internal import Synchronization

extension PresenceModule {
    /// The module's declaration.
    public static var manifest: Manifest<PresenceModule> {
        Manifest(
            "presence", "The event state server.", requires: ["sl", "tm"],
            parameters: parameterRows, functions: functionRows, variables: variableRows,
            methods: methodRows + storageMethods, statistics: statisticRows + storageStatistics,
            tables: tableRows,
            eventRoutes: [
                EventRouteRow(NotifyReplyRoute.name, "Runs when a NOTIFY has been answered.")
            ])
    }

    /// The figures of group `presence`; those of a package are named after it.
    private static var statisticRows: [StatisticRow<PresenceModule>] {
        [
            StatisticRow("publish_accepted", "PUBLISH requests that were answered with 200.") {
                module in module.counters.published
            },
            StatisticRow("publish_refused", "PUBLISH requests that were refused, with 412.") {
                module in module.counters.publishRefused
            },
            StatisticRow("publish_412", "PUBLISH requests with an entity tag that is not there.") {
                module in module.counters.conditionFailed
            },
            StatisticRow("subscribe_accepted", "SUBSCRIBE requests that were accepted.") {
                module in module.counters.subscribed
            },
            StatisticRow("subscribe_refused", "SUBSCRIBE requests that were refused, with 481.") {
                module in module.counters.subscribeRefused
            },
            StatisticRow("subscribe_481", "SUBSCRIBE requests in a dialog that is not there.") {
                module in module.counters.unknownDialogs
            },
            StatisticRow("notify_unsendable", "NOTIFYs that could not be sent at all.") {
                module in module.running.load()?.sender.unsendable.value ?? 0
            },
            StatisticRow("notify_unanswered", "NOTIFYs that nobody answered.") {
                module in module.running.load()?.sender.unanswered.value ?? 0
            },
            StatisticRow(
                "notify_postponed", "NOTIFYs that were put off until there was room for them."
            ) { module in module.running.load()?.sender.postponed.value ?? 0 },
            StatisticRow(family: "EVENT_publications", "The figures of each event package.") {
                module, group in
                guard let agent = module.agent else { return [] }
                return agent.packages.packages.indices.flatMap { place in
                    let name = String(
                        decoding: agent.packages.packages[place].eventText, as: UTF8.self)
                    return readings(agent.counters[place], of: name, group)
                }
            },
        ]
    }

    private static func readings(
        _ counters: PackageCounters, of event: String, _ group: String
    ) -> [StatisticReading] {
        let gauges: [(String, Counter)] = [
            ("publications", counters.publications), ("active", counters.active),
            ("pending", counters.pending), ("waiting", counters.waiting),
            ("notify_in_flight", counters.inFlight),
        ]
        let sums: [(String, Counter)] = [
            ("notify_sent", counters.ordered), ("notify_delivered", counters.delivered),
            ("notify_failed", counters.failed), ("notify_coalesced", counters.coalesced),
            ("publications_expired", counters.publicationsExpired),
            ("subscriptions_expired", counters.subscriptionsExpired),
        ]
        return gauges.map { name, counter in
            StatisticReading(group: group, name: "\(event)_\(name)", value: counter.value)
        }
            + sums.map { name, counter in
                StatisticReading(
                    group: group, name: "\(event)_\(name)", value: counter.value,
                    reset: { counter.set(0) })
            }
    }
}
