internal import Basics
internal import Glibc

/// Calls a command again and again over connections that stay open.
///
/// Every connection sends its next call when it has the answer of the one before: what is measured
/// is the round trip, as a dashboard sees it. With a rate, calls wait for their turn instead, and
/// their latency counts from that turn: a server that is late is not spared by calls that were not
/// sent.
public struct CommandLoad: Sendable {
    private let plan: CommandPlan

    /// A load of a plan; errors say what is wrong with it.
    public init(_ plan: CommandPlan) throws(LoadError) {
        try plan.check()
        self.plan = plan
    }

    /// Runs to the end.
    public func run(
        _ progress: (LoadProgress) -> Void = { _ in }
    ) throws(LoadError) -> LoadReport {
        let endpoint = try ServerEndpoint(resolving: plan.server)
        var run = try CommandRun(plan, endpoint)
        let (tally, nanoseconds) = try run.run()
        return LoadReport(
            tally, requests: plan.count, seconds: Double(nanoseconds) / 1e9,
            bytesEach: plan.request.count)
    }
}

/// The loop of a load of commands; one thread does everything.
struct CommandRun: ~Copyable {
    private let plan: CommandPlan
    private let request: [UInt8]
    private var lanes: Lanes
    private var polls: PollSet
    private var tally = LoadTally()
    private var started: UInt64 = 0

    /// The lanes; an array cannot hold what cannot be copied.
    private final class Lanes {
        /// One of them.
        final class Lane {
            var lane: HTTPLane
            init(_ lane: consuming HTTPLane) { self.lane = lane }
        }
        var all: [Lane] = []
    }

    /// Connects all lanes.
    init(_ plan: CommandPlan, _ endpoint: ServerEndpoint) throws(LoadError) {
        self.plan = plan
        request = plan.request
        let lanes = Lanes()
        var sockets: [SocketHandle] = []
        for _ in 0..<plan.connections {
            let socket = try endpoint.connect(isTCP: true)
            socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            try Self.awaitConnection(socket, endpoint)
            sockets.append(socket)
            lanes.all.append(Lanes.Lane(HTTPLane(socket)))
        }
        self.lanes = lanes
        polls = PollSet(sockets)
    }

    private static func awaitConnection(
        _ socket: SocketHandle, _ endpoint: ServerEndpoint
    ) throws(LoadError) {
        var entry = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
        let status = unsafe poll(&entry, 1, 5_000)
        guard status > 0, socket.pendingError() == 0 else { throw endpoint.refused(isTCP: true) }
    }

    /// Runs until all calls are answered or the server is silent for too long.
    mutating func run() throws(LoadError) -> (tally: LoadTally, nanoseconds: UInt64) {
        started = SystemClock.monotonic().nanoseconds
        var last = started
        var open = lanes.all.count
        while tally.answered + tally.disconnected < plan.count, open > 0 {
            let now = SystemClock.monotonic().nanoseconds
            for place in lanes.all.indices { open -= try begin(place, now) }
            try polls.wait(milliseconds: wait(now))
            let after = SystemClock.monotonic().nanoseconds
            for place in lanes.all.indices where polls.isReadable(place) {
                switch lanes.all[place].lane.receive() {
                case .waiting: continue
                case .answered(let status):
                    settle(place, status, after)
                    last = after
                    open -= try begin(place, after)
                case .broken: open -= lose(place)
                }
            }
            if after - last > UInt64(plan.giveUpSeconds) * 1_000_000_000 { break }
        }
        tally.timedOut = lanes.all.reduce(0) { $0 + ($1.lane.sentAt == nil ? 0 : 1) }
        return (tally, max(1, last - started))
    }

    /// Sends the next call of a lane if it is its turn; 1 when that ends the lane.
    private mutating func begin(_ place: Int, _ now: UInt64) throws(LoadError) -> Int {
        guard lanes.all[place].lane.sentAt == nil, tally.sent < plan.count,
            polls.isOpen(place), due <= now
        else { return 0 }
        let time = plan.rate == nil ? now : due
        guard lanes.all[place].lane.send(request, now: time) else { return lose(place) }
        tally.sent += 1
        return 0
    }

    /// When the next call may be sent.
    private var due: UInt64 {
        guard let rate = plan.rate else { return started }
        return started + UInt64(Double(tally.sent) / Double(rate) * 1e9)
    }

    /// Milliseconds until something is due: poll(2) knows no smaller unit, so the last one is spent
    /// asking.
    private func wait(_ now: UInt64) -> Int32 {
        guard plan.rate != nil, tally.sent < plan.count,
            lanes.all.contains(where: { $0.lane.sentAt == nil })
        else { return 100 }
        return due > now ? Int32(min(100, (due - now) / 1_000_000)) : 0
    }

    private mutating func settle(_ place: Int, _ status: Int, _ now: UInt64) {
        guard let sent = lanes.all[place].lane.sentAt else {
            tally.stray += 1
            return
        }
        lanes.all[place].lane.sentAt = nil
        tally.settle(status: status, nanoseconds: now > sent ? now - sent : 1)
    }

    private mutating func lose(_ place: Int) -> Int {
        if lanes.all[place].lane.sentAt != nil { tally.disconnected += 1 }
        lanes.all[place].lane.sentAt = nil
        polls.forget(place)
        return 1
    }
}
