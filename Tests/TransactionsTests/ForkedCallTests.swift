import Testing

@testable import Transactions

/// A stateful proxy made of the parts, over a wire that loses, doubles and reorders.
@Suite("Forked calls")
struct ForkedCallTests {
    /// The final responses that the callees of a call allow when nothing is lost.
    private func allowed(_ call: ForkedCall) -> Set<Int> {
        if call.cancelAfter != nil { return [200, 404, 408, 486, 487, 603] }
        if call.answers.contains(200) { return [200, 603] }
        // Who rings on is given up by timer C.
        return Set(call.answers.map { $0 == 0 ? 408 : $0 })
    }

    @Test("on a good wire each call gets the best of its answers", arguments: 0..<4)
    func good(seed: UInt64) throws {
        var calls = ForkedCalls(seed: seed, wire: SimulatedWire(), calls: 40)
        let isDone = try calls.run()
        #expect(isDone, "open: \(calls.openCount)")
        for call in calls.calls {
            #expect(call.timeouts == 0)
            #expect(Set(call.finals).count == 1)
            #expect(allowed(call).isSuperset(of: call.finals), "\(call.answers) \(call.finals)")
            if call.finals.first != 200 { #expect(call.finals.count == 1) }
            #expect(call.context.isFinalSent)
            #expect(call.context.branches.allSatisfy { !$0.isOpen || $0.isCancelled })
        }
        #expect(calls.forgotten == 0)
        #expect(calls.cancels > 0)
    }

    @Test("on a bad wire each call ends once, and nothing stays", arguments: 0..<8)
    func bad(seed: UInt64) throws {
        let wire = SimulatedWire(loss: 20, duplication: 20, delay: 1...400)
        var calls = ForkedCalls(seed: seed, wire: wire, calls: 40)
        let isDone = try calls.run()
        #expect(isDone, "open: \(calls.openCount)")
        for call in calls.calls {
            #expect(Set(call.finals).count + call.timeouts == 1, "\(call.finals)")
            if call.finals.first != 200 { #expect(call.finals.count <= 1) }
        }
        #expect(calls.forgotten == 0)
        #expect(calls.cancels > 0)
    }

    @Test("when nobody can be reached, the caller hears 408 from the proxy or nothing")
    func dead() throws {
        var calls = ForkedCalls(seed: 1, wire: SimulatedWire(loss: 100), calls: 10)
        let isDone = try calls.run()
        #expect(isDone)
        for call in calls.calls { #expect(call.timeouts == 1 && call.finals.isEmpty) }
    }
}
