internal import Basics

/// The outcome of a load, in numbers.
///
/// Every planned request is in exactly one of: succeeded, refused, timed out, disconnected, or
/// never sent because the server had fallen silent.
public struct LoadReport: Sendable, Equatable {
    /// Microseconds within which a part of the requests was answered, first send to final reply.
    public struct Latency: Sendable, Equatable {
        /// Half of them.
        public var p50: Double
        /// 90 of 100.
        public var p90: Double
        /// 99 of 100.
        public var p99: Double
        /// 999 of 1000.
        public var p999: Double
        /// All of them.
        public var max: Double
    }

    /// Requests that were planned.
    public var requests: Int
    /// Requests that were sent, retransmissions not counted.
    public var sent: Int
    /// Requests that were sent again.
    public var retransmitted: Int
    /// Final replies 2xx.
    public var succeeded: Int
    /// Final replies 3xx, 4xx, 5xx and 6xx, in this order.
    public var refused: [Int]
    /// Requests without a final reply in time.
    public var timedOut: Int
    /// Requests lost with their connection.
    public var disconnected: Int
    /// Replies that nobody waited for.
    public var stray: Int
    /// Seconds from the first request to the last reply.
    public var seconds: Double
    /// Bytes of a request.
    public var bytesEach: Int
    /// Latency of the final replies in microseconds.
    public var latency: Latency

    /// Requests that did not end in 2xx, those never sent included.
    public var failures: Int { requests - succeeded }
    /// Final replies a second.
    public var rate: Double {
        seconds > 0 ? Double(succeeded + refused.reduce(0, +)) / seconds : 0
    }

    /// The report of a load that took `seconds`, whose requests had `bytesEach` bytes.
    ///
    /// `requests` is what was planned, not what was sent: the difference counts as failed.
    init(_ tally: LoadTally, requests: Int, seconds: Double, bytesEach: Int) {
        self.requests = requests
        self.seconds = seconds
        self.bytesEach = bytesEach
        sent = tally.sent
        retransmitted = tally.retransmitted
        succeeded = tally.classes[2]
        refused = [tally.classes[3], tally.classes[4], tally.classes[5], tally.classes[6]]
        timedOut = tally.timedOut
        disconnected = tally.disconnected
        stray = tally.stray
        latency = Latency(
            p50: tally.microseconds(percent: 50), p90: tally.microseconds(percent: 90),
            p99: tally.microseconds(percent: 99), p999: tally.microseconds(percent: 99.9),
            max: tally.microseconds(percent: 100))
    }

    /// The report for a person, several lines.
    public var text: String {
        let other = zip(3...6, refused).filter { $0.1 > 0 }.map { ", \($0.0)xx \($0.1)" }
        let lost = [("timed out", timedOut), ("disconnected", disconnected), ("stray", stray)]
            .filter { $0.1 > 0 }.map { ", \($0.0) \($0.1)" }
        return """
            requests    \(requests) of \(bytesEach) bytes, sent \(sent), \
            retransmitted \(retransmitted)
            replies     2xx \(succeeded)\((other + lost).joined())
            failures    \(failures)
            time        \(Self.rounded(seconds, 3)) s, \(Int(rate)) a second
            latency us  p50 \(Self.rounded(latency.p50, 1))  p90 \(Self.rounded(latency.p90, 1))  \
            p99 \(Self.rounded(latency.p99, 1))  p99.9 \(Self.rounded(latency.p999, 1))  \
            max \(Self.rounded(latency.max, 1))
            """
    }

    /// The report as one JSON object on one line.
    public var json: String {
        let members: [(String, String)] = [
            ("requests", "\(requests)"), ("sent", "\(sent)"),
            ("retransmitted", "\(retransmitted)"), ("succeeded", "\(succeeded)"),
            ("redirected", "\(refused[0])"), ("client_errors", "\(refused[1])"),
            ("server_errors", "\(refused[2])"), ("global_errors", "\(refused[3])"),
            ("timed_out", "\(timedOut)"), ("disconnected", "\(disconnected)"),
            ("stray", "\(stray)"), ("failures", "\(failures)"),
            ("seconds", Self.rounded(seconds, 6)), ("rate", Self.rounded(rate, 1)),
            ("bytes_each", "\(bytesEach)"), ("p50_us", Self.rounded(latency.p50, 1)),
            ("p90_us", Self.rounded(latency.p90, 1)), ("p99_us", Self.rounded(latency.p99, 1)),
            ("p99_9_us", Self.rounded(latency.p999, 1)),
            ("max_us", Self.rounded(latency.max, 1)),
        ]
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    /// `value` with exactly `places` decimals, 1 to 6.
    static func rounded(_ value: Double, _ places: Int) -> String {
        precondition((1...6).contains(places))
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: places - fraction.utf8.count)
        return "\(value < 0 ? "-" : "")\(scaled / scale).\(zeros)\(fraction)"
    }
}
