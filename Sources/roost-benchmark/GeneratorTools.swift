import BenchmarkRig
import Glibc
import LoadGenerator
import Synchronization

/// The load generator as the rig wants it.
///
/// Rig and generator are libraries of one layer that do not know each other; they meet here.
enum GeneratorTools {
    /// All tools.
    static let tools = LoadTools(
        register: { (request) throws(RigError) in
            let report = try run(request, port: request.port, acceptsEcho: false)
            return LoadOutcome(
                succeeded: report.succeeded, failures: report.failures, seconds: report.seconds,
                p99: report.latency.p99)
        },
        echo: { (request) throws(RigError) in try echo(request) },
        presence: { (request, boundary) throws(RigError) in try present(request, boundary) },
        command: { (request) throws(RigError) in try command(request) })

    /// Calls a command over HTTP.
    private static func command(_ request: CommandRequest) throws(RigError) -> LoadOutcome {
        var plan = CommandPlan(server: ServerName(host: "127.0.0.1", port: request.port))
        plan.connections = request.connections
        plan.count = request.count
        do {
            let report = try CommandLoad(plan).run()
            return LoadOutcome(
                succeeded: report.succeeded, failures: report.failures, seconds: report.seconds,
                p99: report.latency.p99)
        } catch {
            throw RigError(.answer, error.description)
        }
    }

    /// Runs one presence load against this machine; what it creates stays.
    private static func present(
        _ request: PresenceRequest, _ boundary: () -> Void
    ) throws(RigError) -> PresenceOutcome {
        var plan = PresencePlan(server: ServerName(host: "127.0.0.1", port: request.port))
        plan.scenario =
            switch request.kind {
            case .subscribe: .subscribe
            case .publish: .publish
            case .initial: .initial
            case .register: .register
            }
        plan.presentities = request.presentities
        plan.watchersEach = request.watchersEach
        plan.seconds = request.seconds
        plan.window = request.window
        plan.rate = request.rate
        plan.bodyBytes = request.bodyBytes
        plan.userPrefix = request.userPrefix
        plan.keeps = true
        do {
            let report = try PresenceLoad(plan).run(boundary: boundary)
            // A NOTIFY that is sent again after its successor says that a reply was lost, which
            // costs time and is told, but does not spoil the number.
            let faults = report.faults - report.outOfOrder
            return PresenceOutcome(
                completed: report.completed, failures: report.failures + faults,
                notifies: report.notifies, rate: report.rate, notifyRate: report.notifyRate,
                notifyP99: report.notifyLatency.p99, repeated: report.repeated)
        } catch {
            throw RigError(.answer, error.description)
        }
    }

    /// Runs one load against this machine; an error becomes one of the rig's.
    private static func run(
        _ request: LoadRequest, port: UInt16, acceptsEcho: Bool
    ) throws(RigError) -> LoadReport {
        var plan = RegisterPlan(server: ServerName(host: "127.0.0.1", port: port))
        plan.users = request.users
        plan.count = request.count
        plan.window = request.window
        plan.sockets = request.sockets
        plan.rate = request.rate
        plan.acceptsEcho = acceptsEcho
        do {
            return try RegisterLoad(plan).run()
        } catch {
            throw RigError(.answer, error.description)
        }
    }

    /// Echoes on a thread of its own, which reads its own CPU time at the end.
    private static func echo(_ request: LoadRequest) throws(RigError) -> UInt64 {
        let server: EchoServer
        do {
            server = try EchoServer(port: 0)
        } catch {
            throw RigError(.system, error.description)
        }
        let cost = EchoCost()
        BackgroundThread.start {
            server.run { cost.isWanted }
            cost.finish()
        }
        defer { cost.stop() }
        _ = try run(request, port: server.port, acceptsEcho: true)
        cost.stop()
        return cost.wait()
    }
}

/// What passes between the thread that echoes and the one that waits for it.
private final class EchoCost: Sendable {
    private let wanted = Atomic<Bool>(true)
    private let nanoseconds = Atomic<UInt64>(0)

    /// Whether the echo shall go on.
    var isWanted: Bool { wanted.load(ordering: .relaxed) }

    /// Lets the echo end.
    func stop() { wanted.store(false, ordering: .relaxed) }

    /// Called by the thread that echoes, at its end.
    func finish() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        let spent = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        nanoseconds.store(max(1, spent), ordering: .releasing)
    }

    /// Waits until the echo has ended and returns the nanoseconds of CPU time that it took.
    func wait() -> UInt64 {
        var spent: UInt64 = 0
        while spent == 0 {
            usleep(5_000)
            spent = nanoseconds.load(ordering: .acquiring)
        }
        return spent
    }
}
