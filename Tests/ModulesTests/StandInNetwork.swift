import Basics
import ModuleKit
import SIPSyntax
import Synchronization
import Testing

/// A network without sockets: it keeps what is sent, and has the connections that it is told of.
final class StandInNetwork: NetworkServices {
    /// One message that was sent.
    struct Sent: Sendable {
        var text: String
        var destination: Origin
    }
    private struct State: Sendable {
        var sent: [Sent] = []
        var open: Set<Int64> = []
        var closed: [Int64] = []
        var takers: [@Sendable (ScriptContext) -> Bool] = []
        var turns: [@Sendable (ScriptContext) -> Bool] = []
        var failures: [@Sendable (DeliveryFailure) -> Void] = []
        var streams: [StreamReading] = []
    }
    private let state = Guarded(State())

    func send(_ bytes: Span<UInt8>, to destination: Origin) {
        let message = Sent(text: String(copying: bytes), destination: destination)
        state.withLock { $0.sent.append(message) }
    }
    func isOpen(connection: Int64) -> Bool { state.withLock { $0.open.contains(connection) } }
    func close(connection: Int64) {
        let wasOpen = state.withLock { state in
            guard state.open.remove(connection) != nil else { return false }
            state.closed.append(connection)
            return true
        }
        if wasOpen { fail(.connection(connection, peer: nil)) }
    }
    func takeReplies(_ taker: @escaping @Sendable (ScriptContext) -> Bool) {
        state.withLock { $0.takers.append(taker) }
    }

    func takeTurns(_ turn: @escaping @Sendable (ScriptContext) -> Bool) {
        state.withLock { $0.turns.append(turn) }
    }
    func takeFailures(_ taker: @escaping @Sendable (DeliveryFailure) -> Void) {
        state.withLock { $0.failures.append(taker) }
    }
    /// Tells of something that could not be delivered.
    func fail(_ failure: DeliveryFailure) {
        for taker in state.withLock({ $0.failures }) { taker(failure) }
    }
    /// Does what a worker does between its batches; whether more remains.
    func turn(_ context: ScriptContext) -> Bool {
        let turns = state.withLock { $0.turns }
        return turns.reduce(false) { $1(context) || $0 }
    }

    var streams: [StreamReading] { state.withLock { $0.streams } }
    /// Says what connections are to be shown.
    func readings(_ streams: [StreamReading]) { state.withLock { $0.streams = streams } }
    /// Says which connections are open.
    func open(_ connections: Int64...) { state.withLock { $0.open = Set(connections) } }
    /// What was sent and is not handed out yet.
    var sent: [Sent] { state.withLock { $0.sent } }
    /// Forgets what was sent.
    func clear() { state.withLock { $0.sent = [] } }
    /// Shows a reply to those who take replies; whether one took it.
    func arrives(_ context: ScriptContext) -> Bool {
        let takers = state.withLock { $0.takers }
        return takers.contains { $0(context) }
    }
    /// The connections that were closed, in order.
    var closed: [Int64] { state.withLock { $0.closed } }
    /// Hands out what was sent since the last time.
    func taken() -> [Sent] {
        state.withLock { state in
            defer { state.sent = [] }
            return state.sent
        }
    }
    /// Has a reply looked at as a worker does; whether somebody wanted it.
    func receive(_ text: String, in context: ScriptContext, from origin: Origin) throws -> Bool {
        let bytes = Array(text.utf8)
        context.reset(origin: origin, now: SystemClock.wall())
        try #require(context.message.receive(bytes.span) == .accept)
        return state.withLock { $0.takers }.contains { $0(context) }
    }
}
