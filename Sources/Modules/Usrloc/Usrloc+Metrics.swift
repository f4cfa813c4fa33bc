internal import Basics
internal import Locations
public import ModuleKit

/// What a monitor is shown of the location service.
///
/// Tables count while they are changed, so nothing is walked here.
extension UsrlocModule: MetricSource {
    /// The statistics have the name of a table in their own; here it is a label.
    public var coversStatistics: Bool { true }

    /// Adds users, contacts and their unwritten changes by table.
    public func writeMetrics(to page: inout MetricPage) {
        let now = SystemClock.wall().seconds
        for table in tables {
            let labels: [MetricPage.Label] = [("table", table.name)]
            page.gauge(
                "roost_location_users", "Addresses-of-record with at least one contact.",
                table.statistics.users.value, labels: labels)
            page.gauge(
                "roost_location_contacts", "Contacts, those included that expire right now.",
                table.statistics.contacts.value, labels: labels)
            page.counter(
                "roost_location_expired_total", "Contacts whose time was up.",
                table.statistics.expired.value, labels: labels)
            page.gauge(
                "roost_location_unwritten_contacts", "Contacts whose row is not up to date.",
                table.dirtyCount, labels: labels)
            page.gauge(
                "roost_location_oldest_unwritten_seconds",
                "Age of the oldest contact whose row is not up to date.",
                table.dirtySince.map { max(0, now - $0.seconds) } ?? 0, labels: labels)
        }
        page.counter(
            "roost_location_rows_written_total", "Rows that were written or deleted.",
            counters.rowsWritten.value)
        page.counter(
            "roost_location_rows_loaded_total", "Rows that were loaded.",
            counters.rowsLoaded.value)
        page.counter(
            "roost_location_rows_skipped_total",
            "Rows that could not be understood and were left alone.", counters.rowsSkipped.value)
        page.counter(
            "roost_location_failed_flushes_total", "Write-backs that failed and were put off.",
            counters.failedFlushes.value)
    }
}
