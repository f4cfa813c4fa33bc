internal import Basics
internal import Management
public import ModuleKit

/// What a monitor is shown of SIP itself: requests by method, replies by class, durations.
extension Core: MetricSource {
    /// All statistics of the group are in the families below.
    public var coversStatistics: Bool { true }

    /// Adds the figures of messages and of commands.
    public func writeMetrics(to page: inout MetricPage) {
        writeRequests(to: &page)
        writeReplies(to: &page)
        writeOdd(to: &page)
        for (place, histogram) in durations.histograms.enumerated() {
            let method =
                MessageDurations.methods.indices.contains(place)
                ? "\(MessageDurations.methods[place])".uppercased() : "other"
            page.histogram(
                "roost_sip_request_duration_seconds",
                "How long a worker took for a SIP request, until its reply was ready to be sent; "
                    + "one of \(MessageDurations.sampling) messages is measured.",
                histogram, labels: [("method", method)])
        }
        commandFigures.write(to: &page)
    }

    /// Requests by method; those without a counter of their own are what is left of the sum.
    private func writeRequests(to page: inout MetricPage) {
        var known = 0
        let name = "roost_sip_requests_received_total"
        let help = "SIP requests that were received, by method."
        for method in MessageCounters.Method.allCases {
            let value = counters.requests(method).value
            known += value
            page.counter(name, help, value, labels: [("method", "\(method)".uppercased())])
        }
        // A request that comes in between the two readings must not make it negative.
        page.counter(
            name, help, max(0, counters.requests.value - known), labels: [("method", "other")])
    }

    private func writeReplies(to page: inout MetricPage) {
        for group in 1...6 {
            page.counter(
                "roost_sip_replies_received_total", "SIP replies that were received, by class.",
                counters.replies(ofClass: group).value, labels: [("class", "\(group)xx")])
        }
    }

    /// Messages that went another way than usual.
    private func writeOdd(to page: inout MetricPage) {
        let kinds: [(kind: String, requests: Counter, replies: Counter)] = [
            ("forwarded", counters.forwardedRequests, counters.forwardedReplies),
            ("dropped", counters.droppedRequests, counters.droppedReplies),
            ("faulty", counters.faultyRequests, counters.faultyReplies),
        ]
        for row in kinds {
            for (message, counter) in [("request", row.requests), ("reply", row.replies)] {
                page.counter(
                    "roost_sip_messages_total",
                    "SIP messages that were forwarded, dropped by the script, or could not be "
                        + "handled.",
                    counter.value, labels: [("message", message), ("outcome", row.kind)])
            }
        }
        let faults: [(fault: String, counter: Counter)] = [
            ("uri", counters.badURIs), ("header", counters.badHeaders),
            ("method", counters.unknownMethods),
        ]
        for row in faults {
            page.counter(
                "roost_sip_faults_total",
                "SIP messages with a URI or a header field that cannot be read, or a method that "
                    + "is not known.", row.counter.value, labels: [("fault", row.fault)])
        }
    }
}
