public import Basics

/// When to try a database again that could not be reached: at once, then ever more seldom.
///
/// A value without a clock: the caller says what time it is.
public struct ReconnectBackoff: Sendable, Hashable {
    /// Pause after the first failure, in nanoseconds.
    public let pauseMin: UInt64
    /// Longest pause, in nanoseconds.
    public let pauseMax: UInt64
    /// Failures in a row so far.
    public private(set) var failures = 0
    /// Earliest time of the next attempt, nil when one may be made at once.
    public private(set) var nextAttempt: MonotonicTime?

    /// A backoff between two pauses in milliseconds, which doubles from the first to the second.
    public init(minMilliseconds: Int = 250, maxMilliseconds: Int = 5_000) {
        precondition(minMilliseconds > 0, "a pause of nothing is no pause")
        precondition(maxMilliseconds >= minMilliseconds, "the longest pause is the shortest")
        precondition(maxMilliseconds <= 3_600_000, "an hour is the longest sensible pause")
        pauseMin = UInt64(minMilliseconds) * 1_000_000
        pauseMax = UInt64(maxMilliseconds) * 1_000_000
    }

    /// Whether an attempt may be made now.
    public func mayTry(at now: MonotonicTime) -> Bool {
        nextAttempt.map { $0 <= now } ?? true
    }

    /// Nanoseconds until the next attempt, 0 when it may be made now.
    public func remaining(at now: MonotonicTime) -> UInt64 { nextAttempt?.since(now) ?? 0 }

    /// Notes that an attempt failed.
    public mutating func fail(at now: MonotonicTime) {
        let doublings = min(failures, 32)
        let pause = min(pauseMin << UInt64(doublings), pauseMax)
        failures += 1
        nextAttempt = MonotonicTime(nanoseconds: now.nanoseconds + pause)
    }

    /// Notes that the database answered.
    public mutating func succeed() {
        failures = 0
        nextAttempt = nil
    }
}
