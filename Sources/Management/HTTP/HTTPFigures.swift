public import Basics
public import ModuleKit

/// What is counted of HTTP: answers by class of their status, how long they took, connections.
public final class HTTPFigures: Sendable {
    /// Answers by class, 1xx first.
    public let answers: [Counter] = (0..<5).map { _ in Counter() }
    /// From the end of a request's head until its answer was on its way.
    public let durations = LatencyHistogram()
    /// Connections that are open.
    public let connections = Counter()
    /// Connections that were accepted.
    public let accepted = Counter()

    /// Nothing counted.
    public init() {}

    /// Notes an answer.
    func note(status: Int, nanoseconds: UInt64) {
        guard (100...599).contains(status) else { return }
        answers[status / 100 - 1].add()
        durations.note(nanoseconds: nanoseconds)
    }

    /// Adds them to a page of metrics.
    public func write(to page: inout MetricPage) {
        for (place, counter) in answers.enumerated() where place > 0 {
            page.counter(
                "roost_http_answers_total", "HTTP requests that were answered, by class of status.",
                counter.value, labels: [("class", "\(place + 1)xx")])
        }
        page.gauge(
            "roost_http_connections", "HTTP connections that are open.", connections.value)
        page.counter(
            "roost_http_connections_accepted_total", "HTTP connections that were accepted.",
            accepted.value)
        page.histogram(
            "roost_http_request_duration_seconds",
            "From the head of an HTTP request until its answer was on its way; for a long answer "
                + "until its first piece was.",
            durations)
    }
}
