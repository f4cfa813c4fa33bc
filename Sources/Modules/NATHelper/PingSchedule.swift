import Basics

/// How many contacts are due at a moment, so that all are pinged once an interval and never many at
/// a time.
///
/// A value without clock: time comes in as an argument. Pings of a million contacts are a stream of
/// packets as even as the timer, instead of a burst that a router drops.
struct PingSchedule {
    /// Nanoseconds in which each contact is pinged once.
    private let interval: Double
    /// Contacts that are due and not pinged yet; negative after a few too many.
    private var credit = 0.0
    private var last: MonotonicTime?

    /// A schedule with an interval in seconds, at least 1.
    init(seconds: Int) {
        precondition(seconds > 0)
        interval = Double(seconds) * 1e9
    }

    /// How many of `total` contacts are due now.
    ///
    /// A pause, as of a machine that was suspended, is not made up for by more than one tick's
    /// worth of a second.
    mutating func due(_ now: MonotonicTime, of total: Int) -> Int {
        assert(total >= 0)
        let passed = last.map { min(Double(now.since($0)), 1e9) } ?? 0
        last = now
        credit = min(credit + Double(total) * passed / interval, Double(total))
        // Tenths add up to a little less than one.
        return max(0, Int(credit + 1e-6))
    }

    /// Takes note of contacts that were looked at.
    mutating func take(_ count: Int) { credit -= Double(count) }
}
