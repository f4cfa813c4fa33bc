internal import Synchronization

/// A number that many threads add to and anyone reads: a statistic.
///
/// Relaxed additions on a cache line of its own, so that two workers counting different things do
/// not slow each other down.
public final class Counter: Sendable {
    private let before: InlineArray<7, UInt64> = .init(repeating: 0)
    private let number = Atomic<Int>(0)
    private let behind: InlineArray<7, UInt64> = .init(repeating: 0)

    /// A counter at `value`.
    public init(_ value: Int = 0) { number.store(value, ordering: .relaxed) }

    /// The number now.
    public var value: Int { number.load(ordering: .relaxed) }

    /// Adds `amount`, which may be negative.
    public func add(_ amount: Int = 1) { number.add(amount, ordering: .relaxed) }

    /// Sets the number and returns what it was.
    @discardableResult
    public func set(_ value: Int) -> Int { number.exchange(value, ordering: .relaxed) }
}
