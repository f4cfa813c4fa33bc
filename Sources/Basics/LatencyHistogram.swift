internal import CLinux
internal import Synchronization

/// How long something took, counted in ranges: what a monitor computes percentiles from.
///
/// Each thread counts on a lane of its own, as `Counter` does, so that nothing is allocated or
/// locked when a duration is noted; lanes are added when somebody reads. The ranges are fixed, a
/// 1-2.5-5 series from 10 microseconds to 10 seconds: a monitor can add servers together only when
/// all of them have the same ones.
public final class LatencyHistogram: Sendable {
    /// Upper bounds of the ranges in nanoseconds, each included; what is longer is in a last range
    /// without bound.
    public static let bounds: [UInt64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
        2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]
    /// The same in seconds, as monitors write them.
    public static let boundTexts = [
        "1e-05", "2.5e-05", "5e-05", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
        "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
    ]

    /// What was counted so far.
    public struct Reading: Sendable, Equatable {
        /// Durations in each range, the one without bound last.
        public var counts: [Int]
        /// The sum of all durations, in nanoseconds.
        public var nanoseconds: Int
        /// All durations.
        public var count: Int { counts.reduce(0, +) }
    }

    private static let lanes = 8

    /// The numbers of some threads; 21 words and a pad fill three cache lines.
    private struct Lane: ~Copyable {
        let counts: [20 of Atomic<Int>] = InlineArray { _ in Atomic<Int>(0) }
        let nanoseconds = Atomic<Int>(0)
        private let padding = InlineArray<3, UInt64>(repeating: 0)
    }

    private let parts: [8 of Lane]

    /// Nothing counted.
    public init() {
        assert(Self.bounds.count == 19 && Self.boundTexts.count == 19)
        parts = InlineArray { _ in Lane() }
    }

    /// Notes a duration.
    public func note(nanoseconds: UInt64) {
        let bounds = Self.bounds
        var range = 0
        while range < bounds.count, nanoseconds > bounds[range] { range += 1 }
        let lane = Int(clinux_lane() & UInt32(Self.lanes - 1))
        parts[lane].counts[range].add(1, ordering: .relaxed)
        parts[lane].nanoseconds.add(Int(clamping: nanoseconds), ordering: .relaxed)
    }

    /// What was counted so far; exact when nobody notes anything at the moment.
    public var reading: Reading {
        var reading = Reading(
            counts: Array(repeating: 0, count: Self.bounds.count + 1), nanoseconds: 0)
        for lane in 0..<Self.lanes {
            for range in reading.counts.indices {
                reading.counts[range] &+= parts[lane].counts[range].load(ordering: .relaxed)
            }
            reading.nanoseconds &+= parts[lane].nanoseconds.load(ordering: .relaxed)
        }
        return reading
    }
}
