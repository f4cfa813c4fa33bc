internal import Histogram

/// Counts what happens while a load runs.
///
/// Latencies go into a histogram of three significant digits, so that a billion of them take no
/// more memory than one, and the percentiles at the far end are as exact as those in the middle.
struct LoadTally: Sendable {
    /// Requests sent for the first time.
    var sent = 0
    /// Requests sent again.
    var retransmitted = 0
    /// Final replies by their first digit; 2 is success.
    var classes: [7 of Int] = .init(repeating: 0)
    /// Provisional replies.
    var provisional = 0
    /// Replies that nobody waited for: late, or a second answer.
    var stray = 0
    /// Requests without a final reply in time.
    var timedOut = 0
    /// Requests lost with their connection.
    var disconnected = 0
    /// Latency of final replies in nanoseconds.
    private var latency = Histogram<UInt64>(
        lowestDiscernibleValue: 1_000, highestTrackableValue: 4_000_000_000_000,
        numberOfSignificantValueDigits: .three)

    /// Requests that have had a final reply.
    var answered: Int { classes[2] + classes[3] + classes[4] + classes[5] + classes[6] }
    /// Requests that have come to an end, well or not.
    var settled: Int { answered + timedOut + disconnected }

    /// Counts a final reply of `status` that took `nanoseconds`.
    mutating func settle(status: Int, nanoseconds: UInt64) {
        classes[status / 100] += 1
        latency.record(nanoseconds)
    }

    /// Microseconds within which `percent` of the requests were answered; 0 without any.
    func microseconds(percent: Double) -> Double {
        guard latency.totalCount > 0 else { return 0 }
        return Double(latency.valueAtPercentile(percent)) / 1_000
    }
}
