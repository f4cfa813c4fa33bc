/// The kinds of blocks that a script function may be called from.
public struct RouteKinds: OptionSet, Sendable, Hashable {
    /// One bit a kind.
    public let rawValue: UInt16
    /// A set of bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// `request_route`, `route[]`, most event routes.
    public static let request = RouteKinds(rawValue: 1)
    /// `failure_route[]`.
    public static let failure = RouteKinds(rawValue: 2)
    /// `onreply_route[]` of a transaction.
    public static let reply = RouteKinds(rawValue: 4)
    /// `reply_route`.
    public static let coreReply = RouteKinds(rawValue: 8)
    /// `branch_route[]`.
    public static let branch = RouteKinds(rawValue: 16)
    /// `onsend_route`.
    public static let send = RouteKinds(rawValue: 32)
    /// `event_route[]`.
    public static let event = RouteKinds(rawValue: 64)
    /// Everywhere.
    public static let any = RouteKinds(rawValue: 127)
}
