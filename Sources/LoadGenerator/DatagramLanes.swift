internal import Basics
internal import CLinux
internal import Glibc

/// Connected UDP sockets with one inbox and one outbox for all of them.
///
/// One of each is enough, since one lane is worked on at a time: the outbox leaves when another
/// lane has its turn.
struct DatagramLanes: ~Copyable {
    /// Bytes that the kernel may keep for us, so that replies are not lost at our end.
    static let receiveBufferBytes: Int32 = 4 << 20

    /// The address that each socket is bound to.
    let addresses: [PeerAddress]
    private let sockets: [SocketHandle]
    private var poll: PollSet
    private var stagedLane = 0
    /// The batch that was read last.
    var inbox = DatagramInbox()
    /// What waits to leave.
    var outbox = DatagramOutbox()
    /// ICMP errors that the kernel has handed to a socket: nobody listens at the server's port.
    private(set) var refusals = 0

    /// Number of sockets.
    var count: Int { sockets.count }

    /// Opens `count` sockets.
    init(count: Int, endpoint: ServerEndpoint) throws(LoadError) {
        precondition(count > 0)
        var sockets: [SocketHandle] = []
        var addresses: [PeerAddress] = []
        for _ in 0..<count {
            let socket = try endpoint.connect(isTCP: false)
            socket.set(SOL_SOCKET, SO_RCVBUF, Self.receiveBufferBytes)
            _ = clinux_merge_runs(socket.descriptor)
            addresses.append(try socket.localAddress())
            sockets.append(socket)
        }
        self.sockets = sockets
        self.addresses = addresses
        poll = PollSet(sockets)
    }

    /// Makes `lane` the one that messages are written for; what another one has staged leaves.
    mutating func turn(to lane: Int) throws(LoadError) {
        if stagedLane != lane { try flush() }
        stagedLane = lane
    }

    /// Ends the message that was appended to the outbox, which leaves once it is full.
    mutating func endMessage() throws(LoadError) {
        outbox.endMessage()
        if outbox.isFull { try flush() }
    }

    /// Sends the outbox; an error that says only "not now" costs datagrams and not the load.
    ///
    /// ECONNREFUSED answers an earlier datagram, not this one: it is counted, because a server that
    /// is being started refuses for a moment and then answers.
    mutating func flush() throws(LoadError) {
        let failure = outbox.send(sockets[stagedLane])
        if failure == ECONNREFUSED {
            refusals += 1
        } else if failure != 0, failure != EAGAIN, failure != ENOBUFS, failure != EINTR {
            errno = failure
            throw LoadError.fromErrno("cannot send")
        }
    }

    /// Waits until a socket has something to read or `milliseconds` have passed.
    mutating func wait(milliseconds: Int32) throws(LoadError) {
        try poll.wait(milliseconds: milliseconds)
    }

    /// Whether the last wait has found datagrams on this socket.
    func isReady(lane: Int) -> Bool { poll.isReadable(lane) }

    /// Reads one batch into the inbox and returns how many datagrams it holds.
    mutating func receive(lane: Int) -> Int {
        let status = inbox.receive(sockets[lane])
        if status == -Int(ECONNREFUSED) { refusals += 1 }
        return max(0, status)
    }
}
