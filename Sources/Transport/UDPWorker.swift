internal import Basics
internal import Logging
internal import Synchronization

/// A thread with one UDP socket: it reads a batch, works through it and sends what came of it.
///
/// One wake-up takes all datagrams that are there, one system call sends all answers: at load a
/// message costs a sixteenth of two calls and two looks at the clock. There is no hand-over.
final class UDPWorker<Handler: MessageHandler>: Sendable {
    private let worker: WorkerID
    private let socket: DatagramSocket
    private let router: MessageRouter
    private let statistics: TransportStatistics
    private let logger: Logger
    private let room: Int
    private let isStopping = Atomic<Bool>(false)
    /// Since when the worker is at a batch, by the monotonic clock; 0 while it waits for one.
    private let busySince = Atomic<UInt64>(0)
    private let makeHandler: @Sendable (WorkerID) -> Handler

    /// A worker that reads `socket`.
    init(
        _ worker: WorkerID, socket: DatagramSocket, router: MessageRouter, room: Int,
        makeHandler: @escaping @Sendable (WorkerID) -> Handler
    ) {
        self.worker = worker
        self.socket = socket
        self.router = router
        self.room = room
        self.makeHandler = makeHandler
        statistics = router.statistics
        logger = router.logger
    }

    /// Works until `stop`: the body of the thread.
    func run() {
        let handler = makeHandler(worker)
        var batch = DatagramBatch(room: room)
        var sender = DatagramSender(socket, statistics: statistics)
        var hasMore = false
        // Without room for the longest there is, several together would be taken for one too long.
        if room == Limits.messageBytesMax { socket.mergeDatagrams() }
        while !isStopping.load(ordering: .relaxed) {
            busySince.store(0, ordering: .relaxed)
            switch batch.receive(from: socket, waits: !hasMore) {
            case .received(let count):
                busySince.store(SystemClock.monotonic().nanoseconds, ordering: .relaxed)
                if count > 0 { work(through: batch, count, with: handler, &sender) }
                hasMore = handler.takeTurn()
                send(handler, with: &sender)
            case .interrupted: break
            case .failed(let error): pause(after: error)
            }
        }
    }

    /// How long the worker has been at the batch that it is at; zero while it waits for one.
    ///
    /// Without a full queue a batch takes well under a millisecond.
    var busy: Duration {
        let since = busySince.load(ordering: .relaxed)
        guard since != 0 else { return .zero }
        let now = SystemClock.monotonic().nanoseconds
        return now > since ? .nanoseconds(Int64(now - since)) : .zero
    }

    /// Sends what the handler wrote.
    private func send(_ handler: Handler, with sender: inout DatagramSender) {
        handler.withOutbox { outbox in
            guard !outbox.isEmpty else { return }
            sender.send(outbox, from: worker.socket, router: router)
            outbox.removeAll()
        }
    }

    /// Makes the thread end after the batch that it is at.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        socket.stopReceiving()
    }

    /// Hands the datagrams of a batch to the handler, and sends what it writes: at the end, and
    /// whenever as many are done as a batch has places.
    private func work(
        through batch: borrowing DatagramBatch, _ count: Int, with handler: Handler,
        _ sender: inout DatagramSender
    ) {
        handler.beginBatch(now: SystemClock.wall())
        var taken = 0
        // All but the source is the same for every datagram of this socket.
        var origin = Origin(
            transport: .udp, socket: worker.socket, source: PeerAddress(ipv4: 0, port: 0))
        for place in 0..<count {
            guard !batch.isTruncated(place) else {
                statistics.datagramsTruncated.add()
                continue
            }
            let bytes = batch.bytes(place)
            guard bytes.count >= Limits.datagramBytesMin, let source = batch.source(place) else {
                if !bytes.isEmpty { statistics.probesReceived.add() }
                continue
            }
            origin.source = source
            let length = batch.pieceBytes(place) ?? bytes.count
            var end = 0
            while end < bytes.count {
                let start = end
                end = min(start + length, bytes.count)
                guard end - start >= Limits.datagramBytesMin else {
                    // What is too short is a NAT's keep-alive.
                    statistics.probesReceived.add()
                    continue
                }
                if taken > 0, taken % Limits.datagramBatch == 0 {
                    send(handler, with: &sender)
                    handler.beginBatch(now: SystemClock.wall())
                }
                handler.handle(bytes.extracting(start..<end), from: origin)
                taken += 1
            }
        }
        // Counted before they are answered: whoever has an answer finds its request counted.
        statistics.receiveCalls.add()
        statistics.datagramsReceived.add(taken)
        send(handler, with: &sender)
    }

    /// A failure that repeats must not keep a processor busy.
    @inline(never)
    private func pause(after error: SystemError) {
        statistics.receiveErrors.add()
        guard !isStopping.load(ordering: .relaxed) else { return }
        logger.error(
            "cannot receive",
            metadata: [
                "worker": "\(worker.name)", "reason": "\(error.reason)",
            ])
        WorkerThread.pause(milliseconds: 100)
    }
}
