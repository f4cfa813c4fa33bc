internal import Subscriptions

/// The number by which the answer to a NOTIFY finds its subscription again: 6 bits of the shard, 26
/// of the place, 32 of the generation.
enum NotifyToken {
    /// That of a NOTIFY that nobody waits for.
    static let none = UInt64.max

    /// The number of a subscription.
    static func token(_ handle: SubscriptionHandle?) -> UInt64 {
        guard let handle else { return none }
        precondition(handle.shard < 64 && handle.index < 1 << 26, "no place of a subscription")
        return UInt64(handle.shard) << 58 | UInt64(handle.index) << 32
            | UInt64(handle.generation)
    }

    /// The subscription of a number; nil for `none`.
    static func handle(_ token: UInt64) -> SubscriptionHandle? {
        guard token != none else { return nil }
        return SubscriptionHandle(
            shard: UInt8(token >> 58), index: UInt32(token >> 32 & 0x3ff_ffff),
            generation: UInt32(truncatingIfNeeded: token))
    }
}
