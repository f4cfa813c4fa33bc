/// The order in which SRV records are tried (RFC 2782, "Priority" and "Weight").
public enum ServiceOrder {
    /// Sorts records by priority; within one, at random by weight.
    ///
    /// `random` makes the choices, so that the same number gives the same order.
    public static func balanced(_ records: [ServiceRecord], random: UInt64) -> [ServiceRecord] {
        var generator = Sequence64(random)
        var left = records.enumerated().sorted {
            // Those of weight 0 stand first, as the algorithm of RFC 2782 wants it.
            ($0.element.priority, $0.element.weight == 0 ? 0 : 1, $0.offset)
                < ($1.element.priority, $1.element.weight == 0 ? 0 : 1, $1.offset)
        }.map(\.element)
        var chosen: [ServiceRecord] = []
        chosen.reserveCapacity(left.count)
        while let first = left.first {
            let group = left.prefix { $0.priority == first.priority }
            let total = group.reduce(0) { $0 + UInt64($1.weight) }
            let mark = generator.next(through: total)
            var sum: UInt64 = 0
            let place =
                group.firstIndex { record in
                    sum += UInt64(record.weight)
                    return sum >= mark
                } ?? group.startIndex
            chosen.append(left.remove(at: place))
        }
        return chosen
    }

    /// Sorts records by priority, the heaviest of one first: the same order every time.
    public static func fixed(_ records: [ServiceRecord]) -> [ServiceRecord] {
        records.enumerated().sorted {
            if $0.element.priority != $1.element.priority {
                return $0.element.priority < $1.element.priority
            }
            if $0.element.weight != $1.element.weight {
                return $0.element.weight > $1.element.weight
            }
            return $0.offset < $1.offset
        }.map(\.element)
    }

    /// Numbers that follow from a first one (SplitMix64).
    private struct Sequence64 {
        private var state: UInt64

        init(_ seed: UInt64) { state = seed }

        /// A number from 0 to `limit`, both included.
        mutating func next(through limit: UInt64) -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            mixed ^= mixed >> 31
            return mixed.multipliedFullWidth(by: limit + 1).high
        }
    }
}
