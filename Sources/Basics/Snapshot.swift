internal import Synchronization

/// An immutable value that is replaced whole, with a generation that tells readers when to look.
///
/// Writers take the lock; readers keep their own reference (`SnapshotReader`) and pay one acquire
/// load to learn that nothing changed.
public final class Snapshot<Value: Sendable>: Sendable {
    private let current: Guarded<Value>
    private let number = Atomic<UInt64>(1)

    /// A snapshot that holds `value`.
    public init(_ value: Value) { current = Guarded(value) }

    /// Rises with every publication.
    public var generation: UInt64 { number.load(ordering: .acquiring) }

    /// The value now; takes the lock.
    public var value: Value { current.withLock { $0 } }

    /// Changes the value under the lock and publishes it.
    public func update<R: Sendable, E: Error>(
        _ body: (inout Value) throws(E) -> R
    ) throws(E) -> R {
        let result = try current.withLock { (value) throws(E) -> R in try body(&value) }
        number.add(1, ordering: .releasing)
        return result
    }
}

/// One reader's view of a snapshot.
public struct SnapshotReader<Value: Sendable> {
    private let snapshot: Snapshot<Value>
    private var generation: UInt64
    /// The value as of the last `refresh`.
    public private(set) var value: Value

    /// A reader that starts with the value of now.
    public init(_ snapshot: Snapshot<Value>) {
        self.snapshot = snapshot
        generation = snapshot.generation
        value = snapshot.value
    }

    /// Takes up a new value if one was published; call it between messages.
    public mutating func refresh() {
        if snapshot.generation != generation { reload() }
    }

    @inline(never)
    private mutating func reload() {
        generation = snapshot.generation
        value = snapshot.value
    }
}
