public import Basics

/// What a binding says about the way to its contact, beside URI and destination: `lookup` sets it,
/// `$branch(...)`, `$ruid`, `$location_ua` and whoever sends the request on read it.
public struct BranchTarget: Sendable, Hashable {
    /// The Path that the binding came by, as the value of a Route field; empty without one
    /// (RFC 3327 5.1).
    public var path: [UInt8] = []
    /// The socket to send from; none where the server may choose.
    public var socket: SocketIndex = .none
    /// The connection to send on, -1 without one (RFC 5626 5.3).
    public var connection: Int64 = -1
    /// Unique name of the binding; empty for a target that is none.
    public var ruid: [UInt8] = []
    /// Value of `+sip.instance`; empty without one.
    public var instance: [UInt8] = []
    /// The reg-id, 0 without one.
    public var regID: UInt32 = 0
    /// User-Agent of the registration; empty without one.
    public var locationUserAgent: [UInt8] = []

    /// A target of which nothing is known.
    public init() {}

    /// Whether nothing is known.
    public var isEmpty: Bool { self == BranchTarget() }
}
