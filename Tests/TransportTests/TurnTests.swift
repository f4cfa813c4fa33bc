import Basics
import Synchronization
import Testing

@testable import Transport

/// What happened in a worker, in its order.
private final class Course: Sendable {
    enum Event: Sendable, Hashable {
        /// A message was worked on.
        case message
        /// A turn was taken; whether a message was sent to the worker during it.
        case turn(isAsked: Bool)
    }
    private let events = Guarded<[Event]>([])
    /// Sends a message to the worker.
    private let asker = GuardedFunction<Void>()

    func add(_ event: Event) { events.withLock { $0.append(event) } }
    func ask() { asker.function?(()) }
    func install(_ ask: @escaping @Sendable () -> Void) { asker.set(ask) }
    var all: [Event] { events.withLock { $0 } }
}

/// A worker that has much to do between its batches, as a change of state with a thousand watchers
/// makes it: its first message brings a thousand turns.
private final class BusyHandler: MessageHandler {
    private var outbox = Outbox()
    private var left = -1
    private let course: Course

    init(_ course: Course) { self.course = course }

    func beginBatch(now: WallTime) {}

    func handle(_ message: Span<UInt8>, from origin: Origin) {
        course.add(.message)
        if left < 0 { left = 1_000 }
        outbox.begin()
        outbox.writer.append(message)
        outbox.commit(to: origin)
    }

    func takeTurn() -> Bool {
        guard left > 0 else { return false }
        left -= 1
        // In every tenth turn somebody asks for something else.
        let isAsked = left % 10 == 5
        if isAsked { course.ask() }
        course.add(.turn(isAsked: isAsked))
        return left > 0
    }

    func withOutbox<Result>(_ body: (inout Outbox) -> Result) -> Result { body(&outbox) }
}

@Suite("Turns between batches")
struct TurnTests {
    @Test("a message that comes while much is to be done waits for one turn, not for all of them")
    func betweenTurns() throws {
        let course = Course()
        var settings = TransportSettings()
        settings.udpWorkers = 1
        let layer = TransportLayer(settings: settings, logger: .quiet)
        let sockets = try layer.bind(try ListenDirective.parse("udp:127.0.0.1:0"))
        try layer.start { _ in BusyHandler(course) }
        defer { layer.stop(within: .seconds(5)) }
        let server = sockets[0].address
        let peer = try DatagramPeer(for: server)
        course.install { try? peer.send("REGISTER sip:example.com SIP/2.0", to: server) }
        try peer.send("PUBLISH sip:example.com SIP/2.0", to: server)
        #expect(eventually { course.all.count == 1_000 + 1 + 100 })
        let events = course.all
        let asked = events.indices.filter { events[$0] == .turn(isAsked: true) }
        #expect(asked.count == 100)
        // Loopback delivers at once, or nearly: the next thing that the worker does is the message.
        let waits = asked.map { place in
            events[(place + 1)...].prefix { $0 != .message }.count
        }
        #expect(waits.allSatisfy { $0 <= 3 }, "turns between a message and its work: \(waits)")
    }
}
