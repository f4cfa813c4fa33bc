internal import Basics
internal import ModuleKit
internal import Synchronization
internal import Transport

/// The transport as modules see it.
///
/// Modules are made before the transport; until it is connected nothing is sent.
final class NetworkLink: NetworkServices {
    /// What is found out at the start and read from then on.
    private struct State: Sendable {
        var transport: TransportLayer?
        var replyTakers: [@Sendable (ScriptContext) -> Bool] = []
        var turns: [@Sendable (ScriptContext) -> Bool] = []
        var failureTakers: [@Sendable (DeliveryFailure) -> Void] = []
    }
    private let state = Guarded(State())

    /// Says what messages are sent with.
    func connect(_ transport: TransportLayer) {
        state.withLock { $0.transport = transport }
        transport.reportFailures { [weak self] failure in
            guard let takers = self?.state.withLock({ $0.failureTakers }) else { return }
            for taker in takers { taker(failure) }
        }
    }

    private var transport: TransportLayer? { state.withLock { $0.transport } }

    /// Sends one message from any thread.
    func send(_ bytes: Span<UInt8>, to destination: Origin) {
        transport?.send(bytes, to: destination)
    }

    /// Whether the connection of a number is open.
    func isOpen(connection: Int64) -> Bool { transport?.isOpen(connection: connection) ?? false }

    /// Closes the connection of a number.
    func close(connection: Int64) { transport?.close(connection: connection) }

    /// All stream connections.
    var streams: [StreamReading] { transport?.streamReadings ?? [] }

    /// Adds one who sees replies before the script does.
    func takeReplies(_ taker: @escaping @Sendable (ScriptContext) -> Bool) {
        state.withLock { $0.replyTakers.append(taker) }
    }

    /// Adds work that workers do between their batches.
    func takeTurns(_ turn: @escaping @Sendable (ScriptContext) -> Bool) {
        state.withLock { $0.turns.append(turn) }
    }

    /// Adds one who hears of what could not be delivered.
    func takeFailures(_ taker: @escaping @Sendable (DeliveryFailure) -> Void) {
        state.withLock { $0.failureTakers.append(taker) }
    }

    /// What workers do between their batches; a worker asks once, when it starts.
    var turns: [@Sendable (ScriptContext) -> Bool] { state.withLock { $0.turns } }

    /// Those who see replies before the script does; a worker asks once, when it starts.
    var replyTakers: [@Sendable (ScriptContext) -> Bool] { state.withLock { $0.replyTakers } }
}
