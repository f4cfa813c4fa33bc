internal import Basics

extension BenchmarkRun {
    /// Takes the rows of the presence server: every load on a server that is started for it, with
    /// empty tables, since what one load leaves behind would be notified by the next.
    ///
    /// Kamailio runs with its default modes and without a database; ours always has MariaDB on, and
    /// its one number stands in both rows.
    mutating func takePresence(
        _ place: String, _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB
    ) {
        for workload in PresenceWorkload.allCases {
            let rest = [workload.memory] + (workload.cost.map { [$0] } ?? [])
            let isNeededForLatency =
                workload == .publish && seat == .kamailio && wants([.presenceLatency])
            let isUsual = wants([workload.usual]) || isNeededForLatency
            if seat == .roost ? wants([workload.usual] + rest) : isUsual {
                attempt("\(place), \(workload), MariaDB") { (run) throws(RigError) in
                    try run.take(workload, contestant, seat, database)
                }
            }
            if seat == .kamailio, wants(rest) {
                attempt("\(place), \(workload), memory only") { (run) throws(RigError) in
                    try run.take(workload, contestant, seat, nil)
                }
            }
        }
        if wants([.presenceLatency]) {
            attempt("\(place), PUBLISH to NOTIFY") { (run) throws(RigError) in
                try run.takePresenceLatency(contestant, seat, database)
            }
        }
        if wants([.presenceSubscriptionMemory, .presencePresentityMemory]) {
            attempt("\(place), memory of the presence server") { (run) throws(RigError) in
                try run.takePresenceMemory(
                    contestant, seat, seat == .kamailio ? nil : database)
            }
        }
    }

    /// A presence server of its own for one load.
    private func presenceServer(
        _ contestant: Contestant, _ database: PrivateMariaDB?
    ) throws(RigError) -> RunningServer {
        try database?.clearPresence()
        return try RunningServer(contestant, database: database, defines: ["WITH_PRESENCE"])
    }

    /// Runs one load and makes sure that nothing failed; also the CPU time of the server.
    func load(
        _ request: PresenceRequest, _ server: RunningServer
    ) throws(RigError) -> (outcome: PresenceOutcome, nanoseconds: UInt64) {
        var marks: [UInt64] = []
        let outcome = try tools.presence(request) { marks.append(server.cpuNanoseconds) }
        guard outcome.failures == 0, outcome.completed > 0 else {
            throw RigError(
                .answer, "\(outcome.failures) failures, \(outcome.completed) complete")
        }
        guard marks.count == 2, marks[1] >= marks[0] else {
            throw RigError(.ended, "part of the server ended")
        }
        return (outcome, marks[1] - marks[0])
    }

    /// Rate and CPU time of one load.
    private mutating func take(
        _ workload: PresenceWorkload, _ contestant: Contestant, _ seat: Seat,
        _ database: PrivateMariaDB?
    ) throws(RigError) {
        let server = try presenceServer(contestant, database)
        defer { server.kill() }
        let request = workload.request(port: server.configuration.sipPort, options)
        let (outcome, nanoseconds) = try load(request, server)
        let rate = workload.countsNotifies ? outcome.notifyRate : outcome.rate
        let count = workload.countsNotifies ? outcome.notifies : outcome.completed
        if database != nil { measurements.add(rate, workload.usual, seat) }
        if outcome.repeated > 0 {
            measurements.note("\(contestant.name), \(workload): NOTIFYs were sent again")
        }
        guard seat == .roost || database == nil else { return }
        measurements.add(rate, workload.memory, seat)
        if let cost = workload.cost {
            measurements.add(Double(nanoseconds) / 1_000 / Double(max(1, count)), cost, seat)
        }
    }

    /// p99 from PUBLISH to NOTIFY, at a pace that Kamailio keeps up with in its default modes.
    ///
    /// Kamailio is asked first for nine tenths of what it did at saturation, then for less, until
    /// it does what it is asked for: a pace beyond that shows the length of a queue, and requests
    /// that are sent again. Ours is measured at the pace that was found last.
    private mutating func takePresenceLatency(
        _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB
    ) throws(RigError) {
        let saturated = measurements[.presencePublish, .kamailio].median
        var rate = sustainedRate ?? max(10, Int((saturated ?? 500) * 0.9))
        guard seat == .kamailio else {
            let p99 = try latency(contestant, database, rate: rate)
            measurements.note(
                "\(contestant.name): PUBLISH to NOTIFY measured at \(rate) a second")
            guard let p99 else {
                throw RigError(.answer, "\(rate) PUBLISH a second are not sustained")
            }
            return measurements.add(p99, .presenceLatency, seat)
        }
        for _ in 0..<10 {
            if let p99 = try latency(contestant, database, rate: rate) {
                sustainedRate = rate
                measurements.note("PUBLISH to NOTIFY at \(rate) a second, which Kamailio sustains")
                return measurements.add(p99, .presenceLatency, seat)
            }
            rate = max(10, rate * 4 / 5)
        }
        throw RigError(.answer, "not even \(rate) PUBLISH a second are sustained")
    }

    /// p99 in microseconds at a pace; nil when the server does not keep up with it.
    private func latency(
        _ contestant: Contestant, _ database: PrivateMariaDB, rate: Int
    ) throws(RigError) -> Double? {
        let server = try presenceServer(contestant, database)
        defer { server.kill() }
        var request = PresenceWorkload.publish.request(
            port: server.configuration.sipPort, options)
        request.rate = rate
        request.window = 256
        let outcome = try tools.presence(request) {}
        guard outcome.failures == 0, outcome.rate >= 0.95 * Double(rate) else { return nil }
        return outcome.notifyP99
    }

    /// Memory of subscriptions and of presentities that nobody watches, on a server each: what one
    /// kind has freed would hold the other.
    ///
    /// A transaction stays for some seconds after its end (RFC 3261 17.1.2.2, timer K), and takes
    /// more than a subscription. So subscriptions come at a steady pace, and are counted only once
    /// as many transactions end as begin.
    private mutating func takePresenceMemory(
        _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB?
    ) throws(RigError) {
        let count = options.presenceSubjects
        let warmUp = count / 2
        do {
            let server = try presenceServer(contestant, database)
            defer { server.kill() }
            let port = server.configuration.sipPort
            var request = PresenceRequest(port: port, kind: .subscribe, presentities: warmUp)
            request.rate = max(1_000, warmUp / 5)
            request.window = 512
            _ = try load(request, server)
            let before = server.residentBytes
            request.presentities = count
            _ = try load(request, server)
            let bytes = Double(server.residentBytes - before) / Double(count)
            measurements.add(bytes, .presenceSubscriptionMemory, seat)
            try checkStop(server, database, table: "active_watchers", rows: warmUp + count)
        }
        do {
            let server = try presenceServer(contestant, database)
            defer { server.kill() }
            let port = server.configuration.sipPort
            let before = server.residentBytes
            _ = try load(PresenceRequest(port: port, kind: .initial, presentities: count), server)
            let bytes = Double(server.residentBytes - before) / Double(count)
            measurements.add(bytes, .presencePresentityMemory, seat)
            try checkStop(server, database, table: "presentity", rows: count)
        }
    }

    /// Stops a server that has a database, and makes sure that everything stands in it then.
    private mutating func checkStop(
        _ server: RunningServer, _ database: PrivateMariaDB?, table: String, rows: Int
    ) throws(RigError) {
        guard let database else { return }
        server.stop()
        let found = try database.rows(of: table)
        guard found == rows else {
            throw RigError(
                .answer, "after a clean stop \(found) of \(rows) rows stand in \(table)")
        }
        measurements.note("\(server.contestant.name): all rows of \(table) after a clean stop")
    }
}
