import Basics
import Locations
import Testing

@Suite("Several contacts in one registration")
struct AtomicityTests {
    private let rig = Rig()

    @Test("are all refused when one of them is out of order")
    func allOrNothing() {
        rig.register("alice", "sip:b@h", callID: "x", cseq: 9)
        let before = rig.lookUp("alice")
        let offers = [Offer("sip:a@h"), Offer("sip:b@h"), Offer("sip:c@h")]
        let answer = rig.register("alice", offers, callID: "x", cseq: 3)
        #expect(answer.status == .outOfOrder)
        #expect(answer.bindings == before)
        #expect(rig.lookUp("alice") == before)
        #expect(rig.table.statistics.contacts.value == 1)
    }

    @Test("are all refused when there would be too many")
    func limit() {
        rig.rules.contactsMax = 2
        rig.register("alice", "sip:a@h", cseq: 1)
        let answer = rig.register("alice", [Offer("sip:b@h"), Offer("sip:c@h")], cseq: 2)
        #expect(answer.status == .tooManyContacts)
        #expect(answer.uris == ["sip:a@h"])
        let unknown = ["x", "y", "z"].map { Offer("sip:\($0)@h") }
        #expect(rig.register("bob", unknown).status == .tooManyContacts)
        #expect(rig.uris("bob").isEmpty)
        #expect(rig.table.statistics.users.value == 1)
    }

    @Test("may replace each other within the limit, in any order")
    func replacement() {
        rig.rules.contactsMax = 2
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        let offers = [Offer("sip:c@h"), Offer("sip:a@h", expires: 0)]
        #expect(rig.register("alice", offers, cseq: 2).uris == ["sip:b@h", "sip:c@h"])
        let others = [Offer("sip:b@h", expires: 0), Offer("sip:d@h")]
        #expect(rig.register("alice", others, cseq: 3).uris == ["sip:c@h", "sip:d@h"])
    }

    @Test("may be refreshed when the limit was lowered meanwhile")
    func loweredLimit() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h"), Offer("sip:c@h")], cseq: 1)
        rig.rules.contactsMax = 1
        #expect(rig.register("alice", "sip:a@h", cseq: 2).status == .accepted)
        #expect(rig.register("alice", "sip:d@h", cseq: 3).status == .tooManyContacts)
        let fewer = [Offer("sip:d@h"), Offer("sip:a@h", expires: 0), Offer("sip:b@h", expires: 0)]
        #expect(rig.register("alice", fewer, cseq: 4).uris == ["sip:c@h", "sip:d@h"])
    }

    @Test("expired ones do not count against the limit")
    func expiredDoNotCount() {
        rig.rules.contactsMax = 1
        rig.register("alice", "sip:a@h", expires: 10, cseq: 1)
        rig.now += 10
        #expect(rig.register("alice", "sip:b@h", cseq: 2).uris == ["sip:b@h"])
        #expect(rig.table.statistics.expired.value == 1)
    }

    @Test("are limited even where the limit is off")
    func hardLimit() {
        let lot = Limits.contactsPerRequestMax
        for turn in 0..<Limits.contactsPerAoRMax / lot {
            let offers = (0..<lot).map { Offer("sip:\(turn)-\($0)@h") }
            #expect(rig.register("alice", offers, cseq: UInt32(turn)).isAccepted)
        }
        #expect(rig.register("alice", "sip:more@h", cseq: 99).status == .tooManyContacts)
        #expect(rig.register("alice", "sip:0-0@h", cseq: 99).status == .accepted)
        #expect(rig.uris("alice").count == Limits.contactsPerAoRMax)
    }

    // MARK: One contact named twice

    @Test("of which one is named twice: the later one counts")
    func repeated() {
        let answer = rig.register("alice", [Offer("sip:a@h", q: 100), Offer("sip:a@h", q: 900)])
        #expect(answer.status == .accepted)
        #expect(answer.uris == ["sip:a@h"])
        #expect(answer.bindings[0].values.q == 900)
        #expect(rig.table.statistics.contacts.value == 1)
    }

    /// All sequences of up to four namings of one contact, each an offer or a removal, on an empty
    /// and on a bound address-of-record.
    @Test("of which one is named up to four times end as the last naming says")
    func exhaustiveRepetition() {
        for length in 1...4 {
            for bits in 0..<1 << length {
                for isBound in [false, true] {
                    let rig = Rig()
                    if isBound { rig.register("alice", "sip:a@h", callID: "old") }
                    let offers = (0..<length).map {
                        Offer("sip:a@h", expires: bits >> $0 & 1 == 1 ? 600 + $0 : 0)
                    }
                    let answer = rig.register("alice", offers, callID: "new")
                    let stays = bits >> (length - 1) & 1 == 1
                    #expect(answer.status == .accepted)
                    #expect(answer.uris == (stays ? ["sip:a@h"] : []))
                    let expected = stays ? WallTime(seconds: rig.now + 600 + length - 1) : nil
                    #expect(answer.bindings.first?.values.expires == expected)
                    #expect(rig.table.statistics.contacts.value == (stays ? 1 : 0))
                }
            }
        }
    }

    @Test("of which a repetition is left alone while a new one is added")
    func partlyRepeated() {
        rig.register("alice", "sip:a@h", expires: 100, cseq: 5)
        rig.now += 3
        let answer = rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 5)
        #expect(answer.change == .inserted)
        #expect(answer.uris == ["sip:a@h", "sip:b@h"])
        #expect(answer.bindings[0].values.expires == WallTime(seconds: 1_000_100))
    }

    // MARK: One contact only

    @Test("with the flag for one contact: the first one offered replaces all others")
    func singleContact() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h"), Offer("sip:c@h")], cseq: 1)
        rig.rules.singleContact = true
        #expect(rig.register("alice", "sip:b@h", cseq: 2).uris == ["sip:b@h"])
        let answer = rig.register("alice", [Offer("sip:n@h"), Offer("sip:m@h")], cseq: 3)
        #expect(answer.uris == ["sip:n@h"])
        #expect(answer.change == .inserted)
        #expect(rig.table.statistics.contacts.value == 1)
    }

    @Test("with the flag for one contact: a removal leaves the others")
    func singleContactRemoval() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 1)
        rig.rules.singleContact = true
        #expect(rig.register("alice", "sip:a@h", expires: 0, cseq: 2).uris == ["sip:b@h"])
    }

    @Test("with the flag for one contact: a failure removes nothing")
    func singleContactFailure() {
        rig.register("alice", [Offer("sip:a@h"), Offer("sip:b@h")], cseq: 5)
        rig.rules.singleContact = true
        let answer = rig.register("alice", "sip:a@h", cseq: 1)
        #expect(answer.status == .outOfOrder)
        #expect(answer.uris == ["sip:a@h", "sip:b@h"])
    }
}

extension Answer {
    var isAccepted: Bool { status == .accepted }
}
