/// Why roostctl cannot do what it was asked to, with the exit status that says so.
public struct ControlError: Error, Sendable, Hashable {
    /// What kind of failure it is.
    public enum Kind: Int32, Sendable, Hashable {
        /// The server answered with an error.
        case refused = 1
        /// The command line is wrong.
        case usage = 2
        /// The server cannot be reached, or does not talk HTTP and JSON-RPC.
        case unreachable = 3
    }
    /// What kind of failure it is.
    public var kind: Kind
    /// One sentence for the operator.
    public var message: String

    /// A failure.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The exit status: 1 refused, 2 usage, 3 unreachable.
    public var status: Int32 { kind.rawValue }
}
