import Basics
import Logging
import ModuleKit
import Synchronization
import TestSupport
import Testing

@testable import Core
@testable import Server

/// URIs, as the rest of the server has them followed.
@Suite("Where URIs lead")
struct NameResolutionTests {
    /// A resolver that asks a name server of the test, and the server.
    private static func rig(
        _ zone: String, _ change: (inout Core.Parameters) -> Void = { _ in }
    ) throws -> (NameResolution, LoopbackNameServer) {
        let server = try LoopbackNameServer(zone)
        let names = NameResolution(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var parameters = Core.Parameters()
        parameters.nameServers = "127.0.0.1:\(server.port)"
        change(&parameters)
        let sockets = [TransportProtocol.udp, .tcp].map {
            ListeningSocket(transport: $0, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060))
        }
        try names.configure(parameters, sockets) {}
        return (names, server)
    }

    /// Asks and waits: places as `udp 192.0.2.1:5060`, or the failure.
    private static func ask(_ names: NameResolution, _ uri: String) async -> [String] {
        let result = await withCheckedContinuation { waiting in
            names.resolve(Array(uri.utf8)) { waiting.resume(returning: $0) }
        }
        return texts(result)
    }

    private static func texts(_ result: Result<[Origin], ForwardFailure>) -> [String] {
        switch result {
        case .success(let hops): hops.map { "\($0.transport.name) \($0.source.text)" }
        case .failure(let failure): ["\(failure)"]
        }
    }

    private static func known(_ names: NameResolution, _ uri: String) -> [String]? {
        let bytes = Array(uri.utf8)
        do throws(ForwardFailure) {
            return try names.known(bytes.span).map { texts(.success($0)) }
        } catch { return ["\(error)"] }
    }

    /// Names that outlive the slowest run of all tests.
    private static let zone = """
        way.test 86400 NAPTR 1 1 s SIP+D2T _sip._tcp.way.test
        _sip._tcp.way.test 86400 SRV 0 0 5070 one.way.test
        _sip._tcp.way.test 86400 SRV 1 0 5071 two.way.test
        one.way.test 86400 A 192.0.2.1
        two.way.test 86400 A 192.0.2.2
        """

    @Test(
        "addresses are known at once, and what cannot be reached too",
        arguments: [
            ("sip:192.0.2.1", "udp 192.0.2.1:5060"),
            ("sip:192.0.2.1:5070;transport=tcp", "tcp 192.0.2.1:5070"), ("tel:+1234", "badURI"),
            ("sip:a.test;transport=ws", "noSocket"), ("sip:a.test;transport=none", "noSocket"),
            ("nonsense", "badURI"),
        ])
    func addresses(_ uri: String, _ expected: String) async throws {
        let (names, server) = try Self.rig(Self.zone)
        #expect(Self.known(names, uri) == [expected])
        #expect(await Self.ask(names, uri) == [expected])
        #expect(server.questions.isEmpty)
    }

    @Test("names are known once they were looked up")
    func names() async throws {
        let (names, server) = try Self.rig(Self.zone)
        let expected = ["tcp 192.0.2.1:5070", "tcp 192.0.2.2:5071"]
        #expect(Self.known(names, "sip:way.test") == nil)
        #expect(await Self.ask(names, "sip:bob@way.test;lr?subject=x") == expected)
        #expect(Self.known(names, "sip:carol@WAY.test") == expected)
        #expect(server.questions.count == 4)
        names.stop()
    }

    @Test("without use_dns_failover the best place alone is told")
    func bestOnly() async throws {
        let (names, server) = try Self.rig(Self.zone) { $0.followsFurtherPlaces = false }
        #expect(await Self.ask(names, "sip:way.test") == ["tcp 192.0.2.1:5070"])
        #expect(server.questions.count == 4)
    }

    @Test("without use_dns_cache every request asks again")
    func noCache() async throws {
        let (names, server) = try Self.rig("h.test A 192.0.2.1") { $0.keepsAnswers = false }
        for _ in 0..<2 { #expect(await Self.ask(names, "sip:h.test:5060").count == 1) }
        #expect(server.questions.count == 2)
        #expect(Self.known(names, "sip:h.test:5060") == nil)
    }

    @Test("names that lead nowhere, and TLS that is not spoken, are failures")
    func failures() async throws {
        let (names, server) = try Self.rig(Self.zone)
        #expect(await Self.ask(names, "sip:nowhere.test") == ["unresolvedHost"])
        #expect(await Self.ask(names, "sips:way.test") == ["noSocket"])
        #expect(await Self.ask(names, "sips:192.0.2.1") == ["noSocket"])
        #expect(server.questions.first == "nowhere.test 35")
    }

    @Test("after a stop nobody is asked")
    func stopped() async throws {
        let (names, server) = try Self.rig(Self.zone)
        names.stop()
        #expect(await Self.ask(names, "sip:way.test") == ["unresolvedHost"])
        #expect(server.questions.isEmpty)
    }

    @Test("management sees, looks up and forgets")
    func records() async throws {
        let (names, server) = try Self.rig(Self.zone)
        _ = await Self.ask(names, "sip:way.test")
        #expect(
            names.keptNames.map { "\($0.type) \($0.name)" } == [
                "SRV _sip._tcp.way.test", "A one.way.test", "A two.way.test", "NAPTR way.test",
            ])
        #expect(names.keptCount.used == 4)
        let found = try names.lookUp("way.test", type: "naptr")
        #expect(found.records[0].contains(KeptName.Field("service", "SIP+D2T")))
        #expect(throws: NameRecordsFailure.unknownType) { try names.lookUp("x", type: "TXT") }
        #expect(throws: NameRecordsFailure.notFound) { try names.lookUp("no.test", type: "A") }
        #expect(names.forget("one.way.test", type: "a") && !names.forget("one.way.test", type: "a"))
        names.forgetAll(evenPermanent: false)
        #expect(names.keptNames.isEmpty)
        #expect(server.questions.count == 5)
    }

    // MARK: What operators add, change and avoid

    @Test("a record that an operator adds is followed, and no name server is asked for it")
    func added() async throws {
        let (names, server) = try Self.rig(Self.zone)
        let address = PeerAddress(ipv4: 0xc000_0209, port: 0)
        #expect(
            names.add(
                .service(priority: 0, weight: 0, port: 5077, target: "mine.test"),
                to: "_sip._udp.own.test", seconds: 60, isPermanent: false, isNegative: false))
        #expect(
            names.add(
                .address(address), to: "mine.test", seconds: 60, isPermanent: true,
                isNegative: false))
        #expect(
            names.add(
                .address(PeerAddress(high: 1, low: 1, port: 0)), to: "mine.test", seconds: 60,
                isPermanent: false, isNegative: true))
        #expect(await Self.ask(names, "sip:own.test;transport=udp") == ["udp 192.0.2.9:5077"])
        #expect(!server.questions.contains { $0.contains("mine.test 1") })
        #expect(names.isPermanent("mine.test", type: "a"))
        #expect(!names.isPermanent("mine.test", type: "aaaa"))
        #expect(!names.isPermanent("mine.test", type: "txt"))
        names.forgetAll(evenPermanent: false)
        #expect(names.keptNames.map(\.name) == ["mine.test"])
    }

    @Test(
        "a name that is none is not added",
        arguments: ["", "a..b", String(repeating: "x", count: 300)])
    func badAddition(name: String) throws {
        let (names, _) = try Self.rig(Self.zone)
        let address = PeerAddress(ipv4: 0xc000_0209, port: 0)
        #expect(
            !names.add(
                .address(address), to: name, seconds: 60, isPermanent: false, isNegative: false))
        #expect(
            !names.add(
                .service(priority: 0, weight: 0, port: 1, target: name), to: "a.test", seconds: 60,
                isPermanent: false, isNegative: false))
    }

    @Test("settings of names change while the server runs")
    func changes() async throws {
        let server = try LoopbackNameServer(Self.zone)
        let settings = SettingsStore()
        let names = NameResolution(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, settings: settings)
        var parameters = Core.Parameters()
        parameters.nameServers = "127.0.0.1:\(server.port)"
        let sockets = [TransportProtocol.udp, .tcp].map {
            ListeningSocket(transport: $0, address: PeerAddress(ipv4: 0x7f00_0001, port: 5060))
        }
        try names.configure(parameters, sockets) {}
        let handle = settings.register(
            group: "core", value: parameters, rows: Core.manifest.parameters)
        names.follow(handle, sockets)
        #expect(await Self.ask(names, "sip:way.test").count == 2)
        _ = try settings.set(group: "core", name: "use_dns_failover", to: .integer(0))
        #expect(await Self.ask(names, "sip:way.test") == ["tcp 192.0.2.1:5070"])
        _ = try settings.set(group: "core", name: "use_dns_cache", to: .integer(0))
        #expect(names.keptNames.isEmpty)
        #expect(!names.isAvoiding)
        _ = try settings.set(group: "core", name: "use_dst_blocklist", to: .integer(1))
        #expect(names.isAvoiding)
    }

    @Test("a destination that failed is avoided for its time, on its own transport")
    func avoided() throws {
        let place = Origin(
            transport: .tcp, socket: .none, source: PeerAddress(ipv4: 0xc000_0201, port: 5060))
        let (off, _) = try Self.rig(Self.zone)
        off.avoid(place, seconds: nil, reason: 2)
        #expect(!off.isAvoiding && !off.avoids(place) && off.avoided.isEmpty)
        let (names, _) = try Self.rig(Self.zone) {
            $0.avoidsDestinations = true
            $0.avoidedSeconds = 90
        }
        names.avoid(place, seconds: nil, reason: 2)
        #expect(names.isAvoiding && names.avoids(place))
        var other = place
        other.transport = .udp
        #expect(!names.avoids(other))
        other.transport = .ws
        names.avoid(other, seconds: nil, reason: 2)
        names.avoid(place, seconds: 0, reason: 16)
        #expect(names.avoided.map(\.secondsLeft) == [90] && names.avoided[0].reason == 2)
        #expect(names.avoidedCount.used == 1)
        names.avoidNone()
        #expect(!names.avoids(place) && names.avoided.isEmpty)
    }
}
