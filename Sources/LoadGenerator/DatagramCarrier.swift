internal import Basics
internal import Glibc

/// Carries requests over connected UDP sockets, a batch with every system call.
///
/// Several sockets, because a server with several workers on one port (SO_REUSEPORT) is given its
/// datagrams by a hash of both addresses: from a single socket all would reach the same worker.
struct DatagramCarrier: RequestCarrier, ~Copyable {
    private let templates: [RequestTemplate]
    private var sockets: DatagramLanes

    /// A datagram may be lost on the way, so timers E and F run (RFC 3261 17.1.2.2).
    let isReliable = false
    /// ICMP errors that the kernel has handed to a socket: nobody listens at the server's port.
    var refusals: Int { sockets.refusals }
    /// Each socket is a lane of its own.
    var lanes: Int { sockets.count }

    /// Opens the sockets of `plan`.
    init(plan: RegisterPlan, endpoint: ServerEndpoint, run: UInt32) throws(LoadError) {
        let sockets = try DatagramLanes(count: plan.usedSockets, endpoint: endpoint)
        templates = sockets.addresses.map { RequestTemplate(plan: plan, local: $0, run: run) }
        self.sockets = sockets
    }

    /// Appends the request to the outbox, which leaves by itself once it is full.
    mutating func stage(_ request: RequestTemplate.Request, lane: Int) throws(LoadError) {
        try sockets.turn(to: lane)
        templates[lane].append(request, to: &sockets.outbox.bytes)
        try sockets.endMessage()
    }

    /// Sends what is staged.
    mutating func flush(lane: Int) throws(LoadError) { try sockets.flush() }

    /// Waits for replies, no longer than the run loop's timers allow.
    mutating func wait(milliseconds: Int32) throws(LoadError) {
        try sockets.wait(milliseconds: milliseconds)
    }

    /// Whether the last wait has found datagrams on this socket.
    func isReady(lane: Int) -> Bool { sockets.isReady(lane: lane) }

    /// A datagram socket has nobody at the other end who could close it.
    func isOpen(lane: Int) -> Bool { true }

    /// Reads one batch and keeps what answers this run; anything else on the port is passed over.
    mutating func receive(
        lane: Int, reader: ReplyReader, into replies: inout [ReplyReader.Reply]
    ) throws(LoadError) {
        for index in 0..<sockets.receive(lane: lane) {
            if let reply = reader.read(sockets.inbox.datagram(index)) { replies.append(reply) }
        }
    }
}
