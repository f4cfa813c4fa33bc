internal import Basics
internal import Logging
internal import NIOCore
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

    /// Opens the connection of a number to a destination.
    typealias Connector = @Sendable (Int64, Origin) -> Void
    private let connector = Guarded<Connector?>(nil)

    /// Hears of what could not be delivered.
    typealias FailureTaker = @Sendable (DeliveryFailure) -> Void
    private let failureTaker = Guarded<FailureTaker?>(nil)

    /// A router over the sockets that are bound.
    init(
        sockets: [BoundSocket], settings: Snapshot<TransportSettings>,
        statistics: TransportStatistics, logger: Logger
    ) {
        self.sockets = sockets
        self.settings = settings
        self.statistics = statistics
        self.logger = logger
        connections = ConnectionTable(counting: statistics.connectionsOpen)
    }

    /// Says who opens connections: called once the event loops run.
    func connect(by connector: @escaping Connector) { self.connector.withLock { $0 = connector } }

    /// Says who hears of what could not be delivered.
    func reportFailures(to taker: @escaping FailureTaker) {
        failureTaker.withLock { $0 = taker }
    }

    /// Counts messages that could not be sent, and tells of them.
    func fail(_ messages: [ByteBuffer]) {
        guard !messages.isEmpty else { return }
        statistics.sendErrors.add(messages.count)
        guard let taker = failureTaker.withLock({ $0 }) else { return }
        for bytes in messages { taker(.message(Array(bytes.readableBytesView))) }
    }

    /// Forgets a connection, and tells of what is lost with it; twice does no harm.
    func forget(_ number: Int64) {
        let loss = connections.remove(number)
        fail(loss.waiting)
        guard loss.wasOpen, let taker = failureTaker.withLock({ $0 }) else { return }
        taker(.connection(number, peer: loss.peer))
    }

    /// Sends a message; what cannot be sent is dropped, counted, and told if it is known at once.
    func send(_ bytes: Span<UInt8>, to destination: Origin) {
        switch destination.transport {
        case .udp: sendDatagram(bytes, to: destination)
        case .tcp: sendOnStream(ByteBuffer(copying: bytes), to: destination)
        case .tls, .ws, .wss, .sctp: fail([ByteBuffer(copying: bytes)])
        }
    }

    /// Sends a datagram from whatever thread this is; workers batch those of their own socket.
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

    /// Writes to a connection; while it is being opened the message waits with the connection.
    private func sendOnStream(_ bytes: ByteBuffer, to destination: Origin) {
        switch connections.way(for: bytes, to: destination, settings.value) {
        case .channel(let channel):
            statistics.streamMessagesSent.add()
            channel.writeAndFlush(bytes).whenFailure { [weak self] _ in self?.fail([bytes]) }
        case .queued: break
        case .opening(let number): open(number, to: destination)
        case .none: fail([bytes])
        }
    }

    /// Has the connection opened that a message waits for; without event loops there is nobody to.
    private func open(_ number: Int64, to destination: Origin) {
        guard let connector = connector.withLock({ $0 }) else {
            forget(number)
            return
        }
        var origin = destination
        origin.connection = number
        origin.socket = streamSocket(for: destination)
        connector(number, origin)
    }

    /// The listening socket that a connection made by the server counts as: the one that is named,
    /// else the first of the address family.
    private func streamSocket(for destination: Origin) -> SocketIndex {
        if !destination.socket.isNone, Int(destination.socket.value) < sockets.count,
            sockets[Int(destination.socket.value)].listening.transport == destination.transport
        {
            return destination.socket
        }
        let first = sockets.firstIndex {
            $0.listening.transport == destination.transport
                && $0.listening.address.isIPv6 == destination.source.isIPv6
        }
        return first.map { SocketIndex($0) } ?? .none
    }
}

extension ByteBuffer {
    /// A buffer with a copy of bytes.
    init(copying bytes: Span<UInt8>) {
        self.init()
        append(bytes)
    }

    /// Writes a copy of bytes.
    mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { source in
            _ = unsafe writeBytes(source)
        }
    }
}
