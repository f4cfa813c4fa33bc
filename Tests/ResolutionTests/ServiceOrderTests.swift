import Testing

@testable import Resolution

/// RFC 2782: priority, then a random choice by weight.
@Suite("The order of SRV records")
struct ServiceOrderTests {
    private static func record(_ priority: UInt16, _ weight: UInt16, _ name: String)
        -> ServiceRecord
    {
        ServiceRecord(priority: priority, weight: weight, port: 5060, target: name)
    }

    /// How often each name comes first in 20,000 draws.
    private static func firsts(_ records: [ServiceRecord]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for seed in 0..<20_000 {
            let order = ServiceOrder.balanced(records, random: UInt64(seed))
            counts[order[0].target, default: 0] += 1
        }
        return counts
    }

    @Test("those of a lower priority number come first, always")
    func priorities() {
        let records = [
            Self.record(20, 65_535, "c"), Self.record(10, 0, "b"), Self.record(0, 1, "a"),
        ]
        for seed in 0..<200 {
            let order = ServiceOrder.balanced(records, random: UInt64(seed))
            #expect(order.map(\.target) == ["a", "b", "c"])
        }
    }

    @Test("within a priority they come first as often as their weight says")
    func weights() {
        let counts = Self.firsts([
            Self.record(0, 10, "a"), Self.record(0, 30, "b"), Self.record(0, 60, "c"),
        ])
        // The mark runs from 0 to the sum, both included, so the first of the list has one more.
        #expect((1_800...2_500).contains(counts["a"] ?? 0))
        #expect((5_600...6_300).contains(counts["b"] ?? 0))
        #expect((11_500...12_200).contains(counts["c"] ?? 0))
    }

    @Test("one of weight 0 is rarely first, but can be")
    func zeroWeight() {
        let counts = Self.firsts([Self.record(0, 100, "heavy"), Self.record(0, 0, "light")])
        #expect((1...600).contains(counts["light"] ?? 0))
    }

    @Test("each record is there once, whatever the draw")
    func permutation() {
        let records = (0..<12).map { Self.record(UInt16($0 % 3), UInt16($0 * 7), "h\($0)") }
        for seed in 0..<500 {
            let order = ServiceOrder.balanced(records, random: UInt64(seed))
            #expect(Set(order) == Set(records))
            #expect(order.count == records.count)
            #expect(order.map(\.priority) == order.map(\.priority).sorted())
        }
    }

    @Test("the same number gives the same order, others give others")
    func determinism() {
        let records = (0..<8).map { Self.record(0, 10, "h\($0)") }
        let orders = Set((0..<50).map { ServiceOrder.balanced(records, random: $0) })
        #expect(orders.count > 40)
        #expect(
            ServiceOrder.balanced(records, random: 5) == ServiceOrder.balanced(records, random: 5))
    }

    @Test("without balancing the heaviest comes first, and equal ones stay in their order")
    func fixed() {
        let records = [
            Self.record(1, 9, "d"), Self.record(0, 1, "c"), Self.record(0, 7, "a"),
            Self.record(0, 7, "b"),
        ]
        #expect(ServiceOrder.fixed(records).map(\.target) == ["a", "b", "c", "d"])
    }

    @Test("no records have no order, and the greatest weights do not overflow")
    func edges() {
        #expect(ServiceOrder.balanced([], random: 1).isEmpty)
        #expect(ServiceOrder.fixed([]).isEmpty)
        let heavy = (0..<64).map { Self.record(0, .max, "h\($0)") }
        #expect(ServiceOrder.balanced(heavy, random: .max).count == 64)
    }
}
