public import Basics
internal import NIOCore
internal import Synchronization

/// Connections by their numbers, for those who remember one: a contact's flow (RFC 5626 5.3).
extension TransportLayer {
    /// Whether the connection of a number is open.
    public func isOpen(connection: Int64) -> Bool {
        guard connection > 0, let router = state.withLock({ $0.router }) else { return false }
        return router.connections.channel(connection)?.isActive ?? false
    }

    /// What all stream connections are like now; it waits for the event loops.
    public var streamReadings: [StreamReading] {
        let readings = state.withLock { $0.streams?.readings }
        return readings?() ?? []
    }

    /// Has `taker` told of what could not be delivered (RFC 3261 18.4); there is one taker.
    ///
    /// That is each message that could not be sent on a stream, and each connection that has ended.
    /// It is called on whichever thread found out and must be brief.
    public func reportFailures(to taker: @escaping @Sendable (DeliveryFailure) -> Void) {
        let router = state.withLock { state in
            state.failureTaker = taker
            return state.router
        }
        router?.reportFailures(to: taker)
    }

    /// Closes the connection of a number, if it is open.
    ///
    /// What waits to be written is lost: whoever closes a connection has nothing more to say.
    public func close(connection: Int64) {
        guard connection > 0, let router = state.withLock({ $0.router }) else { return }
        router.connections.channel(connection)?.close(promise: nil)
    }
}
