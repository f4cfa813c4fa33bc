public import Basics
internal import ModuleKit

/// How many messages came, went and were refused: the statistics of group `core`.
///
/// The server's workers count, one relaxed addition each; the names are those of Kamailio's module
/// `kex`. There is one set of counters for the whole server.
public struct MessageCounters: Sendable {
    /// The methods that are counted one by one.
    public enum Method: Int, Sendable, CaseIterable {
        /// Their names in statistics, in lower case.
        case invite, cancel, ack, bye, info, register, subscribe, notify, message, options, prack
        /// The rest of them.
        case update, refer, publish

        /// The name in `rcv_replies_2xx_NAME`; nil for methods whose replies are not told apart.
        ///
        /// Kamailio's statistics have these and no others; monitoring asks for each by name.
        var replyName: String? {
            switch self {
            case .register: "reg"
            case .invite, .cancel, .bye, .message, .prack, .refer, .update: "\(self)"
            case .ack, .info, .subscribe, .notify, .options, .publish: nil
            }
        }
    }

    /// Requests received.
    public let requests = Counter()
    /// Replies received.
    public let replies = Counter()
    /// Requests forwarded.
    public let forwardedRequests = Counter()
    /// Replies forwarded.
    public let forwardedReplies = Counter()
    /// Requests dropped by the script.
    public let droppedRequests = Counter()
    /// Replies dropped by the script.
    public let droppedReplies = Counter()
    /// Requests that could not be handled.
    public let faultyRequests = Counter()
    /// Replies that could not be handled.
    public let faultyReplies = Counter()
    /// Messages with a URI that cannot be read.
    public let badURIs = Counter()
    /// Requests with a method that this server does not know.
    public let unknownMethods = Counter()
    /// Messages with a header field that cannot be read.
    public let badHeaders = Counter()
    /// Requests by `Method.rawValue`.
    private let byMethod: [Counter]
    /// Replies 180 to 189, of which 180 itself is the usual one.
    private let provisional180 = Counter()
    /// Replies by class; 1xx is at 0.
    private let byClass: [Counter]
    /// Replies by the statuses of `countedStatuses`.
    private let byStatus: [Counter]
    /// Replies by class, then by method: one flat array, so that counting is one addition.
    private let byClassAndMethod: [Counter]

    /// The replies that are counted by their exact status.
    private static let countedStatuses = [401, 404, 407, 480, 486]

    /// Counters at zero.
    public init() {
        let methods = Method.allCases.count
        byMethod = (0..<methods).map { _ in Counter() }
        byClass = (0..<6).map { _ in Counter() }
        byStatus = Self.countedStatuses.map { _ in Counter() }
        byClassAndMethod = (0..<(6 * methods)).map { _ in Counter() }
    }

    /// Counts a request that came in; nil for a method that is not told apart.
    public func countRequest(_ method: Method?) {
        requests.add()
        if let method { byMethod[method.rawValue].add() }
    }

    /// Counts a reply that came in, with the method of its CSeq.
    public func countReply(status: Int, method: Method?) {
        replies.add()
        // What is no status at all (RFC 3261 7.2) is a reply still, and in no class.
        guard status >= 100, status <= 699 else { return }
        let group = status / 100 - 1
        byClass[group].add()
        // Beside its class, not instead of it.
        if status / 10 == 18 { provisional180.add() }
        if let place = Self.countedStatuses.firstIndex(of: status) { byStatus[place].add() }
        if let method { byClassAndMethod[group * Method.allCases.count + method.rawValue].add() }
    }

    /// The counter of requests of a method.
    func requests(_ method: Method) -> Counter { byMethod[method.rawValue] }

    /// The counter of replies of a class from 1 to 6.
    func replies(ofClass group: Int) -> Counter {
        precondition((1...6).contains(group), "classes are 1xx to 6xx")
        return byClass[group - 1]
    }

    /// One counter with the name that statistics give it.
    struct Entry: Sendable {
        /// Name in statistics.
        let name: String
        /// One sentence.
        let summary: String
        /// Where it is kept.
        let counter: @Sendable (MessageCounters) -> Counter
    }

    /// All counters; the statistics of group `core` are made from them.
    static let entries: [Entry] = plain + methods + replyGroups + replyMethods

    /// The counters that stand for themselves.
    private static let plain: [Entry] = [
        Entry(name: "rcv_requests", summary: "Requests received") { $0.requests },
        Entry(name: "rcv_replies", summary: "Replies received") { $0.replies },
        Entry(name: "fwd_requests", summary: "Requests forwarded") { $0.forwardedRequests },
        Entry(name: "fwd_replies", summary: "Replies forwarded") { $0.forwardedReplies },
        Entry(name: "drop_requests", summary: "Requests dropped") { $0.droppedRequests },
        Entry(name: "drop_replies", summary: "Replies dropped") { $0.droppedReplies },
        Entry(name: "err_requests", summary: "Faulty requests") { $0.faultyRequests },
        Entry(name: "err_replies", summary: "Faulty replies") { $0.faultyReplies },
        Entry(name: "bad_URIs_rcvd", summary: "Messages with a bad URI") { $0.badURIs },
        Entry(name: "unsupported_methods", summary: "Requests of unknown methods") {
            $0.unknownMethods
        },
        Entry(name: "bad_msg_hdr", summary: "Messages with a bad header field") { $0.badHeaders },
    ]

    /// Requests by method.
    private static let methods = Method.allCases.map { method in
        Entry(name: "rcv_requests_\(method)", summary: "\(method) requests received") {
            $0.byMethod[method.rawValue]
        }
    }

    /// Replies by class, and some of them by status.
    private static let replyGroups: [Entry] =
        (1...6).map { group in
            Entry(name: "rcv_replies_\(group)xx", summary: "\(group)xx replies received") {
                $0.byClass[group - 1]
            }
        }
        + countedStatuses.enumerated().map { place, status in
            Entry(name: "rcv_replies_\(status)", summary: "\(status) replies received") {
                $0.byStatus[place]
            }
        } + [
            Entry(name: "rcv_replies_18x", summary: "18x replies received") { $0.provisional180 }
        ]

    /// Replies by class and by the method of the request that they answer.
    private static let replyMethods: [Entry] = (1...6).flatMap { group in
        Method.allCases.compactMap { method in
            method.replyName.map { name in
                Entry(
                    name: "rcv_replies_\(group)xx_\(name)",
                    summary: "\(group)xx replies to \(method) requests received"
                ) { $0.byClassAndMethod[(group - 1) * Method.allCases.count + method.rawValue] }
            }
        }
    }

    /// The rows of the manifest.
    ///
    /// All of them are counters that kex can set back; none is computed.
    static var rows: [StatisticRow<Core>] {
        entries.map { entry in
            StatisticRow(entry.name, entry.summary) { entry.counter($0.counters) }
        }
    }
}
