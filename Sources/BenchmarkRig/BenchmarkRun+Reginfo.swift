internal import Basics
internal import Glibc

extension BenchmarkRun {
    /// Takes the rows of registrations that are published (RFC 3680), each on servers that are
    /// started for it, with empty tables.
    mutating func takeReginfo(
        _ place: String, _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB
    ) {
        for (figure, isStored) in [(Figure.reginfoRegister, false), (.reginfoRegisterStored, true)]
        where wants([figure]) {
            attempt("\(place), \(figure.rawValue)") { (run) throws(RigError) in
                try run.takeReginfo(figure, isStored: isStored, contestant, seat, database)
            }
        }
        for (figure, isStored) in [(Figure.reginfoLearn, false), (.reginfoLearnStored, true)]
        where wants([figure]) {
            attempt("\(place), \(figure.rawValue)") { (run) throws(RigError) in
                try run.takeLearning(figure, isStored: isStored, contestant, seat, database)
            }
        }
    }

    /// REGISTERs a second, each with the NOTIFY to its watcher: through the registrar, the user
    /// agent, the presence server and back.
    private mutating func takeReginfo(
        _ figure: Figure, isStored: Bool, _ contestant: Contestant, _ seat: Seat,
        _ database: PrivateMariaDB
    ) throws(RigError) {
        try database.clearPresence()
        let server = try RunningServer(
            contestant, database: database, isStored: isStored,
            defines: ["WITH_PRESENCE", "WITH_REGINFO"])
        defer { server.kill() }
        var request = PresenceRequest(
            port: server.configuration.sipPort, kind: .register,
            presentities: options.presentities)
        request.seconds = options.presenceSeconds
        let outcome = try tools.presence(request) {}
        // Kamailio in db_mode 2 loses some NOTIFYs under load; its rate counts those that came.
        guard outcome.completed > 0, outcome.failures == 0 || seat == .kamailio else {
            throw RigError(
                .answer, "\(outcome.failures) failures, \(outcome.completed) complete")
        }
        measurements.add(outcome.rate, figure, seat)
        if outcome.failures > 0 {
            measurements.note(
                "\(contestant.name), \(figure.rawValue): \(outcome.failures) failures, "
                    + "\(outcome.completed) complete")
        }
        if outcome.repeated > 0 {
            measurements.note("\(contestant.name), \(figure.rawValue): NOTIFYs were sent again")
        }
    }

    /// Seconds until a second server has all registrations of the first.
    ///
    /// The first holds and has published them when the clock starts. The second is told of each
    /// user by a REGISTER, which its script makes a subscription of; the clock stops when it holds
    /// as many contacts as the first. Fewer are an error, however long it takes.
    ///
    /// Each has a MariaDB of its own when it is stored: in the same one, the second would read what
    /// the first has written.
    private mutating func takeLearning(
        _ figure: Figure, isStored: Bool, _ contestant: Contestant, _ seat: Seat,
        _ database: PrivateMariaDB
    ) throws(RigError) {
        try database.clearPresence()
        try database.clear()
        let other = isStored ? try PrivateMariaDB() : database
        let users = options.users
        let defines = ["WITH_PRESENCE", "WITH_REGINFO"]
        let first = try RunningServer(
            contestant, database: database, isStored: isStored, defines: defines)
        defer { first.kill() }
        _ = try register(creation(first, users: users))
        settle(first)
        let second = try RunningServer(
            contestant, database: other, isStored: isStored,
            defines: defines + ["WITH_LEARNER"], peerPort: first.configuration.sipPort)
        defer { second.kill() }
        let start = SystemClock.monotonic()
        // The replies say that the subscriptions have been sent, nothing more.
        _ = try register(creation(second, users: users))
        let secondsMax = 60 + Double(users) / 100
        var found = 0
        let isComplete = Patience(seconds: secondsMax, everyMilliseconds: 50).wait {
            found = second.contacts()
            return found >= users
        }
        let seconds = Double(SystemClock.monotonic().since(start)) / 1e9
        guard isComplete, found == users else {
            throw RigError(
                .answer, "after \(Int(seconds)) s \(found) of \(users) registrations were learnt")
        }
        measurements.add(seconds, figure, seat)
    }

    /// Waits until a server has nothing to do any more: what it has published has arrived.
    private func settle(_ server: RunningServer) {
        var last = server.cpuNanoseconds
        _ = Patience(seconds: 300, everyMilliseconds: 500).wait {
            let now = server.cpuNanoseconds
            defer { last = now }
            // A twentieth of a processor is what timers take.
            return now - min(now, last) < 25_000_000
        }
    }
}
