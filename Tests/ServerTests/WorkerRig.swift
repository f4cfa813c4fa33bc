import Basics
import Core
import Logging
import ModuleKit
import RouteScript
import Testing
import Transport

@testable import Server

/// One worker of a server that has no socket: messages go in as bytes, what it sends comes out.
final class WorkerRig {
    let services: ServerServices
    let counters: MessageCounters
    private let worker: SIPWorker

    init(
        _ route: String, forcesRport: Bool = false, header: String = "Server: test\r\n",
        durations: MessageDurations? = nil
    ) throws {
        let services = ServerServices(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            startedAt: SystemClock.wall(), commandLine: ["roost"])
        let file = SourceFile(name: "worker.cfg", bytes: Array(route.utf8))
        let checked = try ConfigurationFile.parse(file).check(
            catalogue: Catalogue.modules, core: Catalogue.core)
        let core = try checked.core.make(services)
        services.add(core)
        for module in checked.modules { services.add(try module.make(services)) }
        let program = try Program.compile(checked, loaded: services.loadedModules)
        counters = try #require(core.instance as? Core).counters
        self.services = services
        worker = SIPWorker(
            WorkerBlueprint(
                services: services, program: program, counters: counters,
                durations: durations,
                serverHeader: Array(header.utf8), tagKey: 7, forcesRport: forcesRport))
    }

    /// Hands one message over, as a batch of its own, and returns what is to be sent.
    @discardableResult
    func handle(
        _ text: String, transport: TransportProtocol = .udp
    ) -> [(text: String, to: Origin)] {
        worker.beginBatch(now: SystemClock.wall())
        let bytes = Array(text.utf8)
        let origin = Origin(
            transport: transport, socket: SocketIndex(0),
            source: PeerAddress(ipv4: 0xC000_0207, port: 40_000),
            connection: transport.isStream ? 5 : -1)
        worker.handle(bytes.span, from: origin)
        return worker.withOutbox { outbox in
            let sent = Self.entries(outbox)
            outbox.removeAll()
            return sent
        }
    }

    private static func entries(_ outbox: borrowing Outbox) -> [(text: String, to: Origin)] {
        outbox.entries.map { (String(copying: outbox.bytes($0)), $0.destination) }
    }

    /// A request with the header fields that every one has; `more` come behind them.
    static func request(_ method: String, _ more: String..., uri: String = "sip:h") -> String {
        let lines =
            [
                "\(method) \(uri) SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1",
                "From: <sip:alice@example.com>;tag=1", "To: <sip:alice@example.com>",
                "Call-ID: c1", "CSeq: 4 \(method)",
            ] + more + ["Content-Length: 0", "", ""]
        return lines.joined(separator: "\r\n")
    }
}

/// The status line of a message.
func statusLine(_ text: String?) -> String {
    text?.split(separator: "\r\n").first.map(String.init) ?? "nothing"
}

/// The status of a reply, 0 for nothing.
func status(_ text: String?) -> Int {
    let words = statusLine(text).split(separator: " ")
    return words.count > 1 ? Int(words[1]) ?? 0 : 0
}
