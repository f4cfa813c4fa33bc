internal import Synchronization

/// A function that some threads set and others call; there may be none.
///
/// The function stands in a structure and not in the lock itself. A lock is generic: a bare
/// function would be wrapped on the way out and again on the way back in, and the wrappings would
/// stay, so that each call took longer than the one before.
public final class GuardedFunction<Argument>: Sendable {
    /// What keeps the function from being wrapped.
    private struct Kept: Sendable {
        let function: @Sendable (Argument) -> Void
    }

    private let kept = Guarded<Kept?>(nil)

    /// Without a function.
    public init() {}

    /// The function; nil while there is none.
    public var function: (@Sendable (Argument) -> Void)? { kept.withLock { $0 }?.function }

    /// Sets it, or takes it away; true when there was none before.
    @discardableResult
    public func set(_ function: (@Sendable (Argument) -> Void)?) -> Bool {
        kept.withLock { kept in
            defer { kept = function.map(Kept.init) }
            return kept == nil
        }
    }
}
