internal import Basics

/// A handle as numbers, for those who send it out and want to know it again: the identity of a
/// keep-alive.
extension ContactHandle {
    /// The numbers of a handle.
    public struct Parts: Sendable, Hashable {
        /// The shard, 0 to 63.
        public var shard: Int
        /// The place there.
        public var index: UInt32
        /// Tells contacts in the same place apart.
        public var generation: UInt32
        /// The numbers of a handle.
        public init(shard: Int, index: UInt32, generation: UInt32) {
            self.shard = shard
            self.index = index
            self.generation = generation
        }
    }

    /// Its numbers.
    public var parts: Parts {
        assert(shard < LocationTable.shardCount)
        return Parts(shard: Int(shard), index: index, generation: generation)
    }

    /// The handle of numbers; nil when there is no such shard.
    ///
    /// Numbers that were made up reach no contact, or another one than was meant: whoever takes
    /// them from strangers must have proof.
    public init?(_ parts: Parts) {
        guard parts.shard >= 0, parts.shard < LocationTable.shardCount else { return nil }
        self.init(
            shard: parts.shard,
            slab: SlabHandle(index: parts.index, generation: parts.generation))
    }
}
