import Basics
import TestSupport
import Testing

@testable import Resolution

/// Zones that mean harm, are broken, or say nothing.
@Suite("A search in a hostile zone")
struct HostileZoneTests {
    @Test("aliases are followed, also where the server leaves that to us")
    func aliases() {
        let zone = NameZone(
            """
            a.test CNAME b.test
            b.test CNAME c.test
            c.test A 192.0.2.1
            """)
        #expect(Dialogue("sip:a.test:5060", in: zone).places == ["udp 192.0.2.1:5060"])
        var search = TargetSearch(
            Target(host: "a.test", port: 5060), settings: SearchSettings(reach: Reach(udp: .ipv4)),
            random: 0)
        var name = "a.test"
        for next in ["b.test", "c.test"] {
            guard case .ask(let questions) = search.step(), questions.map(\.name) == [name] else {
                Issue.record("nothing was asked about \(name)")
                return
            }
            search.take(Answer(alias: next, secondsToLive: 1), to: questions[0])
            name = next
        }
        guard case .ask(let questions) = search.step() else { return }
        #expect(search.step() == .wait)
        search.take(
            Answer(records: [.address(PeerAddress(ipv4: 0xc000_0201, port: 0))], secondsToLive: 1),
            to: questions[0])
        let place = PeerAddress(ipv4: 0xc000_0201, port: 5060)
        #expect(search.step() == .found([Candidate(transport: .udp, address: place)]))
    }

    @Test("aliases in a circle come to an end")
    func circle() {
        let zone = NameZone(
            """
            a.test CNAME b.test
            b.test CNAME a.test
            """)
        let dialogue = Dialogue("sip:a.test", in: zone)
        #expect(dialogue.places == ["notFound"])
        #expect(dialogue.questions.count <= Limits.questionsPerSearchMax)
    }

    @Test("an endless chain of aliases comes to an end")
    func chain() {
        var search = TargetSearch(
            Target(host: "a0.test", port: 5060),
            settings: SearchSettings(reach: Reach(udp: .ipv4)), random: 0)
        var number = 0
        while case .ask(let questions) = search.step() {
            number += 1
            search.take(Answer(alias: "a\(number).test", secondsToLive: 1), to: questions[0])
        }
        #expect(search.step() == .failed(.notFound))
        #expect(number == Limits.aliasesPerNameMax + 1)
    }

    @Test("a zone of very many records leads to few questions and places")
    func flood() {
        var text = ""
        for number in 0..<60 {
            text += "flood.test NAPTR \(number) 1 s SIP+D2U _sip._udp.n\(number).test\n"
            for target in 0..<30 {
                text += "_sip._udp.n\(number).test SRV \(target) 1 5060 h\(target).test\n"
            }
        }
        for target in 0..<30 {
            for last in 1...9 { text += "h\(target).test A 192.0.\(target).\(last)\n" }
        }
        let dialogue = Dialogue("sip:flood.test", in: NameZone(text))
        #expect(dialogue.questions.count <= Limits.questionsPerSearchMax)
        #expect(dialogue.places.count == Limits.candidatesPerSearchMax)
        #expect(Set(dialogue.places).count == dialogue.places.count)
    }

    @Test(
        "addresses that a request has no business at are left out",
        arguments: [
            "A 0.0.0.0", "A 0.1.2.3", "A 224.0.0.1", "A 239.255.255.250", "A 255.255.255.255",
            "AAAA ::", "AAAA ff02:0:0:0:0:0:0:1", "AAAA 0:0:0:0:0:ffff:7f00:1",
        ])
    func strangeAddresses(_ record: String) {
        let zone = NameZone("x.test \(record)")
        #expect(Dialogue("sip:x.test:5060", in: zone).places == ["notFound"])
    }

    @Test("a service at port 0 is passed over")
    func portZero() {
        let zone = NameZone(
            """
            _sip._udp.x.test SRV 0 0 0 h.test
            _sip._udp.x.test SRV 1 0 5070 h.test
            h.test A 192.0.2.1
            """)
        #expect(
            Dialogue("sip:x.test;transport=udp", in: zone).places == ["udp 192.0.2.1:5070"])
    }

    @Test(
        "NAPTR records that are not for SIP, not terminal or lead nowhere are passed over",
        arguments: [
            "1 1 u E2U+sip _x.test", "1 1 a SIP+D2U h.test", "1 1 s SIP+D2X _sip._udp.other.test",
            "1 1 s SIP+D2U .", "1 1 s SIP+D2U _sip._udp.nowhere.test",
        ])
    func uselessPointers(_ record: String) {
        let zone = NameZone(
            """
            x.test NAPTR \(record)
            _sip._udp.x.test SRV 0 0 5070 h.test
            h.test A 192.0.2.1
            """)
        #expect(Dialogue("sip:x.test", in: zone).places == ["udp 192.0.2.1:5070"])
    }

    @Test("flags and services of NAPTR records are read in any case (RFC 3403)")
    func pointerCase() {
        let zone = NameZone(
            """
            x.test NAPTR 1 1 S sip+d2t _sip._tcp.y.test
            _sip._tcp.y.test SRV 0 0 5070 h.test
            h.test A 192.0.2.1
            """)
        #expect(Dialogue("sip:x.test", in: zone).places == ["tcp 192.0.2.1:5070"])
    }

    @Test(
        "failures of name servers are told apart",
        arguments: [
            ("DROP", "failed(Resolution.Answer.Failure.timeout)"),
            ("REFUSE", "failed(Resolution.Answer.Failure.refused)"),
            ("GARBAGE", "failed(Resolution.Answer.Failure.malformed)"),
        ])
    func failures(_ line: String, _ place: String) {
        let zone = NameZone("x.test \(line)")
        #expect(Dialogue("sip:x.test:5060", in: zone).places == [place])
    }

    @Test("a server that is silent about SRV is not asked for addresses too")
    func silence() {
        let zone = NameZone(
            """
            _sip._udp.x.test DROP
            x.test A 192.0.2.1
            """)
        let dialogue = Dialogue("sip:x.test;transport=udp", in: zone)
        #expect(dialogue.turns == [["SRV _sip._udp.x.test"]])
        let refused = NameZone(
            """
            _sip._udp.x.test REFUSE
            x.test A 192.0.2.1
            """)
        #expect(
            Dialogue("sip:x.test;transport=udp", in: refused).places == ["udp 192.0.2.1:5060"])
    }

    @Test("an answer that nobody asked for, and a second one, are ignored")
    func unasked() throws {
        var search = TargetSearch(
            Target(host: "x.test", port: 5060), settings: SearchSettings(reach: Reach(udp: .ipv4)),
            random: 0)
        let question = try #require(Question(name: "x.test", type: .a))
        let forged = Answer(
            records: [.address(PeerAddress(ipv4: 1 << 24, port: 0))], secondsToLive: 1)
        search.take(forged, to: question)
        #expect(search.step() == .ask([question]))
        search.take(Answer(.noName), to: question)
        search.take(forged, to: question)
        #expect(search.step() == .failed(.notFound))
    }
}
