/// What is measured, against whom, how often and how large.
public struct BenchmarkOptions: Sendable, Equatable {
    /// The opponent; nil leaves its column empty.
    public var kamailio: Contestant?
    /// The server of this project; nil leaves its column empty.
    public var roost: Contestant?
    /// The rows to take.
    public var figures: [Figure] = Figure.allCases.filter { !$0.isMillion }
    /// Rounds; in each the two servers take turns, and the first of one round is the second of
    /// the next.
    public var rounds = 3
    /// Addresses-of-record, one contact each.
    public var users = 100_000
    /// Addresses-of-record of the large rows.
    public var millionUsers = 1_000_000
    /// Most requests that wait for a reply.
    public var window = 128
    /// Requests a second while latency is measured.
    public var latencyRate = 10_000
    /// Fewest requests of one measurement of CPU time; few users are refreshed several times.
    public var refreshesMin = 100_000
    /// Calls of a command in one measurement.
    public var commandCalls = 200_000
    /// Seconds of each measurement of the presence server.
    public var presenceSeconds = 4
    /// Presentities that are published again and again; a fifth of them has ten watchers each.
    public var presentities = 500
    /// Subscriptions, and after them presentities, whose memory is measured.
    public var presenceSubjects = 50_000
    /// Presentities with a thousand watchers each.
    public var thousandPresentities = 4

    /// The usual options for these two servers.
    public init(kamailio: Contestant?, roost: Contestant?) {
        self.kamailio = kamailio
        self.roost = roost
    }

    /// The same in small, to see in a few seconds that everything works.
    ///
    /// One round has no spread and a thousand users fit into a cache, so its numbers mean nothing.
    public mutating func makeQuick() {
        rounds = 1
        users = 1_000
        millionUsers = 2_000
        window = 32
        latencyRate = 2_000
        refreshesMin = 2_000
        commandCalls = 2_000
        presenceSeconds = 1
        presentities = 50
        presenceSubjects = 500
        thousandPresentities = 1
    }
}
