import Basics
import Locations
import Testing

@Suite("A registration")
struct RegistrationTests {
    private let rig = Rig()

    @Test("the first contact of an address-of-record is inserted")
    func insert() {
        let answer = rig.register("alice", "sip:alice@10.0.0.1")
        #expect(answer.status == .accepted)
        #expect(answer.change == .inserted)
        #expect(answer.uris == ["sip:alice@10.0.0.1"])
        #expect(answer.outcome.bindings == 1)
        #expect(rig.table.statistics.users.value == 1)
        #expect(rig.table.statistics.contacts.value == 1)
    }

    @Test("all that was given is kept")
    func fields() throws {
        let offer = Offer(
            "sip:alice@10.0.0.1;transport=tcp", expires: 90, q: 250, instance: "<urn:uuid:1>",
            regID: 2, received: "sip:192.0.2.1:1024")
        rig.register(
            "alice", [offer], callID: "a84b4c76e66710", cseq: 314_159,
            path: "<sip:p1.example.com;lr>", userAgent: "phone/1.0")
        let seen = try #require(rig.lookUp("alice").first)
        #expect(seen.aor == "alice")
        #expect(seen.uri == "sip:alice@10.0.0.1;transport=tcp")
        #expect(seen.callID == "a84b4c76e66710")
        #expect(seen.userAgent == "phone/1.0")
        #expect(seen.received == "sip:192.0.2.1:1024")
        #expect(seen.path == "<sip:p1.example.com;lr>")
        #expect(seen.instance == "<urn:uuid:1>")
        #expect(seen.values.cseq == 314_159)
        #expect(seen.values.regID == 2)
        #expect(seen.values.q == 250)
        #expect(seen.values.expires == WallTime(seconds: rig.now + 90))
        #expect(seen.values.lastModified == rig.time)
        #expect(seen.values.methods == .max)
        #expect(seen.values.connection == -1)
        #expect(seen.values.socket.isNone)
    }

    @Test("a refresh with a higher CSeq updates and keeps the unique name")
    func refresh() {
        let first = rig.register("alice", "sip:a@h", cseq: 1)
        rig.now += 10
        let second = rig.register("alice", "sip:a@h", expires: 900, cseq: 2)
        #expect(second.change == .updated)
        #expect(second.bindings.map(\.ruid) == first.bindings.map(\.ruid))
        #expect(second.bindings[0].values.expires == WallTime(seconds: rig.now + 900))
        #expect(second.bindings[0].handle == first.bindings[0].handle)
        #expect(rig.table.statistics.contacts.value == 1)
    }

    @Test("changed text replaces the old, longer or shorter", arguments: [1, 5, 23, 24, 25, 200])
    func changedText(length: Int) {
        rig.register("alice", [Offer("sip:a@h", received: "sip:10.0.0.1:5060")], cseq: 1)
        let agent = String(repeating: "x", count: length)
        rig.register(
            "alice", [Offer("sip:a@h", received: "sip:1.1.1.1:5")], cseq: 2, path: "<sip:p;lr>",
            userAgent: agent)
        let seen = rig.lookUp("alice")[0]
        #expect(seen.userAgent == agent)
        #expect(seen.received == "sip:1.1.1.1:5")
        #expect(seen.path == "<sip:p;lr>")
        #expect(seen.uri == "sip:a@h")
        rig.register("alice", [Offer("sip:a@h")], cseq: 3, userAgent: "")
        #expect(rig.lookUp("alice")[0].userAgent == "")
        #expect(rig.lookUp("alice")[0].received == "")
    }

    @Test("a lower CSeq with the same Call-ID is refused")
    func lowerCSeq() {
        rig.register("alice", "sip:a@h", cseq: 5)
        let answer = rig.register("alice", "sip:a@h", expires: 60, cseq: 4)
        #expect(answer.status == .outOfOrder)
        #expect(answer.change == .none)
        #expect(answer.bindings[0].values.expires == WallTime(seconds: rig.now + 600))
    }

    @Test("a lower CSeq with another Call-ID is accepted")
    func otherCallID() {
        rig.register("alice", "sip:a@h", callID: "x", cseq: 5)
        let answer = rig.register("alice", "sip:a@h", callID: "y", cseq: 1)
        #expect(answer.change == .updated)
        #expect(answer.bindings.map(\.callID) == ["y"])
    }

    @Test(
        "an equal CSeq is a retransmission for a while, then out of order",
        arguments: [(0, true), (19, true), (20, false), (500, false)])
    func equalCSeq(after seconds: Int, isRepetition: Bool) {
        rig.register("alice", "sip:a@h", cseq: 7)
        rig.now += seconds
        let answer = rig.register("alice", "sip:a@h", expires: 60, cseq: 7)
        #expect(answer.status == (isRepetition ? .accepted : .outOfOrder))
        #expect(answer.change == .none)
        #expect(answer.bindings[0].values.expires == WallTime(seconds: 1_000_600))
    }

    @Test("expires 0 removes, and the address-of-record goes with its last contact")
    func remove() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        let first = rig.register("alice", "sip:a@h", expires: 0, cseq: 2)
        #expect(first.change == .removed)
        #expect(first.uris == ["sip:b@h"])
        let second = rig.register("alice", "sip:b@h", expires: 0, cseq: 3)
        #expect(second.change == .removed)
        #expect(second.uris.isEmpty)
        #expect(rig.table.statistics.users.value == 0)
        #expect(rig.table.statistics.contacts.value == 0)
        #expect(rig.everything().isEmpty)
    }

    @Test("removing what is not there changes nothing")
    func removeUnknown() {
        let answer = rig.register("alice", "sip:a@h", expires: 0)
        #expect(answer.status == .accepted)
        #expect(answer.change == .none)
        #expect(rig.table.statistics.users.value == 0)
    }

    @Test("an expiry that has passed already removes")
    func passedExpiry() {
        rig.register("alice", "sip:a@h", cseq: 1)
        #expect(rig.register("alice", "sip:a@h", expires: -5, cseq: 2).change == .removed)
        #expect(rig.register("bob", "sip:b@h", expires: -5, cseq: 2).change == .none)
    }

    @Test("the change told is that of the last contact that changed something")
    func lastChange() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        let answer = rig.register(
            "alice", [Offer("sip:a@h", expires: 0), Offer("sip:b@h"), Offer("sip:x", expires: 0)],
            cseq: 2)
        #expect(answer.change == .updated)
        #expect(answer.uris == ["sip:b@h"])
    }

    @Test("a permanent contact never expires and is listed")
    func permanent() {
        rig.register("alice", [.permanent("sip:a@h")])
        rig.now += 1_000_000_000
        #expect(rig.expire().isEmpty)
        #expect(rig.uris("alice") == ["sip:a@h"])
        #expect(rig.lookUp("alice")[0].values.expires == nil)
    }

    @Test("no contacts at all list what there is")
    func query() {
        rig.register("alice", "sip:a@h")
        let answer = rig.register("alice", [], cseq: 0)
        #expect(answer.status == .accepted)
        #expect(answer.change == .none)
        #expect(answer.uris == ["sip:a@h"])
    }

    @Test("names of every length are kept apart", arguments: [0, 1, 39, 40, 41, 64, 511, 512])
    func nameLengths(length: Int) {
        let name = String(repeating: "n", count: length)
        rig.register(name, "sip:a@h")
        rig.register(name.dropLast() + "m", "sip:b@h")
        #expect(rig.uris(name) == ["sip:a@h"])
        #expect(rig.lookUp(name)[0].aor == name)
        #expect(rig.uris(name.dropLast() + "m") == ["sip:b@h"])
        #expect(rig.uris(name + "n").isEmpty)
    }

    @Test("a field longer than its column is refused and nothing is changed")
    func tooLong() {
        let long = String(repeating: "x", count: 600)
        #expect(rig.register("alice", [Offer("sip:ok"), Offer(long)]).status == .textTooLong)
        #expect(rig.register("alice", [Offer("sip:ok", instance: long)]).status == .textTooLong)
        #expect(rig.register("alice", [Offer("sip:ok", received: long)]).status == .textTooLong)
        #expect(rig.register("alice", "sip:ok", callID: long).status == .textTooLong)
        #expect(rig.register("alice", [Offer("sip:ok")], path: long).status == .textTooLong)
        #expect(
            rig.register("alice", [Offer("sip:ok")], userAgent: long).status == .textTooLong)
        #expect(rig.everything().isEmpty)
    }

    @Test("the longest fields are kept")
    func longest() {
        let uri = String(repeating: "u", count: Limits.contactBytesMax)
        let other = String(repeating: "o", count: 255)
        let received = String(repeating: "r", count: Limits.receivedBytesMax)
        rig.register(
            "alice", [Offer(uri, instance: other, received: received)], callID: other,
            path: uri, userAgent: other)
        let seen = rig.lookUp("alice")[0]
        #expect([seen.uri, seen.path] == [uri, uri])
        #expect([seen.callID, seen.userAgent, seen.instance] == [other, other, other])
        #expect(seen.received == received)
    }

    @Test("a request takes no more contacts than are allowed")
    func tooManyInRequest() {
        var request = RegistrationRequest()
        let contact = ContactUpdate(uri: .none, lifetime: .removed)
        for _ in 0..<Limits.contactsPerRequestMax {
            let isTaken = request.append(contact)
            #expect(isTaken)
        }
        let isTaken = request.append(contact)
        #expect(!isTaken)
        request.reset()
        let isEmpty = request.contacts.isEmpty
        #expect(isEmpty)
    }
}
