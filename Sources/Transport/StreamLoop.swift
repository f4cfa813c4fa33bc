internal import Basics
internal import Logging
internal import NIOCore
internal import NIOPosix

/// What the connections of one event loop share: the handler, the clock, the look at time-outs.
///
/// It is used on its event loop only.
final class StreamLoop<Handler: MessageHandler> {
    /// Works on the messages of all connections of this loop.
    let handler: Handler
    /// Where messages for others go.
    let router: MessageRouter
    /// The settings as of the batch.
    private(set) var settings: SnapshotReader<TransportSettings>
    /// The time of the batch.
    private(set) var now = SystemClock.monotonic()

    private let eventLoop: any EventLoop
    /// Whether the next turn is ordered already.
    private var hasTurn = false
    private var connections: [Int64: StreamConnection<Handler>] = [:]

    /// The state of a loop; made on that loop.
    init(_ eventLoop: any EventLoop, handler: Handler, router: MessageRouter) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.handler = handler
        self.router = router
        settings = SnapshotReader(router.settings)
        scheduleSweep()
    }

    /// Starts a batch: what one read has brought.
    func begin() {
        settings.refresh()
        now = SystemClock.monotonic()
        handler.beginBatch(now: SystemClock.wall())
    }

    /// Takes what the handler wrote: what goes to connection `number` is added to `answer`, the
    /// rest goes its way.
    func collect(for number: Int64, into answer: inout ByteBuffer) {
        let router = router
        handler.withOutbox { outbox in
            guard !outbox.isEmpty else { return }
            var count = 0
            for entry in outbox.entries {
                if entry.destination.connection == number {
                    answer.append(outbox.bytes(entry))
                    count += 1
                } else {
                    router.send(outbox.bytes(entry), to: entry.destination)
                }
            }
            outbox.removeAll()
            router.statistics.streamMessagesSent.add(count)
        }
    }

    /// Does what may wait until a read is answered, bit by bit, with other reads in between.
    func takeTurn() {
        guard !hasTurn else { return }
        let hasMore = handler.takeTurn()
        let router = router
        handler.withOutbox { outbox in
            for entry in outbox.entries {
                router.send(outbox.bytes(entry), to: entry.destination)
            }
            outbox.removeAll()
        }
        guard hasMore else { return }
        hasTurn = true
        eventLoop.assumeIsolated().execute { [weak self] in
            self?.hasTurn = false
            self?.takeTurn()
        }
    }

    // MARK: Connections

    /// A connection has come to this loop.
    func add(_ connection: StreamConnection<Handler>) {
        connections[connection.origin.connection] = connection
    }

    /// A connection has gone; saying so twice does no harm.
    func remove(_ connection: StreamConnection<Handler>) {
        let number = connection.origin.connection
        guard connections.removeValue(forKey: number) != nil else { return }
        router.forget(number)
    }

    /// What its connections are like now.
    func readings() -> [StreamReading] {
        let now = SystemClock.monotonic()
        return connections.values.map { $0.reading(at: now, settings.value) }
    }

    /// Closes all connections once their queues are written.
    func closeAll() {
        for connection in connections.values { connection.closeWhenWritten() }
    }

    /// Takes in a connection that a peer has opened to a socket, if there is room for it.
    func accept(_ channel: any Channel, on socket: SocketIndex) throws {
        guard let peer = channel.remoteAddress.flatMap(PeerAddress.init) else {
            throw ConnectionRefused()
        }
        switch router.connections.admit(channel, from: peer, router.settings.value) {
        case .refused(let isFirst):
            router.statistics.connectionsRefused.add()
            if isFirst {
                router.logger.warning(
                    "too many connections, refusing more", metadata: ["peer": "\(peer.text)"])
            }
            throw ConnectionRefused()
        case .admitted(let number):
            router.statistics.connectionsAccepted.add()
            let origin = Origin(
                transport: .tcp, socket: socket, source: peer, connection: number)
            let connection = StreamConnection(channel, origin: origin, loop: self)
            try channel.pipeline.syncOperations.addHandler(connection)
        }
    }

    /// Takes in a connection that the server is about to open.
    func prepare(_ channel: any Channel, origin: Origin) throws {
        let connection = StreamConnection(channel, origin: origin, loop: self)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    // MARK: Time-outs

    /// Looks at all connections now and then instead of keeping a timer for each: a look costs
    /// nanoseconds, and a time-out of a minute may be a second late.
    private func sweep() {
        settings.refresh()
        let now = SystemClock.monotonic()
        for connection in connections.values { connection.check(at: now, settings.value) }
        scheduleSweep()
    }

    private func scheduleSweep() {
        let settings = settings.value
        let shortest = min(
            settings.connectionLifetime, settings.messageReadTimeout, settings.sendTimeout)
        let pause = min(max(shortest / 4, .milliseconds(10)), .seconds(1))
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) { [weak self] in
            self?.sweep()
        }
    }
}

/// A connection that is closed at once; the peer learns no more than that.
struct ConnectionRefused: Error, Sendable {}
