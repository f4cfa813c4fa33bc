internal import Basics
public import ModuleKit

/// The counters of the script, for monitors.
extension CountersModule: MetricSource {
    /// Adds them as one family: their names are the script's, and a family each could be that of
    /// another module.
    public func writeMetrics(to page: inout MetricPage) {
        for own in counters {
            page.counter(
                "roost_script_events_total",
                "What the script has counted with cnt_inc and cnt_add.",
                own.counter.value, labels: [("group", own.name.group), ("name", own.name.name)])
        }
    }
}
