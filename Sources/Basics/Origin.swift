/// A transport protocol, with the number that Kamailio's tables and scripts use for it.
public enum TransportProtocol: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
    /// User datagrams.
    case udp = 1
    /// A plain stream.
    case tcp = 2
    /// A stream under TLS.
    case tls = 3
    /// SCTP, which is known by name only.
    case sctp = 4
    /// A WebSocket.
    case ws = 5
    /// A WebSocket under TLS.
    case wss = 6

    /// The name in lower case, as socket names and URI parameters have it.
    public var name: StaticString {
        switch self {
        case .udp: "udp"
        case .tcp: "tcp"
        case .tls: "tls"
        case .sctp: "sctp"
        case .ws: "ws"
        case .wss: "wss"
        }
    }

    /// The transport of a name in any case, nil for none of ours.
    public static func named(_ name: Span<UInt8>) -> TransportProtocol? {
        for known in allCases where name.matches(known.name) { return known }
        return nil
    }

    /// Whether messages travel on connections.
    public var isStream: Bool { self != .udp }
}

/// Which of the server's listening sockets: an index into `Services.sockets`.
public struct SocketIndex: Sendable, Hashable, BitwiseCopyable {
    /// The index.
    public var value: UInt16
    /// The socket at an index.
    public init(_ value: Int) {
        precondition(value >= 0 && value < Int(UInt16.max))
        self.value = UInt16(value)
    }
    /// No socket of ours.
    public static var none: SocketIndex { SocketIndex() }
    private init() { value = .max }
    /// Whether it names no socket.
    public var isNone: Bool { value == .max }
}

/// One address that the server listens on.
public struct ListeningSocket: Sendable, Hashable {
    /// Its transport.
    public var transport: TransportProtocol
    /// Address and port that it is bound to.
    public var address: PeerAddress
    /// `udp:127.0.0.1:5060`: the form of the column `socket` and of `$Ru`.
    public var name: String
    /// Host and port to show to others instead, when `listen` has `advertise`.
    public var advertised: String?

    /// A socket and its name.
    public init(transport: TransportProtocol, address: PeerAddress, advertised: String? = nil) {
        self.transport = transport
        self.address = address
        self.advertised = advertised
        name = "\(transport.name):\(address.text)"
    }
}

/// Where a message came from, on what, and how an answer gets back.
public struct Origin: Sendable, Hashable, BitwiseCopyable {
    /// Its transport.
    public var transport: TransportProtocol
    /// The socket of ours that received it.
    public var socket: SocketIndex
    /// The address that sent it.
    public var source: PeerAddress
    /// Number of the connection it came on, -1 without one.
    public var connection: Int64

    /// An origin; `connection` stays -1 for datagrams.
    public init(
        transport: TransportProtocol, socket: SocketIndex, source: PeerAddress,
        connection: Int64 = -1
    ) {
        assert(transport.isStream || connection == -1)
        self.transport = transport
        self.socket = socket
        self.source = source
        self.connection = connection
    }
}
