import Basics
import TestSupport
import Testing

@testable import Resolution

/// RFC 3263 4, case by case.
@Suite("A search for a target")
struct TargetSearchTests {
    /// The domain of RFC 3263 4.1, with hosts of one family each.
    static let example = NameZone(
        """
        example.com NAPTR 50 50 s SIPS+D2T _sips._tcp.example.com
        example.com NAPTR 90 50 s SIP+D2T _sip._tcp.example.com
        example.com NAPTR 100 50 s SIP+D2U _sip._udp.example.com
        example.com A 192.0.2.9
        _sips._tcp.example.com SRV 0 1 5061 one.example.com
        _sip._tcp.example.com SRV 0 1 5062 one.example.com
        _sip._udp.example.com SRV 0 1 5063 one.example.com
        _sip._udp.example.com SRV 1 1 5064 two.example.com
        one.example.com A 192.0.2.1
        two.example.com AAAA 2001:db8::2
        plain.example.com A 192.0.2.3
        both.example.com A 192.0.2.4
        both.example.com AAAA 2001:db8::4
        gone.example.com NAPTR 1 1 s SIP+D2U _sip._udp.gone.example.com
        gone.example.com A 192.0.2.5
        _sip._udp.gone.example.com SRV 0 0 0 .
        _sip._udp.www.example.com SRV 0 0 0 .
        www.example.com A 192.0.2.6
        onlytcp.example.com A 192.0.2.7
        _sip._tcp.onlytcp.example.com SRV 0 0 5066 one.example.com
        _sip._udp.onlytcp.example.com SRV 0 0 0 .
        """)

    @Test(
        "an address is taken as it is, with the port and transport that the URI has or implies",
        arguments: [
            ("sip:192.0.2.1", "udp 192.0.2.1:5060"),
            ("sip:192.0.2.1:5070", "udp 192.0.2.1:5070"),
            ("sip:192.0.2.1;transport=tcp", "tcp 192.0.2.1:5060"),
            ("sip:192.0.2.1;transport=tls", "tls 192.0.2.1:5061"),
            ("sips:192.0.2.1", "tls 192.0.2.1:5061"),
            ("sips:192.0.2.1:5071;transport=tcp", "tls 192.0.2.1:5071"),
            ("sip:[2001:db8::1]", "udp [2001:db8::1]:5060"),
            ("sip:[2001:db8::1]:5070;transport=udp", "udp [2001:db8::1]:5070"),
            ("sips:192.0.2.1;transport=udp", "unsupported"),
        ])
    func addresses(_ uri: String, _ place: String) {
        let dialogue = Dialogue(uri, in: Self.example)
        #expect(dialogue.places == [place])
        #expect(dialogue.questions.isEmpty)
    }

    @Test(
        "a port means addresses alone, and no transport means UDP for sip and TLS for sips",
        arguments: [
            ("sip:one.example.com:5080", "udp 192.0.2.1:5080"),
            ("sip:example.com:5060", "udp 192.0.2.9:5060"),
            ("sip:one.example.com:5080;transport=tcp", "tcp 192.0.2.1:5080"),
            ("sips:one.example.com:5080", "tls 192.0.2.1:5080"),
            ("sip:two.example.com:5080", "udp [2001:db8::2]:5080"),
        ])
    func ports(_ uri: String, _ place: String) {
        let dialogue = Dialogue(uri, in: Self.example)
        #expect(dialogue.places == [place])
        #expect(dialogue.turns.count == 1)
        #expect(!dialogue.questions.contains { $0.hasPrefix("SRV") || $0.hasPrefix("NAPTR") })
    }

    @Test("a port of 0 counts as none")
    func portZero() {
        #expect(Target(host: "example.com", port: 0).port == nil)
    }

    @Test(
        "a transport means its SRV records, and addresses with the default port without them",
        arguments: [
            ("sip:example.com;transport=tcp", ["tcp 192.0.2.1:5062"]),
            (
                "sip:example.com;transport=udp",
                ["udp 192.0.2.1:5063", "udp [2001:db8::2]:5064"]
            ),
            ("sip:example.com;transport=tls", ["tls 192.0.2.1:5061"]),
            ("sips:example.com;transport=tcp", ["tls 192.0.2.1:5061"]),
            ("sip:plain.example.com;transport=tcp", ["tcp 192.0.2.3:5060"]),
            ("sip:plain.example.com;transport=tls", ["tls 192.0.2.3:5061"]),
            ("sip:nowhere.example.com;transport=tcp", ["notFound"]),
        ])
    func transports(_ uri: String, _ places: [String]) {
        let dialogue = Dialogue(uri, in: Self.example)
        #expect(dialogue.places == places)
        #expect(!dialogue.questions.contains { $0.hasPrefix("NAPTR") })
    }

    @Test("NAPTR records are followed in the order that the domain gives them")
    func pointers() {
        let dialogue = Dialogue("sip:example.com", in: Self.example)
        #expect(
            dialogue.places == [
                "tls 192.0.2.1:5061", "tcp 192.0.2.1:5062", "udp 192.0.2.1:5063",
                "udp [2001:db8::2]:5064",
            ])
        #expect(dialogue.turns.first == ["NAPTR example.com"])
        #expect(dialogue.turns.count == 3)
    }

    @Test("services that the server does not speak are passed over")
    func unspoken() {
        let dialogue = Dialogue("sip:example.com", in: Self.example, reach: Reach(udp: .ipv4))
        #expect(dialogue.places == ["udp 192.0.2.1:5063"])
        #expect(
            dialogue.questions == [
                "NAPTR example.com", "SRV _sip._udp.example.com", "A one.example.com",
                "A two.example.com",
            ])
    }

    @Test("the server's own liking may go before the order of the domain")
    func liking() {
        let dialogue = Dialogue("sip:example.com", in: Self.example, reach: .ipv4) {
            $0.ignoresPointerOrder = true
            $0.tlsLiking = -1
            $0.tcpLiking = 99
        }
        #expect(dialogue.places == ["tcp 192.0.2.1:5062", "udp 192.0.2.1:5063"])
    }

    @Test("without NAPTR records the SRV records of each transport are asked for at once")
    func noPointers() {
        let zone = NameZone(
            """
            _sip._udp.example.org SRV 0 1 5063 one.example.org
            _sip._tcp.example.org SRV 0 1 5062 one.example.org
            one.example.org A 192.0.2.1
            example.org A 192.0.2.9
            """)
        let dialogue = Dialogue("sip:example.org", in: zone, reach: .ipv4)
        #expect(dialogue.places == ["udp 192.0.2.1:5063", "tcp 192.0.2.1:5062"])
        #expect(
            dialogue.turns == [
                ["NAPTR example.org"],
                [
                    "SRV _sip._udp.example.org", "SRV _sip._tcp.example.org",
                    "SRV _sips._tcp.example.org",
                ],
                ["A one.example.org"],
            ])
        let quick = Dialogue("sip:example.org", in: zone, reach: .ipv4) { $0.triesPointers = false }
        #expect(quick.places == dialogue.places)
        #expect(quick.turns.count == 2)
    }

    @Test("without any records of services the host itself is taken, by UDP")
    func host() {
        let dialogue = Dialogue("sip:plain.example.com", in: Self.example)
        #expect(dialogue.places == ["udp 192.0.2.3:5060"])
        #expect(dialogue.turns.count == 3)
        let stream = Dialogue(
            "sip:plain.example.com", in: Self.example, reach: Reach(tcp: .ipv4))
        #expect(stream.places == ["tcp 192.0.2.3:5060"])
    }

    @Test(
        "a domain that says it does not offer the service is believed",
        arguments: [
            ("sip:gone.example.com", ["notOffered"]),
            ("sip:www.example.com;transport=udp", ["notOffered"]),
            ("sip:www.example.com", ["notOffered"]),
            ("sip:www.example.com;transport=tcp", ["tcp 192.0.2.6:5060"]),
            ("sip:onlytcp.example.com", ["tcp 192.0.2.1:5066"]),
        ])
    func notOffered(_ uri: String, _ places: [String]) {
        #expect(Dialogue(uri, in: Self.example).places == places)
    }

    @Test("sips never leads to a transport that is not secure, whatever the records say")
    func secure() {
        let zone = NameZone(
            """
            example.net NAPTR 1 1 s SIP+D2U _sip._udp.example.net
            example.net NAPTR 2 1 s SIP+D2T _sip._tcp.example.net
            example.net A 192.0.2.8
            _sip._udp.example.net SRV 0 0 5060 example.net
            _sip._tcp.example.net SRV 0 0 5060 example.net
            """)
        #expect(Dialogue("sips:example.net", in: zone).places == ["tls 192.0.2.8:5061"])
        #expect(
            Dialogue("sips:example.net", in: zone, reach: Reach(udp: .both, tcp: .both)).places
                == ["unsupported"])
        #expect(Dialogue("sips:example.com", in: Self.example).places == ["tls 192.0.2.1:5061"])
    }

    @Test(
        "families of addresses are asked for and ordered as the sockets and settings allow",
        arguments: [
            (AddressFamilies.both, true, false, ["192.0.2.4:5060", "[2001:db8::4]:5060"]),
            (.both, true, true, ["[2001:db8::4]:5060", "192.0.2.4:5060"]),
            (.both, false, true, ["192.0.2.4:5060"]),
            (.ipv4, true, true, ["192.0.2.4:5060"]),
            (.ipv6, false, false, ["[2001:db8::4]:5060"]),
        ])
    func families(_ families: AddressFamilies, _ tries: Bool, _ prefers: Bool, _ places: [String]) {
        let dialogue = Dialogue(
            "sip:both.example.com:5060", in: Self.example, reach: Reach(udp: families)
        ) {
            $0.triesIPv6 = tries
            $0.prefersIPv6 = prefers
        }
        #expect(dialogue.places == places.map { "udp \($0)" })
        #expect(dialogue.questions.count == places.count)
    }

    @Test("an address of a family without sockets is refused")
    func noFamily() {
        #expect(
            Dialogue("sip:[2001:db8::1]", in: Self.example, reach: .ipv4).places == ["unsupported"])
        #expect(
            Dialogue("sip:two.example.com:5060", in: Self.example, reach: .ipv4).places
                == ["notFound"])
        #expect(
            Dialogue("sip:192.0.2.1", in: Self.example, reach: Reach()).places == ["unsupported"])
    }

    @Test("the order in which answers come does not matter")
    func order() {
        for uri in ["sip:example.com", "sip:both.example.com", "sip:example.com;transport=udp"] {
            let forwards = Dialogue(uri, in: Self.example)
            let backwards = Dialogue(uri, in: Self.example, backwards: true)
            #expect(forwards.places == backwards.places)
        }
    }

    @Test(
        "hosts that are no names are refused before anyone is asked",
        arguments: ["", "a..b", "-\\.x", "a b", "ex\u{e4}mple.com", "[::1", "1.2.3.4.5:x"])
    func badNames(_ host: String) {
        var search = TargetSearch(
            Target(host: host), settings: SearchSettings(reach: .everything), random: 0)
        #expect(search.step() == .failed(.badName))
    }
}
