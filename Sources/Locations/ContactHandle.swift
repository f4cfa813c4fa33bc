internal import Basics

/// A contact of a location table, for as long as it lives there and harmless afterwards.
///
/// Handles are plain values: keep them, copy them, compare them. `LocationTable.withContact` says
/// whether one still reaches its contact.
public struct ContactHandle: Sendable, Hashable {
    /// The shard that the contact lies in.
    let shard: UInt8
    /// Its place there.
    let index: UInt32
    /// Tells it from earlier and later contacts in the same place.
    let generation: UInt32

    /// Work on one address-of-record.
    init(shard: Int, slab: SlabHandle) {
        assert(shard >= 0 && shard < LocationTable.shardCount)
        self.shard = UInt8(shard)
        index = slab.index
        generation = slab.generation
    }

    /// The same within its shard.
    var slab: SlabHandle { SlabHandle(index: index, generation: generation) }
}
