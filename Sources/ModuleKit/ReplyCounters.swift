public import Basics

/// How many replies were sent, by status: what the statistics of module `sl` show.
///
/// Each reply adds to one counter only; sums are made when somebody asks.
public final class ReplyCounters: Sendable {
    /// Statuses that have a counter of their own.
    public static let singled = [200, 202, 300, 301, 302, 400, 401, 403, 404, 407, 408, 483, 500]
    /// Replies with one of the statuses of `singled`, in that order.
    public let statuses: [Counter] = singled.map { _ in Counter() }
    /// The other replies of the classes 1xx to 6xx.
    public let rests: [Counter] = (0..<6).map { _ in Counter() }
    /// Replies that were to be sent and were not: the request may not be answered.
    public let failures = Counter()
    /// ACK requests that came for replies of ours.
    public let receivedACKs = Counter()

    /// Counters at 0.
    public init() {}

    /// Counts a reply that went out; its status is from 100 to 699.
    public func count(_ status: Int) {
        assert(status >= 100 && status <= 699)
        if let place = Self.place(of: status) {
            statuses[place].add()
        } else {
            rests[status / 100 - 1].add()
        }
    }

    /// The number of replies of a class from 1 to 6.
    public func sum(ofClass number: Int) -> Int {
        precondition((1...6).contains(number), "classes are 1xx to 6xx")
        let singled = zip(Self.singled, statuses).filter { $0.0 / 100 == number }
        return rests[number - 1].value + singled.reduce(0) { $0 + $1.1.value }
    }

    /// The number of all replies.
    public var sent: Int { (1...6).reduce(0) { $0 + sum(ofClass: $1) } }

    /// Index of the counter that a status has of its own.
    private static func place(of status: Int) -> Int? {
        switch status {
        case 200: 0
        case 202: 1
        case 300...302: status - 298
        case 400, 401: status - 395
        case 403, 404: status - 396
        case 407, 408: status - 398
        case 483: 11
        case 500: 12
        default: nil
        }
    }
}
