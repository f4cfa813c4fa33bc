import Basics
import Testing

@testable import Subscriptions

@Suite("SUBSCRIBE (RFC 6665)")
struct SubscribeTests {
    @Test("a new subscription is active and told at once, with CSeq 2")
    func new() {
        let bench = Bench()
        bench.publish("open")
        var bob = Dialog("bob")
        guard case .accepted(let accepted) = bench.subscribe(&bob) else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.isNew && accepted.status == .active && accepted.expiresSeconds == 600)
        #expect(accepted.handle != nil && bob.toTag.utf8.count == 19)
        #expect(bench.notices() == [Notice("bob", 2, "active;expires=600", "open")])
        #expect(bench.agent.counters[0].active.value == 1)
    }

    @Test("without a document the NOTIFY has no body")
    func nothingPublished() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        #expect(bench.notices() == [Notice("bob", 2, "active;expires=600")])
    }

    @Test("a refresh is told again, with the next CSeq")
    func refresh() {
        let bench = Bench()
        bench.publish("open")
        var bob = bench.subscribed("bob")
        guard case .accepted(let accepted) = bench.subscribe(&bob, expires: 900) else {
            Issue.record("not accepted")
            return
        }
        #expect(!accepted.isNew && accepted.expiresSeconds == 900)
        #expect(bench.notices() == [Notice("bob", 3, "active;expires=900", "open")])
        #expect(bench.subscriptions().count == 1)
    }

    @Test("the end of a subscription is told with the document, and nothing afterwards")
    func unsubscribe() {
        let bench = Bench()
        bench.publish("open")
        var bob = bench.subscribed("bob")
        guard case .accepted(let accepted) = bench.subscribe(&bob, expires: 0) else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.expiresSeconds == 0 && accepted.status == .terminated)
        let orders = bench.taken()
        #expect(orders.map(Notice.init) == [Notice("bob", 3, "terminated;reason=timeout", "open")])
        #expect(orders[0].handle == nil)
        #expect(bench.subscriptions().isEmpty)
        bench.publish("closed")
        #expect(bench.notices().isEmpty)
        if case .unknownDialog = bench.subscribe(&bob) {} else { Issue.record("still known") }
    }

    @Test("a fetch stores nothing and gets one NOTIFY with CSeq 1")
    func fetch() {
        let bench = Bench()
        bench.publish("open")
        var bob = Dialog("bob")
        guard case .accepted(let accepted) = bench.subscribe(&bob, expires: 0) else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.handle == nil && accepted.expiresSeconds == 0)
        #expect(bench.notices() == [Notice("bob", 1, "terminated;reason=timeout", "open")])
        #expect(bench.subscriptions().isEmpty)
    }

    @Test("a fetch of a presentity that nobody knows leaves nothing behind")
    func fetchNothing() {
        let bench = Bench()
        for package in [TestPackage.presence, TestPackage.reg, TestPackage.winfo] {
            var bob = Dialog("bob", package)
            bench.subscribe(&bob, expires: 0)
        }
        #expect(
            bench.notices() == [
                Notice("bob", 1, "terminated;reason=timeout"),
                Notice("bob", 1, "terminated;reason=timeout"),
                Notice("bob", 1, "terminated;reason=timeout", "full 0:"),
            ])
        #expect(bench.recordCount == 0)
    }

    @Test("a request within a dialog that does not exist is refused with 481")
    func unknownDialog() {
        let bench = Bench()
        let known = bench.subscribed("bob")
        for change in [\Dialog.toTag, \Dialog.callID, \Dialog.watcher] {
            var bob = known
            bob[keyPath: change] += "x"
            if case .unknownDialog = bench.subscribe(&bob) {} else { Issue.record("accepted") }
        }
        var other = known
        other.package = TestPackage.reg
        if case .unknownDialog = bench.subscribe(&other) {} else { Issue.record("accepted") }
        #expect(bench.subscriptions().count == 1)
    }

    @Test(
        "CSeq must rise within a dialog, but for the step back that is tolerated",
        arguments: [(0, 5, false), (0, 4, false), (0, 6, true), (1, 5, true), (3, 2, false)])
    func order(_ step: UInt32, _ cseq: UInt32, _ accepted: Bool) {
        let bench = Bench { $0.cseqStepBack = step }
        var bob = Dialog("bob")
        bob.cseq = 5
        bench.subscribe(&bob)
        bob.cseq = cseq
        switch bench.subscribe(&bob) {
        case .accepted: #expect(accepted)
        case .outOfOrder: #expect(!accepted)
        default: Issue.record("another answer")
        }
    }

    @Test("the same initial request again gets the same answer and no second dialog")
    func repeated() {
        let bench = Bench()
        var bob = Dialog("bob")
        var again = bob
        bench.subscribe(&bob)
        #expect(bench.notices().count == 1)
        guard case .accepted(let accepted) = bench.subscribe(&again) else {
            Issue.record("not accepted")
            return
        }
        #expect(!accepted.isNew && again.toTag == bob.toTag && again.handle == bob.handle)
        #expect(bench.notices().isEmpty)
        #expect(bench.subscriptions().count == 1)
    }

    @Test("another request without a To-tag is another dialog, with another tag")
    func secondDialog() {
        let bench = Bench()
        let one = bench.subscribed("bob")
        var two = Dialog("bob")
        two.cseq = 9
        bench.subscribe(&two)
        #expect(one.toTag != two.toTag)
        #expect(bench.subscriptions().count == 2)
        var refreshed = one
        bench.subscribe(&refreshed)
        #expect(refreshed.handle == one.handle)
    }

    @Test("a To-tag that the reply engine has chosen is kept")
    func givenTag() {
        let bench = Bench()
        var request = SubscribeRequest()
        var bob = Dialog("bob")
        bob.toTag = "given-by-tm"
        bench.fill(&request, bob, 600)
        request.isInDialog = false
        guard
            case .accepted(let accepted) = bench.agent.subscribe(
                request, now: bench.now, into: &bench.orders)
        else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.dialog.text(.toTag) == "given-by-tm")
        bench.answer()
        bob.cseq = 2
        if case .accepted(let again) = bench.subscribe(&bob) {
            #expect(again.handle == accepted.handle)
        } else {
            Issue.record("the dialog was not found")
        }
    }

    @Test(
        "a lifetime below the minimum is refused with 423, or raised",
        arguments: [
            (30, BriefExpiresAction.refuse, nil), (30, .raise, 60), (60, .refuse, 60),
            (0, .refuse, 0), (9_999, .refuse, 3_600),
        ] as [(Int, BriefExpiresAction, Int?)])
    func lifetimes(_ asked: Int, _ action: BriefExpiresAction, _ granted: Int?) {
        let bench = Bench {
            $0.expiresSecondsMin = 60
            $0.briefExpires = action
        }
        var bob = Dialog("bob")
        switch bench.subscribe(&bob, expires: asked) {
        case .accepted(let accepted): #expect(accepted.expiresSeconds == granted)
        case .tooBrief(let minimum): #expect(granted == nil && minimum == 60)
        default: Issue.record("another answer")
        }
    }

    @Test("a minimum above the maximum is the maximum")
    func minimumAboveMaximum() {
        let bench = Bench {
            $0.expiresSecondsMax = 100
            $0.expiresSecondsMin = 200
        }
        var bob = Dialog("bob")
        if case .tooBrief(let minimum) = bench.subscribe(&bob, expires: 50) {
            #expect(minimum == 100)
        } else {
            Issue.record("accepted")
        }
        guard case .accepted(let accepted) = bench.subscribe(&bob, expires: 500) else {
            Issue.record("not accepted")
            return
        }
        #expect(accepted.expiresSeconds == 100)
    }

    @Test("a request that cannot be stored is refused")
    func unusable() {
        let bench = Bench()
        var long = Dialog("bob")
        long.callID = String(repeating: "c", count: 256)
        var silent = Dialog("bob")
        silent.contact = ""
        var nameless = Dialog("bob")
        nameless.callID = ""
        for var dialog in [long, silent, nameless] {
            if case .unusable = bench.subscribe(&dialog) {} else { Issue.record("accepted") }
        }
        #expect(bench.recordCount == 0)
    }

    @Test("a presentity has only so many subscriptions, and the server too")
    func bounded() {
        let bench = Bench {
            $0.subscriptionsPerPresentityMax = 2
            $0.subscriptionsMax = 3
        }
        var outcomes: [Bool] = []
        for (number, presentity) in ["a", "a", "a", "b", "b"].enumerated() {
            var dialog = Dialog("w\(number)")
            dialog.presentity = presentity
            if case .full = bench.subscribe(&dialog) {
                outcomes.append(false)
            } else {
                outcomes.append(true)
            }
        }
        #expect(outcomes == [true, true, false, true, false])
        #expect(bench.agent.counters[0].active.value == 3)
    }

    @Test("a refresh moves the contact; a NOTIFY on its way keeps the old one")
    func target() {
        let bench = Bench()
        var bob = Dialog("bob")
        bench.subscribe(&bob)
        let before = bench.taken()
        bob.contact = "sip:bob@198.51.100.7"
        bench.subscribe(&bob)
        #expect(before[0].dialog.text(.contact) == "sip:bob@192.0.2.1")
        let after = bench.answer(before)
        #expect(after.count == 2)
        let row = bench.subscriptions()[0]
        #expect(row.dialog.text(.contact) == "sip:bob@198.51.100.7")
        #expect(row.dialog.text(.callID) == bob.callID)
        #expect(row.dialog.text(.watcherUser) == "bob")
    }

    @Test("a phone that comes back does not pile up dialogs, where the settings say so")
    func comesBack() {
        for replaces in [false, true] {
            let bench = Bench { $0.replacesSameSubscription = replaces }
            for boot in 0..<5 { _ = bench.subscribed("bob", call: "-\(boot)") }
            _ = bench.subscribed("carol")
            #expect(bench.subscriptions().count == (replaces ? 2 : 6))
            bench.publish("open")
            #expect(bench.answer().count == (replaces ? 2 : 6))
        }
    }

    @Test("event ids tell dialogs of one Call-ID apart")
    func eventID() {
        let bench = Bench()
        var request = SubscribeRequest()
        let bob = Dialog("bob")
        for id in ["5", "6"] {
            bench.fill(&request, bob, 600)
            let bytes = Array(id.utf8)
            request.text.set(.eventID, bytes.span)
            if case .accepted(let accepted) = bench.agent.subscribe(
                request, now: bench.now, into: &bench.orders)
            {
                #expect(accepted.isNew)
                #expect(accepted.dialog.text(.eventID) == id)
            }
        }
        #expect(bench.subscriptions().count == 2)
    }

    @Test("without fast NOTIFY the first one waits for the notifier's turn")
    func slowNotify() {
        let bench = Bench {
            $0.notifiesAtOnce = false
            $0.ordersPerCall = 1
        }
        var dialogs = (0..<3).map { Dialog("w\($0)") }
        for place in dialogs.indices { bench.subscribe(&dialogs[place]) }
        #expect(bench.answer().isEmpty && !bench.agent.hasWaitingOrders)
        bench.publish("open")
        #expect(bench.answer().map(\.watcher).sorted() == ["w0", "w1", "w2"])
        for place in dialogs.indices { bench.subscribe(&dialogs[place]) }
        bench.agent.releaseDelayed()
        #expect(bench.agent.hasWaitingOrders)
        #expect(bench.answer().count == 3)
        bench.agent.releaseDelayed()
        #expect(bench.answer().isEmpty && !bench.agent.hasWaitingOrders)
    }

    @Test("decisions about watchers are bounded like subscriptions")
    func boundedDecisions() {
        let bench = Bench { $0.subscriptionsPerPresentityMax = 3 }
        bench.rules.setAll(.block)
        var full = 0
        for number in 0..<5 {
            var dialog = Dialog("w\(number)", TestPackage.ruled)
            if case .full = bench.subscribe(&dialog) { full += 1 }
        }
        #expect(full == 2 && bench.watchers().count == 3)
        var known = Dialog("w0", TestPackage.ruled)
        if case .full = bench.subscribe(&known) { Issue.record("a known watcher is refused") }
    }

    @Test("one Call-ID and From-tag for all subscriptions does not slow the engine down")
    func sameNames() {
        let bench = Bench()
        for number in 0..<2_000 {
            var dialog = Dialog("bob")
            dialog.presentity = "p\(number % 300)"
            dialog.cseq = UInt32(number + 1)
            bench.subscribe(&dialog)
        }
        var tags = Set<UInt32>()
        for number in 0..<StateAgent.shardCount {
            bench.agent.withShard(number) { shard in
                for place in 0..<shard.subscriptions.placesUsed {
                    tags.insert(shard.subscriptions[place].tag)
                }
            }
        }
        #expect(tags.count > 1_990)
    }
}
