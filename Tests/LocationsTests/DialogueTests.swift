import Basics
import Locations
import Testing

/// What phones do in the field, told as a dialogue.
@Suite("A phone")
struct DialogueTests {
    private let rig = Rig(persists: true)

    @Test("registers, refreshes for a day and leaves")
    func ordinaryDay() {
        var cseq: UInt32 = 1
        #expect(rig.register("alice", "sip:a@10.0.0.2:5060", expires: 3600).change == .inserted)
        let ruid = rig.lookUp("alice")[0].ruid
        for _ in 0..<48 {
            rig.now += 1800
            cseq += 1
            #expect(rig.expire().isEmpty)
            let answer = rig.register("alice", "sip:a@10.0.0.2:5060", expires: 3600, cseq: cseq)
            #expect(answer.change == .updated)
            #expect(answer.bindings.map(\.ruid) == [ruid])
        }
        let goodbye = rig.register("alice", "sip:a@10.0.0.2:5060", expires: 0, cseq: cseq + 1)
        #expect(goodbye.change == .removed)
        #expect(goodbye.bindings.isEmpty)
        #expect(rig.table.statistics.users.value == 0)
        #expect(rig.table.statistics.expired.value == 0)
    }

    @Test("loses power and comes back under a new Call-ID with a low CSeq")
    func reboot() {
        rig.register("alice", "sip:a@10.0.0.2", callID: "before", cseq: 4711)
        rig.now += 120
        let answer = rig.register("alice", "sip:a@10.0.0.2", callID: "after", cseq: 1)
        #expect(answer.change == .updated)
        #expect(answer.bindings.map(\.callID) == ["after"])
        // A datagram of its former life that was late changes nothing any more than it should.
        let late = rig.register("alice", "sip:a@10.0.0.2", callID: "after", cseq: 0)
        #expect(late.status == .outOfOrder)
    }

    @Test("sends its datagram twice, and both get the same answer")
    func retransmission() {
        let first = rig.register("alice", "sip:a@h", cseq: 8)
        rig.now += 1
        let second = rig.register("alice", "sip:a@h", cseq: 8)
        #expect(second.status == .accepted)
        #expect(second.bindings == first.bindings)
        let removal = rig.register("alice", "sip:a@h", expires: 0, cseq: 9)
        let again = rig.register("alice", "sip:a@h", expires: 0, cseq: 9)
        #expect(removal.status == .accepted && again.status == .accepted)
        #expect(removal.bindings.isEmpty && again.bindings.isEmpty)
    }

    @Test("behind a NAT that changes its port leaves the old binding to expire")
    func natRebinding() {
        rig.register("alice", "sip:a@192.0.2.1:1024", expires: 60, cseq: 1)
        rig.now += 30
        let answer = rig.register("alice", "sip:a@192.0.2.1:1025", expires: 60, cseq: 2)
        #expect(answer.uris == ["sip:a@192.0.2.1:1024", "sip:a@192.0.2.1:1025"])
        rig.now += 30
        #expect(rig.expire() == ["sip:a@192.0.2.1:1024"])
        #expect(rig.uris("alice") == ["sip:a@192.0.2.1:1025"])
    }

    @Test("with an instance keeps one binding whatever the NAT does")
    func natWithInstance() {
        for port in 1024..<1054 {
            rig.now += 20
            let offer = Offer("sip:a@192.0.2.1:\(port)", expires: 60, instance: "<urn:uuid:7>")
            let answer = rig.register("alice", [offer], cseq: UInt32(port))
            #expect(answer.uris == ["sip:a@192.0.2.1:\(port)"])
        }
        #expect(rig.table.statistics.contacts.value == 1)
    }

    @Test("with two flows keeps both, and each is refreshed by itself")
    func outbound() {
        func offer(_ flow: UInt32) -> Offer {
            Offer("sip:a@h;ob", instance: "<urn:uuid:7>", regID: flow)
        }
        rig.register("alice", [offer(1)], callID: "flow-1", cseq: 1)
        rig.register("alice", [offer(2)], callID: "flow-2", cseq: 1)
        rig.now += 300
        let answer = rig.register("alice", [offer(1)], callID: "flow-1", cseq: 2)
        #expect(answer.bindings.map(\.values.regID) == [1, 2])
        #expect(answer.bindings.map(\.values.cseq) == [2, 1])
        rig.now += 300
        #expect(rig.expire().count == 1)
        #expect(rig.lookUp("alice").map(\.values.regID) == [1])
    }

    @Test("shares its number with others, and the preferred one rings first")
    func sharedLine() {
        rig.register("sales", [Offer("sip:desk@h", q: 500)], callID: "d", cseq: 1)
        rig.register("sales", [Offer("sip:mobile@h", q: 1000)], callID: "m", cseq: 1)
        rig.register("sales", [Offer("sip:soft@h", q: 500)], callID: "s", cseq: 1)
        #expect(rig.uris("sales") == ["sip:mobile@h", "sip:desk@h", "sip:soft@h"])
        rig.register("sales", [Offer("sip:mobile@h", q: 100)], callID: "m", cseq: 2)
        #expect(rig.uris("sales") == ["sip:desk@h", "sip:soft@h", "sip:mobile@h"])
        #expect(rig.star("sales", callID: "d", cseq: 2).status == .accepted)
        #expect(rig.uris("sales").isEmpty, "a star clears what others registered, too")
    }

    @Test("that was stored is there after a restart, and goes on where it was")
    func restart() {
        var database = FakeDatabase()
        rig.register(
            "alice", [Offer("sip:a@h", q: 700, instance: "<urn:1>", received: "sip:r")], cseq: 5)
        database.flush(rig.table)
        let after = Rig(persists: true, run: 0x7777_7777)
        after.now = rig.now + 60
        for (ruid, row) in database.rows {
            let stored = StoredRow(
                aor: row.aor, ruid: ruid, uri: row.uri, callID: row.callID,
                cseq: row.values.cseq, expires: Int(row.values.expiresSeconds) - after.now,
                age: after.now - row.values.lastModified.seconds, instance: "<urn:1>",
                received: "sip:r")
            #expect(stored.load(into: after) == .loaded)
        }
        let before = rig.lookUp("alice")[0]
        let loaded = after.lookUp("alice")[0]
        #expect(loaded.ruid == before.ruid)
        #expect(loaded.received == "sip:r")
        let offer = Offer("sip:a@h", instance: "<urn:1>")
        #expect(after.register("alice", [offer], cseq: 4).status == .outOfOrder)
        #expect(after.register("alice", [offer], cseq: 6).change == .updated)
        #expect(after.lookUp("alice")[0].state == .dirty)
        database.flush(after.table)
        #expect(database.rows == FakeDatabase.expected(after.everything()))
    }

    @Test("keeps registering while the database is away, and nothing is lost")
    func databaseAway() {
        var database = FakeDatabase()
        for round in 1...20 {
            for user in 0..<10 {
                let expires = (user + round) % 7 == 0 ? 0 : 300
                rig.register(
                    "user\(user)", "sip:\(user)@h", expires: expires, cseq: UInt32(round))
            }
            rig.now += 25
            rig.expire()
            // The writer tries and fails, now and then after it had written something.
            for shard in 0..<LocationTable.shardCount {
                if let batch = FakeDatabase.fetch(rig.table, shard: shard, limit: 2) {
                    database.apply(batch, first: round % 3)
                    rig.table.fail(shard: shard)
                }
            }
            // Ten users, and at most one batch of two for each of their shards that may or may
            // not have been written: removed bindings do not pile up beyond that.
            #expect(rig.table.dirtyCount <= 10 + 10 * 2)
        }
        #expect(rig.table.dirtySince.map { $0.seconds < rig.now - 400 } ?? false)
        database.flush(rig.table)
        #expect(database.rows == FakeDatabase.expected(rig.everything()))
    }
}
