internal import Basics
public import ModuleKit

/// What a monitor is shown of transactions.
extension TMModule: MetricSource {
    /// Adds open transactions by side, and what became of them.
    public func writeMetrics(to page: inout MetricPage) {
        let open = openCounts
        for (side, count) in [("server", open.served), ("client", open.sent)] {
            page.gauge(
                "roost_transactions", "Transactions that are open, by side.", count,
                labels: [("side", side)])
        }
        for (side, counter) in [("server", counters.served), ("client", counters.own)] {
            page.counter(
                "roost_transactions_opened_total",
                "Transactions that were opened for received requests, and for requests of this "
                    + "server's own.", counter.value, labels: [("side", side)])
        }
        for (place, counter) in counters.classes.enumerated() {
            page.counter(
                "roost_transactions_completed_total",
                "Transactions that got their final status, by its class.", counter.value,
                labels: [("class", "\(place + 2)xx")])
        }
    }
}
