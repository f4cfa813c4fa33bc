internal import Basics
internal import Glibc

/// Carries requests over connected UDP sockets, a batch with every system call.
///
/// Several sockets, because a server with several workers on one port (SO_REUSEPORT) is given its
/// datagrams by a hash of both addresses: from a single socket all would reach the same worker.
/// One inbox and one outbox serve all of them, since only one lane is worked on at a time.
struct DatagramCarrier: RequestCarrier, ~Copyable {
    /// Bytes that the kernel may keep for us, so that replies are not lost at our end.
    static let receiveBufferBytes: Int32 = 4 << 20

    private let sockets: [SocketHandle]
    private let templates: [RequestTemplate]
    private var poll: PollSet
    private var inbox = DatagramInbox()
    private var outbox = DatagramOutbox()
    private var stagedLane = 0

    /// A datagram may be lost on the way, so timers E and F run (RFC 3261 17.1.2.2).
    let isReliable = false
    /// ICMP errors that the kernel has handed to a socket: nobody listens at the server's port.
    private(set) var refusals = 0
    /// Each socket is a lane of its own.
    var lanes: Int { sockets.count }

    /// Opens the sockets of `plan`.
    init(plan: RegisterPlan, endpoint: ServerEndpoint, run: UInt32) throws(LoadError) {
        var sockets: [SocketHandle] = []
        var templates: [RequestTemplate] = []
        for _ in 0..<plan.usedSockets {
            let socket = try endpoint.connect(isTCP: false)
            socket.set(SOL_SOCKET, SO_RCVBUF, Self.receiveBufferBytes)
            let local = try socket.localAddress()
            sockets.append(socket)
            templates.append(RequestTemplate(plan: plan, local: local, run: run))
        }
        self.sockets = sockets
        self.templates = templates
        poll = PollSet(sockets)
    }

    /// Appends the request to the outbox, which leaves by itself once it is full.
    mutating func stage(_ request: RequestTemplate.Request, lane: Int) throws(LoadError) {
        precondition(outbox.count == 0 || stagedLane == lane, "another lane was not flushed")
        stagedLane = lane
        templates[lane].append(request, to: &outbox.bytes)
        outbox.count += 1
        if outbox.isFull { try flush(lane: lane) }
    }

    /// Sends the outbox; an error that says only "not now" costs datagrams and not the load.
    ///
    /// ECONNREFUSED answers an earlier datagram, not this one: it is counted, because a server that
    /// is being started refuses for a moment and then answers.
    mutating func flush(lane: Int) throws(LoadError) {
        let failure = outbox.send(sockets[lane])
        if failure == ECONNREFUSED {
            refusals += 1
        } else if failure != 0, failure != EAGAIN, failure != ENOBUFS, failure != EINTR {
            errno = failure
            throw LoadError.fromErrno("cannot send")
        }
    }

    /// Waits for replies, no longer than the run loop's timers allow.
    mutating func wait(milliseconds: Int32) throws(LoadError) {
        try poll.wait(milliseconds: milliseconds)
    }

    /// Whether the last wait has found datagrams on this socket.
    func isReady(lane: Int) -> Bool { poll.isReadable(lane) }

    /// A datagram socket has nobody at the other end who could close it.
    func isOpen(lane: Int) -> Bool { true }

    /// Reads one batch and keeps what answers this run; anything else on the port is passed over.
    mutating func receive(
        lane: Int, reader: ReplyReader, into replies: inout [ReplyReader.Reply]
    ) throws(LoadError) {
        let status = inbox.receive(sockets[lane])
        if status < 0 {
            if status == -Int(ECONNREFUSED) { refusals += 1 }
            return
        }
        for index in 0..<inbox.count {
            if let reply = reader.read(inbox.datagram(index)) { replies.append(reply) }
        }
    }
}
