import Basics
import Locations
import Testing

@Suite("Matching a binding")
struct MatchingTests {
    private let rig = Rig()

    @Test("by URI is byte for byte", arguments: ["sip:A@h", "sip:a@h ", "sip:a@h;x", "sips:a@h"])
    func byteExact(other: String) {
        rig.register("alice", "sip:a@h", cseq: 1)
        #expect(rig.register("alice", other, cseq: 2).uris == ["sip:a@h", other])
    }

    /// One row: what is stored, what comes, and in which matching modes that is the same binding.
    struct Case: Sendable {
        var stored: (uri: String, call: String, path: String)
        var coming: (uri: String, call: String, path: String)
        var same: Set<MatchingMode>
    }

    static let cases: [Case] = [
        Case(stored: ("u", "c", "p"), coming: ("u", "c", "p"), same: Set(MatchingMode.allCases)),
        Case(
            stored: ("u", "c", "p"), coming: ("u", "d", "p"), same: [.contact, .contactAndPath]),
        Case(
            stored: ("u", "c", "p"), coming: ("u", "c", "q"),
            same: [.contact, .contactAndCallID, .callID]),
        Case(stored: ("u", "c", "p"), coming: ("v", "c", "p"), same: [.callID]),
        Case(stored: ("u", "c", "p"), coming: ("v", "d", "p"), same: []),
        Case(
            stored: ("u", "c", "p"), coming: ("u", "d", ""), same: [.contact, .contactAndPath]),
        Case(stored: ("u", "c", ""), coming: ("u", "d", "p"), same: [.contact]),
    ]

    @Test("follows the matching mode", arguments: cases.indices, MatchingMode.allCases)
    func modes(row: Int, mode: MatchingMode) {
        let row = Self.cases[row]
        rig.rules.matching = mode
        rig.register(
            "alice", [Offer(row.stored.uri)], callID: row.stored.call, cseq: 1,
            path: row.stored.path)
        let answer = rig.register(
            "alice", [Offer(row.coming.uri)], callID: row.coming.call, cseq: 2,
            path: row.coming.path)
        #expect(answer.bindings.count == (row.same.contains(mode) ? 1 : 2))
        #expect(answer.change == (row.same.contains(mode) ? .updated : .inserted))
    }

    @Test("by Call-ID keeps the URI that came first and takes the rest")
    func callIDKeepsURI() {
        rig.rules.matching = .callID
        rig.register("alice", [Offer("sip:first@h", received: "sip:1")], cseq: 1)
        rig.register(
            "alice", [Offer("sip:a-much-longer-second@h", received: "sip:22")], cseq: 2,
            userAgent: String(repeating: "long", count: 40))
        let seen = rig.lookUp("alice")
        #expect(seen.map(\.uri) == ["sip:first@h"])
        #expect(seen[0].received == "sip:22")
        #expect(seen[0].userAgent.count == 160)
    }

    @Test("by Call-ID makes one binding of all contacts of a request")
    func callIDOneRequest() {
        rig.rules.matching = .callID
        #expect(rig.register("alice", [Offer("sip:a"), Offer("sip:b")]).bindings.count == 1)
    }

    @Test("the CSeq is compared in every mode", arguments: MatchingMode.allCases)
    func sequence(mode: MatchingMode) {
        rig.rules.matching = mode
        rig.register("alice", "sip:a@h", cseq: 9)
        #expect(rig.register("alice", "sip:a@h", cseq: 8).status == .outOfOrder)
        #expect(rig.register("alice", "sip:a@h", cseq: 10).status == .accepted)
    }

    // MARK: Instances

    @Test("by instance ignores the URI and replaces it", arguments: MatchingMode.allCases)
    func instance(mode: MatchingMode) {
        rig.rules.matching = mode
        rig.register("alice", [Offer("sip:old@h", instance: "<urn:1>")], callID: "x", cseq: 5)
        let answer = rig.register(
            "alice", [Offer("sip:new@h", instance: "<urn:1>")], callID: "y", cseq: 1)
        #expect(answer.change == .updated)
        #expect(answer.uris == ["sip:new@h"])
        #expect(answer.bindings[0].callID == "y")
    }

    @Test("by instance compares the CSeq under the same Call-ID only")
    func instanceSequence() {
        let offer = Offer("sip:a@h", instance: "<urn:1>")
        rig.register("alice", [offer], callID: "x", cseq: 5)
        #expect(rig.register("alice", [offer], callID: "x", cseq: 4).status == .outOfOrder)
        #expect(rig.register("alice", [offer], callID: "y", cseq: 4).status == .accepted)
    }

    @Test("by instance needs the same reg-id")
    func regID() {
        let flows = [1, 2].map { Offer("sip:a@h", instance: "<urn:1>", regID: $0) }
        #expect(rig.register("alice", flows, cseq: 1).bindings.count == 2)
        rig.now += 1
        let answer = rig.register("alice", [flows[1]], cseq: 2)
        #expect(answer.bindings.map(\.values.cseq) == [1, 2])
    }

    @Test("by instance does not fall back to the URI")
    func noFallback() {
        rig.register("alice", "sip:a@h", cseq: 1)
        let answer = rig.register("alice", [Offer("sip:a@h", instance: "<urn:1>")], cseq: 2)
        #expect(answer.change == .inserted)
        #expect(answer.bindings.count == 2)
    }

    @Test("angle brackets around an instance do not matter")
    func brackets() {
        rig.register("alice", [Offer("sip:a@h", instance: "urn:1")], cseq: 1)
        let answer = rig.register("alice", [Offer("sip:b@h", instance: "<urn:1>")], cseq: 2)
        #expect(answer.uris == ["sip:b@h"])
        #expect(answer.bindings[0].instance == "<urn:1>")
    }

    @Test("two contacts of one request with the same instance are one binding")
    func instanceTwice() {
        let offers = ["a", "b"].map { Offer("sip:\($0)@h", instance: "<urn:1>") }
        #expect(rig.register("alice", offers).uris == ["sip:b@h"])
    }
}
