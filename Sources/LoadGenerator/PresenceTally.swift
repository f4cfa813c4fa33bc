internal import Histogram

/// Counts what happens during one phase of a presence load.
struct PresenceTally: Sendable {
    /// Requests and their replies.
    var requests = LoadTally()
    /// Operations whose reply and NOTIFYs have all come.
    var completed = 0
    /// Operations that were answered, but whose NOTIFYs did not all come in time.
    var incomplete = 0
    /// NOTIFYs whose CSeq was higher than the one before, as it must be (RFC 3261 12.2.2).
    var notifies = 0
    /// NOTIFYs that came once more with the branch that they had before.
    var repeated = 0
    /// NOTIFYs with a CSeq that has been used, or that tell a state for the second time.
    var duplicated = 0
    /// NOTIFYs with a lower CSeq than the one before.
    var outOfOrder = 0
    /// CSeq numbers that were passed over: allowed, and a hint that something got lost.
    var skipped = 0
    /// NOTIFYs that were waited for until the time was up.
    var lost = 0
    /// NOTIFYs of an older state, or that nobody waited for.
    var late = 0
    /// NOTIFYs whose body is another presentity's, of a state that never was, or cut off.
    var wrongBodies = 0
    /// NOTIFYs without CSeq or Subscription-State, and good replies without the tag they must have.
    var malformed = 0
    /// NOTIFYs of other runs or of dialogs that never were; they are answered with 481.
    var unknown = 0
    /// Nanoseconds from the request to a NOTIFY that it caused.
    private var latency = Histogram<UInt64>(
        lowestDiscernibleValue: 1_000, highestTrackableValue: 4_000_000_000_000,
        numberOfSignificantValueDigits: .three)

    /// Final replies other than 2xx.
    var refused: Int { requests.answered - requests.classes[2] }
    /// Operations that have come to an end, well or not.
    var settled: Int { completed + refused + requests.timedOut + incomplete }
    /// NOTIFYs that should not have been, or should have been different, or did not come.
    var faults: Int {
        lost + duplicated + outOfOrder + wrongBodies + malformed + unknown
    }

    /// Counts the time that a NOTIFY took.
    mutating func notified(nanoseconds: UInt64) { latency.record(nanoseconds) }

    /// Microseconds within which `percent` of the NOTIFYs came; 0 without any.
    func notifyMicroseconds(percent: Double) -> Double {
        guard latency.totalCount > 0 else { return 0 }
        return Double(latency.valueAtPercentile(percent)) / 1_000
    }
}
