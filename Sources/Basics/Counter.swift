internal import CLinux
internal import Synchronization

/// A number that many threads add to and anyone reads: a statistic.
///
/// Each thread adds on a cache line of its own, so that workers that count the same thing do not
/// slow each other down: one line that two processors write costs them as much as a look-up in the
/// location table. Reading sums the lanes; it is exact when nobody adds at the moment.
public final class Counter: Sendable {
    /// Lanes; threads beyond them share.
    private static let lanes = 8

    /// One lane on a cache line of its own.
    private struct Lane: ~Copyable {
        let number = Atomic<Int>(0)
        private let padding = InlineArray<7, UInt64>(repeating: 0)
    }

    private let parts: [8 of Lane]

    /// A counter at `value`.
    public init(_ value: Int = 0) {
        parts = InlineArray { _ in Lane() }
        parts[0].number.store(value, ordering: .relaxed)
    }

    /// The number now.
    public var value: Int {
        var sum = 0
        for lane in 0..<Self.lanes { sum &+= parts[lane].number.load(ordering: .relaxed) }
        return sum
    }

    /// Adds `amount`, which may be negative.
    public func add(_ amount: Int = 1) {
        let lane = Int(clinux_lane() & UInt32(Self.lanes - 1))
        parts[lane].number.add(amount, ordering: .relaxed)
    }

    /// Sets the number and returns what it was.
    ///
    /// What others add meanwhile is counted either before or after, never lost.
    @discardableResult
    public func set(_ value: Int) -> Int {
        var old = 0
        for lane in 0..<Self.lanes {
            old &+= parts[lane].number.exchange(lane == 0 ? value : 0, ordering: .relaxed)
        }
        return old
    }
}
