/// What the engine has done, for statistics.
public struct PUAFigures: Sendable, Hashable {
    /// PUBLISH requests sent.
    public var publishSent = 0
    /// SUBSCRIBE requests sent.
    public var subscribeSent = 0
    /// Requests of those that refreshed a record because its end was near.
    public var refreshes = 0
    /// Requests that were answered with 2xx.
    public var accepted = 0
    /// Requests that were answered with anything else.
    public var refused = 0
    /// Requests that nobody answered.
    public var unanswered = 0
    /// Requests that could not be sent.
    public var unsendable = 0
    /// 412 answers: the entity tag was not known (any more).
    public var conditionFailed = 0
    /// Wishes that a newer one took the place of before they were sent.
    public var coalesced = 0
    /// Attempts that were put off after a failure.
    public var retries = 0
    /// Wishes that were given up.
    public var abandoned = 0
    /// No figures yet.
    public init() {}
}
