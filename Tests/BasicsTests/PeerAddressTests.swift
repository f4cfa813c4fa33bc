import Basics
import Testing

@Suite("Peer address")
struct PeerAddressTests {
    @Test("an IPv4 address is written with dots")
    func ipv4() {
        let address = PeerAddress(ipv4: 0xc0a8_0102, port: 5060)
        #expect(address.hostText == "192.168.1.2")
        #expect(address.text == "192.168.1.2:5060")
    }

    @Test(
        "an IPv6 address is written as RFC 5952 asks",
        arguments: [
            (UInt64(0), UInt64(0), "::"), (0, 1, "::1"),
            (0x2001_0db8_0000_0000, 1, "2001:db8::1"),
            (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
            (0x2001_0db8_0001_0001, 0x0001_0001_0001_0001, "2001:db8:1:1:1:1:1:1"),
            (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
            (0xfe80_0000_0000_0000, 0, "fe80::"),
        ])
    func ipv6(high: UInt64, low: UInt64, text: String) {
        let address = PeerAddress(high: high, low: low, port: 5061)
        #expect(address.hostText == text)
        #expect(address.text == "[\(text)]:5061")
    }

    @Test("loopback addresses are known")
    func loopback() {
        #expect(PeerAddress(ipv4: 0x7f00_0001, port: 0).isLoopback)
        #expect(PeerAddress(ipv4: 0x7fff_0001, port: 0).isLoopback)
        #expect(!PeerAddress(ipv4: 0x0a00_0001, port: 0).isLoopback)
        #expect(PeerAddress(high: 0, low: 1, port: 0).isLoopback)
        #expect(!PeerAddress(high: 1, low: 1, port: 0).isLoopback)
    }

    @Test("equal addresses are equal as keys")
    func hashing() {
        let addresses: Set = [
            PeerAddress(ipv4: 1, port: 1), PeerAddress(ipv4: 1, port: 1),
            PeerAddress(ipv4: 1, port: 2), PeerAddress(high: 0, low: 1, port: 1),
        ]
        #expect(addresses.count == 3)
    }
}

@Suite("Origin")
struct OriginTests {
    @Test("a socket is named as the location table names it")
    func socketName() {
        let udp = ListeningSocket(
            transport: .udp, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060))
        #expect(udp.name == "udp:127.0.0.1:5060")
        let tls = ListeningSocket(transport: .tls, address: PeerAddress(high: 0, low: 1, port: 1))
        #expect(tls.name == "tls:[::1]:1")
    }

    @Test("every transport but UDP is a stream")
    func streams() {
        for transport in TransportProtocol.allCases {
            #expect(transport.isStream == (transport != .udp))
        }
    }

    @Test("no socket is different from the first one")
    func noSocket() {
        #expect(SocketIndex.none.isNone)
        #expect(!SocketIndex(0).isNone)
        #expect(SocketIndex.none != SocketIndex(0))
    }
}
