/// Why a transaction could not be opened or changed.
public struct TransactionError: Error, Sendable, Hashable {
    /// The kinds of refusal.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// As many transactions as `Limits` allows are open, or they hold as many bytes.
        case full
        /// The transaction has ended, or never was.
        case gone
        /// The transaction is in a state in which this may not be done.
        case wrongState
        /// The message is longer than `Limits.messageBytesMax` or empty.
        case size
    }

    /// What kind of refusal it is.
    public var kind: Kind
    /// One sentence for the log.
    public var reason: StaticString {
        switch kind {
        case .full: "too many transactions"
        case .gone: "the transaction has ended"
        case .wrongState: "the transaction does not allow it in its state"
        case .size: "the message is empty or too long"
        }
    }

    /// An error of a kind.
    public init(_ kind: Kind) { self.kind = kind }

    /// Equal when the kinds are: the reason follows from it.
    public static func == (left: Self, right: Self) -> Bool { left.kind == right.kind }
    /// Hashes the kind.
    public func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}
