/// Some branches of one response context, by their indices.
public struct BranchSet: Sendable, Hashable, BitwiseCopyable, Sequence, ExpressibleByArrayLiteral {
    /// One bit for each branch.
    public private(set) var bits: UInt64 = 0

    /// All branches that there can be.
    public static var all: BranchSet {
        var all = BranchSet()
        all.bits = .max
        return all
    }

    /// The empty set.
    public init() {}

    /// The set of some branches.
    public init(arrayLiteral branches: Int...) {
        for branch in branches { insert(branch) }
    }

    /// Whether no branch is in it.
    public var isEmpty: Bool { bits == 0 }
    /// Number of branches.
    public var count: Int { bits.nonzeroBitCount }

    /// Whether a branch is in it.
    public func contains(_ branch: Int) -> Bool {
        precondition(branch >= 0 && branch < 64, "no branch has this index")
        return bits >> UInt64(branch) & 1 == 1
    }

    /// Puts a branch in.
    public mutating func insert(_ branch: Int) {
        precondition(branch >= 0 && branch < 64, "no branch has this index")
        bits |= 1 << UInt64(branch)
    }

    /// Takes a branch out.
    public mutating func remove(_ branch: Int) {
        precondition(branch >= 0 && branch < 64, "no branch has this index")
        bits &= ~(1 << UInt64(branch))
    }

    /// Walks over the indices from the lowest to the highest.
    public func makeIterator() -> Iterator { Iterator(rest: bits) }

    /// A walk over indices.
    public struct Iterator: IteratorProtocol {
        /// The branches that are still to come.
        var rest: UInt64

        /// The next index, nil at the end.
        public mutating func next() -> Int? {
            guard rest != 0 else { return nil }
            let index = rest.trailingZeroBitCount
            rest &= rest &- 1
            return index
        }
    }
}
