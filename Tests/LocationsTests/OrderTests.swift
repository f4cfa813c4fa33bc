import Basics
import Locations
import Testing

@Suite("The order of bindings")
struct OrderTests {
    private let rig = Rig()

    @Test("is descending q, unset last, equal ones as they came")
    func descending() {
        let offers = [
            Offer("unset-1"), Offer("half-1", q: 500), Offer("one", q: 1000),
            Offer("half-2", q: 500), Offer("zero", q: 0), Offer("unset-2"),
        ]
        let answer = rig.register("alice", offers)
        #expect(answer.uris == ["one", "half-1", "half-2", "zero", "unset-1", "unset-2"])
    }

    @Test("stays descending when a refresh changes q", arguments: [nil, 0, 250, 500, 750, 1000])
    func reordered(q: Int?) {
        for victim in ["a", "b", "c"] {
            let rig = Rig()
            let start = [Offer("a", q: 750), Offer("b", q: 500), Offer("c", q: 250)]
            rig.register("alice", start, cseq: 1)
            let answer = rig.register("alice", [Offer(victim, q: q)], cseq: 2)
            let order = answer.bindings.map { $0.values.q ?? -1 }
            #expect(order == order.sorted(by: >))
            #expect(Set(answer.uris) == ["a", "b", "c"])
        }
    }

    @Test("does not change when a refresh leaves q alone")
    func stable() {
        rig.register("alice", ["a", "b", "c"].map { Offer($0, q: 500) }, cseq: 1)
        #expect(rig.register("alice", [Offer("a", q: 500)], cseq: 2).uris == ["a", "b", "c"])
    }

    @Test("is newest first where that is asked for, refreshes included")
    func newestFirst() {
        rig.rules.newestFirst = true
        rig.register("alice", [Offer("a", q: 1000), Offer("b"), Offer("c", q: 500)], cseq: 1)
        #expect(rig.uris("alice") == ["c", "b", "a"])
        #expect(rig.register("alice", "b", cseq: 2).uris == ["b", "c", "a"])
        #expect(rig.register("alice", "b", cseq: 3).uris == ["b", "c", "a"])
        #expect(rig.register("alice", "a", cseq: 4).uris == ["a", "b", "c"])
    }

    /// All 3^4 priorities of four contacts, refreshed one by one to all three values.
    @Test("is descending after every refresh of four contacts with three priorities")
    func exhaustive() {
        let priorities = [nil, 0, 500]
        for code in 0..<81 {
            let rig = Rig()
            let first = (0..<4).map { priorities[code / [1, 3, 9, 27][$0] % 3] }
            rig.register("alice", (0..<4).map { Offer("\($0)", q: first[$0]) }, cseq: 1)
            for (turn, q) in priorities.enumerated() {
                for contact in 0..<4 {
                    let cseq = UInt32(2 + turn * 4 + contact)
                    let answer = rig.register("alice", [Offer("\(contact)", q: q)], cseq: cseq)
                    let order = answer.bindings.map { $0.values.q ?? -1 }
                    #expect(order == order.sorted(by: >))
                    #expect(answer.bindings.count == 4)
                }
            }
        }
    }
}
