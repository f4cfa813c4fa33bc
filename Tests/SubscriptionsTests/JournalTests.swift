import Basics
import Testing

@testable import Subscriptions

@Suite("The way to the database")
struct JournalTests {
    private func persistent() -> Bench {
        Bench {
            $0.persistsPublications = true
            $0.persistsSubscriptions = true
            $0.persistsWatchers = true
        }
    }

    /// Writes all that waits.
    private func flush(_ bench: Bench, into tables: inout StoredTables, limit: Int = 7) {
        while true {
            let batch = bench.agent.takeChanges(limit: limit)
            if batch.isEmpty { return }
            for change in batch.changes { tables.apply(change) }
            bench.agent.settle(batch)
        }
    }

    @Test("a publication is written, renamed and erased under the tag that its row has")
    func publication() {
        let bench = persistent()
        var tables = StoredTables()
        var tag = bench.tag(bench.publish("one"))
        flush(bench, into: &tables)
        #expect(tables.publications.count == 1)
        for body in ["two", "", "three"] {
            tag = bench.tag(bench.publish(body, ifMatch: tag, sender: "sip:s", priority: 3))
        }
        #expect(bench.agent.journal.waiting == 1)
        flush(bench, into: &tables)
        #expect(tables.publications.count == 1 && tables.surprises == 0)
        let row = tables.publications.values.first
        #expect(row.map { String(decoding: $0.etag, as: UTF8.self) } == tag)
        #expect(row?.body.text == "three" && row?.priority == 3)
        #expect(row?.sender == Array("sip:s".utf8))
        bench.publish("", ifMatch: tag, expires: 0)
        flush(bench, into: &tables)
        #expect(tables.publications.isEmpty && bench.agent.journal.waiting == 0)
    }

    @Test("what comes and goes between two batches leaves no trace")
    func coalesced() {
        let bench = persistent()
        var bob = bench.subscribed("bob")
        bench.subscribe(&bob, expires: 0)
        let tag = bench.tag(bench.publish("one"))
        bench.publish("", ifMatch: tag, expires: 0)
        #expect(bench.agent.takeChanges(limit: 100).isEmpty)
        #expect(bench.agent.journal.waiting == 0)
        #expect(bench.agent.journal.oldestSeconds == nil)
    }

    @Test("a subscription is written with each refresh and erased at its end, however it ends")
    func subscription() {
        for ending in 0..<4 {
            let bench = persistent()
            var tables = StoredTables()
            var bob = bench.subscribed("bob", expires: 600)
            flush(bench, into: &tables)
            #expect(tables.subscriptions.values.first?.values.remoteCSeq == 1)
            bench.subscribe(&bob, expires: 900)
            bench.answer()
            flush(bench, into: &tables)
            let values = tables.subscriptions.values.first?.values
            #expect(values?.remoteCSeq == 2 && values?.expires == bench.now.seconds + 900)
            #expect(values?.localCSeq == 2 && values?.status == .active)
            switch ending {
            case 0: bench.subscribe(&bob, expires: 0)
            case 1: bench.pass(900)
            case 2:
                bench.publish("x")
                bench.answer(bench.taken(), .gone)
            default:
                bench.publish("x")
                bench.answer(bench.taken(), .timedOut)
            }
            bench.answer()
            flush(bench, into: &tables)
            #expect(tables.subscriptions.isEmpty && tables.surprises == 0)
        }
    }

    @Test("a NOTIFY alone makes no row due, unless numbers are asked for")
    func counters() {
        let bench = persistent()
        var tables = StoredTables()
        _ = bench.subscribed("bob")
        bench.agent.journalCounters(now: bench.now)
        flush(bench, into: &tables)
        bench.publish("one")
        bench.answer()
        flush(bench, into: &tables)
        #expect(tables.subscriptions.values.first?.values.localCSeq == 1)
        bench.agent.journalCounters(now: bench.now)
        flush(bench, into: &tables)
        #expect(tables.subscriptions.values.first?.values.localCSeq == 2)
        bench.agent.journalCounters(now: bench.now)
        #expect(bench.agent.journal.waiting == 0)
    }

    @Test("one batch at a time, and a batch that failed is handed out again in front")
    func failedBatch() {
        let bench = persistent()
        var tables = StoredTables()
        _ = bench.subscribed("bob")
        let batch = bench.agent.takeChanges(limit: 10)
        #expect(batch.changes.count == 1)
        _ = bench.subscribed("carol")
        #expect(bench.agent.takeChanges(limit: 10).isEmpty)
        #expect(bench.agent.journal.waiting == 2)
        bench.agent.settle(batch, failed: [0])
        #expect(bench.agent.journal.waiting == 2)
        flush(bench, into: &tables)
        #expect(tables.subscriptions.count == 2)
    }

    @Test("one bad row does not block the others of its batch")
    func oneBadRow() {
        let bench = persistent()
        var tables = StoredTables()
        for number in 0..<20 { _ = bench.subscribed("w\(number)") }
        for _ in 0..<3 {
            let batch = bench.agent.takeChanges(limit: 100)
            let bad = batch.changes.indices.filter { place in
                if case .writeSubscription(let row, _) = batch.changes[place] {
                    return row.dialog.text(.fromUser) == "w7"
                }
                return false
            }
            for place in batch.changes.indices where !bad.contains(place) {
                tables.apply(batch.changes[place])
            }
            bench.agent.settle(batch, failed: bad)
        }
        #expect(tables.subscriptions.count == 19)
        #expect(bench.agent.journal.waiting == 1)
    }

    @Test("a row that was renamed in a batch that failed is erased under its old tag")
    func renamedInVain() {
        let bench = persistent()
        var tables = StoredTables()
        let first = bench.tag(bench.publish("one"))
        flush(bench, into: &tables)
        let second = bench.tag(bench.publish("two", ifMatch: first))
        let batch = bench.agent.takeChanges(limit: 10)
        bench.publish("", ifMatch: second, expires: 0)
        bench.agent.settle(batch, failed: [0])
        flush(bench, into: &tables)
        #expect(tables.publications.isEmpty)
        #expect(bench.agent.journal.waiting == 0)
    }

    @Test("a change during the writing of a row is written after it")
    func changedInFlight() {
        for fails in [false, true] {
            let bench = persistent()
            var tables = StoredTables()
            let first = bench.tag(bench.publish("one"))
            flush(bench, into: &tables)
            let second = bench.tag(bench.publish("two", ifMatch: first))
            let batch = bench.agent.takeChanges(limit: 10)
            bench.publish("three", ifMatch: second)
            if !fails { for change in batch.changes { tables.apply(change) } }
            bench.agent.settle(batch, failed: fails ? [0] : [])
            flush(bench, into: &tables)
            #expect(tables.publications.values.map(\.body.text) == ["three"])
        }
    }

    @Test("the oldest change tells how far the database lags behind")
    func lag() {
        let bench = persistent()
        let start = bench.now.seconds
        bench.publish("one")
        bench.now.seconds += 7
        bench.publish("two", user: "bob")
        #expect(bench.agent.journal.oldestSeconds == start)
        let batch = bench.agent.takeChanges(limit: 10)
        #expect(bench.agent.journal.oldestSeconds == start && bench.agent.journal.waiting == 2)
        bench.agent.settle(batch)
        #expect(bench.agent.journal.oldestSeconds == nil)
    }

    @Test("without persistence nothing is journalled")
    func memoryOnly() {
        let bench = Bench()
        _ = bench.subscribed("bob", TestPackage.ruled)
        bench.publish("one", TestPackage.ruled)
        #expect(bench.agent.journal.waiting == 0)
    }

    // MARK: Start

    @Test("what was written is taken up again and goes on being notified")
    func restart() {
        let bench = persistent()
        var tables = StoredTables()
        bench.rules.set("carol", .confirm)
        bench.publish("one", TestPackage.ruled)
        var bob = bench.subscribed("bob", TestPackage.ruled)
        _ = bench.subscribed("carol", TestPackage.ruled)
        bench.agent.journalCounters(now: bench.now)
        flush(bench, into: &tables)
        let next = restored(tables, at: bench.now)
        #expect(next.publications().count == 1 && next.subscriptions().count == 2)
        #expect(next.watchers().count == 2 && next.notices().isEmpty)
        #expect(next.agent.journal.waiting == 0)
        next.subscribe(&bob)
        #expect(next.answer().map(\.body) == ["one"])
        next.publish("two", TestPackage.ruled)
        #expect(next.answer().map(\.description) == ["bob 1004 active;expires=600 two"])
        #expect(next.agent.counters[5].pending.value == 1)
    }

    @Test("a foreign entity tag is honoured, then replaced by one of this run")
    func foreignTag() {
        let bench = persistent()
        var tables = StoredTables()
        let row = PublicationRow(
            user: Array("alice".utf8), host: Array("example.com".utf8),
            package: TestPackage.presence, etag: Array("a.1.2.3.0".utf8), ruid: [],
            body: EventBody("kamailio".utf8Span.span), sender: [],
            expires: bench.now.seconds + 60, received: bench.now.seconds, priority: 0)
        tables.apply(.writePublication(row, isNew: true, storedTag: nil))
        #expect(bench.agent.restore(row, now: bench.now))
        #expect(!bench.agent.restore(row, now: bench.now))
        flush(bench, into: &tables)
        let ruid = tables.publications.values.first?.ruid ?? []
        #expect(String(decoding: ruid, as: UTF8.self).hasPrefix("pres-"))
        let tag = bench.tag(bench.publish("ours", ifMatch: "a.1.2.3.0"))
        #expect(tag.hasPrefix("a.1700000000.77."))
        flush(bench, into: &tables)
        #expect(tables.publications.count == 1)
        #expect(tables.publications.values.first?.ruid == ruid)
        #expect(bench.publish("x", ifMatch: "a.1.2.3.0") == .conditionFailed)
    }

    @Test("rows that have expired are not taken up but deleted")
    func expiredRows() {
        let bench = persistent()
        var tables = StoredTables()
        bench.publish("one", expires: 60)
        _ = bench.subscribed("bob", expires: 60)
        flush(bench, into: &tables)
        let late = WallTime(seconds: bench.now.seconds + 60)
        let next = restored(tables, at: late)
        #expect(next.recordCount == 0)
        flush(next, into: &tables)
        #expect(tables.publications.isEmpty && tables.subscriptions.isEmpty)
    }

    @Test("documents come up in the order in which they were received")
    func order() {
        let bench = persistent()
        var tables = StoredTables()
        for body in ["one", "two", "three", "four"] {
            bench.publish(body)
            bench.now.seconds += 1
        }
        flush(bench, into: &tables)
        let next = restored(tables, at: bench.now)
        _ = next.subscribed("bob")
        next.publish("five")
        #expect(next.answer().map(\.body) == ["one+two+three+four+five"])
    }

    /// Another run on the same tables.
    private func restored(_ tables: StoredTables, at time: WallTime) -> Bench {
        let bench = Bench {
            $0.persistsPublications = true
            $0.persistsSubscriptions = true
            $0.persistsWatchers = true
        }
        bench.now = time
        for row in tables.watchers.values { _ = bench.agent.restore(row, now: time) }
        for row in tables.publications.values { _ = bench.agent.restore(row, now: time) }
        var draft = DialogDraft()
        for row in tables.subscriptions.values {
            row.dialog.copy(into: &draft)
            _ = bench.agent.restore(
                draft, package: row.dialog.package, values: row.values, now: time)
        }
        return bench
    }
}
