import Basics
import Locations
import TestSupport
import Testing

@Suite("The table does what the model does")
struct RegistrationModelTests {
    /// What a listing shows, for comparison.
    struct Line: Hashable {
        var uri: String
        var callID: String
        var cseq: UInt32
        var path: String
        var instance: String
        var q: Int
        var expires: Int
    }

    @Test("over long random lives in every matching mode", arguments: MatchingMode.allCases, 1...25)
    func random(mode: MatchingMode, seed: UInt64) {
        var random = SeededNumbers(seed: seed &* 31 &+ UInt64(mode.rawValue))
        let rig = Rig()
        rig.rules.matching = mode
        var model = RegistrationModel()
        for step in 0..<250 {
            rig.now += random.below(12)
            rig.rules.contactsMax = random.below(3) == 0 ? 0 : 1 + random.below(4)
            rig.rules.singleContact = random.below(12) == 0
            if random.below(9) == 0 { rig.expire() }
            let request = request(&random, rig)
            let expected = model.register(request)
            let answer = rig.register(
                "alice", request.offers, callID: request.callID, cseq: request.cseq,
                path: request.path)
            let isSame = answer.status == expected && lines(answer) == lines(model)
            #expect(
                isSame,
                """
                seed \(seed), step \(step): \(request)
                \(expected) \(lines(model))
                \(answer.status) \(lines(answer))
                """)
            if !isSame { return }
            #expect(rig.table.statistics.contacts.value == model.bindings.count)
        }
    }

    /// Few names and small numbers, so that everything collides with everything.
    private func request(
        _ random: inout SeededNumbers, _ rig: Rig
    ) -> RegistrationModel.Request {
        var offers: [Offer] = []
        for _ in 0...random.below(3) {
            var offer = Offer("sip:\(random.below(4))@h")
            offer.expires = random.below(3) == 0 ? 0 : 10 + random.below(60)
            offer.q = [nil, 0, 500, 1000][random.below(4)]
            if random.below(3) == 0 {
                offer.instance = "<urn:\(random.below(2))>"
                offer.regID = UInt32(random.below(2))
            }
            offers.append(offer)
        }
        return RegistrationModel.Request(
            offers: offers, callID: "call-\(random.below(3))", cseq: UInt32(random.below(12)),
            path: random.below(2) == 0 ? "" : "<sip:p\(random.below(2));lr>", rules: rig.rules,
            now: rig.now)
    }

    private func lines(_ answer: Answer) -> [Line] {
        answer.bindings.map {
            Line(
                uri: $0.uri, callID: $0.callID, cseq: $0.values.cseq, path: $0.path,
                instance: $0.instance, q: $0.values.q ?? -1,
                expires: $0.values.expires?.seconds ?? 0)
        }
    }

    private func lines(_ model: RegistrationModel) -> [Line] {
        model.bindings.map {
            Line(
                uri: $0.uri, callID: $0.callID, cseq: $0.cseq, path: $0.path,
                instance: $0.instance, q: $0.q, expires: $0.expires)
        }
    }
}
