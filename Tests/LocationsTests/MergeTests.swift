import Basics
import Locations
import Testing

/// What another server tells, as a test writes it.
struct Told {
    var uri: String
    var callID = "there-1"
    var cseq: UInt32? = 1
    /// Seconds from now; 0 has ended.
    var expires = 600
    var instance = ""
    var path = ""
    var userAgent = ""

    init(
        _ uri: String, callID: String = "there-1", cseq: UInt32? = 1, expires: Int = 600,
        instance: String = "", path: String = "", userAgent: String = ""
    ) {
        self.uri = uri
        self.callID = callID
        self.cseq = cseq
        self.expires = expires
        self.instance = instance
        self.path = path
        self.userAgent = userAgent
    }
}

extension Rig {
    /// Takes over what a server tells.
    @discardableResult
    func merge(
        _ aor: String, _ told: [Told], from peer: UInt32 = 7, isFull: Bool = true
    ) -> PeerOutcome {
        var registration = PeerRegistration(peer: peer, isFull: isFull)
        for one in told {
            var contact = PeerContact(
                uri: Array(one.uri.utf8), callID: Array(one.callID.utf8), cseq: one.cseq,
                expires: one.expires > 0 ? WallTime(seconds: now + one.expires) : nil)
            contact.instance = Array(one.instance.utf8)
            contact.path = Array(one.path.utf8)
            contact.userAgent = Array(one.userAgent.utf8)
            registration.contacts.append(contact)
        }
        let name = Array(aor.utf8)
        return table.merge(name.span, registration, rules: rules, now: time)
    }

    /// Who made the contacts of an address-of-record.
    func makers(_ aor: String) -> [RuidPrefix] {
        let name = Array(aor.utf8)
        var makers: [RuidPrefix] = []
        table.lookUp(name.span, now: time) { makers.append($0.maker) }
        return makers
    }
}

@Suite("Merging what another server tells")
struct MergeTests {
    private let rig = Rig()

    @Test("a contact that is told of is bound, and marked as learnt")
    func added() {
        let outcome = rig.merge("alice", [Told("sip:a@h", path: "<sip:e;lr>", userAgent: "p/1")])
        #expect(outcome.added == 1 && outcome.bindings == 1)
        let seen = rig.lookUp("alice")
        #expect(seen.map(\.uri) == ["sip:a@h"])
        #expect(seen[0].ruid.hasPrefix("regi-7-"))
        #expect(seen[0].path == "<sip:e;lr>" && seen[0].userAgent == "p/1")
        #expect(rig.makers("alice") == [.reginfo])
    }

    @Test("to take the same over twice changes nothing")
    func idempotent() {
        rig.merge("alice", [Told("sip:a@h"), Told("sip:b@h", cseq: 2)])
        let before = rig.lookUp("alice")
        let outcome = rig.merge("alice", [Told("sip:a@h"), Told("sip:b@h", cseq: 2)])
        #expect(!outcome.isChange && outcome.passed == 2)
        #expect(rig.lookUp("alice") == before)
        #expect(!rig.merge("alice", [Told("sip:b@h", cseq: 2), Told("sip:a@h")]).isChange)
    }

    @Test("a contact that one document names twice is bound once")
    func twice() {
        let outcome = rig.merge("alice", [Told("sip:a@h"), Told("sip:a@h", cseq: 5)])
        #expect(rig.uris("alice") == ["sip:a@h"])
        #expect(outcome.added == 1 && outcome.refreshed == 1)
        #expect(rig.lookUp("alice")[0].values.cseq == 5)
    }

    @Test("a newer CSeq refreshes and keeps the unique name; an older one changes nothing")
    func sequence() {
        rig.merge("alice", [Told("sip:a@h", cseq: 5)])
        let ruid = rig.lookUp("alice")[0].ruid
        #expect(rig.merge("alice", [Told("sip:a@h", cseq: 6, expires: 900)]).refreshed == 1)
        #expect(rig.lookUp("alice")[0].values.expires == WallTime(seconds: rig.now + 900))
        #expect(rig.merge("alice", [Told("sip:a@h", cseq: 4, expires: 50)]).passed == 1)
        #expect(rig.uris("alice") == ["sip:a@h"])
        #expect(rig.lookUp("alice")[0].ruid == ruid)
        #expect(rig.lookUp("alice")[0].values.cseq == 6)
    }

    @Test("a document without CSeq keeps the one that is known")
    func withoutSequence() {
        rig.merge("alice", [Told("sip:a@h", cseq: 5)])
        #expect(rig.merge("alice", [Told("sip:a@h", cseq: nil, expires: 900)]).refreshed == 1)
        #expect(rig.lookUp("alice")[0].values.cseq == 5)
    }

    @Test("a full document ends what it leaves out, a partial one does not")
    func full() {
        rig.merge("alice", [Told("sip:a@h"), Told("sip:b@h", cseq: 2)])
        #expect(rig.merge("alice", [Told("sip:c@h", cseq: 3)], isFull: false).added == 1)
        #expect(rig.uris("alice").count == 3)
        #expect(rig.merge("alice", [Told("sip:c@h", cseq: 3)]).removed == 2)
        #expect(rig.uris("alice") == ["sip:c@h"])
        #expect(rig.merge("alice", []).removed == 1)
        #expect(rig.table.statistics.users.value == 0)
    }

    @Test("it ends nothing that another server or a telephone has bound")
    func sources() {
        rig.register("alice", "sip:own@h")
        rig.merge("alice", [Told("sip:a@h")], from: 7)
        rig.merge("alice", [Told("sip:b@h", callID: "other")], from: 8)
        #expect(rig.merge("alice", [], from: 8).removed == 1)
        #expect(rig.uris("alice").sorted() == ["sip:a@h", "sip:own@h"])
        #expect(rig.merge("alice", [Told("sip:a@h", expires: 0)], from: 9).removed == 0)
        #expect(rig.merge("alice", [Told("sip:own@h", callID: "call-1", expires: 0)]).removed == 1)
        #expect(rig.uris("alice") == ["sip:own@h"])
    }

    @Test("an end that is older than what is known ends nothing")
    func lateEnd() {
        rig.merge("alice", [Told("sip:a@h", cseq: 5)])
        #expect(
            rig.merge("alice", [Told("sip:a@h", cseq: 4, expires: 0)], isFull: false).removed == 0)
        #expect(
            rig.merge("alice", [Told("sip:a@h", cseq: 5, expires: 0)], isFull: false).removed == 1)
    }

    @Test("what comes back of an own contact changes nothing; a newer REGISTER elsewhere moves it")
    func echo() {
        rig.register("alice", "sip:a@h", callID: "call-1", cseq: 3)
        let own = rig.lookUp("alice")[0].ruid
        for cseq: UInt32 in [2, 3] {
            #expect(rig.merge("alice", [Told("sip:a@h", callID: "call-1", cseq: cseq)]).passed == 1)
        }
        #expect(rig.lookUp("alice").map(\.ruid) == [own])
        rig.merge("alice", [Told("sip:a@h", callID: "call-1", cseq: 4)])
        #expect(rig.uris("alice") == ["sip:a@h"])
        #expect(rig.makers("alice") == [.reginfo])
    }

    @Test("of two servers under different Call-IDs the later end decides")
    func otherCall() {
        rig.merge("alice", [Told("sip:a@h", callID: "x", expires: 600)], from: 7)
        #expect(
            rig.merge("alice", [Told("sip:a@h", callID: "y", expires: 500)], from: 8).passed == 1)
        #expect(
            rig.merge("alice", [Told("sip:a@h", callID: "y", expires: 700)], from: 8).refreshed == 1
        )
        #expect(rig.lookUp("alice").map { $0.ruid.hasPrefix("regi-8-") } == [true])
        #expect(rig.merge("alice", [], from: 7).removed == 0)
    }

    @Test("who registers here is here: the binding gets a name of this server's own")
    func adopted() {
        rig.merge("alice", [Told("sip:a@h", callID: "call-1", cseq: 9)])
        rig.table.listen(to: .all)
        let answer = rig.register("alice", "sip:a@h", callID: "call-1", cseq: 9)
        #expect(answer.status == .accepted && answer.uris == ["sip:a@h"])
        #expect(rig.makers("alice") == [.registration])
        var events: [BindingEvents] = []
        var makers: [RuidPrefix] = []
        var box = LocationEvents()
        for shard in 0..<LocationTable.shardCount {
            rig.table.takeEvents(shard: shard, into: &box)
            box.forEach { event, origin, view in
                events.append(event)
                makers.append(view.maker)
                #expect(origin.cause == .registration)
            }
        }
        #expect(events == [.removed, .inserted])
        #expect(makers == [.reginfo, .registration])
    }

    @Test("an instance identifies a contact whatever its URI is by now")
    func instance() {
        rig.merge("alice", [Told("sip:a@h:1", instance: "<urn:1>")])
        #expect(
            rig.merge("alice", [Told("sip:a@h:2", cseq: 2, instance: "<urn:1>")]).refreshed == 1)
        #expect(rig.uris("alice") == ["sip:a@h:2"])
    }

    @Test("what does not fit into a row is refused, and the rest is taken")
    func tooLong() {
        let long = "sip:" + String(repeating: "x", count: Limits.contactBytesMax)
        let outcome = rig.merge("alice", [Told(long), Told("sip:a@h"), Told("", cseq: 2)])
        #expect(outcome.refused == 2 && outcome.added == 1)
    }

    @Test("an address-of-record has no more contacts than it may")
    func many() {
        let told = (0..<Limits.contactsPerAoRMax + 5).map { Told("sip:\($0)@h", callID: "c\($0)") }
        let outcome = rig.merge("alice", told)
        #expect(outcome.refused == 5 && outcome.bindings == Limits.contactsPerAoRMax)
        #expect(rig.merge("alice", []).removed == Limits.contactsPerAoRMax)
    }

    @Test("contacts of many servers keep their origin as long as there is room for it")
    func manyPeers() {
        for peer in 1...400 as ClosedRange<UInt32> {
            rig.merge("alice", [Told("sip:\(peer)@h", callID: "c\(peer)")], from: peer)
        }
        #expect(rig.uris("alice").count == 400)
        #expect(Set(rig.lookUp("alice").map(\.ruid)).count == 400)
        #expect(rig.makers("alice").allSatisfy { $0 == .reginfo })
        #expect(rig.merge("alice", [], from: 3).removed == 1)
    }

    @Test("an expired contact takes no part")
    func expired() {
        rig.register("alice", "sip:a@h", expires: 10)
        rig.now += 11
        #expect(rig.merge("alice", [Told("sip:a@h", callID: "call-1", cseq: 1)]).added == 1)
        #expect(rig.makers("alice") == [.reginfo])
    }

    @Test("changes that come to nothing are never told")
    func trial() {
        rig.table.listen(to: .all)
        let name = Array("alice".utf8)
        let shard = Int(rig.table.hashValue(of: name.span) >> 58)
        rig.merge("alice", [Told("sip:a@h")])
        rig.table.beginTrial(shard: shard)
        rig.register("alice", "sip:b@h")
        var box = LocationEvents()
        rig.table.takeEvents(shard: shard, into: &box)
        #expect(box.count == 0, "nothing is told while it may come to nothing")
        rig.table.endTrial(shard: shard, isKept: false)
        rig.table.takeEvents(shard: shard, into: &box)
        #expect(box.count == 1)
        var causes: [ChangeCause] = []
        box.forEach { _, origin, _ in causes.append(origin.cause) }
        #expect(causes == [.document])
    }

    @Test("an earlier end is told as an update that shortens")
    func shortened() {
        rig.register("alice", "sip:a@h")
        rig.table.listen(to: .all)
        let handle = rig.lookUp("alice")[0].handle
        #expect(rig.table.shorten(handle, to: WallTime(seconds: rig.now + 10)))
        rig.now += 11
        rig.expire()
        var told: [String] = []
        var box = LocationEvents()
        for shard in 0..<LocationTable.shardCount {
            rig.table.takeEvents(shard: shard, into: &box)
            box.forEach { event, origin, _ in told.append("\(event.rawValue) \(origin.cause)") }
        }
        #expect(told == ["2 shortening", "8 time"])
    }
}
