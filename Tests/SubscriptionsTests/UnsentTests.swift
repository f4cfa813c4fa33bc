import Basics
import Testing

@testable import Subscriptions

/// Notifications for which there was no room among the transactions.
@Suite("Notifications that could not be sent")
struct UnsentTests {
    /// Says of all orders at hand that they could not be sent.
    private func fail(_ bench: Bench, _ orders: [NotifyOrder]? = nil) {
        for order in orders ?? bench.taken() {
            guard let handle = order.handle else { continue }
            bench.agent.completed(handle, .unsent, now: bench.now, into: &bench.orders)
        }
    }

    @Test("one is not tried again in the same second, but in the next")
    func nextSecond() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        bench.publish("open")
        fail(bench)
        bench.expire()
        #expect(bench.taken().isEmpty)
        #expect(bench.agent.counters[0].inFlight.value == 0)
        bench.pass(1)
        #expect(bench.answer().map(\.body) == ["open"])
        bench.pass(5)
        #expect(bench.taken().isEmpty, "it is told once")
    }

    @Test("what is told then is the newest state, under a CSeq of its own")
    func newest() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        let tag = bench.tag(bench.publish("one"))
        let first = bench.taken()
        bench.publish("two", ifMatch: tag)
        fail(bench, first)
        bench.pass(1)
        let told = bench.answer()
        #expect(told.map(\.body) == ["two"])
        #expect(told[0].cseq > first[0].cseq)
    }

    @Test("a change before that is told at once, and then nothing is left to tell")
    func changeBefore() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        let tag = bench.tag(bench.publish("one"))
        fail(bench)
        bench.publish("two", ifMatch: tag)
        #expect(bench.answer().map(\.body) == ["two"])
        bench.pass(2)
        #expect(bench.taken().isEmpty)
    }

    @Test("it is tried each second for as long as there is no room")
    func untilRoom() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        bench.publish("open")
        for _ in 0..<20 {
            fail(bench)
            bench.pass(1)
            #expect(bench.orders.count == 1)
        }
        #expect(bench.answer().map(\.body) == ["open"])
    }

    @Test("the first NOTIFY of a subscription is owed even without a document")
    func first() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        fail(bench)
        bench.pass(1)
        let told = bench.answer()
        #expect(told.map(\.state) == ["active;expires=599"])
    }

    @Test("a subscription that ends meanwhile gets its last NOTIFY, and nothing stays behind")
    func ended() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let first = bench.taken()
        bench.subscribe(&bob, expires: 0)
        #expect(bench.taken().isEmpty, "the first is still on its way")
        fail(bench, first)
        #expect(bench.notices().map(\.state) == ["terminated;reason=timeout"])
        #expect(bench.recordCount == 0)
    }

    @Test("one that expires while it waits for room is told so")
    func expires() {
        let bench = Bench()
        _ = bench.subscribed("bob", expires: 10)
        bench.publish("open", expires: 600)
        fail(bench)
        bench.pass(10)
        let states = bench.answer().map(\.state)
        #expect(states.last == "terminated;reason=timeout")
        bench.pass(600)
        bench.answer()
        #expect(bench.recordCount == 0)
    }

    @Test("watcher information names all watchers after one was lost")
    func watcherInformation() {
        let bench = Bench()
        var alice = Dialog("alice", TestPackage.winfo)
        bench.subscribe(&alice)
        bench.answer()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let orders = bench.taken()
        for order in orders {
            guard let handle = order.handle else { continue }
            let isAlice = order.dialog.text(.fromUser) == "alice"
            bench.agent.completed(
                handle, isAlice ? .unsent : .delivered, now: bench.now, into: &bench.orders)
        }
        bench.pass(1)
        let told = bench.answer().filter { $0.watcher == "alice" }
        #expect(told.count == 1)
        #expect(told.first?.body?.hasPrefix("full") == true, "\(told)")
    }

    @Test("the interval between two NOTIFYs holds for the second attempt as well")
    func interval() {
        let bench = Bench { $0.notifyIntervalSeconds = 5 }
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        fail(bench)
        bench.pass(4)
        #expect(bench.taken().isEmpty)
        bench.pass(1)
        #expect(bench.answer().count == 1)
    }
}

@Suite("Settings of the engine")
struct SettingTests {
    @Test(
        "who is no longer named by a rule is told the reason that the settings have",
        arguments: [
            (StatusReason.probation, "probation"), (.deactivated, "deactivated"),
            (.rejected, "rejected"), (.giveUp, "giveup"),
        ])
    func removedRule(reason: StatusReason, word: String) {
        let bench = Bench { $0.ruleRemovedReason = reason }
        _ = bench.subscribed("bob", TestPackage.ruled)
        bench.rules.set("bob", .noRule)
        let (user, host) = (Array("alice".utf8), Array("example.com".utf8))
        let changed = bench.agent.reauthorise(
            package: TestPackage.ruled, user: user.span, host: host.span, now: bench.now,
            into: &bench.orders)
        #expect(changed == 1)
        #expect(bench.notices().map(\.state) == ["terminated;reason=\(word)"])
    }

    @Test("a watcher who waits for a decision is forgotten after the time that the settings have")
    func pendingWatcher() {
        let bench = Bench { $0.pendingWatcherSecondsMax = 100 }
        bench.rules.set("bob", .confirm)
        _ = bench.subscribed("bob", TestPackage.ruled, expires: 20)
        bench.pass(30)
        bench.answer()
        #expect(bench.watchers().map(\.status) == [.pending])
        bench.pass(60)
        #expect(bench.watchers().count == 1)
        // The time counts from when the subscription ended.
        bench.pass(60)
        bench.answer()
        #expect(bench.watchers().isEmpty)
        #expect(bench.recordCount == 0)
    }

    @Test("bytes of a document are shared, and equal bytes are not the same ones")
    func bodies() {
        let bytes = Array("open".utf8)
        let one = EventBody(bytes.span)
        let other = EventBody(bytes.span)
        #expect(one.isIdentical(to: one) && !one.isIdentical(to: other))
        #expect(one.count == 4 && one.text == other.text)
    }

    @Test("names that are too long, or have no host, ask for nothing and get nothing")
    func names() {
        let bench = Bench()
        let long = [UInt8](repeating: 97, count: Limits.presenceNameBytesMax + 1)
        let host = Array("example.com".utf8)
        let package = TestPackage.presence
        let none: [UInt8] = []
        let count = bench.agent.subscriptionCount(
            package: package, user: long.span, host: host.span)
        let document = bench.agent.document(package: package, user: long.span, host: none.span)
        #expect(count == 0 && document == nil)
        let told = bench.agent.notifyAgain(
            package: package, user: host.span, host: none.span, now: bench.now, into: &bench.orders)
        #expect(told == 0 && bench.orders.isEmpty)
        let changed = bench.agent.reauthorise(
            package: package, user: host.span, host: host.span, now: bench.now,
            into: &bench.orders)
        #expect(changed == 0, "the package asks nobody")
    }

    @Test("a subscription that is gone can neither be ended nor shown")
    func gone() {
        let bench = Bench()
        let bob = bench.subscribed("bob")
        guard let handle = bob.handle else {
            Issue.record("no handle")
            return
        }
        #expect(bench.agent.subscription(handle) != nil)
        #expect(bench.agent.end(handle, now: bench.now))
        #expect(!bench.agent.end(handle, now: bench.now))
        #expect(bench.agent.subscription(handle) == nil)
        #expect(bench.notices().isEmpty && bench.recordCount == 0)
    }
}
