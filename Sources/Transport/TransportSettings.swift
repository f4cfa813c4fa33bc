internal import Basics

/// What can be set about the transport; the names in brackets are those of core parameters.
///
/// Numbers of threads and buffer sizes are read when the sockets are bound and the threads start,
/// all others each time they are needed, so that a change counts from then on.
public struct TransportSettings: Sendable, Hashable {
    /// Threads for each UDP socket (`children`), 1 to `Limits.workersMax`.
    public var udpWorkers = 1
    /// Event loops that serve all TCP connections (`tcp_children`), 1 to `Limits.workersMax`.
    public var tcpWorkers = 1
    /// Receive buffer to ask of the kernel for a UDP socket, in bytes (`maxbuffer`); the kernel
    /// caps it without a word.
    public var receiveBufferBytes = 4 << 20
    /// Longest datagram that is taken, in bytes; a longer one is dropped and counted.
    public var datagramBytesMax = Limits.messageBytesMax

    /// How long a connection may stay without a message (`tcp_connection_lifetime`).
    public var connectionLifetime = Duration.seconds(120)
    /// How long the rest of a message may take (`tcp_msg_read_timeout`).
    public var messageReadTimeout = Duration.seconds(20)
    /// How long a peer may leave what is written to it unread (`tcp_send_timeout`).
    public var sendTimeout = Duration.seconds(10)
    /// How long opening a connection may take (`tcp_connect_timeout`).
    public var connectTimeout = Duration.seconds(10)
    /// Most connections at once (`tcp_max_connections`).
    public var connectionsMax = 2_048
    /// Most connections of one address (`tcp_accept_iplimit`); 0 is no limit.
    public var connectionsPerAddressMax = 1_024
    /// Whether a double CRLF is answered by a CRLF (`tcp_crlf_ping`, RFC 5626 4.4.1).
    public var answersPing = true
    /// Whether a message without Content-Length has no body (`tcp_accept_no_cl`).
    public var acceptsMissingContentLength = false
    /// Most bytes that wait for one connection's peer to read them.
    public var streamQueueBytesMax = Limits.streamQueueBytesMax

    /// The defaults.
    public init() {}
}
