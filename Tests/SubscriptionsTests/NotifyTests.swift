import Basics
import Testing

@testable import Subscriptions

@Suite("Notifications")
struct NotifyTests {
    @Test("a change is told to all active watchers with one shared document")
    func fanOut() {
        let bench = Bench()
        for name in ["bob", "carol", "dave"] { _ = bench.subscribed(name) }
        bench.publish("open")
        let orders = bench.taken()
        #expect(orders.map { $0.dialog.text(.fromUser) } == ["bob", "carol", "dave"])
        #expect(orders.allSatisfy { $0.document === orders[0].document })
        #expect(orders.map(Notice.init).allSatisfy { $0.cseq == 3 && $0.body == "open" })
    }

    @Test("one that is on its way is never overtaken: changes meanwhile are told with the answer")
    func neverTwo() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        var tag = bench.tag(bench.publish("one"))
        let first = bench.taken()
        #expect(first.map(Notice.init).map(\.body) == ["one"])
        for body in ["two", "three", "four"] { tag = bench.tag(bench.publish(body, ifMatch: tag)) }
        #expect(bench.taken().isEmpty)
        let told = bench.answer(first)
        #expect(told.map(\.body) == ["one", "four"])
        #expect(told.map(\.cseq) == [3, 4])
        #expect(bench.agent.counters[0].coalesced.value == 2)
        #expect(bench.agent.counters[0].inFlight.value == 0)
    }

    @Test("a dead watcher in the middle does not hold up those behind it")
    func deadWatcher() {
        let bench = Bench()
        var dialogs = ["a", "b", "c", "d", "e"].map { Dialog($0) }
        for place in dialogs.indices { bench.subscribe(&dialogs[place]) }
        let first = bench.taken()
        // All answer but the third.
        bench.answer(first.enumerated().filter { $0.offset != 2 }.map(\.element))
        for body in ["one", "two", "three"] {
            bench.publish(body)
            let told = bench.answer()
            #expect(told.map(\.watcher) == ["a", "b", "d", "e"])
        }
        #expect(bench.answer([first[2]], .timedOut).count == 1)
        #expect(bench.subscriptions().count == 4)
    }

    @Test(
        "an answer ends the subscription or does not",
        arguments: [
            (NotifyOutcome.delivered, true, true), (.failed, true, true), (.gone, true, false),
            (.timedOut, true, false), (.timedOut, false, true), (.gone, false, false),
        ])
    func outcomes(_ outcome: NotifyOutcome, _ removes: Bool, _ stays: Bool) {
        let bench = Bench { $0.removesOnTimeout = removes }
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        bench.answer(bench.taken(), outcome)
        #expect(bench.subscriptions().count == (stays ? 1 : 0))
        #expect(bench.recordCount == (stays ? 3 : 0))
        bench.publish("open")
        #expect(bench.notices().count == (stays ? 1 : 0))
    }

    @Test("an answer that is told twice, or too late, does no harm")
    func lateAnswers() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let order = bench.taken()[0]
        bench.answer([order])
        bench.answer([order], .gone)
        #expect(bench.subscriptions().count == 1)
        bench.subscribe(&bob, expires: 0)
        bench.answer([order], .gone)
        #expect(bench.recordCount == 0)
    }

    @Test("the sender of a change is not told of it, but of the next one's")
    func sender() {
        let bench = Bench()
        let bob = bench.subscribed("bob")
        _ = bench.subscribed("carol")
        bench.publish("by bob", sender: bob.contact)
        #expect(bench.answer().map(\.watcher) == ["carol"])
        bench.publish("by another")
        #expect(bench.answer().map(\.watcher) == ["bob", "carol"])
    }

    @Test("a sender that was on its way when another published is told")
    func senderMissedOne() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let first = bench.taken()
        bench.publish("by another")
        bench.publish("by bob", sender: bob.contact)
        #expect(bench.answer(first).map(\.body) == [nil, "by another+by bob"])
    }

    @Test("a thousand watchers are served in pieces and others come in between")
    func pieces() {
        let bench = Bench { $0.ordersPerCall = 10 }
        for number in 0..<1_000 { _ = bench.subscribed("w\(number)") }
        var bob = Dialog("bob")
        bob.presentity = "dora"
        bench.subscribe(&bob)
        bench.answer()
        bench.publish("open")
        #expect(bench.orders.count == 10)
        bench.publish("open", user: "dora")
        var round = 0
        var seen = Set<String>()
        while bench.agent.hasWaitingOrders || !bench.orders.isEmpty {
            round += 1
            let batch = bench.taken()
            #expect(batch.count <= 50)
            for order in batch {
                seen.insert(order.dialog.text(.fromUser))
                if order.dialog.text(.fromUser) == "bob" { #expect(round <= 5) }
                if let handle = order.handle {
                    bench.agent.completed(handle, .delivered, now: bench.now, into: &bench.orders)
                }
            }
            _ = bench.agent.nextOrders(limit: 40, now: bench.now, into: &bench.orders)
        }
        #expect(seen.count == 1_001)
    }

    @Test("those at the end of a long list are not put off by changes in between")
    func fairness() {
        let bench = Bench { $0.ordersPerCall = 1 }
        for number in 0..<20 { _ = bench.subscribed("w\(number)") }
        var seen = Set<String>()
        for change in 0..<40 {
            bench.publish("change \(change)")
            for order in bench.taken() {
                seen.insert(order.dialog.text(.fromUser))
                guard let handle = order.handle else { continue }
                // The answer's own orders would serve everybody at once.
                bench.agent.completed(handle, .delivered, now: bench.now, into: &bench.orders)
                bench.orders = []
            }
        }
        #expect(seen.count == 20)
    }

    @Test("a watcher that is gone during a walk takes nobody along")
    func removedInWalk() {
        let bench = Bench { $0.ordersPerCall = 1 }
        var dialogs: [Dialog] = []
        for number in 0..<6 { dialogs.append(bench.subscribed("w\(number)")) }
        bench.publish("open")
        let first = bench.taken()
        #expect(first.count == 1)
        for place in [1, 2, 5] {
            if let handle = dialogs[place].handle {
                #expect(bench.agent.end(handle, now: bench.now))
            }
        }
        #expect(Set(bench.answer(first).map(\.watcher)) == ["w0", "w3", "w4"])
    }

    @Test("a refresh without a body is told or not, as the settings say")
    func refreshes() {
        for notifies in [true, false] {
            let bench = Bench { $0.notifiesRefreshes = notifies }
            _ = bench.subscribed("bob")
            let tag = bench.tag(bench.publish("open"))
            bench.answer()
            bench.publish("", ifMatch: tag)
            #expect(bench.answer().map(\.body) == (notifies ? ["open"] : []))
        }
    }

    @Test("without composition the last document goes out as it is")
    func verbatim() {
        let bench = Bench()
        _ = bench.subscribed("bob", TestPackage.reg)
        let first = bench.tag(bench.publish("one", TestPackage.reg))
        bench.answer()
        bench.publish("two", TestPackage.reg)
        #expect(bench.answer().map(\.body) == ["two"])
        bench.publish("three", ifMatch: first, TestPackage.reg)
        #expect(bench.answer().map(\.body) == ["three"])
    }

    @Test("what is withdrawn is shown once to everybody, then forgotten")
    func withdrawn() {
        let bench = Bench()
        var carol = Dialog("carol")
        _ = bench.subscribed("bob")
        bench.subscribe(&carol)
        let slow = bench.taken()
        let tag = bench.tag(bench.publish("open"))
        bench.answer()
        bench.publish("", ifMatch: tag, expires: 0)
        #expect(bench.answer().map(\.description) == ["bob 4 active;expires=600 (open)"])
        #expect(bench.answer(slow).map(\.body) == [nil, "(open)"])
        _ = bench.subscribed("dave")
        #expect(bench.answer().isEmpty)
        var bob = Dialog("erin")
        bench.subscribe(&bob)
        #expect(bench.notices().map(\.body) == [nil])
    }

    @Test("each watcher has versions of its own, counting up")
    func versions() {
        let bench = Bench()
        _ = bench.subscribed("bob", TestPackage.dialog)
        bench.publish("d1:early", TestPackage.dialog)
        #expect(bench.answer().map(\.body) == ["v=1;d1:early"])
        _ = bench.subscribed("carol", TestPackage.dialog)
        bench.publish("d1:confirmed", TestPackage.dialog)
        #expect(bench.answer().map(\.body) == ["v=2;d1:confirmed", "v=1;d1:confirmed"])
    }

    @Test("the state can be told again without a change")
    func again() {
        let bench = Bench()
        _ = bench.subscribed("bob")
        bench.publish("open")
        bench.answer()
        let host = Array("example.com".utf8)
        let user = Array("alice".utf8)
        let count = bench.agent.notifyAgain(
            package: TestPackage.presence, user: user.span, host: host.span, now: bench.now,
            into: &bench.orders)
        #expect(count == 1)
        #expect(bench.answer().map(\.body) == ["open"])
        #expect(
            bench.agent.subscriptionCount(
                package: TestPackage.presence, user: user.span, host: host.span) == 1)
        #expect(
            bench.agent.document(
                package: TestPackage.presence, user: user.span, host: host.span) != nil)
    }

    @Test("with an interval a watcher is told at most once in it, the newest state")
    func interval() {
        let bench = Bench { $0.notifyIntervalSeconds = 5 }
        _ = bench.subscribed("bob")
        bench.publish("one")
        #expect(bench.answer().isEmpty)
        bench.pass(4)
        bench.publish("two")
        #expect(bench.answer().isEmpty)
        bench.pass(1)
        #expect(bench.answer().map(\.body) == ["one+two"])
        bench.pass(20)
        #expect(bench.answer().isEmpty)
        bench.publish("three")
        #expect(bench.answer().map(\.body) == ["one+two+three"])
    }

    @Test("a SUBSCRIBE is answered by a NOTIFY also within the interval")
    func intervalAndRefresh() {
        let bench = Bench { $0.notifyIntervalSeconds = 5 }
        var bob = bench.subscribed("bob")
        bench.subscribe(&bob)
        #expect(bench.answer().count == 1)
        bench.subscribe(&bob, expires: 0)
        #expect(bench.answer().map(\.state) == ["terminated;reason=timeout"])
    }

    @Test("a refresh while a NOTIFY is on its way is told with the answer")
    func refreshInFlight() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let first = bench.taken()
        bench.subscribe(&bob, expires: 900)
        #expect(bench.taken().isEmpty)
        #expect(
            bench.answer(first).map(\.state) == ["active;expires=600", "active;expires=900"])
    }

    @Test(
        "an end while a NOTIFY is on its way is told with the answer, if anybody is there",
        arguments: [(NotifyOutcome.delivered, true), (.failed, true), (.gone, false)])
    func endInFlight(_ outcome: NotifyOutcome, _ told: Bool) {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let first = bench.taken()
        bench.subscribe(&bob, expires: 0)
        #expect(bench.taken().isEmpty && bench.subscriptions().isEmpty)
        let after = bench.answer(first, outcome).dropFirst()
        #expect(after.map(\.state) == (told ? ["terminated;reason=timeout"] : []))
        #expect(bench.recordCount == 0)
    }
}
