import Basics
import TestSupport
import Testing

@testable import Publications

/// Subscriptions to some presentities, to which anything may happen at any time.
private struct SubscriptionWalk {
    var rig = EngineRig()
    var random: SeededNumbers
    var lastTicket: UInt64 = 0

    init(seed: UInt64) { random = SeededNumbers(seed: seed) }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: ask(Int.random(in: 0..<5, using: &random), seconds: -1)
        case 30..<40: ask(Int.random(in: 0..<5, using: &random), seconds: 0)
        case 40..<75: answer()
        case 75..<82: notify()
        default: rig.pass(Int.random(in: 1...30, using: &random), looksForDue: true)
        }
    }

    mutating func ask(_ number: Int, seconds: Int) {
        lastTicket += 1
        let uri = Array("sip:user\(number)@example.com".utf8)
        rig.subscribe(
            SubscriptionRequest(
                uri, watcher: EngineRig.watcher, contact: Array("sip:me@10.0.0.1".utf8),
                event: .registration, source: .registrationSubscribe, expiresSeconds: seconds),
            ticket: lastTicket)
    }

    /// One request of those on their way ends, in any order, well or badly.
    private mutating func answer() {
        guard !rig.sent.isEmpty else { return }
        rig.sent.shuffle(using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<8: rig.answer(503)
        case 8..<14: rig.fail(.timedOut)
        case 14..<18: rig.fail(.undeliverable)
        case 18..<24: rig.answer(481)
        default: answerWell()
        }
    }

    mutating func answerWell() {
        let expires = Int(rig.sent[0].value("Expires")) ?? 0
        rig.answer(
            expires: expires, tag: "their", contact: "sip:peer@10.0.0.9")
    }

    /// A NOTIFY moves a subscription's target, or ends it.
    private mutating func notify() {
        guard let record = rig.records.filter({ !$0.isTemporary }).randomElement(using: &random)
        else { return }
        if Bool.random(using: &random) {
            rig.engine.moved(record, to: Array("sip:new@10.0.0.8".utf8), into: &rig.orders)
        } else {
            rig.engine.ended(
                record, PUASubscriptionEnd(.again), now: rig.now, into: &rig.orders)
        }
        rig.settle()
    }

    /// Lets everything come to its end.
    mutating func settle() {
        for _ in 0..<2_000 where !rig.sent.isEmpty || rig.engine.jobCount > 0 {
            while !rig.sent.isEmpty { answerWell() }
            rig.pass(5)
        }
    }
}

@Suite("Subscriptions in any order of events")
struct SubscriptionWalkTests {
    @Test("one request a subscription is on its way, and everybody is told once", arguments: 1...8)
    func steps(seed: Int) {
        var walk = SubscriptionWalk(seed: UInt64(seed))
        for _ in 0..<400 {
            walk.step()
            let calls = walk.rig.sent.map { $0.value("To").prefix { $0 != ";" } }
            #expect(Set(calls).count == calls.count, "two requests about one subscription")
        }
        walk.settle()
        #expect(walk.rig.engine.jobCount == 0 && walk.rig.engine.inFlightCount == 0)
        let tickets = walk.rig.told.map(\.ticket)
        #expect(Set(tickets) == Set(1...walk.lastTicket), "somebody was not told")
        #expect(tickets.count == Int(walk.lastTicket), "somebody was told twice")
    }

    @Test(
        "whatever has happened, subscribing leads to a dialog, and ending to none", arguments: 1...8
    )
    func ends(seed: Int) {
        var walk = SubscriptionWalk(seed: UInt64(seed) + 100)
        for _ in 0..<400 { walk.step() }
        walk.settle()
        for number in 0..<5 { walk.ask(number, seconds: -1) }
        walk.settle()
        let presentities = walk.rig.records.filter { !$0.isTemporary }.map { $0[.presentity] }
        #expect(Set(presentities).count == 5 && presentities.count == 5)
        for number in 0..<5 { walk.ask(number, seconds: 0) }
        walk.settle()
        #expect(walk.rig.records.isEmpty)
    }
}
