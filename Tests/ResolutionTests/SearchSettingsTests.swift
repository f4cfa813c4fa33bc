import Basics
import Testing

@testable import Resolution

@Suite("Settings of a search")
struct SearchSettingsTests {
    @Test(
        "transports are those with sockets, the best liked first, equals as RFC 3263 has them",
        arguments: [
            (30, 20, 10, false, [TargetTransport.udp, .tcp, .tls]),
            (10, 20, 30, false, [.tls, .tcp, .udp]),
            (1, 1, 1, false, [.udp, .tcp, .tls]), (1, 2, 1, false, [.tcp, .udp, .tls]),
            (30, 20, 10, true, [.tls]),
        ])
    func transports(
        _ udp: Int, _ tcp: Int, _ tls: Int, _ secureOnly: Bool, _ expected: [TargetTransport]
    ) {
        var settings = SearchSettings(reach: .everything)
        (settings.udpLiking, settings.tcpLiking, settings.tlsLiking) = (udp, tcp, tls)
        #expect(settings.transports(secureOnly: secureOnly) == expected)
    }

    @Test("a transport without sockets is not spoken")
    func unspoken() {
        let settings = SearchSettings(reach: Reach(tcp: .ipv6))
        #expect(settings.transports(secureOnly: false) == [.tcp])
        #expect(settings.transports(secureOnly: true).isEmpty)
        #expect(settings.addressTypes(.tcp) == [.aaaa])
        #expect(settings.addressTypes(.udp).isEmpty)
    }

    @Test("transports know their ports, names and services")
    func names() {
        #expect(TargetTransport.allCases.map(\.defaultPort) == [5060, 5060, 5061])
        #expect(
            TargetTransport.allCases.map(\.servicePrefix)
                == ["_sip._udp.", "_sip._tcp.", "_sips._tcp."])
        #expect(
            TargetTransport.allCases.map(\.serviceField) == ["sip+d2u", "sip+d2t", "sips+d2t"])
        #expect(TargetTransport.allCases.map(\.isSecure) == [false, false, true])
    }

    @Test("families hold their addresses")
    func families() {
        let v4 = PeerAddress(ipv4: 1, port: 0)
        let v6 = PeerAddress(high: 1, low: 1, port: 0)
        #expect(AddressFamilies.ipv4.contains(v4) && !AddressFamilies.ipv4.contains(v6))
        #expect(AddressFamilies.ipv6.contains(v6) && !AddressFamilies.ipv6.contains(v4))
        #expect(AddressFamilies.both.contains(v4) && AddressFamilies.both.contains(v6))
    }
}
