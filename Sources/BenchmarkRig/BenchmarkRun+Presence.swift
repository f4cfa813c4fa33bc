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
    private func load(
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
    /// it does what it is asked for. Ours is measured at the pace that was found last.
    private mutating func takePresenceLatency(
        _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB
    ) throws(RigError) {
        let saturated = measurements[.presencePublish, .kamailio].median
        var rate = sustainedRate ?? max(10, Int((saturated ?? 500) * 0.9))
        if seat == .roost, sustainedRate == nil {
            measurements.note("PUBLISH to NOTIFY at \(rate) a second: Kamailio was not asked")
        }
        while true {
            let server = try presenceServer(contestant, database)
            defer { server.kill() }
            var request = PresenceWorkload.publish.request(
                port: server.configuration.sipPort, options)
            request.rate = rate
            request.window = 256
            let (outcome, _) = try load(request, server)
            guard seat == .kamailio, outcome.rate < 0.95 * Double(rate), rate > 10 else {
                measurements.add(outcome.notifyP99, .presenceLatency, seat)
                break
            }
            rate = max(10, rate * 4 / 5)
        }
        guard seat == .kamailio else { return }
        sustainedRate = rate
        measurements.note("PUBLISH to NOTIFY at \(rate) a second, which Kamailio sustains")
    }

    /// Memory of subscriptions and of presentities that nobody watches; and, where there is a
    /// database, that all of them stand in it after a clean stop.
    private mutating func takePresenceMemory(
        _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB?
    ) throws(RigError) {
        let server = try presenceServer(contestant, database)
        defer { server.kill() }
        let count = options.presenceSubjects
        let port = server.configuration.sipPort
        let empty = server.residentBytes
        _ = try load(PresenceRequest(port: port, kind: .subscribe, presentities: count), server)
        let watched = server.residentBytes
        measurements.add(
            Double(watched - empty) / Double(count), .presenceSubscriptionMemory, seat)
        var request = PresenceRequest(port: port, kind: .initial, presentities: count)
        request.userPrefix = "published"
        _ = try load(request, server)
        measurements.add(
            Double(server.residentBytes - watched) / Double(count), .presencePresentityMemory,
            seat)
        guard let database else { return }
        server.stop()
        let rows = (
            subscriptions: try database.rows(of: "active_watchers"),
            presentities: try database.rows(of: "presentity")
        )
        guard rows.subscriptions == count, rows.presentities == count else {
            throw RigError(
                .answer,
                "after a clean stop \(rows.subscriptions) subscriptions and "
                    + "\(rows.presentities) presentities of \(count) stand in the tables")
        }
        measurements.note("\(contestant.name): nothing was lost at a clean stop")
    }
}
