/// Why a figure could not be taken, in words for the person at the terminal.
public struct RigError: Error, Equatable, CustomStringConvertible {
    /// What went wrong, to be matched by callers.
    public enum Kind: Sendable, Equatable {
        /// A program is not installed.
        case missing
        /// A program did not start, or ended by itself.
        case ended
        /// Something took longer than its deadline.
        case late
        /// The system refused a call.
        case system
        /// A program answered something else than expected.
        case answer
        /// The options contradict each other.
        case usage
    }

    /// What went wrong.
    public let kind: Kind
    /// One sentence.
    public let description: String

    /// An error of `kind`, described by one sentence.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
