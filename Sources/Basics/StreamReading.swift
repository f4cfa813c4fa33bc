/// One stream connection as it was when it was looked at: what `core.tcp_list` shows.
public struct StreamReading: Sendable, Hashable {
    /// How far a connection has come.
    public enum State: Sendable, Hashable {
        /// The server is opening it.
        case opening
        /// Messages go both ways.
        case open
        /// It is closed once what is queued has been written.
        case closing
    }
    /// Its number, which no other connection of the process gets.
    public var number: Int64
    /// The transport.
    public var transport: TransportProtocol
    /// How far it has come.
    public var state: State
    /// Seconds until it is closed unless something comes or goes; 0 or more.
    public var secondsLeft: Int
    /// Our end; nil while it has none.
    public var local: PeerAddress?
    /// The other end.
    public var remote: PeerAddress
    /// Bytes that the peer has not taken yet.
    public var queuedBytes: Int

    /// A reading.
    public init(
        number: Int64, transport: TransportProtocol, state: State, secondsLeft: Int,
        local: PeerAddress?, remote: PeerAddress, queuedBytes: Int
    ) {
        self.number = number
        self.transport = transport
        self.state = state
        self.secondsLeft = secondsLeft
        self.local = local
        self.remote = remote
        self.queuedBytes = queuedBytes
    }
}
