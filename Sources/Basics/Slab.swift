/// A place in a slab together with the generation of what lives there.
///
/// Once the element is removed its handle reaches nothing any more, even if the place is used
/// again: a handle can be kept for as long as one likes and never dangles.
public struct SlabHandle: Sendable, Hashable {
    /// The place within the slab.
    public var index: UInt32
    /// Counts the insertions and removals at this place; odd while an element lives there.
    public var generation: UInt32

    /// A handle of its two parts.
    public init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// Elements of one size in chunks that never move, reached by index or by handle.
///
/// Growing adds a chunk and copies nothing, so that memory follows the number of elements closely
/// and the address of an element stays good until it is removed. Freed places are used again, last
/// freed first. Indices run from 0 to `placesUsed`, which makes a walk over all elements stable
/// under concurrent insertions and removals: nothing that stays is missed or seen twice.
@safe
public struct Slab<Element: BitwiseCopyable>: ~Copyable {
    /// One element with its generation and, while the place is free, the next free place.
    @usableFromInline struct Slot {
        /// What lives here; read only while `generation` is odd.
        @usableFromInline var element: Element
        /// Counts insertions and removals here, so that an old handle cannot match a new element.
        @usableFromInline var generation: UInt32
        /// The place that was freed before this one, `none` at the end; void while occupied.
        @usableFromInline var nextFree: UInt32
    }

    /// The index that names no place.
    public static var none: UInt32 { .max }
    /// Elements in one chunk, a power of two.
    public static var chunkElements: Int { 1 << chunkShift }
    /// Bytes that one element takes, its generation included.
    public static var placeBytes: Int { MemoryLayout<Slot>.stride }
    /// The logarithm of `chunkElements`: a shift and a mask find a place without a division.
    @usableFromInline static var chunkShift: UInt32 { 7 }
    /// Chunks begin on a cache line, so that places of 64 or 128 bytes touch no line in vain.
    private static var chunkAlignment: Int { 128 }

    /// Number of elements that live in the slab.
    public private(set) var count = 0
    /// Number of places that were ever used: all indices lie below it.
    public private(set) var placesUsed: UInt32 = 0
    /// The chunks in order; only this list of addresses moves when the slab grows.
    @usableFromInline var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Slot>>
    private var chunkCount = 0
    private var chunkRoom: Int
    private var firstFree = Self.none

    /// A slab without elements; it allocates its first chunk with the first element.
    public init() {
        chunkRoom = 8
        unsafe chunks = .allocate(capacity: chunkRoom)
    }

    deinit {
        for chunk in 0..<chunkCount { unsafe chunks[chunk].deallocate() }
        unsafe chunks.deallocate()
    }

    /// The element at an index, which must be in use.
    public subscript(index: UInt32) -> Element {
        unsafeAddress { unsafe UnsafePointer(address(of: index)) }
        unsafeMutableAddress { unsafe address(of: index) }
    }

    /// The address of an element; it is good until the element is removed.
    @unsafe
    public func address(of index: UInt32) -> UnsafeMutablePointer<Element> {
        assert(isLive(index), "no element lives at this index")
        let slot = unsafe UnsafeMutableRawPointer(slot(index))
        return unsafe slot.assumingMemoryBound(to: Element.self)
    }

    /// Whether an element lives at an index; false also for places that were never used.
    public func isLive(_ index: UInt32) -> Bool {
        guard index < placesUsed else { return false }
        return unsafe slot(index).pointee.generation & 1 == 1
    }

    /// The handle of a live element.
    public func handle(_ index: UInt32) -> SlabHandle {
        precondition(isLive(index), "no element lives at this index")
        return SlabHandle(index: index, generation: unsafe slot(index).pointee.generation)
    }

    /// The index a handle stands for, or nil when its element is gone.
    public func index(of handle: SlabHandle) -> UInt32? {
        guard isLive(handle.index) else { return nil }
        guard unsafe slot(handle.index).pointee.generation == handle.generation else { return nil }
        return handle.index
    }

    /// Stores an element and returns its index.
    public mutating func insert(_ element: Element) -> UInt32 {
        let index = firstFree == Self.none ? unusedPlace() : firstFree
        let slot = unsafe slot(index)
        assert(unsafe slot.pointee.generation & 1 == 0)
        unsafe firstFree = slot.pointee.nextFree
        unsafe slot.pointee.element = element
        unsafe slot.pointee.generation &+= 1
        count += 1
        return index
    }

    /// Frees the place of a live element.
    public mutating func remove(_ index: UInt32) {
        precondition(isLive(index), "no element lives at this index")
        let slot = unsafe slot(index)
        unsafe slot.pointee.generation &+= 1
        unsafe slot.pointee.nextFree = firstFree
        firstFree = index
        count -= 1
    }

    /// The place of an index, which must have been used before, alive or not.
    @usableFromInline
    func slot(_ index: UInt32) -> UnsafeMutablePointer<Slot> {
        precondition(index < placesUsed, "index behind the end of the slab")
        let within = Int(index) & (Self.chunkElements - 1)
        return unsafe chunks[Int(index >> Self.chunkShift)] + within
    }

    private mutating func unusedPlace() -> UInt32 {
        precondition(placesUsed < Self.none, "the slab is full")
        if Int(placesUsed) == chunkCount * Self.chunkElements { addChunk() }
        let index = placesUsed
        placesUsed += 1
        // Only the two numbers: the element is written by `insert` and is never read before.
        unsafe slot(index).pointee.generation = 0
        unsafe slot(index).pointee.nextFree = Self.none
        return index
    }

    @inline(never)
    private mutating func addChunk() {
        if chunkCount == chunkRoom {
            let larger = UnsafeMutablePointer<UnsafeMutablePointer<Slot>>.allocate(
                capacity: chunkRoom * 2)
            unsafe larger.update(from: chunks, count: chunkCount)
            unsafe chunks.deallocate()
            unsafe chunks = larger
            chunkRoom *= 2
        }
        let chunk = UnsafeMutableRawPointer.allocate(
            byteCount: Self.placeBytes * Self.chunkElements, alignment: Self.chunkAlignment)
        unsafe chunks[chunkCount] = chunk.bindMemory(to: Slot.self, capacity: Self.chunkElements)
        chunkCount += 1
    }
}

/// The slab is the only owner of its chunks, and its elements are plain bytes.
extension Slab: @unchecked Sendable where Element: Sendable {}
