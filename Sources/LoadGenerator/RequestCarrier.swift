/// What carries requests to the server and replies back, over several *lanes* (sockets).
///
/// The run loop is generic over it, so that UDP and TCP share everything but the sockets.
protocol RequestCarrier: ~Copyable {
    /// Number of lanes.
    var lanes: Int { get }
    /// Whether a request may get lost and must be sent again (RFC 3261 17.1.2.2).
    var isReliable: Bool { get }
    /// How often the server's host has said that nobody listens.
    var refusals: Int { get }

    /// Writes a request for `lane`; it may leave at once or with `flush`. Another lane may be used
    /// only after a flush.
    mutating func stage(_ request: RequestTemplate.Request, lane: Int) throws(LoadError)
    /// Sends what is staged for `lane`.
    mutating func flush(lane: Int) throws(LoadError)
    /// Waits until a lane has something to read or `milliseconds` have passed.
    mutating func wait(milliseconds: Int32) throws(LoadError)
    /// Whether the last wait found something to read on `lane`.
    func isReady(lane: Int) -> Bool
    /// Whether `lane` can still be used.
    func isOpen(lane: Int) -> Bool
    /// Reads what is there on `lane`, at most one batch, and appends the replies found.
    mutating func receive(
        lane: Int, reader: ReplyReader, into replies: inout [ReplyReader.Reply]
    ) throws(LoadError)
}
