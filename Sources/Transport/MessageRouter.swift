internal import Basics
internal import Logging
internal import Synchronization

/// Sends one message from any thread: on a UDP socket, or on the connection that leads there.
final class MessageRouter: Sendable {
    /// What is counted.
    let statistics: TransportStatistics
    /// What can be set.
    let settings: Snapshot<TransportSettings>
    /// Where events are told.
    let logger: Logger
    /// What is bound; a `SocketIndex` is an index into it.
    let sockets: [BoundSocket]
    /// The connections that are open or being opened.
    let connections: ConnectionTable

    /// A router over the sockets that are bound.
    init(
        sockets: [BoundSocket], settings: Snapshot<TransportSettings>,
        statistics: TransportStatistics, logger: Logger
    ) {
        self.sockets = sockets
        self.settings = settings
        self.statistics = statistics
        self.logger = logger
        connections = ConnectionTable()
    }

    /// Sends a message; what cannot be sent is dropped and counted.
    func send(_ bytes: Span<UInt8>, to destination: Origin) {
        switch destination.transport {
        case .udp: sendDatagram(bytes, to: destination)
        case .tcp, .tls, .ws, .wss, .sctp: statistics.sendErrors.add()
        }
    }

    private func sendDatagram(_ bytes: Span<UInt8>, to destination: Origin) {
        guard let socket = datagramSocket(for: destination) else {
            statistics.sendErrors.add()
            return
        }
        statistics.sendCalls.add()
        do throws(SystemError) {
            try socket.send(bytes, to: destination.source)
            statistics.datagramsSent.add()
        } catch {
            statistics.sendErrors.add()
        }
    }

    /// The socket that a destination names, else the first one of its address family.
    private func datagramSocket(for destination: Origin) -> DatagramSocket? {
        if !destination.socket.isNone, Int(destination.socket.value) < sockets.count,
            case .datagrams(let group) = sockets[Int(destination.socket.value)].kind
        {
            return group.first
        }
        for socket in sockets {
            guard case .datagrams(let group) = socket.kind,
                socket.listening.address.isIPv6 == destination.source.isIPv6
            else { continue }
            return group.first
        }
        return nil
    }
}
