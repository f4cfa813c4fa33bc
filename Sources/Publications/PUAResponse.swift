/// What came of one request on the wire, read from the response.
public struct PUAResponse: Sendable {
    /// How it ended.
    public enum Outcome: Sendable, Hashable {
        /// With a final response.
        case answered
        /// Without one.
        case timedOut
        /// It could not be sent.
        case undeliverable
        /// There was no room for another transaction.
        case noRoom
    }
    /// How it ended.
    public var outcome: Outcome
    /// The status; 408 or 503 without a response.
    public var status: Int
    /// The reason phrase.
    public var reason: [UInt8] = []
    /// SIP-ETag; empty without one.
    public var etag: [UInt8] = []
    /// Expires in seconds; nil without one.
    public var expiresSeconds: Int?
    /// Min-Expires in seconds; nil without one.
    public var minExpiresSeconds: Int?
    /// Retry-After in seconds; nil without one.
    public var retryAfterSeconds: Int?
    /// The tag of To; empty without one.
    public var toTag: [UInt8] = []
    /// The URI of the first Contact; empty without one that can be used.
    public var contact: [UInt8] = []
    /// Record-Route as the route set of our side: the last entry first (RFC 3261 12.1.2).
    public var routeSet: [UInt8] = []
    /// What was asked of us by 401 or 407.
    public var challenges: [PUAChallenge.Value] = []

    /// A response of a status.
    public init(_ outcome: Outcome, status: Int) {
        self.outcome = outcome
        self.status = status
    }

    /// Whether it was a success.
    var isSuccess: Bool { (200..<300).contains(status) }

    /// Whether the same request may succeed later: nobody answered, or somebody is overloaded or
    /// failed for a reason of his own (RFC 3261 21.5, RFC 3903 4.6).
    var isTransient: Bool {
        switch outcome {
        case .timedOut, .undeliverable, .noRoom: true
        case .answered: status == 408 || status == 480 || (500..<600).contains(status)
        }
    }

    /// The reply that those who asked get.
    func reply(isRetried: Bool = false, record: PUARecord? = nil) -> PUAReply {
        let end: PUAReply.Outcome =
            switch outcome {
            case .answered: .answered
            case .timedOut: .timedOut
            case .undeliverable: .undeliverable
            case .noRoom: .refused
            }
        return PUAReply(
            end, status: status, reason: reason, etag: etag.isEmpty ? nil : etag,
            expiresSeconds: expiresSeconds, isRetried: isRetried, record: record)
    }
}
