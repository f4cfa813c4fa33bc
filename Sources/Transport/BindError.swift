/// Why the server cannot listen on an address.
public struct BindError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Sendable, Hashable {
        /// The text is no address to listen on.
        case syntax
        /// The transport is known by name only.
        case unsupported
        /// Neither an address nor an interface nor a name that resolves.
        case unknownHost
        /// The system refused; the number is that of `errno`.
        case system(Int32)
    }

    /// What went wrong.
    public var kind: Kind
    /// The address as it was given, `udp:127.0.0.1:5060`.
    public var directive: String
    /// The reason in words.
    public var reason: String

    /// An error about one address.
    public init(_ kind: Kind, directive: String, reason: String) {
        self.kind = kind
        self.directive = directive
        self.reason = reason
    }

    /// `cannot listen on udp:127.0.0.1:5060: address already in use`.
    public var description: String { "cannot listen on \(directive): \(reason)" }
}
