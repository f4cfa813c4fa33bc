/// A module that has more to show to a monitor than its statistics say by themselves: figures with
/// labels, durations.
///
/// The statistics of a module with fixed names are shown without it.
public protocol MetricSource: AnyObject, Sendable {
    /// Adds what the module has to show.
    ///
    /// It is asked at each scrape, so it reads what is counted anyway and walks over no table: a
    /// scrape costs the same with a million contacts as with one.
    func writeMetrics(to page: inout MetricPage)
    /// Whether that is all, so that its statistics are not shown a second time.
    var coversStatistics: Bool { get }
}

extension MetricSource {
    /// The statistics with fixed names are shown beside it.
    public var coversStatistics: Bool { false }
}
