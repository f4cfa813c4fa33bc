public import Basics

/// One destination that is avoided, as management lists it.
public struct AvoidedDestination: Sendable, Hashable {
    /// Transport, address and port.
    public var destination: Origin
    /// Seconds for which it is still avoided, rounded up.
    public var secondsLeft: Int
    /// Bits that say why, as `AvoidedReason` has them.
    public var reason: Int

    /// A destination and for how long it is avoided.
    public init(destination: Origin, secondsLeft: Int, reason: Int) {
        self.destination = destination
        self.secondsLeft = secondsLeft
        self.reason = reason
    }
}

/// Why a destination is avoided: bits, which management shows.
public enum AvoidedReason: Int, Sendable, Hashable, CaseIterable {
    /// A message could not be sent to it, or no connection be opened.
    case unreachable = 2
    /// It has not answered in time.
    case silent = 16
    /// It has said that it is overloaded (RFC 3261 21.5.4).
    case overloaded = 32
}

/// Destinations that have failed and are left alone for a while (core parameter
/// `use_dst_blocklist`), so that not every call waits for a server that is down.
public protocol AvoidedDestinations: AnyObject, Sendable {
    /// Whether any destination is avoided at all; one load.
    var isAvoiding: Bool { get }
    /// Whether a destination is avoided now.
    func avoids(_ destination: Origin) -> Bool
    /// Avoids a destination for some seconds; nil for those of `dst_blocklist_expire`.
    func avoid(_ destination: Origin, seconds: Int?, reason: Int)
    /// All that are avoided, that which ends first in front.
    var avoided: [AvoidedDestination] { get }
    /// How many are kept, and how many may be.
    var avoidedCount: (used: Int, most: Int) { get }
    /// Avoids none of them any more.
    func avoidNone()
}

extension Services {
    /// Nobody is avoided.
    public var avoided: (any AvoidedDestinations)? { nil }
}
