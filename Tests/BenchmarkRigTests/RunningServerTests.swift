import Foundation
import Synchronization
import Testing

@testable import BenchmarkRig

@Suite("A server that the rig starts", .enabled(if: FakeServer.isPossible), .timeLimit(.minutes(2)))
struct RunningServerTests {
    @Test("it is ready when it answers SIP, and asked on the port of its kind")
    func ready() throws {
        for name in ["roost", "kamailio"] {
            let fake = try FakeServer(name)
            fake.setContacts(7)
            let server = try RunningServer(fake.contestant)
            defer { server.kill() }
            #expect(server.contacts() == 7)
            #expect(server.readySeconds > 0 && server.readySeconds < 60)
            #expect(server.residentBytes > 0)
            #expect(server.cpuNanoseconds > 0)
            #expect(!server.threads.isEmpty)
            let port = server.rpc.port
            let ports = server.configuration
            #expect(port == (name == "kamailio" ? ports.sipPort : ports.httpPort))
            #expect(fake.starts == ["start "])
        }
    }

    @Test("definitions reach the program, with the one of the database only where there is one")
    func defines() throws {
        let fake = try FakeServer()
        let server = try RunningServer(fake.contestant, defines: ["TWO_WORKERS", "X"])
        server.kill()
        #expect(fake.starts == ["start TWO_WORKERS X"])
    }

    @Test("with contacts wanted it is ready when it holds them, not before")
    func contacts() throws {
        let fake = try FakeServer()
        fake.setContacts(4)
        let error = #expect(throws: RigError.self) {
            try RunningServer(fake.contestant, contacts: 5, readySecondsMax: 0.5)
        }
        #expect(error?.kind == .ended)
        #expect(error?.description.hasPrefix("roost was not ready within 0.500 s") == true)
        fake.setContacts(5)
        let server = try RunningServer(fake.contestant, contacts: 5)
        #expect(server.contacts() == 5)
        server.kill()
    }

    @Test("once it is killed it is gone, and has no time and no memory")
    func killed() throws {
        let fake = try FakeServer()
        let server = try RunningServer(fake.contestant)
        let port = server.configuration.sipPort
        server.kill()
        #expect(!SIPProbe(port: port).isAnswered())
        #expect(server.contacts() == -1)
        #expect(server.residentBytes == 0)
        #expect(server.cpuNanoseconds == 0)
        server.kill()
    }

    @Test("a program that ends by itself is an error with the end of what it said")
    func ends() throws {
        let fake = try FakeServer(
            "kamailio",
            onStart: #"for (1..30) { print "line $_\n"; } print STDERR "bad config\n"; exit 255;"#)
        let error = #expect(throws: RigError.self) { try RunningServer(fake.contestant) }
        #expect(error?.kind == .ended)
        let words = error?.description ?? ""
        #expect(words.hasPrefix("kamailio ended by itself:\n"))
        #expect(words.hasSuffix("bad config"))
        #expect(words.contains("line 30") && !words.contains("line 2\n"))
    }

    @Test("a program that never answers is given up and ended")
    func silent() throws {
        let fake = try FakeServer(onStart: #"note("pid $$"); sleep 600;"#)
        let error = #expect(throws: RigError.self) {
            try RunningServer(fake.contestant, readySecondsMax: 1)
        }
        #expect(error?.description.contains("was not ready within 1.00 s") == true)
        let line = fake.calls.first { $0.hasPrefix("pid ") }
        if let pid = line.flatMap({ Int32($0.dropFirst(4)) }) {
            #expect(Patience(seconds: 20).wait { TextFile.read("/proc/\(pid)/stat") == nil })
        }
    }

    @Test("a program that is not there is an error that names it")
    func missing() {
        let error = #expect(throws: RigError.self) {
            try RunningServer(Contestant(binary: "/no/such/roost"))
        }
        #expect(error?.kind == .missing)
        #expect(error?.description.contains("/no/such/roost") == true)
    }

    @Test("a dump that names other users than were registered is an error and no figure")
    func shortDump() throws {
        let fake = try FakeServer()
        fake.setContacts(3)
        let server = try RunningServer(fake.contestant)
        defer { server.kill() }
        let run = BenchmarkRun(
            BenchmarkOptions(kamailio: nil, roost: fake.contestant), tools: .refusing
        ) { _ in }
        let error = #expect(throws: RigError.self) { try run.dump(server, users: 50) }
        #expect(error?.kind == .answer)
        #expect(error?.description.hasPrefix("ul.dump named 3 of 50 users: status 200") == true)
        #expect(try run.dump(server, users: 3) > 0)
        #expect(fake.calls.filter { $0 == "ul.dump brief" }.count == 2)
    }

    @Test("a load that fails leaves no cost")
    func failingLoad() throws {
        let fake = try FakeServer()
        let server = try RunningServer(fake.contestant)
        defer { server.kill() }
        let run = BenchmarkRun(
            BenchmarkOptions(kamailio: nil, roost: nil), tools: .refusing
        ) { _ in }
        let error = #expect(throws: RigError.self) {
            try run.cost(server, run.refresh(server, users: 10))
        }
        #expect(error?.description == "no load here")
    }

    @Test("few users are refreshed several times, many once, and created once in any case")
    func loads() throws {
        let fake = try FakeServer()
        let server = try RunningServer(fake.contestant)
        defer { server.kill() }
        var options = BenchmarkOptions(kamailio: nil, roost: nil)
        options.refreshesMin = 1_000
        options.window = 9
        let run = BenchmarkRun(options, tools: .refusing) { _ in }
        for (users, count) in [
            (1, 1_000), (300, 1_200), (999, 1_998), (1_000, 1_000), (5_000, 5_000),
        ] {
            let refresh = run.refresh(server, users: users)
            #expect(refresh.count == count)
            #expect(refresh.window == 9)
            #expect(refresh.port == server.configuration.sipPort)
            #expect(refresh.rate == nil)
            #expect(run.creation(server, users: users).count == users)
        }
    }
}

extension LoadTools {
    /// Tools for tests that put no load on anybody.
    fileprivate static let refusing = LoadTools(
        register: { (_) throws(RigError) in throw RigError(.usage, "no load here") },
        echo: { (_) throws(RigError) in throw RigError(.usage, "no echo here") })
}

@Suite("Figures of imitated servers", .enabled(if: FakeServer.isPossible), .timeLimit(.minutes(2)))
struct FigureTakingTests {
    /// Tools that tell the servers how many contacts they hold now and send nothing.
    private func tools(_ servers: [FakeServer]) -> LoadTools {
        let pairs = Turns()
        let register: @Sendable (LoadRequest) throws(RigError) -> LoadOutcome = { request in
            for server in servers { server.setContacts(request.users) }
            if request.rate != nil {
                let isLoaded = pairs.next() % 2 == 0
                // The second load of each pair ends when a dump has ended beside it.
                if isLoaded { Self.waitForDumps(servers) }
            }
            return LoadOutcome(succeeded: request.count, failures: 0, seconds: 0, p99: 250)
        }
        return LoadTools(
            register: register,
            echo: { (request) throws(RigError) in UInt64(request.count) * 2_500 })
    }

    /// Waits until a full dump was asked for twice more: then one of them has come to its end.
    private static func waitForDumps(_ servers: [FakeServer]) {
        func dumps() -> Int {
            servers.reduce(0) { $0 + $1.calls.filter { $0 == "ul.dump " }.count }
        }
        let first = dumps()
        _ = Patience(seconds: 20).wait { dumps() >= first + 2 }
    }

    private func options(_ kamailio: FakeServer?, _ roost: FakeServer?) -> BenchmarkOptions {
        var options = BenchmarkOptions(
            kamailio: kamailio?.contestant, roost: roost?.contestant)
        options.makeQuick()
        options.users = 20
        options.millionUsers = 60
        options.refreshesMin = 20
        return options
    }

    @Test("every figure without a database is taken of both")
    func all() throws {
        let (kamailio, roost) = (try FakeServer("kamailio"), try FakeServer())
        var options = options(kamailio, roost)
        // The imitations have no port for commands.
        options.figures = Figure.allCases.filter {
            !$0.needsDatabase && !$0.rawValue.hasPrefix("command")
        }
        let saved = Saved()
        var run = BenchmarkRun(options, tools: tools([kamailio, roost])) { saved.add($0) }
        let table = run.run()
        #expect(table.rows.map(\.figure) == options.figures)
        #expect(
            !table.notes.contains { $0.contains("not taken") && !$0.contains("kamcmd") },
            "\(table.notes)")
        for part in ["full ul.dump of Roost: ", "one worker: - a second", "two workers: "] {
            #expect(table.notes.contains { $0.hasPrefix(part) }, "\(part)")
        }
        #expect(table.heading.last?.hasPrefix("opponent: version: imitation 1.0,") == true)
        #expect(table.heading.first?.hasPrefix("20 AoRs, one contact each, 1 rounds") == true)
        #expect(run.measurements[.echo, .reference].values == [2.5])
        #expect(run.measurements[.latency, .reference].values == [250])
        #expect(run.measurements[.latency, .roost].values == [250])
        #expect(run.measurements[.workers, .kamailio].values.isEmpty)
        #expect(run.measurements[.millionMemory, .kamailio].values.isEmpty)
        #expect(
            run.measurements[.millionRegister, .reference]
                == run.measurements[.register, .roost])
        #expect(roost.starts.contains("start TWO_WORKERS"))
        #expect(kamailio.starts == ["start ", "start WITH_SCRIPT"])
        #expect(saved.lines.first == "round 1 of 1, kamailio, memory only")
        #expect(saved.lines.last == "ten times the contacts")
    }

    @Test("who comes first in one round comes second in the next")
    func turns() throws {
        let (kamailio, roost) = (try FakeServer("kamailio"), try FakeServer())
        var options = options(kamailio, roost)
        options.figures = [.registerScript]
        options.rounds = 2
        let saved = Saved()
        var run = BenchmarkRun(options, tools: tools([kamailio, roost])) { saved.add($0) }
        let table = run.run()
        #expect(
            saved.lines == [
                "round 1 of 2, kamailio, script", "round 1 of 2, roost, script",
                "round 2 of 2, roost, script", "round 2 of 2, kamailio, script",
            ])
        #expect(table.rows.first?.kamailio.values.count == 2)
        #expect(table.rows.first?.roost.values.count == 2)
    }

    @Test("a figure that fails leaves the others of the same server")
    func partly() throws {
        let roost = try FakeServer()
        var options = options(nil, roost)
        options.figures = [.register, .dump, .memory]
        // The server is never told of contacts, so its dump is too short.
        let tools = LoadTools(
            register: { (request) throws(RigError) in
                LoadOutcome(succeeded: request.count, failures: 0, seconds: 1, p99: 1)
            }, echo: { (_) throws(RigError) in 0 })
        var run = BenchmarkRun(options, tools: tools) { _ in }
        let table = run.run()
        #expect(table.rows.map(\.figure) == [.register, .memory])
        #expect(
            table.notes.contains { $0.hasPrefix("not taken: roost, ul.dump: ul.dump named 0 of") })
        #expect(table.heading.last?.hasPrefix("opponent: no Kamailio,") == true)
    }

    @Test("a load without one success is a remark and no number")
    func nothingAnswered() throws {
        let roost = try FakeServer()
        var options = options(nil, roost)
        options.figures = [.registerScript]
        let tools = LoadTools(
            register: { (_) throws(RigError) in
                LoadOutcome(succeeded: 0, failures: 0, seconds: 0, p99: 0)
            }, echo: { (_) throws(RigError) in 0 })
        var run = BenchmarkRun(options, tools: tools) { _ in }
        let table = run.run()
        #expect(table.rows.isEmpty)
        #expect(table.notes.contains { $0.contains("no request was answered") })
    }

    @Test("a run for nobody takes nothing and says so in its heading")
    func nobody() {
        var options = options(nil, nil)
        options.figures = Figure.allCases.filter { !$0.needsDatabase && $0 != .echo }
        var run = BenchmarkRun(options, tools: .refusing) { _ in }
        let table = run.run()
        #expect(table.rows.isEmpty)
        #expect(table.notes.isEmpty)
        #expect(table.isReached)
    }

    @Test("an echo that fails is a remark")
    func noEcho() {
        var options = options(nil, nil)
        options.figures = [.echo]
        var run = BenchmarkRun(options, tools: .refusing) { _ in }
        #expect(run.run().notes == ["not taken: echo: no echo here"])
    }

    @Test("a remark is made once for what goes wrong in every round")
    func onceOnly() {
        var options = options(nil, nil)
        options.figures = [.echo]
        options.rounds = 5
        var run = BenchmarkRun(options, tools: .refusing) { _ in }
        #expect(run.run().notes.count == 1)
    }
}

/// Counts calls.
private final class Turns: Sendable {
    private let count = Atomic(0)
    /// The number of this call, counted from 1.
    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// Lines that a run has said.
private final class Saved: Sendable {
    private let said = Mutex<[String]>([])
    var lines: [String] { said.withLock { $0 } }
    func add(_ line: String) { said.withLock { $0.append(line) } }
}
