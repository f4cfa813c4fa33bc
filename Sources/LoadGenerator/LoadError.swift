/// Why a load could not be run, in words for the person at the terminal.
public struct LoadError: Error, Equatable, CustomStringConvertible {
    /// What went wrong, to be matched by tests and callers.
    public enum Kind: Sendable, Equatable {
        /// A field of the plan lies outside its range or contradicts another.
        case badPlan
        /// The host name has no address.
        case unresolvable
        /// Nobody listens at the address.
        case refused
        /// The server did not take what a scenario needs before it can be measured.
        case unprepared
        /// The system refused a socket call.
        case system
    }

    /// What went wrong.
    public let kind: Kind
    /// One sentence that names the value and what was expected.
    public let description: String

    /// An error of `kind`, described by one sentence.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
