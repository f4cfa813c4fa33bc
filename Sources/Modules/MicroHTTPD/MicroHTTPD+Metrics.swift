internal import Basics
internal import Management
public import ModuleKit

/// What a monitor is shown of HTTP.
extension MicroHTTPD: MetricSource {
    /// Adds the figures of the port; those of events are statistics.
    public func writeMetrics(to page: inout MetricPage) { figures?.write(to: &page) }
}
