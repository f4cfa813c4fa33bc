import Basics
import ModuleKit
import Resolution
import Testing

@testable import Core
@testable import Server

/// What core parameters about names come to.
@Suite("Core parameters about names")
struct NameSettingsTests {
    private static func parameters(_ change: (inout Core.Parameters) -> Void) -> Core.Parameters {
        var parameters = Core.Parameters()
        change(&parameters)
        return parameters
    }

    private static let sockets = [
        ListeningSocket(transport: .udp, address: PeerAddress(ipv4: 1 << 24, port: 5060)),
        ListeningSocket(transport: .udp, address: PeerAddress(high: 1, low: 1, port: 5060)),
        ListeningSocket(transport: .tcp, address: PeerAddress(ipv4: 1 << 24, port: 5060)),
        ListeningSocket(transport: .ws, address: PeerAddress(ipv4: 1 << 24, port: 80)),
    ]

    @Test(
        "dns_servers is a list of addresses with or without ports",
        arguments: [
            ("", []), ("192.0.2.1", ["192.0.2.1:53"]),
            (
                "192.0.2.1:5353, [::1]:54 2001:db8::1",
                ["192.0.2.1:5353", "[::1]:54", "[2001:db8::1]:53"]
            ),
        ])
    func servers(_ text: String, _ expected: [String]) throws {
        let settings = try NameServerClient.Settings(Self.parameters { $0.nameServers = text })
        #expect(settings.servers.map(\.text) == expected)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "ns.example.com", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1:", "[::1]:x", ":53",
        ])
    func noServers(_ text: String) {
        #expect(throws: StartFailure.self) {
            try NameServerClient.Settings(Self.parameters { $0.nameServers = text })
        }
    }

    @Test("dns_retr_time, dns_retr_no and dns_servers_no keep the defaults at 0")
    func asking() throws {
        let usual = NameServerClient.Settings()
        let zero = try NameServerClient.Settings(Core.Parameters())
        #expect(zero.attemptMilliseconds == usual.attemptMilliseconds)
        #expect(zero.attempts == usual.attempts && zero.serversMax == usual.serversMax)
        let set = try NameServerClient.Settings(
            Self.parameters {
                $0.nameServerSeconds = 4
                $0.nameServerAttempts = 2
                $0.nameServersMax = 1
                $0.usesSearchList = false
            })
        #expect(set.attemptMilliseconds == 4_000 && set.attempts == 2)
        #expect(set.serversMax == 1 && !set.usesSearchList)
    }

    @Test("the sockets say what is reached; WebSockets reach nobody")
    func reach() {
        let settings = SearchSettings(Core.Parameters(), Self.sockets)
        #expect(settings.reach == Reach(udp: .both, tcp: .ipv4))
    }

    @Test(
        "dns_cache_flags narrows or orders the families",
        arguments: [
            (0, AddressFamilies.both, false), (1, .ipv4, false), (2, .ipv6, false),
            (3, .ipv4, false), (4, .both, true),
        ])
    func flags(_ flags: Int, _ families: AddressFamilies, _ prefersIPv6: Bool) {
        let settings = SearchSettings(Self.parameters { $0.answerFlags = flags }, Self.sockets)
        #expect(settings.reach.udp == families)
        #expect(settings.prefersIPv6 == prefersIPv6)
    }

    @Test("the RFCs decide by default, and each parameter changes its own setting")
    func order() {
        let usual = SearchSettings(Core.Parameters(), Self.sockets)
        #expect(usual == SearchSettings(reach: usual.reach))
        let changed = SearchSettings(
            Self.parameters {
                $0.triesIPv6 = false
                $0.triesPointers = false
                $0.balancesServices = false
                $0.ignoresPointerOrder = true
                $0.udpLiking = 1
                $0.tcpLiking = 2
                $0.tlsLiking = -1
            }, Self.sockets)
        #expect(!changed.triesIPv6 && !changed.triesPointers && !changed.balancesServices)
        #expect(changed.ignoresPointerOrder)
        #expect(TargetTransport.allCases.map(changed.liking) == [1, 2, -1])
    }

    @Test("the times of answers are those of the parameters")
    func times() {
        let settings = AnswerCache.Settings(
            Self.parameters {
                $0.keepsAnswers = false
                $0.answerSecondsMin = 5
                $0.answerSecondsMax = 50
                $0.negativeSecondsMax = 7
            })
        #expect(!settings.isEnabled && settings.secondsMin == 5)
        #expect(settings.secondsMax == 50 && settings.negativeSecondsMax == 7)
    }
}
