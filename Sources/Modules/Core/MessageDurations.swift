public import Basics
internal import ModuleKit

/// How long workers take for requests, from the scanner's first byte to the reply in the outbox.
///
/// One request of `sampling` is measured: a clock that is read twice for each of half a million
/// requests a second would be the most expensive part of the statistics, and percentiles need no
/// more. Counts of requests come from `MessageCounters`, which counts all.
public final class MessageDurations: Sendable {
    /// Of how many messages of a worker one is measured.
    public static let sampling: UInt32 = 16

    /// The methods that are told apart.
    static let methods: [MessageCounters.Method] = [
        .register, .subscribe, .publish, .notify, .options, .invite,
    ]
    /// One for each of `methods`, and one for all others.
    let histograms: [LatencyHistogram] = (0...methods.count).map { _ in LatencyHistogram() }

    /// Nothing noted.
    public init() {}

    /// Notes how long a request took.
    public func note(_ method: MessageCounters.Method?, nanoseconds: UInt64) {
        histograms[Self.place(of: method)].note(nanoseconds: nanoseconds)
    }

    /// What was noted for a method; those without a histogram of their own share one.
    public func reading(_ method: MessageCounters.Method?) -> LatencyHistogram.Reading {
        histograms[Self.place(of: method)].reading
    }

    private static func place(of method: MessageCounters.Method?) -> Int {
        switch method {
        case .register: 0
        case .subscribe: 1
        case .publish: 2
        case .notify: 3
        case .options: 4
        case .invite: 5
        default: 6
        }
    }
}
