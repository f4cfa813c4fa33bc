import Basics
import Locations
import Testing

@Suite("Removing bindings")
struct RemovalTests {
    private let rig = Rig()

    // MARK: Contact: *

    @Test("with a star removes all of them")
    func star() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        rig.register("bob", "sip:b@h")
        let answer = rig.star("alice", cseq: 2)
        #expect(answer.status == .accepted)
        #expect(answer.change == .removed)
        #expect(rig.uris("alice").isEmpty)
        #expect(rig.uris("bob") == ["sip:b@h"])
        #expect(rig.table.statistics.users.value == 1)
    }

    @Test("with a star is done even when there is none")
    func starOnNothing() {
        let answer = rig.star("alice")
        #expect(answer.status == .accepted)
        #expect(answer.change == .removed)
    }

    @Test("with a star and an old CSeq removes none of them", arguments: [4, 5])
    func staleStar(cseq: UInt32) {
        rig.register("alice", "sip:x@h", callID: "other", cseq: 1)
        rig.register("alice", "sip:a@h", callID: "mine", cseq: 5)
        let answer = rig.star("alice", callID: "mine", cseq: cseq)
        #expect(answer.status == .outOfOrder)
        #expect(answer.uris == ["sip:x@h", "sip:a@h"])
        #expect(rig.star("alice", callID: "mine", cseq: 6).status == .accepted)
    }

    @Test("with a star does not ask expired ones for their CSeq")
    func starOverExpired() {
        rig.register("alice", "sip:a@h", expires: 5, cseq: 9)
        rig.now += 5
        #expect(rig.star("alice", cseq: 1).status == .accepted)
    }

    // MARK: Commands

    @Test("by command asks for no CSeq")
    func command() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h"), Offer("sip:c@h")], cseq: 99)
        #expect(rig.remove("alice", ["sip:a@h", "sip:c@h", "sip:z@h"]) == 2)
        #expect(rig.uris("alice") == ["sip:b@h"])
        #expect(rig.remove("nobody", ["sip:a@h"]) == 0)
        #expect(rig.remove("alice", ["sip:b@h"]) == 1)
        #expect(rig.table.statistics.users.value == 0)
    }

    @Test("by forgetting leaves nothing behind and tells nobody")
    func forget() {
        let rig = Rig(persists: true)
        rig.table.listen(to: .all)
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")])
        let name = Array("alice".utf8)
        rig.table.forget(name.span)
        #expect(rig.everything().isEmpty)
        #expect(rig.table.dirtyCount == 0)
        #expect(rig.table.statistics.users.value == 0)
        rig.now += 10_000
        #expect(rig.expire().isEmpty)
    }

    // MARK: Time

    @Test("by time happens in the second of the expiry")
    func onTime() {
        rig.register("alice", "sip:a@h", expires: 60)
        rig.now += 59
        #expect(rig.expire().isEmpty)
        #expect(rig.uris("alice") == ["sip:a@h"])
        rig.now += 1
        #expect(rig.uris("alice").isEmpty, "not listed even before it is collected")
        #expect(rig.lookUp("alice", includingExpired: true).count == 1)
        #expect(rig.expire() == ["sip:a@h"])
        #expect(rig.lookUp("alice", includingExpired: true).isEmpty)
        #expect(rig.table.statistics.expired.value == 1)
        #expect(rig.table.statistics.users.value == 0)
    }

    @Test("by time waits for a binding that was refreshed")
    func refreshed() {
        rig.register("alice", "sip:a@h", expires: 60, cseq: 1)
        rig.now += 50
        rig.register("alice", "sip:a@h", expires: 60, cseq: 2)
        rig.now += 50
        #expect(rig.expire().isEmpty)
        rig.now += 10
        #expect(rig.expire() == ["sip:a@h"])
    }

    @Test("by time follows a binding that was shortened")
    func shortened() {
        rig.register("alice", "sip:a@h", expires: 3000, cseq: 1)
        rig.now += 1
        rig.register("alice", "sip:a@h", expires: 30, cseq: 2)
        rig.now += 30
        #expect(rig.expire() == ["sip:a@h"])
    }

    @Test("by time begins and ends with permanence")
    func permanence() {
        rig.register("alice", "sip:a@h", expires: 30, cseq: 1)
        rig.register("alice", [.permanent("sip:a@h")], cseq: 2)
        rig.now += 1000
        #expect(rig.expire().isEmpty)
        rig.register("alice", "sip:a@h", expires: 30, cseq: 3)
        rig.now += 30
        #expect(rig.expire() == ["sip:a@h"])
    }

    @Test("by time goes in pieces of any size", arguments: [1, 2, 7, 1000])
    func pieces(limit: Int) {
        for user in 0..<100 {
            rig.register("user\(user)", "sip:\(user)@h", expires: 10 + user % 5)
        }
        rig.now += 12
        #expect(rig.expire(limit: limit).count == 60)
        rig.now += 2
        #expect(rig.expire(limit: limit).count == 40)
        #expect(rig.table.statistics.contacts.value == 0)
    }

    @Test("by time ends what a registration meets, and the registration starts afresh")
    func registrationMeetsExpired() {
        rig.register("alice", "sip:a@h", expires: 10, cseq: 50)
        let old = rig.lookUp("alice")[0].ruid
        rig.now += 10
        let answer = rig.register("alice", "sip:a@h", cseq: 1)
        #expect(answer.change == .inserted, "an expired binding does not refuse a lower CSeq")
        #expect(answer.bindings[0].ruid != old)
        #expect(rig.expire().isEmpty)
    }

    @Test("by time survives years without a look")
    func longSleep() {
        rig.register("alice", "sip:a@h", expires: 100_000_000)
        rig.register("bob", "sip:b@h", expires: 60)
        rig.now += 99_999_999
        #expect(rig.expire() == ["sip:b@h"])
        rig.now += 1
        #expect(rig.expire() == ["sip:a@h"])
    }

    // MARK: Handles

    @Test("ends the life of a handle, also when its place is used again")
    func handles() {
        rig.register("alice", "sip:a@h", cseq: 1)
        let handle = rig.lookUp("alice")[0].handle
        var seen: [String] = []
        #expect(rig.table.withContact(handle) { seen.append(String(copying: $0.uri)) })
        rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        #expect(!rig.table.withContact(handle) { seen.append(String(copying: $0.uri)) })
        rig.register("alice", "sip:b@h", cseq: 3)
        #expect(!rig.table.withContact(handle) { seen.append(String(copying: $0.uri)) })
        #expect(seen == ["sip:a@h"])
    }

    @Test("ends the notes of keepalives; until then they are kept")
    func keepalives() {
        rig.register("alice", "sip:a@h", cseq: 1)
        let handle = rig.lookUp("alice")[0].handle
        var signs: [Int] = []
        func look(_ view: borrowing BindingView) {
            signs += [view.lastKeepalive.seconds - 1_000_000, view.keepaliveRoundTrip]
        }
        #expect(rig.table.withContact(handle, look))
        rig.now += 40
        #expect(rig.table.noteKeepalive(handle, now: rig.time, microseconds: 1_500))
        #expect(rig.table.withContact(handle, look))
        rig.now += 40
        rig.register("alice", "sip:a@h", cseq: 2)
        #expect(rig.table.withContact(handle, look))
        #expect(signs == [0, 0, 40, 1_500, 80, 1_500])
        #expect(rig.star("alice", cseq: 3).status == .accepted)
        #expect(!rig.table.noteKeepalive(handle, now: rig.time, microseconds: 1))
    }

    @Test("ends the life of a handle while the row still waits to be deleted")
    func handleOfRemoved() {
        let rig = Rig(persists: true)
        rig.register("alice", "sip:a@h", cseq: 1)
        let handle = rig.lookUp("alice")[0].handle
        for shard in 0..<LocationTable.shardCount {
            _ = rig.table.handOut(shard: shard, limit: 10) { _, _ in }
            rig.table.confirm(shard: shard)
        }
        rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        #expect(rig.table.dirtyCount == 1)
        #expect(!rig.table.withContact(handle) { _ in })
    }
}
