internal import Synchronization

/// Commands over HTTP: how many a second and how long each takes, alone and beside SIP.
extension BenchmarkRun {
    /// Rate, p99 and CPU time of `core.uptime`, then rate and p99 while registrations pass.
    mutating func takeCommands(_ contestant: Contestant, _ seat: Seat) throws(RigError) {
        let server = try RunningServer(contestant)
        defer { server.kill() }
        // The first calls find everything cold, on both sides.
        _ = try call(server, max(100, options.commandCalls / 20))
        let before = server.cpuNanoseconds
        let alone = try call(server, options.commandCalls)
        let cost = try Self.microsecondsEach(
            before: before, after: server.cpuNanoseconds, requests: alone.succeeded)
        measurements.add(cost, .commandCost, seat)
        measurements.add(Double(alone.succeeded) / alone.seconds, .commands, seat)
        measurements.add(alone.p99, .commandLatency, seat)
        guard wants([.commandsBusy, .commandLatencyBusy]) else { return }
        _ = try register(creation(server, users: options.users))
        let busy = try beside(server) { (run) throws(RigError) in
            try run.call(server, run.options.commandCalls)
        }
        measurements.add(Double(busy.succeeded) / busy.seconds, .commandsBusy, seat)
        measurements.add(busy.p99, .commandLatencyBusy, seat)
    }

    /// Calls, and makes sure that each was answered.
    private func call(_ server: RunningServer, _ count: Int) throws(RigError) -> LoadOutcome {
        let kind = server.contestant.kind
        let ports = server.configuration
        let outcome = try tools.command(
            CommandRequest(
                port: kind == .kamailio ? ports.sipPort : ports.httpPort, count: count))
        guard outcome.failures == 0 else {
            throw RigError(.answer, "\(outcome.failures) of \(count) calls failed")
        }
        return outcome
    }

    /// Does something while registrations are refreshed at the pace of the row `latency`.
    private mutating func beside(
        _ server: RunningServer,
        _ body: (inout BenchmarkRun) throws(RigError) -> LoadOutcome
    ) throws(RigError) -> LoadOutcome {
        var request = refresh(server, users: options.users)
        request.rate = options.latencyRate
        // A second's worth at a time, so that it ends soon after what it stands beside.
        request.count = options.latencyRate
        let load = RefreshLoop(tools, request)
        defer { load.stop() }
        let outcome = try body(&self)
        guard load.failures == 0 else {
            throw RigError(.answer, "\(load.failures) REGISTERs failed beside the commands")
        }
        return outcome
    }
}

/// Refreshes bindings at a pace on a thread of its own, until it is stopped.
private final class RefreshLoop: Sendable {
    /// Whether calls are still to be made.
    private let isWanted = Atomic<Bool>(true)
    /// Whether the thread has not ended.
    private let isRunning = Atomic<Bool>(true)
    /// Calls that were not answered well.
    private let failed = Atomic<Int>(0)

    /// Requests that were not answered with 2xx, so far.
    var failures: Int { failed.load(ordering: .relaxed) }

    /// Begins.
    init(_ tools: LoadTools, _ request: LoadRequest) {
        BackgroundThread.start { [self] in
            while isWanted.load(ordering: .relaxed) {
                let outcome = try? tools.register(request)
                failed.add(outcome?.failures ?? request.count, ordering: .relaxed)
            }
            isRunning.store(false, ordering: .releasing)
        }
    }

    /// Lets the current second come to its end and returns then.
    func stop() {
        isWanted.store(false, ordering: .relaxed)
        _ = Patience(seconds: 60).wait { !isRunning.load(ordering: .acquiring) }
    }
}
