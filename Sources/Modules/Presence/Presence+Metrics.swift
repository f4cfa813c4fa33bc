internal import Basics
public import ModuleKit
internal import Subscriptions
internal import Synchronization

/// What a monitor is shown of the presence server: subscriptions and publications by package.
extension PresenceModule: MetricSource {
    /// Adds the figures of each event package; requests are statistics with fixed names.
    public func writeMetrics(to page: inout MetricPage) {
        guard let agent else { return }
        for place in agent.packages.packages.indices {
            let event = String(
                decoding: agent.packages.packages[place].eventText, as: UTF8.self)
            write(agent.counters[place], of: event, to: &page)
        }
    }

    private func write(
        _ counters: PackageCounters, of event: String, to page: inout MetricPage
    ) {
        page.gauge(
            "roost_publications", "Publications in memory, by event package.",
            counters.publications.value, labels: [("event", event)])
        let states = [
            ("active", counters.active), ("pending", counters.pending),
            ("waiting", counters.waiting),
        ]
        for (state, counter) in states {
            page.gauge(
                "roost_subscriptions", "Subscriptions by event package and state.", counter.value,
                labels: [("event", event), ("state", state)])
        }
        page.gauge(
            "roost_notifications_in_flight", "NOTIFYs that are on their way.",
            counters.inFlight.value, labels: [("event", event)])
        let outcomes = [
            ("ordered", counters.ordered), ("delivered", counters.delivered),
            ("failed", counters.failed), ("coalesced", counters.coalesced),
        ]
        for (outcome, counter) in outcomes {
            page.counter(
                "roost_notifications_total",
                "NOTIFYs that were ordered, answered by 2xx, failed, or told together with a later "
                    + "one.", counter.value, labels: [("event", event), ("outcome", outcome)])
        }
        page.counter(
            "roost_publications_expired_total", "Publications whose time was up.",
            counters.publicationsExpired.value, labels: [("event", event)])
        page.counter(
            "roost_subscriptions_expired_total", "Subscriptions whose time was up.",
            counters.subscriptionsExpired.value, labels: [("event", event)])
    }
}
