import Basics
import Testing

@testable import Subscriptions

@Suite("What time brings to an end")
struct ExpiryTests {
    @Test("a subscription that expires is told so, without a body, and is gone")
    func subscription() {
        let bench = Bench()
        bench.publish("open", expires: 3_600)
        _ = bench.subscribed("bob", expires: 60)
        bench.pass(59)
        #expect(bench.notices().isEmpty)
        bench.pass(1)
        #expect(bench.notices() == [Notice("bob", 3, "terminated;reason=timeout")])
        #expect(bench.subscriptions().isEmpty)
        #expect(bench.agent.counters[0].subscriptionsExpired.value == 1)
        #expect(bench.agent.counters[0].active.value == 0)
    }

    @Test("a refresh puts expiry off, also to an earlier time")
    func refreshed() {
        let bench = Bench()
        var bob = bench.subscribed("bob", expires: 600)
        bench.subscribe(&bob, expires: 3_000)
        bench.answer()
        bench.pass(2_999)
        #expect(bench.subscriptions().count == 1)
        bench.subscribe(&bob, expires: 5)
        bench.answer()
        bench.pass(5)
        #expect(bench.answer().map(\.state) == ["terminated;reason=timeout"])
    }

    @Test("expiry while a NOTIFY is on its way is told with the answer")
    func inFlight() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob, expires: 10)
        let first = bench.taken()
        bench.pass(10)
        #expect(bench.taken().isEmpty && bench.subscriptions().isEmpty)
        #expect(bench.answer(first).map(\.state).last == "terminated;reason=timeout")
        #expect(bench.recordCount == 0)
    }

    @Test("a subscription whose answer never comes does not stay for ever")
    func lostAnswer() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob, expires: 10)
        _ = bench.taken()
        bench.pass(10)
        #expect(bench.recordCount == 3)
        bench.pass(64)
        #expect(bench.recordCount == 0)
        #expect(bench.agent.counters[0].inFlight.value == 0)
    }

    @Test("a publication that expires is taken out of the document")
    func publication() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        bench.publish("one", expires: 60)
        bench.publish("two", expires: 120)
        bench.answer()
        bench.pass(60)
        #expect(bench.answer().map(\.body) == ["two(one)"])
        bench.pass(60)
        #expect(bench.answer().map(\.body) == ["(two)"])
        #expect(bench.publications().isEmpty)
        #expect(bench.agent.counters[0].publicationsExpired.value == 2)
    }

    @Test("with force_delete a document goes without a word, and is not told later either")
    func silently() {
        let bench = Bench { $0.expiresSilently = true }
        _ = bench.subscribed("bob")
        bench.publish("one", expires: 60)
        bench.answer()
        bench.pass(60)
        #expect(bench.answer().isEmpty && bench.publications().isEmpty)
        bench.publish("two", expires: 60)
        #expect(bench.answer().map(\.body) == ["two"])
    }

    @Test("the offset is a time of grace for both")
    func grace() {
        let bench = Bench { $0.expiresOffsetSeconds = 10 }
        _ = bench.subscribed("bob", expires: 60)
        let tag = bench.tag(bench.publish("one", expires: 60))
        bench.answer()
        bench.pass(69)
        #expect(bench.subscriptions().count == 1 && bench.publications().count == 1)
        #expect(!bench.tag(bench.publish("", ifMatch: tag, expires: 60)).isEmpty)
        bench.answer()
        bench.pass(1)
        #expect(bench.subscriptions().isEmpty && bench.publications().count == 1)
    }

    @Test("a burst of expiring subscriptions is worked off in pieces")
    func burst() {
        let bench = Bench()
        for number in 0..<500 { _ = bench.subscribed("w\(number)", expires: 60) }
        bench.now.seconds += 60
        var calls = 0
        while bench.agent.expire(now: bench.now, limit: 50, into: &bench.orders) {
            calls += 1
            #expect(bench.taken().count <= 50)
        }
        #expect(calls >= 9)
        #expect(bench.recordCount == 0)
    }

    @Test("a clock that jumps by days ends everything, one that is set back nothing")
    func jumps() {
        let bench = Bench()
        bench.publish("open")
        _ = bench.subscribed("bob")
        bench.pass(-100_000)
        #expect(bench.recordCount == 4)
        bench.now.seconds += 100_000
        bench.pass(1_000_000)
        bench.answer()
        #expect(bench.recordCount == 0)
    }

    @Test("hard state outlives everything")
    func hardState() {
        let bench = Bench()
        _ = bench.hardState("file", "away")
        bench.pass(10_000_000)
        #expect(bench.publications().map(\.body.text) == ["away"])
    }

    @Test("what was decided about a watcher is forgotten a day after it left")
    func oldWatchers() {
        let bench = Bench()
        bench.rules.setAll(.confirm)
        var bob = bench.subscribed("bob", TestPackage.ruled)
        bench.pass(500)
        bench.subscribe(&bob, expires: 0)
        bench.answer()
        #expect(bench.watchers().count == 1)
        bench.pass(86_400)
        #expect(bench.watchers().count == 1)
        bench.pass(1)
        #expect(bench.recordCount == 0)
    }
}
