import Basics
import Testing

@testable import Transport

@Suite struct ListenDirectiveTests {
    /// Values of `listen` and of the option `-l`, and what they stand for.
    static let values: [(String, [String])] = [
        ("udp:192.0.2.1:5060", ["udp:192.0.2.1:5060"]),
        ("udp:192.0.2.1", ["udp:192.0.2.1:5060"]),
        ("192.0.2.1", ["udp:192.0.2.1:5060", "tcp:192.0.2.1:5060"]),
        ("192.0.2.1:0", ["udp:192.0.2.1:0", "tcp:192.0.2.1:0"]),
        ("192.0.2.1:65535", ["udp:192.0.2.1:65535", "tcp:192.0.2.1:65535"]),
        ("[2001:db8::1]", ["udp:[2001:db8::1]:5060", "tcp:[2001:db8::1]:5060"]),
        ("[2001:db8::1]:5070", ["udp:[2001:db8::1]:5070", "tcp:[2001:db8::1]:5070"]),
        ("tcp:[::]:5060", ["tcp:[::]:5060"]), ("tls:sip.example.org", ["tls:sip.example.org:5060"]),
        ("ws:192.0.2.1:80", ["ws:192.0.2.1:80"]), ("wss:192.0.2.1:443", ["wss:192.0.2.1:443"]),
        ("sctp:192.0.2.1:5060", ["sctp:192.0.2.1:5060"]), ("TCP:lo:1", ["tcp:lo:1"]),
        ("Udp:EXAMPLE.org", ["udp:EXAMPLE.org:5060"]),
        ("eth0:5060", ["udp:eth0:5060", "tcp:eth0:5060"]),
        ("*", ["udp:*:5060", "tcp:*:5060"]), ("*:5080", ["udp:*:5080", "tcp:*:5080"]),
        ("udpx:5060", ["udp:udpx:5060", "tcp:udpx:5060"]),
    ]

    @Test("each form of an address to listen on is read", arguments: values)
    func forms(text: String, expected: [String]) throws {
        #expect(try ListenDirective.parse(text).map(\.text) == expected)
    }

    @Test("a directive's own text is read as the same directive", arguments: values)
    func roundTrip(text: String, expected: [String]) throws {
        for directive in try ListenDirective.parse(text) {
            #expect(try ListenDirective.parse(directive.text) == [directive])
        }
    }

    @Test(
        "a value that is none is refused with the reason",
        arguments: [
            ("", "the host is missing"), (":", "the host is missing"),
            (":5060", "the host is missing"), ("udp:", "the host is missing"),
            ("udp::5060", "the host is missing"), ("[]", "the host is missing"),
            ("tcp:[]:5060", "the host is missing"), ("[::1", "the closing bracket is missing"),
            ("udp:[::1:5060", "the closing bracket is missing"),
            ("192.0.2.1:", "the port is no number up to 65535"),
            ("192.0.2.1:65536", "the port is no number up to 65535"),
            ("192.0.2.1:-1", "the port is no number up to 65535"),
            ("192.0.2.1:5060:5061", "the port is no number up to 65535"),
            ("192.0.2.1:5060 ", "the port is no number up to 65535"),
            ("192.0.2.1:sip", "the port is no number up to 65535"),
            ("[::1]5060", "the port is no number up to 65535"),
            ("2001:db8::1", "the port is no number up to 65535"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: BindError.self) { try ListenDirective.parse(text) }
        #expect(error == BindError(.syntax, directive: text, reason: reason))
        #expect(error?.description == "cannot listen on \(text): \(reason)")
    }

    @Test("the port that is not named is the default, which TLS has another of (RFC 3261 18.2.1)")
    func defaultPort() throws {
        #expect(try ListenDirective.parse("tls:a", defaultPort: 5061).map(\.port) == [5061])
        #expect(try ListenDirective.parse("tls:a:1", defaultPort: 5061).map(\.port) == [1])
    }

    @Test("what is advertised goes with every transport that a value stands for")
    func advertised() throws {
        let directives = try ListenDirective.parse("192.0.2.1", advertised: "sip.example.org:5060")
        #expect(directives.map(\.advertised) == ["sip.example.org:5060", "sip.example.org:5060"])
        #expect(directives.map(\.transport) == [.udp, .tcp])
    }

    @Test(
        "fe80::/10 is good on one link only (RFC 4291 2.5.6)",
        arguments: [
            (0xfe80_0000_0000_0000, true), (0xfebf_ffff_ffff_ffff, true),
            (0xfec0_0000_0000_0000, false), (0xfe7f_ffff_ffff_ffff, false),
            (0xff02_0000_0000_0000, false), (0x2001_0db8_0000_0000, false), (0, false),
        ] as [(UInt64, Bool)])
    func linkLocal(high: UInt64, expected: Bool) {
        #expect(PeerAddress(high: high, low: 1, port: 0).isLinkLocal == expected)
    }

    @Test("an IPv4 address is never link-local in that sense, and keeps its host at another port")
    func ipv4() {
        let address = PeerAddress(ipv4: 0xa9fe_0101, port: 5060)
        #expect(!address.isLinkLocal)
        #expect(address.at(7) == PeerAddress(ipv4: 0xa9fe_0101, port: 7))
        #expect(address.at(5060) == address)
    }

    @Test("literals are themselves, whatever the interfaces are")
    func literals() throws {
        for (text, expected) in [
            ("udp:192.0.2.1:5060", PeerAddress(ipv4: 0xc000_0201, port: 5060)),
            ("udp:[2001:db8::1]:9", PeerAddress(high: 0x2001_0db8_0000_0000, low: 1, port: 9)),
        ] {
            let directive = try #require(try ListenDirective.parse(text).first)
            #expect(try AddressResolution.addresses(of: directive) == [expected])
        }
    }

    @Test("the loopback interface is its addresses, at the port that is asked for")
    func interface() throws {
        let directive = ListenDirective(transport: .udp, host: "lo", port: 5060)
        let addresses = try AddressResolution.addresses(of: directive)
        #expect(addresses.contains(PeerAddress(ipv4: 0x7f00_0001, port: 5060)))
        #expect(addresses.allSatisfy { $0.port == 5060 && $0.isLoopback })
    }

    @Test("more addresses than the server has room for are refused")
    func tooMany() throws {
        let layer = TransportLayer(logger: .quiet)
        let one = ListenDirective(transport: .udp, host: "127.0.0.1", port: 0)
        let many = [ListenDirective](repeating: one, count: Limits.listenersMax + 1)
        let error = #expect(throws: BindError.self) { try layer.bind(many) }
        #expect(error?.kind == .unsupported)
        #expect(error?.reason == "more than \(Limits.listenersMax) addresses")
        #expect(layer.sockets.isEmpty)
        #expect(try layer.bind(Array(many.prefix(3))).count == 3)
    }
}
