internal import Basics
internal import Logging
internal import NIOCore
internal import SIPSyntax

/// One connection: it cuts what comes into messages and writes what is to go.
///
/// It lives on one event loop and shares that loop's handler with the loop's other connections.
final class StreamConnection<Handler: MessageHandler>: ChannelDuplexHandler {
    /// What the socket brings.
    typealias InboundIn = ByteBuffer
    /// What is to be written, from whichever thread.
    typealias OutboundIn = ByteBuffer
    /// What the socket takes.
    typealias OutboundOut = ByteBuffer

    /// So many bytes may wait without a message having begun: a ping without its end.
    private static var pingBytes: Int { 3 }
    /// Bytes to have room for in a connection on which nothing has come; most stay idle.
    private static var roomAtFirst: Int { 1_024 }

    /// Where its messages come from.
    let origin: Origin
    /// What it waits for since when.
    private(set) var deadlines: StreamDeadlines

    private let channel: any Channel
    private let loop: StreamLoop<Handler>
    private var framer: StreamFramer
    private var isClosing = false

    /// A connection that messages of `origin` come on.
    init(_ channel: any Channel, origin: Origin, loop: StreamLoop<Handler>) {
        self.channel = channel
        self.origin = origin
        self.loop = loop
        deadlines = StreamDeadlines(now: SystemClock.monotonic())
        framer = StreamFramer(
            capacity: Self.roomAtFirst,
            acceptNoContentLength: loop.settings.value.acceptsMissingContentLength)
    }

    // MARK: Its life

    /// It belongs to the loop from now on.
    func handlerAdded(context: ChannelHandlerContext) { loop.add(self) }

    /// It is gone.
    func handlerRemoved(context: ChannelHandlerContext) { loop.remove(self) }

    /// The peer has closed both ways, or the connection broke.
    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        loop.remove(self)
        context.fireChannelInactive()
    }

    /// A broken connection is closed, no more is to be said.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isClosing = true
        context.close(promise: nil)
    }

    /// The peer sends no more: it gets the answers to what it has sent.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            closeWhenWritten()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Closes it once what is queued has been written.
    func closeWhenWritten() {
        guard !isClosing else { return }
        isClosing = true
        let channel = channel
        channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Closes it if it has waited for too long.
    func check(at now: MonotonicTime, _ settings: TransportSettings) {
        guard let expiry = deadlines.expiry(at: now, settings) else { return }
        switch expiry {
        case .idle, .unfinished: loop.router.statistics.connectionsTimedOut.add()
        case .unread: loop.router.statistics.connectionsSlow.add()
        }
        isClosing = true
        channel.close(promise: nil)
    }

    /// What it is like at a moment.
    func reading(at now: MonotonicTime, _ settings: TransportSettings) -> StreamReading {
        let queued = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        return StreamReading(
            number: origin.connection, transport: origin.transport,
            state: isClosing ? .closing : channel.isActive ? .open : .opening,
            secondsLeft: deadlines.secondsIdle(at: now, settings),
            local: channel.localAddress.flatMap(PeerAddress.init), remote: origin.source,
            queuedBytes: queued ?? 0)
    }

    // MARK: What comes

    /// Works through all messages that are complete, and answers them by one write.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let bytes = unwrapInboundIn(data)
        framer.append(bytes.readableBytesUInt8Span)
        loop.begin()
        var answer = ByteBuffer()
        var completed = 0
        var fault: SyntaxError?
        steps: while true {
            switch framer.next() {
            case .message(let range):
                loop.handler.handle(framer[range], from: origin)
                completed += 1
            case .pong: pong(into: &answer)
            case .wait: break steps
            case .fail(let error, _):
                fault = error
                break steps
            }
        }
        loop.router.statistics.streamMessagesReceived.add(completed)
        deadlines.received(
            at: loop.now, completed: completed > 0,
            isWithinMessage: framer.pendingBytes > Self.pingBytes)
        loop.collect(for: origin.connection, into: &answer)
        if answer.readableBytes > 0 { channel.writeAndFlush(answer, promise: nil) }
        loop.takeTurn()
        if let fault { refuse(fault) }
    }

    /// Answers a ping, unless that is switched off.
    private func pong(into answer: inout ByteBuffer) {
        guard loop.settings.value.answersPing else { return }
        answer.writeStaticString("\r\n")
        loop.router.statistics.pingsAnswered.add()
    }

    /// Ends a connection on which nothing can be understood any more.
    @inline(never)
    private func refuse(_ fault: SyntaxError) {
        loop.router.statistics.connectionsMalformed.add()
        loop.router.logger.debug(
            "closing a connection",
            metadata: ["peer": "\(origin.source.text)", "reason": "\(fault)"])
        closeWhenWritten()
    }

    // MARK: What goes

    /// Passes on what is to be written, unless too much waits for the peer already.
    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        context.write(data, promise: promise)
        guard !context.channel.isWritable, let options = context.channel.syncOptions else { return }
        let queued = (try? options.getOption(.bufferedWritableBytes)) ?? 0
        guard queued > loop.settings.value.streamQueueBytesMax else { return }
        if !isClosing { loop.router.statistics.connectionsSlow.add() }
        isClosing = true
        channel.close(promise: nil)
    }

    /// Reads nothing from a peer while it leaves its answers unread, so that they get no more.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isBlocked = !context.channel.isWritable
        deadlines.wrote(at: SystemClock.monotonic(), isBlocked: isBlocked)
        try? context.channel.syncOptions?.setOption(.autoRead, value: !isBlocked)
        context.fireChannelWritabilityChanged()
    }
}
