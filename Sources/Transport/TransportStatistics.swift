public import Basics

/// What the transport counts; any thread may read it at any time.
public final class TransportStatistics: Sendable {
    /// Datagrams that were handed to a handler.
    public let datagramsReceived = Counter()
    /// Datagrams that the kernel has taken.
    public let datagramsSent = Counter()
    /// System calls that brought datagrams: each is a batch.
    public let receiveCalls = Counter()
    /// System calls that sent datagrams.
    public let sendCalls = Counter()
    /// Datagrams dropped because they are longer than allowed.
    public let datagramsTruncated = Counter()
    /// Datagrams dropped because they are too short for a message: keep-alives of NATs.
    public let probesReceived = Counter()
    /// Receive calls that failed.
    public let receiveErrors = Counter()
    /// Messages of any transport that could not be sent.
    public let sendErrors = Counter()

    /// Messages that came on streams.
    public let streamMessagesReceived = Counter()
    /// Messages that were written to streams.
    public let streamMessagesSent = Counter()
    /// Pings on streams that were answered (RFC 5626 4.4.1).
    public let pingsAnswered = Counter()
    /// Connections that are open now.
    public let connectionsOpen = Counter()
    /// Connections that peers have opened.
    public let connectionsAccepted = Counter()
    /// Connections that the server has opened.
    public let connectionsMade = Counter()
    /// Connections that the server could not open.
    public let connectionsFailed = Counter()
    /// Connections closed at once because there were too many.
    public let connectionsRefused = Counter()
    /// Connections closed because nothing came, or the rest of a message did not.
    public let connectionsTimedOut = Counter()
    /// Connections closed because the peer did not read what was written to it.
    public let connectionsSlow = Counter()
    /// Connections closed because what came on them is no SIP.
    public let connectionsMalformed = Counter()

    /// All of them at 0.
    public init() {}
}
