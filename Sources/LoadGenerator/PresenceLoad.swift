internal import Basics
internal import Glibc

/// Puts load on a presence server, plays all its watchers, and reports how it went.
///
/// It prepares what the scenario needs, measures, and takes everything away again unless the plan
/// says otherwise. It stops by itself, since every operation ends by its give-up time.
public struct PresenceLoad: Sendable {
    /// What is done.
    public let plan: PresencePlan

    /// A load of `plan`, whose numbers are checked here.
    public init(_ plan: PresencePlan) throws(LoadError) {
        try plan.validate()
        self.plan = plan
    }

    /// Runs the load on the calling thread.
    ///
    /// `progress` is called about once a second, `boundary` just before and after the measured
    /// part, so that the caller can read what it costs the server. Throws when the server cannot be
    /// reached or does not take the preparation; failures of the measured part are no error, the
    /// report counts them.
    public func run(
        progress: (LoadProgress) -> Void = { _ in }, boundary: () -> Void = {}
    ) throws(LoadError) -> PresenceReport {
        let endpoint = try ServerEndpoint(resolving: plan.server)
        let id = UInt32(truncatingIfNeeded: BindingOrder.mix(Self.nanoseconds(CLOCK_REALTIME)))
        var run = try PresenceRun(plan: plan, endpoint: endpoint, run: id)
        for phase in plan.scenario.preparation(isPublished: plan.isPublished) {
            let tally = try run.run(phase, aside(phase), progress).tally
            guard tally.completed == tally.requests.sent else {
                let failed = tally.requests.sent - tally.completed
                throw LoadError(
                    .unprepared, "preparation: \(failed) of \(tally.requests.sent) \(phase) failed")
            }
        }
        let limit = PresenceRun.Limit(
            count: plan.operations, seconds: plan.seconds, rate: plan.rate)
        boundary()
        let before = Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID)
        let outcome = try run.run(plan.scenario.measured, limit, progress)
        let spent = Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before
        boundary()
        var failures = 0
        if !plan.keeps {
            for phase in plan.scenario.cleanup(isPublished: plan.isPublished) {
                let tally = try run.run(phase, aside(phase), progress).tally
                failures += tally.requests.sent - tally.completed
            }
        }
        return PresenceReport(
            plan.scenario, outcome, asideFailures: failures, generatorSeconds: Double(spent) / 1e9)
    }

    /// A phase beside the measurement does everything once, as fast as it can.
    private func aside(_ phase: PresencePhase) -> PresenceRun.Limit {
        PresenceRun.Limit(count: phase.isPublication ? plan.presentities : plan.dialogs)
    }

    /// What a clock of the system shows.
    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
