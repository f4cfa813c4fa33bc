public import Basics

/// What module `tm` counts; `tm.stats` and the statistics of module `tmx` show it.
public final class TMCounters: Sendable {
    /// Server transactions that were opened.
    public let served = Counter()
    /// Client transactions of requests of this server's own.
    public let own = Counter()
    /// Responses that belonged to a transaction.
    public let received = Counter()
    /// Responses that were made here.
    public let generated = Counter()
    /// Responses that were sent, made here or passed on.
    public let sent = Counter()
    /// Responses that were passed on.
    public let relayed = Counter()
    /// Responses that were absorbed.
    public let absorbed = Counter()
    /// Transactions that were completed, by the class of their status, 2xx first.
    public let classes: [Counter] = (2...6).map { _ in Counter() }
    /// Transactions that have ended.
    public let ended = Counter()

    /// Counters at 0.
    public init() {}

    /// Notes the final status of a transaction.
    func complete(_ status: Int) {
        guard (200...699).contains(status) else { return }
        classes[status / 100 - 2].add()
    }
}
