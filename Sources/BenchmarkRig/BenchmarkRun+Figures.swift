internal import Basics
internal import Synchronization

extension BenchmarkRun {
    /// A load that refreshes every binding, several times when there are few.
    func refresh(_ server: RunningServer, users: Int) -> LoadRequest {
        let rounds = max(1, (options.refreshesMin + users - 1) / users)
        return LoadRequest(
            port: server.configuration.sipPort, users: users, count: users * rounds,
            window: options.window)
    }

    /// A load that registers every binding once.
    func creation(_ server: RunningServer, users: Int) -> LoadRequest {
        LoadRequest(
            port: server.configuration.sipPort, users: users, count: users, window: options.window)
    }

    /// CPU microseconds of the server for each request of a load.
    ///
    /// CPU time and not the time on the clock: generator and server share the processors, so the
    /// clock would measure how the scheduler divides them.
    func cost(_ server: RunningServer, _ request: LoadRequest) throws(RigError) -> Double {
        let before = server.cpuNanoseconds
        let outcome = try register(request)
        return try Self.microsecondsEach(
            before: before, after: server.cpuNanoseconds, requests: outcome.succeeded)
    }

    /// CPU microseconds for each request, from the nanoseconds before and after them.
    ///
    /// A process that ended meanwhile has taken its time along, so less than before says that the
    /// server broke down, and not that requests cost nothing.
    static func microsecondsEach(
        before: UInt64, after: UInt64, requests: Int
    ) throws(RigError) -> Double {
        guard after >= before, requests > 0 else {
            throw RigError(.ended, "part of the server ended, or no request was answered")
        }
        return Double(after - before) / 1_000 / Double(requests)
    }

    /// Longest silence in a dump: Kamailio says nothing for a minute before it sends the first
    /// byte, and its time grows with the square of the contacts.
    private func dumpSecondsMax(users: Int) -> Int { 15 + users / 300 }

    /// Seconds of one `ul.dump brief`, which must name every user.
    ///
    /// A dump that names fewer would be quicker for the wrong reason, so it is an error.
    func dump(_ server: RunningServer, users: Int) throws(RigError) -> Double {
        let answer = try server.rpc.call(
            "ul.dump", ["brief"], counting: "\"AoR\"", waitSeconds: dumpSecondsMax(users: users))
        guard answer.matches == users else {
            throw RigError(
                .answer,
                "ul.dump named \(answer.matches) of \(users) users: "
                    + "status \(answer.status), \(answer.text.prefix(200))")
        }
        return answer.seconds
    }

    /// Memory, CPU time, dump and latency of a server without a database.
    ///
    /// In this order: memory is read before anything else has made the process grow, and the dump
    /// comes last, because a server may keep the memory that it took for it.
    mutating func takeMemory(_ contestant: Contestant, _ seat: Seat) throws(RigError) {
        let server = try RunningServer(contestant)
        defer { server.kill() }
        let users = options.users
        let before = server.residentBytes
        _ = try register(creation(server, users: users))
        measurements.add(Double(server.residentBytes - before) / Double(users), .memory, seat)
        let refresh = refresh(server, users: users)
        measurements.add(try cost(server, refresh), .register, seat)
        if wants([.dump]) {
            attempt("\(contestant.name), ul.dump") { (run) throws(RigError) in
                run.measurements.add(try run.dump(server, users: users), .dump, seat)
            }
        }
        if seat == .roost, wants([.dump]) {
            attempt("\(contestant.name), full ul.dump") { (run) throws(RigError) in
                try run.noteFullDump(server)
            }
        }
        if seat == .roost, wants([.latency]) {
            attempt("\(contestant.name), latency") { (run) throws(RigError) in
                try run.takeLatency(server)
            }
        }
    }

    /// CPU time of a refresh that the long script looks at first.
    mutating func takeScript(_ contestant: Contestant, _ seat: Seat) throws(RigError) {
        let server = try RunningServer(contestant, defines: ["WITH_SCRIPT"])
        defer { server.kill() }
        _ = try register(creation(server, users: options.users))
        let refresh = refresh(server, users: options.users)
        measurements.add(try cost(server, refresh), .registerScript, seat)
    }

    /// The full dump has no opponent: stock Kamailio's is not measured, ours is a remark.
    private mutating func noteFullDump(_ server: RunningServer) throws(RigError) {
        guard server.contestant.kind == .roost else { return }
        let answer = try server.rpc.call(
            "ul.dump", counting: "\"AoR\"", waitSeconds: dumpSecondsMax(users: options.users))
        let seconds = BenchmarkTable.number(answer.seconds)
        measurements.note("full ul.dump of Roost: \(seconds) s, \(answer.bodyBytes) bytes")
        let dump = KamcmdDump(server.configuration.controlSocket, users: options.users)
        guard let kamcmd = try dump.seconds() else {
            return measurements.note("ul.dump over kamcmd: kamcmd is not installed")
        }
        let ratio = BenchmarkTable.number(kamcmd / answer.seconds)
        measurements.note(
            "full ul.dump of Roost over kamcmd, in its pages: \(BenchmarkTable.number(kamcmd)) s, "
                + "\(ratio) times HTTP's (less than 3 is asked for)")
    }

    /// p99 at a fixed pace, first without and then with a dump that never ends.
    private mutating func takeLatency(_ server: RunningServer) throws(RigError) {
        var request = refresh(server, users: options.users)
        request.rate = options.latencyRate
        request.count = min(request.count, options.latencyRate * 5)
        measurements.add(try register(request).p99, .latency, .reference)
        let dumps = DumpLoop(server.rpc, waitSeconds: dumpSecondsMax(users: options.users))
        let loaded: LoadOutcome
        do {
            defer { dumps.stop() }
            loaded = try register(request)
        }
        guard dumps.completed > 0 else {
            throw RigError(.late, "no ul.dump ended while latency was measured")
        }
        measurements.add(loaded.p99, .latency, .roost)
    }

    /// Writing, loading and refreshing with MariaDB in db_mode 2.
    ///
    /// The first start registers into an empty table and writes it; the second loads what was
    /// written. Both are ended with SIGKILL: a clean stop of Kamailio would write all contacts
    /// again.
    mutating func takeDatabase(
        _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB
    ) throws(RigError) {
        try database.clear()
        let users = options.users
        let emptySeconds: Double
        do {
            let timerSeconds = contestant.kind == .kamailio ? 5 + users / 8_000 : 3_600
            let server = try RunningServer(
                contestant, database: database, timerSeconds: timerSeconds)
            defer { server.kill() }
            emptySeconds = server.readySeconds
            _ = try register(creation(server, users: users))
            measurements.add(try flush(server, database, users: users), .flush, seat)
        }
        let server = try RunningServer(contestant, database: database, contacts: users)
        defer { server.kill() }
        measurements.add(max(0, server.readySeconds - emptySeconds), .load, seat)
        let refresh = refresh(server, users: users)
        measurements.add(try cost(server, refresh), .registerDatabase, seat)
    }

    /// Seconds until all rows stand in the table.
    ///
    /// Roost is told to by `ul.flush`. In Kamailio the process that answers HTTP has no connection
    /// to the database, so that `ul.flush` over HTTP writes nothing there: its timer does it, and
    /// the time counts from the first row that is seen.
    func flush(
        _ server: RunningServer, _ database: PrivateMariaDB, users: Int
    ) throws(RigError) -> Double {
        let patience = Patience(seconds: 60 + Double(users) / 200, everyMilliseconds: 20)
        var rows = 0
        func isSeen(_ wanted: Int) -> Bool {
            rows = (try? database.rows()) ?? -1
            return rows >= wanted
        }
        if server.contestant.kind == .kamailio {
            _ = patience.wait { isSeen(1) }
        }
        let start = SystemClock.monotonic()
        if server.contestant.kind == .roost {
            _ = try server.rpc.call("ul.flush", waitSeconds: Int(patience.seconds))
        }
        guard patience.wait({ isSeen(users) }) else {
            throw RigError(.late, "only \(rows) of \(users) rows were written in time")
        }
        return Double(SystemClock.monotonic().since(start)) / 1e9
    }

    /// What one worker and two can take: requests divided by the CPU time of the busiest one.
    ///
    /// The generator has the same processors, so the rate on the clock says little; a worker is
    /// full when its own CPU time is.
    mutating func takeWorkers(_ contestant: Contestant) throws(RigError) {
        for defines in [[], ["TWO_WORKERS"]] {
            let server = try RunningServer(contestant, defines: defines)
            defer { server.kill() }
            var request = refresh(server, users: options.users)
            // Each worker gets the same load, from many phones: the kernel deals sockets out to
            // workers by address, and a few of them would fall unevenly.
            request.window = options.window * 4 * (defines.isEmpty ? 1 : 2)
            request.sockets = request.window
            _ = try register(request)
            let before = server.threads
            let outcome = try register(request)
            let busiest = Self.busiest(before: before, after: server.threads)
            let capacity = Double(outcome.succeeded) / (Double(max(1, busiest)) / 1e9)
            let rate = BenchmarkTable.number(Double(outcome.succeeded) / outcome.seconds)
            measurements.add(capacity, .workers, defines.isEmpty ? .reference : .roost)
            measurements.note(
                "\(defines.isEmpty ? "one worker" : "two workers"): \(rate) a second on the clock")
        }
    }

    /// Nanoseconds of the thread that worked most between two looks.
    ///
    /// A thread that was started meanwhile counts from zero.
    static func busiest(
        before: [ProcessTable.ThreadCost], after: [ProcessTable.ThreadCost]
    ) -> UInt64 {
        var known: [Int32: UInt64] = [:]
        for thread in before { known[thread.tid] = thread.nanoseconds }
        return after.map { $0.nanoseconds - min($0.nanoseconds, known[$0.tid] ?? 0) }.max() ?? 0
    }

    /// CPU microseconds of a bare echo for each datagram.
    ///
    /// It is the floor: what no server can go below, since the kernel takes that much for the same
    /// datagrams and batches.
    mutating func takeEcho() throws(RigError) {
        let count = max(options.refreshesMin, options.users)
        let request = LoadRequest(
            port: 0, users: options.users, count: count, window: options.window)
        measurements.add(Double(try tools.echo(request)) / 1_000 / Double(count), .echo, .reference)
    }

    /// The same with ten times the contacts, each number for one contact.
    ///
    /// A number for each contact can be held against the usual size: it stays the same when the
    /// work grows in proportion, and a list that is walked shows up as a ratio of ten.
    mutating func takeMillion(
        _ contestant: Contestant, _ database: PrivateMariaDB?
    ) throws(RigError) {
        let users = options.millionUsers
        let perContact = 1e6 / Double(users)
        try database?.clear()
        do {
            let server = try RunningServer(contestant, database: database)
            defer { server.kill() }
            let before = server.residentBytes
            _ = try register(creation(server, users: users))
            let bytes = Double(server.residentBytes - before) / Double(users)
            measurements.add(bytes, .millionMemory, .roost)
            if let database {
                let seconds = try flush(server, database, users: users)
                measurements.add(seconds * perContact, .millionFlush, .roost)
            }
            let refresh = refresh(server, users: users)
            measurements.add(try cost(server, refresh), .millionRegister, .roost)
            let seconds = try dump(server, users: users)
            measurements.add(seconds * perContact, .millionDump, .roost)
        }
        guard let database else { return }
        let server = try RunningServer(contestant, database: database, contacts: users)
        server.kill()
        measurements.add(server.readySeconds * perContact, .millionLoad, .roost)
    }

    /// The references that other figures of the same run give.
    mutating func addReferences() {
        if wants([.echo]) {
            for value in measurements[.register, .roost].values {
                measurements.add(value, .echo, .roost)
            }
        }
        let perContact = 1e6 / Double(options.users)
        let pairs: [(Figure, Figure, Double)] = [
            (.millionRegister, .register, 1), (.millionMemory, .memory, 1),
            (.millionDump, .dump, perContact), (.millionFlush, .flush, perContact),
            (.millionLoad, .load, perContact),
        ]
        for (large, usual, factor) in pairs where wants([large]) {
            for value in measurements[usual, .roost].values {
                measurements.add(value * factor, large, .reference)
            }
        }
    }
}
