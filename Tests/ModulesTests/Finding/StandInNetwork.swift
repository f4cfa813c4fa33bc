import Basics
import ModuleKit
import Synchronization

/// A network that keeps what is sent, with connections that are open because a test says so.
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
    }
    private let state = Guarded(State())

    /// What was sent so far.
    var sent: [Sent] { state.withLock { $0.sent } }
    /// Forgets what was sent.
    func clear() { state.withLock { $0.sent = [] } }
    /// Opens connections.
    func open(_ numbers: Int64...) { state.withLock { $0.open.formUnion(numbers) } }
    /// Shows a reply to those who take replies; whether one took it.
    func arrives(_ context: ScriptContext) -> Bool {
        let takers = state.withLock { $0.takers }
        return takers.contains { $0(context) }
    }

    func send(_ bytes: Span<UInt8>, to destination: Origin) {
        let sent = Sent(text: String(copying: bytes), destination: destination)
        state.withLock { $0.sent.append(sent) }
    }
    func isOpen(connection: Int64) -> Bool { state.withLock { $0.open.contains(connection) } }
    func close(connection: Int64) {
        state.withLock { state in
            if state.open.remove(connection) != nil { state.closed.append(connection) }
        }
    }
    func takeReplies(_ taker: @escaping @Sendable (ScriptContext) -> Bool) {
        state.withLock { $0.takers.append(taker) }
    }
}
