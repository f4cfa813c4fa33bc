import Basics
import TestSupport
import Testing

@testable import Resolution

/// Random zones from seeds: a failing seed is named by the test.
@Suite("A search in any zone")
struct SearchPropertyTests {
    private static let names = ["a.test", "b.test", "c.test", "d.test"]
    private static let services = TargetTransport.allCases.flatMap { transport in
        names.map { transport.servicePrefix + $0 }
    }

    /// A zone in which anything may lead anywhere.
    private static func zone(_ seed: UInt64) -> NameZone {
        var random = SeededNumbers(seed: seed)
        var text = ""
        for _ in 0..<Int.random(in: 0...24, using: &random) {
            let name = names.randomElement(using: &random) ?? "a.test"
            let other = names.randomElement(using: &random) ?? "a.test"
            let service = services.randomElement(using: &random) ?? "_sip._udp.a.test"
            let number = Int.random(in: 0...3, using: &random)
            switch Int.random(in: 0...11, using: &random) {
            case 0: text += "\(name) CNAME \(other)\n"
            case 1, 2: text += "\(name) A 192.0.2.\(number + 1)\n"
            case 3: text += "\(name) AAAA 2001:db8::\(number + 1)\n"
            case 4, 5, 6: text += "\(service) SRV \(number) \(number) 507\(number) \(other)\n"
            case 7: text += "\(service) SRV 0 0 0 .\n"
            case 8:
                let kind = ["SIP+D2U", "SIP+D2T", "SIPS+D2T", "SIP+D2X"][number]
                text += "\(name) NAPTR \(number) 0 s \(kind) \(service)\n"
            case 9: text += "\(service) CNAME \(service)\n"
            case 10: text += "\(name) \(["REFUSE", "DROP", "GARBAGE", "A 0.0.0.0"][number])\n"
            default: text += "\(service) \(["REFUSE", "DROP", "GARBAGE", "A 1.2.3.4"][number])\n"
            }
        }
        return NameZone(text)
    }

    private static let targets = [
        "sip:a.test", "sips:a.test", "sip:a.test;transport=tcp", "sip:a.test:5099",
        "sips:b.test;transport=tcp", "sip:c.test;transport=tls",
    ]

    @Test("it comes to an end with few questions, each asked once")
    func bounded() {
        for seed in 0..<600 {
            let zone = Self.zone(UInt64(seed))
            for target in Self.targets {
                let dialogue = Dialogue(target, in: zone)
                #expect(dialogue.places != ["waits for ever"], "seed \(seed), \(target)")
                #expect(dialogue.places.count <= Limits.candidatesPerSearchMax)
                #expect(dialogue.questions.count <= Limits.questionsPerSearchMax)
                #expect(Set(dialogue.questions).count == dialogue.questions.count)
                #expect(Set(dialogue.places).count == dialogue.places.count)
                #expect(!dialogue.places.isEmpty)
            }
        }
    }

    @Test("a sips target has secure places only, and none at a port that nobody named")
    func secure() {
        for seed in 0..<600 {
            let zone = Self.zone(UInt64(seed))
            for target in Self.targets where target.hasPrefix("sips") {
                for place in Dialogue(target, in: zone).places where place.contains(" ") {
                    #expect(place.hasPrefix("tls "), "seed \(seed), \(target): \(place)")
                }
            }
            for place in Dialogue("sip:a.test:5099", in: zone).places where place.contains(" ") {
                #expect(place.hasSuffix(":5099"))
            }
        }
    }

    @Test("a server that speaks IPv4 over UDP alone is led to nothing else")
    func reach() {
        for seed in 0..<600 {
            let zone = Self.zone(UInt64(seed))
            let dialogue = Dialogue("sip:a.test", in: zone, reach: Reach(udp: .ipv4))
            for place in dialogue.places where place.contains(" ") {
                #expect(place.hasPrefix("udp 192.0.2."), "seed \(seed): \(place)")
            }
            #expect(!dialogue.questions.contains { $0.hasPrefix("AAAA") })
        }
    }

    @Test("the order of answers changes nothing, and the same random number gives the same places")
    func order() {
        for seed in 0..<300 {
            let zone = Self.zone(UInt64(seed))
            let forwards = Dialogue("sip:a.test", in: zone, random: 7)
            let backwards = Dialogue("sip:a.test", in: zone, random: 7, backwards: true)
            #expect(forwards.places == backwards.places, "seed \(seed)")
            #expect(forwards.turns.map(Set.init) == backwards.turns.map(Set.init))
        }
    }

    @Test("another random number gives the same set of places")
    func sameSet() {
        for seed in 0..<300 {
            let zone = Self.zone(UInt64(seed))
            let one = Set(Dialogue("sip:a.test", in: zone, random: 1).places)
            let other = Set(Dialogue("sip:a.test", in: zone, random: 99).places)
            #expect(one == other, "seed \(seed)")
        }
    }
}
