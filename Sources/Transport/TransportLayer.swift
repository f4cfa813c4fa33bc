public import Basics
internal import Dispatch
public import Logging
internal import NIOPosix
internal import Synchronization

/// The sockets of the server and the threads that read from them.
///
/// Its life: `bind` takes all addresses or none; `start` gives each thread a handler of its own;
/// `send` takes messages from any thread; `stop` ends it for good. Binding is apart from starting
/// so that a server can give up its privileges, or refuse to start, in between.
public final class TransportLayer: Sendable {
    /// What can be set, also while it runs.
    public let settings: Snapshot<TransportSettings>
    /// What it counts.
    public let statistics = TransportStatistics()

    /// Where events are told.
    let logger: Logger
    /// What changes in its life; the hot path never takes this lock.
    let state = Guarded(State())

    /// What changes in its life.
    struct State: Sendable {
        /// The router over the bound sockets; nil before `bind`.
        var router: MessageRouter?
        /// The threads that read datagrams.
        var workers: [RunningWorker] = []
        /// The threads of event loops that are not started yet.
        var eventLoops: MultiThreadedEventLoopGroup?
        /// The event loops; nil while there are none.
        var streams: RunningStreams?
        /// Who hears of what could not be delivered.
        var failureTaker: MessageRouter.FailureTaker?
    }

    /// One running thread and the way to end it.
    struct RunningWorker: Sendable {
        /// Which one it is.
        var worker: WorkerID
        /// The thread.
        var thread: WorkerThread
        /// Makes it end after its batch.
        var stop: @Sendable () -> Void
        /// How long it has been at its batch.
        var busy: @Sendable () -> Duration
    }

    /// The running event loops and the way to end them.
    struct RunningStreams: Sendable {
        /// Which ones they are.
        var workers: [WorkerStatus]
        /// Ends them; false when they have not ended by then.
        var stop: @Sendable (DispatchTime) -> Bool
        /// Looks at their connections.
        var readings: @Sendable () -> [StreamReading]
    }

    /// A layer that is bound to nothing.
    public init(settings: TransportSettings = TransportSettings(), logger: Logger) {
        self.settings = Snapshot(settings)
        self.logger = logger
    }

    /// The addresses that it is bound to; a `SocketIndex` is an index into it.
    public var sockets: [ListeningSocket] {
        state.withLock { $0.router?.sockets.map(\.listening) ?? [] }
    }

    /// The threads, for `core.psx`.
    public var workers: [WorkerStatus] {
        state.withLock { state in
            state.workers.map { WorkerStatus(worker: $0.worker, threadID: $0.thread.threadID) }
                + (state.streams?.workers ?? [])
        }
    }

    /// The UDP workers that have been at one batch for longer than this: they are stuck.
    public func workersBusy(longerThan limit: Duration) -> [String] {
        state.withLock { $0.workers }.filter { $0.busy() > limit }.map(\.worker.name)
    }

    /// Binds all addresses, or none: the first that cannot be bound is the error.
    ///
    /// An address that several directives come to is bound once. With several workers each UDP
    /// address gets as many sockets.
    /// - Returns: the sockets in the order of the directives, with the ports that were chosen.
    @discardableResult
    public func bind(_ directives: [ListenDirective]) throws(BindError) -> [ListeningSocket] {
        precondition(state.withLock { $0.router == nil }, "bound already")
        let settings = settings.value
        var bound: [BoundSocket] = []
        var seen: Set<ListeningSocket> = []
        for directive in directives {
            for address in try AddressResolution.addresses(of: directive) {
                let wanted = ListeningSocket(transport: directive.transport, address: address)
                guard address.port == 0 || seen.insert(wanted).inserted else { continue }
                guard bound.count < Limits.listenersMax else {
                    throw BindError(
                        .unsupported, directive: directive.text,
                        reason: "more than \(Limits.listenersMax) addresses")
                }
                bound.append(try BoundSocket(directive, at: address, settings: settings))
            }
        }
        let router = MessageRouter(
            sockets: bound, settings: self.settings, statistics: statistics, logger: logger)
        // Now, while nobody can take the descriptors that they need: without one NIO ends the
        // process.
        let eventLoops =
            bound.contains { $0.listening.transport.isStream }
            ? MultiThreadedEventLoopGroup(
                numberOfThreads: min(max(settings.tcpWorkers, 1), Limits.workersMax)) : nil
        let taker = state.withLock { state in
            state.router = router
            state.eventLoops = eventLoops
            return state.failureTaker
        }
        if let taker { router.reportFailures(to: taker) }
        return bound.map(\.listening)
    }

    /// Sends one message from any thread.
    ///
    /// On streams it goes to the connection that the destination names, else to an open one to the
    /// same address and port, else to one that is opened for it. Datagrams leave by the socket that
    /// is named, else by the first of the address family. What cannot be sent is dropped and
    /// counted in `statistics.sendErrors`, and on streams told to whom `reportFailures` names; what
    /// to do about the silence of a datagram is known to the transactions above.
    public func send(_ bytes: Span<UInt8>, to destination: Origin) {
        guard let router = state.withLock({ $0.router }) else {
            statistics.sendErrors.add()
            return
        }
        router.send(bytes, to: destination)
    }
}
