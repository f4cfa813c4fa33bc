internal import Basics
internal import Glibc

/// Registers many users at a registrar and reports how it went.
///
/// It stops by itself: a request that got no final reply has failed after the give-up time, and
/// when the server has said nothing at all for so long, what is left of the load is not sent any
/// more.
public struct RegisterLoad: Sendable {
    /// What is sent.
    public let plan: RegisterPlan

    /// A load of `plan`, whose numbers are checked here.
    public init(_ plan: RegisterPlan) throws(LoadError) {
        try plan.validate()
        self.plan = plan
    }

    /// Runs the load on the calling thread and returns when every request has come to an end.
    ///
    /// `progress` is called about once a second. Throws when the server cannot be resolved or
    /// reached; refused and lost requests are no error, the report counts them.
    public func run(
        progress: (LoadProgress) -> Void = { _ in }
    ) throws(LoadError) -> LoadReport {
        let endpoint = try ServerEndpoint(resolving: plan.server)
        let run = UInt32(truncatingIfNeeded: BindingOrder.mix(Self.ticks(perSecond: 1_000_000_000)))
        // Two hundred numbers a second: a later run is ahead of an earlier one as long as no
        // binding was registered more often than that; it starts over after two months.
        let sequence = UInt32(truncatingIfNeeded: Self.ticks(perSecond: 200))
        let outcome: (tally: LoadTally, nanoseconds: UInt64)
        if plan.isTCP {
            let carrier = try StreamCarrier(plan: plan, endpoint: endpoint, run: run)
            var load = LoadRun(plan: plan, carrier: carrier, run: run, firstSequence: sequence)
            outcome = try load.run(progress)
        } else {
            let carrier = try DatagramCarrier(plan: plan, endpoint: endpoint, run: run)
            var load = LoadRun(plan: plan, carrier: carrier, run: run, firstSequence: sequence)
            outcome = try load.run(progress)
        }
        let local = PeerAddress(ipv4: 0x7f00_0001, port: 50_000)
        let template = RequestTemplate(plan: plan, local: local, run: run)
        return LoadReport(
            outcome.tally, requests: plan.requests, seconds: Double(outcome.nanoseconds) / 1e9,
            bytesEach: template.count)
    }

    /// Time since 1970 in parts of a second.
    private static func ticks(perSecond: UInt64) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        let nanoseconds = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        return nanoseconds / (1_000_000_000 / perSecond)
    }
}
