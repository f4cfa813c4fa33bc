internal import Basics
internal import CLinux
internal import Glibc

/// Carries requests over TCP connections: non-blocking, framed by Content-Length.
///
/// A connection that the server closes is not opened again: its requests are lost and counted, the
/// other connections go on, and the load ends when none is left. That a server closes connections
/// under load is what a person who runs this wants to see, not to have repaired.
struct StreamCarrier: RequestCarrier, ~Copyable {
    /// Bytes that are read with one system call.
    static let readBytes = 65_536
    /// Milliseconds that a connection may take to come about.
    static let connectMilliseconds: Int32 = 5_000

    /// One connection's side of the bytes.
    private final class Lane {
        var framer = StreamFramer()
        var queue = SendQueue()
        var isOpen = true
    }

    private let sockets: [SocketHandle]
    private let templates: [RequestTemplate]
    private let states: [Lane]
    private var poll: PollSet

    /// TCP delivers or breaks, so nothing is sent again (RFC 3261 17.1.2.2, timer E).
    let isReliable = true
    /// A refused connection is an error of `init`, so there is nothing to count later.
    let refusals = 0
    /// Each connection is a lane of its own.
    var lanes: Int { sockets.count }

    /// Opens the connections of `plan`, one after the other.
    init(plan: RegisterPlan, endpoint: ServerEndpoint, run: UInt32) throws(LoadError) {
        var sockets: [SocketHandle] = []
        var templates: [RequestTemplate] = []
        for _ in 0..<plan.usedSockets {
            let socket = try endpoint.connect(isTCP: true)
            try Self.complete(socket, endpoint)
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            let local = try socket.localAddress()
            sockets.append(socket)
            templates.append(RequestTemplate(plan: plan, local: local, run: run))
        }
        self.sockets = sockets
        self.templates = templates
        states = sockets.map { _ in Lane() }
        poll = PollSet(sockets)
    }

    /// Waits until the connection has come about, or says why it has not.
    private static func complete(
        _ socket: SocketHandle, _ endpoint: ServerEndpoint
    ) throws(LoadError) {
        var entry = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe Glibc.poll(&entry, 1, connectMilliseconds) > 0 else {
            throw LoadError(
                .system, "no connection to \(endpoint.name) within \(connectMilliseconds) ms")
        }
        let error = socket.pendingError()
        if error == ECONNREFUSED { throw endpoint.refused(isTCP: true) }
        errno = error
        if error != 0 { throw LoadError.fromErrno("cannot connect to \(endpoint.name)") }
    }

    /// Appends the request to the connection's queue; it leaves with `flush`.
    mutating func stage(_ request: RequestTemplate.Request, lane: Int) throws(LoadError) {
        templates[lane].append(request, to: &states[lane].queue.bytes)
    }

    /// Writes what the connection takes now; the rest leaves when `wait` finds room for it.
    mutating func flush(lane: Int) throws(LoadError) {
        guard states[lane].isOpen else { return }
        switch states[lane].queue.send(sockets[lane]) {
        case 0: poll.watchWriting(lane, false)
        case EAGAIN: poll.watchWriting(lane, true)
        default: close(lane)
        }
    }

    /// Waits for replies, and for room on connections whose queue could not leave whole.
    mutating func wait(milliseconds: Int32) throws(LoadError) {
        try poll.wait(milliseconds: milliseconds)
        for lane in sockets.indices where poll.isWritable(lane) { try flush(lane: lane) }
    }

    /// Whether the last wait has found bytes, or the end of the stream, on this connection.
    func isReady(lane: Int) -> Bool { poll.isReadable(lane) }

    /// Whether the connection still stands; one that was closed is not opened again.
    func isOpen(lane: Int) -> Bool { states[lane].isOpen }

    /// Reads once and keeps the replies that are whole.
    ///
    /// Replies that came before the end of the stream count: the framer is emptied even when the
    /// connection is closed by the same read.
    mutating func receive(
        lane: Int, reader: ReplyReader, into replies: inout [ReplyReader.Reply]
    ) throws(LoadError) {
        let state = states[lane]
        var status = 0
        unsafe state.framer.fill(Self.readBytes) { buffer in
            status = unsafe recv(
                sockets[lane].descriptor, buffer.baseAddress, buffer.count,
                Int32(MSG_DONTWAIT))
            return max(0, status)
        }
        if status == 0 || (status < 0 && errno != EAGAIN && errno != EINTR) { close(lane) }
        state.framer.takeReplies(reader, into: &replies)
        if state.framer.isBroken { close(lane) }
    }

    /// Uses a connection no more; the descriptor stays open until the load has ended.
    private mutating func close(_ lane: Int) {
        states[lane].isOpen = false
        poll.forget(lane)
    }
}
