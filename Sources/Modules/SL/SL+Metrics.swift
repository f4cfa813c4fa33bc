internal import Basics
public import ModuleKit

/// What a monitor is shown of stateless replies.
///
/// The replies themselves are counted for the whole server, by class and status.
extension SLModule: MetricSource {
    /// The replies are a family of the server.
    public var coversStatistics: Bool { true }

    /// Adds what is not counted elsewhere.
    public func writeMetrics(to page: inout MetricPage) {
        page.counter(
            "roost_sip_replies_unsent_total", "SIP replies that could not be sent.",
            counters.failures.value)
        page.counter(
            "roost_sip_acks_received_total", "ACK requests for replies that were sent here.",
            counters.receivedACKs.value)
    }
}
