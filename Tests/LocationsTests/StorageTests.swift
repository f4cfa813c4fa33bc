import Basics
import Locations
import Testing

@Suite("The way to the database")
struct StorageTests {
    private let rig = Rig(persists: true)

    /// All changes that wait, in order, as short words.
    private func handOut(limit: Int = 100) -> [String] {
        var words: [String] = []
        for shard in 0..<LocationTable.shardCount {
            _ = rig.table.handOut(shard: shard, limit: limit) { view, change in
                let seen = Seen(view)
                switch change {
                case .write(let isNew): words.append("\(isNew ? "new" : "write") \(seen.uri)")
                case .erase(let limit):
                    words.append("erase \(seen.ruid)" + (limit.map { " by \($0.seconds)" } ?? ""))
                }
            }
        }
        return words
    }

    private func confirm() {
        for shard in 0..<LocationTable.shardCount { rig.table.confirm(shard: shard) }
    }

    private func fail() {
        for shard in 0..<LocationTable.shardCount { rig.table.fail(shard: shard) }
    }

    private func ruid(_ aor: String = "alice") -> String { rig.lookUp(aor)[0].ruid }

    @Test("is closed for a table without a database")
    func memoryOnlyTable() {
        let rig = Rig()
        rig.register("alice", "sip:a@h")
        #expect(rig.table.dirtyCount == 0)
        #expect(rig.table.dirtySince == nil)
        #expect(FakeDatabase.fetch(rig.table, shard: 0, limit: 10) == nil)
    }

    @Test("begins with a new binding, which is written once however often it changes")
    func writtenOnce() {
        for cseq in 1...5 { rig.register("alice", "sip:a@h", cseq: UInt32(cseq)) }
        #expect(rig.table.dirtyCount == 1)
        #expect(handOut() == ["new sip:a@h"])
        confirm()
        #expect(rig.table.dirtyCount == 0)
        #expect(handOut().isEmpty)
    }

    @Test("tells new, dirty and synchronised bindings apart")
    func states() {
        func state() -> StorageState { rig.lookUp("alice")[0].state }
        rig.register("alice", "sip:a@h", cseq: 1)
        #expect(state() == .new)
        _ = handOut()
        #expect(state() == .new, "not before it is confirmed")
        confirm()
        #expect(state() == .sync)
        rig.register("alice", "sip:a@h", cseq: 2)
        #expect(state() == .dirty)
        _ = handOut()
        #expect(state() == .dirty)
        confirm()
        #expect(state() == .sync)
        #expect(StorageState.allCases.map { "\($0.name)" } == ["CS_NEW", "CS_SYNC", "CS_DIRTY"])
    }

    @Test("leaves out a binding that came and went between two batches")
    func neverWritten() {
        rig.register("alice", "sip:a@h", cseq: 1)
        rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        #expect(rig.table.dirtyCount == 0)
        #expect(handOut().isEmpty)
    }

    @Test("erases the row of a binding that was removed")
    func erase() {
        rig.register("alice", "sip:a@h", cseq: 1)
        let name = ruid()
        _ = handOut()
        confirm()
        rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        #expect(handOut() == ["erase \(name)"])
        confirm()
        #expect(rig.table.dirtyCount == 0)
    }

    @Test("erases the row of an expired binding only if it has not been prolonged elsewhere")
    func guardedErase() {
        rig.register("alice", "sip:a@h", expires: 60, cseq: 1)
        let name = ruid()
        _ = handOut()
        confirm()
        rig.now += 60
        rig.expire()
        #expect(handOut() == ["erase \(name) by 1000060"])
    }

    @Test("erases a row that says a later expiry than the binding had")
    func shortenedErase() {
        rig.register("alice", "sip:a@h", expires: 600, cseq: 1)
        let name = ruid()
        _ = handOut()
        confirm()
        // The shorter expiry is never written, so the row still says 600.
        rig.register("alice", "sip:a@h", expires: 60, cseq: 2)
        rig.now += 60
        rig.expire()
        #expect(handOut() == ["erase \(name)"])
    }

    @Test("hands out no second batch before the first is settled")
    func oneBatch() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        #expect(handOut(limit: 1) == ["new sip:a@h"])
        #expect(handOut().isEmpty)
        confirm()
        #expect(handOut() == ["new sip:b@h"])
    }

    @Test("writes again what changed while it was being written")
    func changedInFlight() {
        rig.register("alice", "sip:a@h", cseq: 1)
        _ = handOut()
        rig.register("alice", "sip:a@h", cseq: 2)
        #expect(rig.table.dirtyCount == 1)
        confirm()
        #expect(rig.table.dirtyCount == 1)
        #expect(handOut() == ["write sip:a@h"])
        confirm()
        #expect(rig.table.dirtyCount == 0)
    }

    @Test("erases what was removed while it was being written", arguments: [true, false])
    func removedInFlight(succeeds: Bool) {
        rig.register("alice", "sip:a@h", cseq: 1)
        let name = ruid()
        _ = handOut()
        rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        if succeeds { confirm() } else { fail() }
        // Also after a failure: the write may have taken effect all the same.
        #expect(handOut() == ["erase \(name)"])
        confirm()
        #expect(rig.table.dirtyCount == 0)
    }

    @Test("repeats a batch that failed, in its old order and before what came later")
    func failure() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        #expect(handOut() == ["new sip:a@h", "new sip:b@h"])
        rig.register("alice", "sip:c@h", cseq: 2)
        rig.register("alice", "sip:b@h", cseq: 3)
        fail()
        #expect(handOut() == ["new sip:a@h", "new sip:b@h", "new sip:c@h"])
        confirm()
        #expect(rig.table.dirtyCount == 0)
    }

    @Test("repeats an erasure that failed")
    func failedErasure() {
        rig.register("alice", "sip:a@h", cseq: 1)
        let name = ruid()
        _ = handOut()
        confirm()
        rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        _ = handOut()
        fail()
        #expect(handOut() == ["erase \(name)"])
        confirm()
        #expect(handOut().isEmpty)
    }

    @Test("is not taken by a binding that is kept in memory only")
    func memoryOnlyBinding() {
        rig.rules.memoryOnly = true
        rig.register("alice", "sip:a@h", cseq: 1)
        #expect(rig.table.dirtyCount == 0)
        #expect(rig.lookUp("alice")[0].values.flags & 1 == 1)
        rig.rules.memoryOnly = false
        rig.register("alice", "sip:a@h", cseq: 2)
        #expect(handOut() == ["new sip:a@h"])
    }

    @Test("knows since when the oldest change waits")
    func oldest() {
        #expect(rig.table.dirtySince == nil)
        rig.register("alice", "sip:a@h", cseq: 1)
        rig.now += 5
        rig.register("bob", "sip:b@h", cseq: 1)
        rig.register("alice", "sip:a@h", cseq: 2)
        #expect(rig.table.dirtySince == WallTime(seconds: 1_000_000))
        _ = handOut()
        rig.now += 5
        rig.register("alice", "sip:a@h", cseq: 3)
        #expect(rig.table.dirtySince == WallTime(seconds: 1_000_000))
        confirm()
        #expect(rig.table.dirtySince == WallTime(seconds: 1_000_010))
        _ = handOut()
        fail()
        #expect(rig.table.dirtySince == WallTime(seconds: 1_000_010))
        _ = handOut()
        confirm()
        #expect(rig.table.dirtySince == nil)
    }

    @Test("says when a change is certain to be in the database")
    func confirmedChanges() {
        let first = rig.register("alice", "sip:a@h", cseq: 1).outcome
        #expect(rig.table.confirmedChange(shard: first.shard) < first.changeNumber)
        _ = handOut()
        let second = rig.register("alice", "sip:a@h", cseq: 2).outcome
        #expect(second.shard == first.shard)
        confirm()
        let confirmed = rig.table.confirmedChange(shard: first.shard)
        #expect(confirmed >= first.changeNumber && confirmed < second.changeNumber)
        _ = handOut()
        fail()
        #expect(rig.table.confirmedChange(shard: first.shard) < second.changeNumber)
        _ = handOut()
        confirm()
        #expect(rig.table.confirmedChange(shard: first.shard) >= second.changeNumber)
    }
}
