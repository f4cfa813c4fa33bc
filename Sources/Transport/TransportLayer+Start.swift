internal import Basics
internal import Dispatch
internal import Logging
internal import NIOPosix
internal import Synchronization

/// Why the transport could not start its threads.
public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The thread that could not be started.
    public var worker: String
    /// The reason in words.
    public var reason: String
    /// `cannot start udp 127.0.0.1:5060 #0: resource temporarily unavailable`.
    public var description: String { "cannot start \(worker): \(reason)" }
}

extension TransportLayer {
    /// Starts the threads, each with a handler that `makeHandler` makes on that thread.
    ///
    /// If one cannot be started the others are stopped again.
    public func start<Handler: MessageHandler>(
        _ makeHandler: @escaping @Sendable (WorkerID) -> Handler
    ) throws(StartError) {
        guard let router = state.withLock({ $0.router }) else {
            preconditionFailure("start comes after bind")
        }
        var index = 0
        do throws(StartError) {
            for (place, socket) in router.sockets.enumerated() {
                guard case .datagrams(let group) = socket.kind else { continue }
                for (number, descriptor) in group.enumerated() {
                    let worker = WorkerID(
                        index: index, transport: .udp, socket: SocketIndex(place),
                        name: "udp \(socket.listening.address.text) #\(number)")
                    try start(worker, number, on: descriptor, router, makeHandler)
                    index += 1
                }
            }
            try startStreams(router, firstIndex: index, makeHandler)
        } catch {
            stop(within: .seconds(1))
            throw error
        }
    }

    /// Starts the thread of one worker.
    private func start<Handler: MessageHandler>(
        _ worker: WorkerID, _ number: Int, on socket: DatagramSocket, _ router: MessageRouter,
        _ makeHandler: @escaping @Sendable (WorkerID) -> Handler
    ) throws(StartError) {
        let work = UDPWorker(
            worker, socket: socket, router: router,
            room: min(max(settings.value.datagramBytesMax, 64), Limits.messageBytesMax),
            makeHandler: makeHandler)
        // The system keeps 15 bytes: the port says more than the first digits of an address.
        let thread = WorkerThread(name: "udp:\(socket.address.port) #\(number)") { work.run() }
        do throws(SystemError) {
            try thread.start()
        } catch {
            throw StartError(worker: worker.name, reason: error.reason)
        }
        state.withLock {
            $0.workers.append(
                RunningWorker(
                    worker: worker, thread: thread, stop: { work.stop() }, busy: { work.busy }))
        }
        logger.debug(
            "listening",
            metadata: [
                "worker": "\(worker.name)", "receiveBuffer": "\(socket.receiveBufferBytes)",
            ])
    }

    /// Starts the event loops if there is a stream socket to serve.
    private func startStreams<Handler: MessageHandler>(
        _ router: MessageRouter, firstIndex: Int,
        _ makeHandler: @escaping @Sendable (WorkerID) -> Handler
    ) throws(StartError) {
        let made = state.withLock { state in
            defer { state.eventLoops = nil }
            return state.eventLoops
        }
        guard let made else { return }
        do {
            let service = try StreamService(router, on: made, firstIndex: firstIndex, makeHandler)
            let streams = RunningStreams(
                workers: service.workers, stop: { service.stop(until: $0) },
                readings: { service.readings() })
            state.withLock { $0.streams = streams }
            try service.start()
        } catch {
            throw StartError(worker: "tcp", reason: "\(error)")
        }
    }

    /// Stops taking messages, lets each thread finish its batch, and waits for their ends.
    ///
    /// It blocks the caller for `limit` at the most.
    /// - Returns: whether all threads have ended; one that has not is left to itself and logged.
    @discardableResult
    public func stop(within limit: Duration = .seconds(5)) -> Bool {
        let (workers, streams) = state.withLock { state in
            defer {
                state.eventLoops?.shutdownGracefully(queue: .global()) { _ in }
                state.eventLoops = nil
                state.workers = []
                state.streams = nil
                // What nobody uses any more closes itself, so the addresses become free.
                state.router = nil
            }
            return (state.workers, state.streams)
        }
        let deadline = DispatchTime.now() + limit.timeInterval
        for worker in workers { worker.stop() }
        var isClean = streams?.stop(deadline) ?? true
        if !isClean { logger.error("the event loops do not end") }
        for worker in workers where !worker.thread.join(until: deadline) {
            isClean = false
            logger.error("a thread does not end", metadata: ["worker": "\(worker.worker.name)"])
        }
        return isClean
    }
}

extension Duration {
    /// The same in seconds, for Dispatch.
    var timeInterval: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
