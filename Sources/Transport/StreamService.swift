internal import Basics
internal import CLinux
internal import Dispatch
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The event loops that serve all connections of the server.
final class StreamService<Handler: MessageHandler>: Sendable {
    /// The loops, for `core.psx`.
    let workers: [WorkerStatus]

    /// The threads.
    private let group: MultiThreadedEventLoopGroup
    /// What the connections of each loop share, to be touched on that loop only.
    private let loops: [NIOLoopBound<StreamLoop<Handler>>]
    private let router: MessageRouter
    /// What accepts connections, until the stop.
    private let listeners = Guarded<[any Channel]>([])

    /// Gives each loop a handler; `firstIndex` is the number of the first one among all threads.
    init(
        _ router: MessageRouter, on group: MultiThreadedEventLoopGroup, firstIndex: Int,
        _ makeHandler: @escaping @Sendable (WorkerID) -> Handler
    ) throws {
        self.group = group
        self.router = router
        var loops: [NIOLoopBound<StreamLoop<Handler>>] = []
        var workers: [WorkerStatus] = []
        for (number, eventLoop) in group.makeIterator().enumerated() {
            let worker = WorkerID(
                index: firstIndex + number, transport: .tcp, socket: .none, name: "tcp #\(number)")
            let (loop, threadID) = try eventLoop.submit {
                unsafe clinux_name_thread(worker.name)
                let loop = StreamLoop(eventLoop, handler: makeHandler(worker), router: router)
                return (NIOLoopBound(loop, eventLoop: eventLoop), Int(clinux_thread_id()))
            }.wait()
            loops.append(loop)
            workers.append(WorkerStatus(worker: worker, threadID: threadID))
        }
        self.loops = loops
        self.workers = workers
    }

    /// Starts to accept connections on all stream sockets, and to open them for the router.
    func start() throws {
        for (place, socket) in router.sockets.enumerated() {
            guard case .stream(let listener) = socket.kind, let descriptor = listener.take() else {
                continue
            }
            let channel = try bootstrap(SocketIndex(place)).withBoundSocket(descriptor).wait()
            listeners.withLock { $0.append(channel) }
        }
        router.connect { [weak self] number, origin in self?.connect(number, origin) }
    }

    /// What accepts connections on one socket; each goes to a loop, and is refused there if there
    /// are too many: closing it at once tells the peer more than letting it wait would.
    private func bootstrap(_ socket: SocketIndex) -> ServerBootstrap {
        let loops = loops
        return ServerBootstrap(group: group)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop })
                    else { throw ConnectionRefused() }
                    try loop.value.accept(channel, on: socket)
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
    }

    /// Opens a connection that messages wait for.
    private func connect(_ number: Int64, _ origin: Origin) {
        guard let loop = loops.randomElement() else { return giveUp(number) }
        let router = router
        ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(TimeAmount(router.settings.value.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try loop.value.prepare(channel, origin: origin)
                }
            }
            .connect(to: SocketAddress(origin.source))
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    // This runs on the connection's loop, so nothing sent from now on by other
                    // threads can come before what has waited.
                    router.statistics.connectionsMade.add()
                    let waiting = router.connections.opened(number, channel)
                    for bytes in waiting { channel.write(bytes, promise: nil) }
                    router.statistics.streamMessagesSent.add(waiting.count)
                    channel.flush()
                case .failure: self.giveUp(number)
                }
            }
    }

    /// Drops what waits for a connection that cannot be opened.
    private func giveUp(_ number: Int64) {
        router.statistics.connectionsFailed.add()
        router.forget(number)
    }

    /// What all connections are like now, in the order of their numbers.
    ///
    /// It waits for each loop to come to the end of a batch: for the control plane.
    func readings() -> [StreamReading] {
        var found: [StreamReading] = []
        for loop in loops {
            let part = try? loop.eventLoop.submit { loop.value.readings() }.wait()
            found += part ?? []
        }
        return found.sorted { $0.number < $1.number }
    }

    /// Accepts no more, closes the connections once their queues are written, ends the loops.
    ///
    /// - Returns: whether all has ended at the deadline.
    func stop(until deadline: DispatchTime) -> Bool {
        router.connections.close()
        // A connection is accepted on one loop and handed to another, which must not have ended.
        let closing = listeners.withLock { $0 }.map { $0.close() }
        let closed = DispatchSemaphore(value: 0)
        EventLoopFuture.andAllComplete(closing, on: group.any()).whenComplete { _ in
            closed.signal()
        }
        _ = closed.wait(timeout: deadline)
        for loop in loops { loop.eventLoop.execute { loop.value.closeAll() } }
        // Half of the time is for the peers to take their answers, the rest for the loops to end.
        let patience = DispatchTime(
            uptimeNanoseconds: (DispatchTime.now().uptimeNanoseconds + deadline.uptimeNanoseconds)
                / 2)
        while router.connections.count > 0, DispatchTime.now() < patience {
            WorkerThread.pause(milliseconds: 2)
        }
        let ended = DispatchSemaphore(value: 0)
        group.shutdownGracefully(queue: .global()) { _ in ended.signal() }
        return ended.wait(timeout: deadline) == .success
    }
}
