import Basics
import Testing

@testable import Subscriptions

@Suite("Watcher information and rules")
struct WatcherInfoTests {
    @Test("the presentity learns who comes, in part, and who leaves, in full")
    func comingAndGoing() {
        let bench = Bench()
        _ = bench.subscribed("alice", TestPackage.winfo)
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        #expect(
            bench.answer().map(\.description) == [
                "bob 2 active;expires=600 -",
                "alice 3 active;expires=600 partial 1:bob=active",
            ])
        _ = bench.subscribed("carol")
        bench.subscribe(&bob, expires: 0)
        #expect(bench.answer().last?.body == "full 3:carol=active")
    }

    @Test("a subscriber to watcher information gets all watchers first, and with each refresh")
    func fullFirst() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        _ = bench.subscribed("carol")
        var alice = Dialog("alice", TestPackage.winfo)
        bench.subscribe(&alice)
        #expect(bench.answer().map(\.body) == ["full 0:bob=active,carol=active"])
        bench.subscribe(&alice)
        #expect(bench.answer().map(\.body) == ["full 1:bob=active,carol=active"])
    }

    @Test("a refresh of a watcher changes nothing and is not told")
    func refresh() {
        let bench = Bench()
        _ = bench.subscribed("alice", TestPackage.winfo)
        var bob = bench.subscribed("bob")
        bench.subscribe(&bob)
        #expect(bench.answer().map(\.watcher) == ["bob"])
    }

    @Test("who misses a part gets all: changes that are coalesced, and a NOTIFY that failed")
    func missedParts() {
        let bench = Bench()
        var alice = Dialog("alice", TestPackage.winfo)
        bench.subscribe(&alice)
        let first = bench.taken()
        _ = bench.subscribed("bob")
        _ = bench.subscribed("carol")
        #expect(bench.answer(first).last?.body == "full 1:bob=active,carol=active")
        _ = bench.subscribed("dave")
        bench.answer()
        var erin = Dialog("erin")
        bench.subscribe(&erin)
        bench.answer(bench.taken(), .failed)
        var frank = Dialog("frank")
        bench.subscribe(&frank)
        let told = bench.answer().filter { $0.watcher == "alice" }
        #expect(told.map { $0.body?.prefix(5) } == ["full "])
    }

    @Test("expiry of a watcher is told too")
    func expiry() {
        let bench = Bench()
        _ = bench.subscribed("alice", TestPackage.winfo, expires: 3_600)
        _ = bench.subscribed("bob", expires: 60)
        bench.pass(60)
        #expect(bench.answer().last?.body == "full 2:")
    }

    @Test("watchers of one presentity are told nothing of another's")
    func otherPresentity() {
        let bench = Bench()
        _ = bench.subscribed("alice", TestPackage.winfo)
        var bob = Dialog("bob")
        bob.presentity = "dora"
        bench.subscribe(&bob)
        #expect(bench.answer().map(\.watcher) == ["bob"])
    }

    @Test("told again, it names everybody and not what changed last")
    func again() {
        let bench = Bench()
        _ = bench.subscribed("alice", TestPackage.winfo)
        _ = bench.subscribed("bob")
        _ = bench.subscribed("carol")
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        _ = bench.agent.notifyAgain(
            package: TestPackage.winfo, user: user.span, host: host.span, now: bench.now,
            into: &bench.orders)
        #expect(bench.answer().map(\.body) == ["full 3:bob=active,carol=active"])
    }

    @Test("it is cut at so many watchers that a document stays within bounds")
    func manyWatchers() {
        let bench = Bench()
        for number in 0..<1_100 { _ = bench.subscribed("w\(number)") }
        var alice = Dialog("alice", TestPackage.winfo)
        bench.subscribe(&alice)
        let body = bench.answer().last?.body ?? ""
        #expect(body.split(separator: ",").count == Limits.watcherInfoEntriesMax)
    }

    // MARK: Rules

    @Test(
        "the rules say how a subscription stands",
        arguments: [
            (Authorisation.allow, "active;expires=600", "open", 1),
            (.politeBlock, "active;expires=600", nil, 1),
            (.confirm, "pending;expires=600", nil, 1),
            (.noRule, "pending;expires=600", nil, 1),
            (.unknown, "pending;expires=600", nil, 1),
            (.block, "terminated;reason=rejected", nil, 0),
        ] as [(Authorisation, String, String?, Int)])
    func standing(_ answer: Authorisation, _ state: String, _ body: String?, _ stored: Int) {
        let bench = Bench()
        bench.publish("open", TestPackage.ruled)
        bench.rules.set("bob", answer)
        var bob = Dialog("bob", TestPackage.ruled)
        bench.subscribe(&bob)
        #expect(
            bench.answer().map { "\($0.state) \($0.body ?? "-")" } == ["\(state) \(body ?? "-")"])
        #expect(bench.subscriptions().count == stored)
        #expect(bench.watchers().count == 1)
        bench.publish("closed", TestPackage.ruled)
        #expect(bench.answer().count == (answer == .allow ? 1 : 0))
    }

    @Test(
        "a change of the rules is applied when asked for",
        arguments: [
            (Authorisation.confirm, Authorisation.allow, "active;expires=600 open"),
            (.allow, .confirm, "pending;expires=600 -"),
            (.allow, .politeBlock, "active;expires=600 -"),
            (.allow, .block, "terminated;reason=rejected -"),
            (.allow, .noRule, "terminated;reason=probation -"),
            (.confirm, .noRule, nil), (.confirm, .unknown, nil), (.allow, .unknown, nil),
            (.politeBlock, .allow, "active;expires=600 open"),
        ] as [(Authorisation, Authorisation, String?)])
    func changedRules(_ before: Authorisation, _ after: Authorisation, _ told: String?) {
        let bench = Bench()
        bench.publish("open", TestPackage.ruled)
        bench.rules.set("bob", before)
        _ = bench.subscribed("bob", TestPackage.ruled)
        _ = bench.subscribed("carol", TestPackage.ruled)
        bench.rules.set("bob", after)
        #expect(reauthorise(bench) == (told == nil ? 0 : 1))
        #expect(
            bench.answer().map { "\($0.state) \($0.body ?? "-")" } == [told].compactMap { $0 })
        #expect(reauthorise(bench) == 0)
    }

    @Test("the presentity is told of decisions")
    func decisions() {
        let bench = Bench()
        bench.rules.setAll(.confirm)
        _ = bench.subscribed("alice", TestPackage.ruledInfo)
        var bob = Dialog("bob", TestPackage.ruled)
        bench.subscribe(&bob)
        #expect(bench.answer().last?.body == "partial 1:bob=pending")
        #expect(bench.agent.counters[5].pending.value == 1)
        bench.rules.setAll(.allow)
        #expect(reauthorise(bench) == 1)
        let told = bench.answer()
        #expect(told.contains { $0.body == "partial 2:bob=active" })
        #expect(bench.agent.counters[5].pending.value == 0)
        #expect(bench.agent.counters[5].active.value == 1)
    }

    @Test("a pending watcher that leaves goes on waiting, until a decision or a day has passed")
    func waiting() {
        let bench = Bench()
        bench.rules.setAll(.confirm)
        _ = bench.subscribed("bob", TestPackage.ruled, expires: 60)
        bench.pass(60)
        bench.answer()
        var alice = Dialog("alice", TestPackage.ruledInfo)
        bench.subscribe(&alice)
        #expect(bench.answer().map(\.body) == ["full 0:bob=waiting"])
        #expect(bench.agent.counters[5].waiting.value == 1)
        bench.rules.setAll(.allow)
        #expect(reauthorise(bench) == 1)
        #expect(bench.answer().map(\.body) == ["full 1:"])
        #expect(bench.agent.counters[5].waiting.value == 0)
    }

    @Test("hundreds of decisions are told in pieces")
    func manyDecisions() {
        let bench = Bench { $0.ordersPerCall = 16 }
        bench.rules.setAll(.confirm)
        for number in 0..<300 { _ = bench.subscribed("w\(number)", TestPackage.ruled) }
        bench.rules.setAll(.block)
        #expect(reauthorise(bench) == 300)
        #expect(bench.orders.count == 16)
        #expect(bench.answer().count == 300)
        #expect(bench.subscriptions().isEmpty)
    }

    @Test("a fetch by somebody who has to be allowed shows nothing")
    func fetch() {
        let bench = Bench()
        bench.publish("open", TestPackage.ruled)
        for (answer, told) in [
            (Authorisation.allow, "terminated;reason=timeout open"),
            (.confirm, "terminated;reason=timeout -"), (.block, "terminated;reason=rejected -"),
            (.politeBlock, "terminated;reason=timeout -"),
        ] {
            bench.rules.setAll(answer)
            var bob = Dialog("bob", TestPackage.ruled)
            bench.subscribe(&bob, expires: 0)
            #expect(bench.answer().map { "\($0.state) \($0.body ?? "-")" } == [told])
        }
        #expect(bench.watchers().isEmpty)
    }

    @Test("what was decided stands in place of rules that are not known")
    func storedDecision() {
        let bench = Bench()
        bench.rules.setAll(.unknown)
        for (name, status) in [
            ("bob", SubscriptionStatus.active), ("carol", .waiting), ("dave", .terminated),
        ] {
            let row = WatcherRow(
                presentityUser: Array("alice".utf8), presentityHost: Array("example.com".utf8),
                user: Array(name.utf8), host: Array("example.com".utf8),
                package: TestPackage.ruled, status: status,
                reason: status == .terminated ? .rejected : .none, inserted: bench.now.seconds)
            #expect(bench.agent.restore(row, now: bench.now))
            var dialog = Dialog(name, TestPackage.ruled)
            bench.subscribe(&dialog)
        }
        #expect(
            bench.answer().map(\.state) == [
                "active;expires=600", "pending;expires=600", "terminated;reason=rejected",
            ])
    }

    private func reauthorise(_ bench: Bench) -> Int {
        let user = Array("alice".utf8)
        let host = Array("example.com".utf8)
        return bench.agent.reauthorise(
            package: TestPackage.ruled, user: user.span, host: host.span, now: bench.now,
            into: &bench.orders)
    }
}
