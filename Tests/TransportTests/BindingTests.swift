import Basics
import Glibc
import Testing

@testable import Transport

/// Whether this machine has an address.
func canBind(_ listen: String) -> Bool {
    let layer = TransportLayer(logger: .quiet)
    return (try? layer.bind(ListenDirective.parse(listen))) != nil
}

/// Tests that name a port do so on loopback addresses of their own, where no other test's socket
/// can happen to get the same one from the system.
@Suite struct BindingTests {
    @Test(
        "listen values are read",
        arguments: [
            ("udp:127.0.0.1:5070", ["udp:127.0.0.1:5070"]),
            ("tcp:127.0.0.1", ["tcp:127.0.0.1:5060"]),
            ("127.0.0.1:5070", ["udp:127.0.0.1:5070", "tcp:127.0.0.1:5070"]),
            ("lo", ["udp:lo:5060", "tcp:lo:5060"]),
            ("UDP:[::1]:0", ["udp:[::1]:0"]),
            ("udp:*:5060", ["udp:*:5060"]),
            ("tls:example.org:5061", ["tls:example.org:5061"]),
        ])
    func parse(text: String, expected: [String]) throws {
        #expect(try ListenDirective.parse(text).map(\.text) == expected)
    }

    @Test(
        "values that are no address to listen on are refused",
        arguments: ["", "udp:", "udp:127.0.0.1:", "udp:127.0.0.1:65536", "udp:h:x", "[::1", "[]:1"])
    func refuse(text: String) {
        let error = #expect(throws: BindError.self) { try ListenDirective.parse(text) }
        #expect(error?.kind == .syntax)
    }

    @Test("a taken address is named with the reason", arguments: ["udp", "tcp"])
    func conflict(transport: String) throws {
        let first = try Fixture(["\(transport):127.0.0.1:0"])
        let name = first.sockets[0].name
        let layer = TransportLayer(logger: .quiet)
        let error = #expect(throws: BindError.self) {
            try layer.bind(ListenDirective.parse(name))
        }
        #expect(error?.description == "cannot listen on \(name): address already in use")
        #expect(error?.kind == .system(EADDRINUSE))
    }

    @Test("even an address that several workers share is closed to others")
    func conflictWithWorkers() throws {
        let first = try Fixture { $0.udpWorkers = 2 }
        var settings = TransportSettings()
        settings.udpWorkers = 2
        let layer = TransportLayer(settings: settings, logger: .quiet)
        #expect(throws: BindError.self) {
            try layer.bind(ListenDirective.parse(first.sockets[0].name))
        }
    }

    @Test("one address that cannot be bound leaves none bound")
    func allOrNone() throws {
        let first = try Fixture(["udp:127.0.0.2:0"])
        let free = try DatagramPeer(for: first.address).address.port
        let layer = TransportLayer(logger: .quiet)
        let directives = [
            ListenDirective(transport: .udp, host: "127.0.0.2", port: free),
            ListenDirective(transport: .udp, host: "127.0.0.2", port: first.address.port),
        ]
        #expect(throws: BindError.self) { try layer.bind(directives) }
        #expect(layer.sockets.isEmpty)
        #expect(canBind("udp:127.0.0.2:\(free)"))
    }

    @Test(
        "an address that is not of this machine is named with the reason",
        arguments: [
            ("udp:198.51.100.7:5060", "cannot assign requested address"),
            ("tcp:198.51.100.7:5060", "cannot assign requested address"),
            ("tls:127.0.0.1:5061", "protocol not supported"),
        ])
    func strange(text: String, reason: String) {
        let layer = TransportLayer(logger: .quiet)
        let error = #expect(throws: BindError.self) { try layer.bind(ListenDirective.parse(text)) }
        #expect(error?.description == "cannot listen on \(text): \(reason)")
    }

    @Test(
        "transports that are known by name only are refused as such",
        arguments: [TransportProtocol.tls, .sctp, .ws, .wss])
    func unsupported(transport: TransportProtocol) throws {
        let layer = TransportLayer(logger: .quiet)
        let directive = ListenDirective(transport: transport, host: "127.0.0.1", port: 0)
        let error = #expect(throws: BindError.self) { try layer.bind([directive]) }
        #expect(error?.kind == .unsupported)
    }

    @Test("an IPv6 socket takes no IPv4, so both may be bound to one port")
    func ipv6Only() throws {
        guard canBind("udp:[::1]:0") else { return }
        let peer = try DatagramPeer(for: PeerAddress(high: 0, low: 1, port: 0))
        let value = SocketDescriptor.get(
            peer.socket.descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY)
        #expect(value == 1)
    }

    @Test("a stop makes the addresses free again", arguments: ["udp", "tcp"])
    func free(transport: String) throws {
        let fixture = try Fixture(["\(transport):127.0.0.4:0"])
        let name = fixture.sockets[0].name
        #expect(!canBind(name))
        #expect(fixture.layer.stop())
        #expect(canBind(name))
    }

    @Test("UDP and TCP share an address")
    func bothTransports() throws {
        let first = try Fixture(["udp:127.0.0.3:0"])
        let layer = TransportLayer(logger: .quiet)
        let sockets = try layer.bind(
            ListenDirective.parse("tcp:\(first.address.text)"))
        #expect(sockets.map(\.address) == [first.address])
    }

    @Test("the receive buffer is asked for and the kernel's answer is known")
    func receiveBuffer() throws {
        let address = PeerAddress(ipv4: 0x7f00_0001, port: 0)
        let small = try DatagramSocket(address, joining: false, receiveBufferBytes: 8_192)
        let large = try DatagramSocket(address, joining: false, receiveBufferBytes: 4 << 20)
        #expect(small.receiveBufferBytes >= 8_192)
        #expect(large.receiveBufferBytes > small.receiveBufferBytes)
    }

    @Test("a name that means nothing is said to mean nothing")
    func unknown() {
        let layer = TransportLayer(logger: .quiet)
        let error = #expect(throws: BindError.self) {
            try layer.bind(ListenDirective.parse("udp:no-such-host.invalid:5060"))
        }
        #expect(error?.kind == .unknownHost)
    }

    @Test("an interface stands for its addresses")
    func interface() throws {
        let layer = TransportLayer(logger: .quiet)
        let hosts = try layer.bind(ListenDirective.parse("udp:lo:0")).map(\.address.hostText)
        #expect(hosts.contains("127.0.0.1"))
    }

    @Test("a host name stands for its address")
    func name() throws {
        let layer = TransportLayer(logger: .quiet)
        let sockets = try layer.bind(ListenDirective.parse("udp:localhost:0"))
        #expect(sockets.count == 1)
        #expect(sockets.allSatisfy { $0.address.isLoopback })
    }

    @Test("the star stands for every address")
    func star() throws {
        let layer = TransportLayer(logger: .quiet)
        let sockets = try layer.bind(ListenDirective.parse("udp:*:0"))
        #expect(sockets.contains { $0.address.hostText == "127.0.0.1" })
        #expect(!sockets.contains { $0.address.isLinkLocal })
    }

    @Test("an address named twice is bound once, and what is advertised is kept")
    func twice() throws {
        let probe = try DatagramPeer(for: PeerAddress(ipv4: 0x7f00_0005, port: 0)).address.port
        let layer = TransportLayer(logger: .quiet)
        let directive = ListenDirective(
            transport: .udp, host: "127.0.0.5", port: probe, advertised: "sip.example.org:5060")
        let sockets = try layer.bind([directive, directive])
        #expect(sockets.map(\.advertised) == ["sip.example.org:5060"])
        #expect(sockets.map(\.name) == ["udp:127.0.0.5:\(probe)"])
    }
}
