/// The outcome of a presence load, in numbers; those of its preparation are not part of it.
public struct PresenceReport: Sendable, Equatable {
    /// What was measured.
    public var scenario: PresenceScenario
    /// Operations that were begun.
    public var started: Int
    /// Operations whose reply and NOTIFYs have all come.
    public var completed: Int
    /// Requests that were sent again.
    public var retransmitted: Int
    /// Final replies 2xx.
    public var succeeded: Int
    /// Final replies 3xx, 4xx, 5xx and 6xx, in this order.
    public var refused: [Int]
    /// Operations without a final reply in time.
    public var timedOut: Int
    /// Operations that were answered, but whose NOTIFYs did not all come in time.
    public var incomplete: Int
    /// Replies that nobody waited for.
    public var stray: Int
    /// NOTIFYs in order.
    public var notifies: Int
    /// NOTIFYs that were waited for and did not come.
    public var lost: Int
    /// NOTIFYs with a CSeq that was used before, or that tell a state for the second time.
    public var duplicated: Int
    /// NOTIFYs with a lower CSeq than the one before.
    public var outOfOrder: Int
    /// NOTIFYs with a body that was not to be.
    public var wrongBodies: Int
    /// NOTIFYs and replies that lack what they must have.
    public var malformed: Int
    /// NOTIFYs for dialogs that are not ours.
    public var unknown: Int
    /// NOTIFYs that were sent again by the server.
    public var repeated: Int
    /// NOTIFYs of a state that was replaced, or that nobody waited for.
    public var late: Int
    /// CSeq numbers that were passed over.
    public var skipped: Int
    /// Operations of the preparation and the cleaning up that failed.
    public var asideFailures: Int
    /// Seconds that the rates refer to.
    public var seconds: Double
    /// Operations completed a second.
    public var rate: Double
    /// NOTIFYs a second.
    public var notifyRate: Double
    /// Seconds of CPU time that the generator itself took.
    public var generatorSeconds: Double
    /// Microseconds from the request to its final reply.
    public var replyLatency: LoadReport.Latency
    /// Microseconds from the request to a NOTIFY that it caused.
    public var notifyLatency: LoadReport.Latency

    /// Operations that did not come to a good end.
    public var failures: Int { started - completed }
    /// NOTIFYs that should not have been, or should have been different, or did not come.
    public var faults: Int {
        lost + duplicated + outOfOrder + wrongBodies + malformed + unknown
    }

    /// The report of a phase that has come to `outcome`.
    init(
        _ scenario: PresenceScenario, _ outcome: PresenceRun.Outcome, asideFailures: Int,
        generatorSeconds: Double
    ) {
        let tally = outcome.tally
        let requests = tally.requests
        self.scenario = scenario
        self.asideFailures = asideFailures
        self.generatorSeconds = generatorSeconds
        started = requests.sent
        completed = tally.completed
        retransmitted = requests.retransmitted
        succeeded = requests.classes[2]
        refused = (3...6).map { requests.classes[$0] }
        timedOut = requests.timedOut
        incomplete = tally.incomplete
        stray = requests.stray
        notifies = tally.notifies
        lost = tally.lost
        duplicated = tally.duplicated
        outOfOrder = tally.outOfOrder
        wrongBodies = tally.wrongBodies
        malformed = tally.malformed
        unknown = tally.unknown
        repeated = tally.repeated
        late = tally.late
        skipped = tally.skipped
        seconds = Double(outcome.nanoseconds) / 1e9
        rate = seconds > 0 ? Double(outcome.completed) / seconds : 0
        notifyRate = seconds > 0 ? Double(outcome.notifies) / seconds : 0
        replyLatency = Self.latency { requests.microseconds(percent: $0) }
        notifyLatency = Self.latency { tally.notifyMicroseconds(percent: $0) }
    }

    /// The report for a person, several lines.
    public var text: String {
        let faults = Self.shown([
            ("lost", lost), ("duplicated", duplicated), ("out of order", outOfOrder),
            ("wrong bodies", wrongBodies), ("malformed", malformed), ("unknown", unknown),
            ("repeated", repeated), ("late", late), ("skipped", skipped),
        ])
        let other = Self.shown(
            zip(3...6, refused).map { ("\($0.0)xx", $0.1) }
                + [("timed out", timedOut), ("incomplete", incomplete), ("stray", stray)])
        let aside = asideFailures > 0 ? ", before and after \(asideFailures)" : ""
        return """
            operations  \(scenario.rawValue): \(completed) of \(started) complete, \
            retransmitted \(retransmitted)
            replies     2xx \(succeeded)\(other)
            notifies    \(notifies)\(faults)
            failures    \(failures)\(aside)
            time        \(LoadReport.rounded(seconds, 3)) s, \(Int(rate)) operations and \
            \(Int(notifyRate)) NOTIFY a second
            reply us    \(Self.text(replyLatency))
            NOTIFY us   \(Self.text(notifyLatency))
            generator   \(LoadReport.rounded(generatorSeconds, 3)) s of CPU time
            """
    }

    /// The report as one JSON object on one line.
    public var json: String {
        let counts: [(String, Int)] = [
            ("operations", started), ("completed", completed), ("retransmitted", retransmitted),
            ("succeeded", succeeded), ("redirected", refused[0]), ("client_errors", refused[1]),
            ("server_errors", refused[2]), ("global_errors", refused[3]), ("timed_out", timedOut),
            ("incomplete", incomplete), ("stray", stray), ("failures", failures),
            ("notifies", notifies), ("lost", lost), ("duplicated", duplicated),
            ("out_of_order", outOfOrder), ("wrong_bodies", wrongBodies), ("malformed", malformed),
            ("unknown", unknown), ("repeated", repeated), ("late", late), ("skipped", skipped),
            ("aside_failures", asideFailures),
        ]
        let members =
            [("scenario", "\"\(scenario.rawValue)\"")]
            + counts.map { ($0.0, "\($0.1)") }
            + [
                ("seconds", LoadReport.rounded(seconds, 6)), ("rate", LoadReport.rounded(rate, 1)),
                ("notify_rate", LoadReport.rounded(notifyRate, 1)),
                ("generator_seconds", LoadReport.rounded(generatorSeconds, 3)),
            ] + Self.members("reply", replyLatency) + Self.members("notify", notifyLatency)
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    /// The percentiles of a histogram.
    private static func latency(_ percentile: (Double) -> Double) -> LoadReport.Latency {
        LoadReport.Latency(
            p50: percentile(50), p90: percentile(90), p99: percentile(99), p999: percentile(99.9),
            max: percentile(100))
    }

    /// The counts that are not 0.
    private static func shown(_ counts: [(String, Int)]) -> String {
        counts.filter { $0.1 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
    }

    private static func text(_ latency: LoadReport.Latency) -> String {
        "p50 \(LoadReport.rounded(latency.p50, 1))  p90 \(LoadReport.rounded(latency.p90, 1))  "
            + "p99 \(LoadReport.rounded(latency.p99, 1))  "
            + "p99.9 \(LoadReport.rounded(latency.p999, 1))  "
            + "max \(LoadReport.rounded(latency.max, 1))"
    }

    private static func members(
        _ name: String, _ latency: LoadReport.Latency
    ) -> [(String, String)] {
        [
            ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99),
            ("p99_9", latency.p999), ("max", latency.max),
        ].map { ("\(name)_\($0.0)_us", LoadReport.rounded($0.1, 1)) }
    }
}
