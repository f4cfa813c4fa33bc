internal import Basics
internal import Glibc

/// Takes the figures: starts servers, loads them, reads what it cost.
///
/// A round is one start of each server for the figures without a database, and two more for those
/// with one; within it the two servers take turns, and the order changes from round to round, so
/// that a machine which grows slower or faster meanwhile favours neither.
///
/// A figure that cannot be taken leaves its cell empty and a remark; the others go on.
public struct BenchmarkRun: Sendable {
    /// What is measured.
    public let options: BenchmarkOptions
    /// The load generator, handed in because the rig does not know it.
    let tools: LoadTools
    /// Tells whoever waits how far the run is.
    private let say: @Sendable (String) -> Void
    /// The numbers so far.
    public internal(set) var measurements = Measurements()
    /// PUBLISHes a second that Kamailio has sustained in its default modes, once that is known.
    var sustainedRate: Int?

    /// A run; `say` is told what is going on.
    public init(
        _ options: BenchmarkOptions, tools: LoadTools, say: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.tools = tools
        self.say = say
    }

    /// Takes all figures and returns the table.
    public mutating func run() -> BenchmarkTable {
        let database = openDatabase()
        for round in 0..<options.rounds {
            let seats: [Seat] = round % 2 == 0 ? [.kamailio, .roost] : [.roost, .kamailio]
            for seat in seats {
                guard let contestant = contestant(seat) else { continue }
                takeRound(round, contestant, seat, database)
            }
            if wants([.echo]) { attempt("echo") { (run) throws(RigError) in try run.takeEcho() } }
        }
        if let roost = options.roost, options.figures.contains(where: \.isMillion) {
            attempt("ten times the contacts") { (run) throws(RigError) in
                try run.takeMillion(roost, database)
            }
        }
        addReferences()
        return BenchmarkTable(measurements, figures: options.figures, heading: heading(database))
    }

    /// Takes the figures of one server in one round.
    private mutating func takeRound(
        _ round: Int, _ contestant: Contestant, _ seat: Seat, _ database: PrivateMariaDB?
    ) {
        let place = "round \(round + 1) of \(options.rounds), \(contestant.name)"
        if wants([.register, .dump, .latency, .memory, .echo]) {
            attempt("\(place), memory only") { (run) throws(RigError) in
                try run.takeMemory(contestant, seat)
            }
        }
        if wants([.registerScript]) {
            attempt("\(place), script") { (run) throws(RigError) in
                try run.takeScript(contestant, seat)
            }
        }
        if options.figures.contains(where: \.isCommand) {
            attempt("\(place), commands over HTTP") { (run) throws(RigError) in
                try run.takeCommands(contestant, seat)
            }
        }
        if let database, wants([.registerDatabase, .flush, .load]) {
            attempt("\(place), MariaDB") { (run) throws(RigError) in
                try run.takeDatabase(contestant, seat, database)
            }
        }
        if let database, options.figures.contains(where: \.isPresence) {
            takePresence(place, contestant, seat, database)
        }
        if let database, options.figures.contains(where: \.isReginfo) {
            takeReginfo(place, contestant, seat, database)
        }
        if seat == .roost, wants([.workers]) {
            attempt("\(place), two workers") { (run) throws(RigError) in
                try run.takeWorkers(contestant)
            }
        }
    }

    /// Does one step; what it throws becomes a remark.
    mutating func attempt(
        _ what: String, _ step: (inout BenchmarkRun) throws(RigError) -> Void
    ) {
        say(what)
        do {
            try step(&self)
        } catch {
            say("\(what): \(error)")
            measurements.note("not taken: \(what): \(error)")
        }
    }

    /// Whether any of these rows is asked for.
    func wants(_ figures: [Figure]) -> Bool { figures.contains { options.figures.contains($0) } }

    /// Registers and makes sure that every request succeeded.
    func register(_ request: LoadRequest) throws(RigError) -> LoadOutcome {
        let outcome = try tools.register(request)
        guard outcome.failures == 0 else {
            throw RigError(.answer, "\(outcome.failures) of \(request.count) requests failed")
        }
        return outcome
    }

    /// The server that sits in a seat, if any does.
    private func contestant(_ seat: Seat) -> Contestant? {
        seat == .kamailio ? options.kamailio : options.roost
    }

    /// Starts a MariaDB when some figure needs one, and shows it to `roost migrate`.
    ///
    /// The tables are Kamailio's own, from its package: what is compared is then the servers on one
    /// and the same table, and that ours accepts it is shown on the way.
    private mutating func openDatabase() -> PrivateMariaDB? {
        guard options.figures.contains(where: \.needsDatabase) else { return nil }
        var database: PrivateMariaDB?
        attempt("private MariaDB") { (run) throws(RigError) in
            let opened = try PrivateMariaDB()
            if let roost = run.options.roost, roost.kind == .roost {
                try ChildProcess.run(
                    [roost.binary, "migrate", "--database", opened.url], secondsMax: 60)
                run.measurements.note("roost migrate accepts Kamailio's tables")
            }
            database = opened
        }
        return database
    }

    /// What was measured where: without it the numbers mean nothing.
    private func heading(_ database: PrivateMariaDB?) -> [String] {
        var name = utsname()
        unsafe uname(&name)
        let release = unsafe withUnsafePointer(to: &name.release) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 65) {
                unsafe String(cString: $0)
            }
        }
        let version = options.kamailio.flatMap { kamailio in
            try? ChildProcess.run([kamailio.binary, "-v"], secondsMax: 10)
        }
        let first = version?.split(separator: "\n").first.map(String.init) ?? "no Kamailio"
        return [
            "\(options.users) AoRs, one contact each, \(options.rounds) rounds, medians;"
                + " \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors, Linux \(release)",
            "opponent: \(first), -x tlsf -X tlsf, one UDP worker on each side",
        ]
    }
}
