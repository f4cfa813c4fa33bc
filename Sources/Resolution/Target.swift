public import Basics

/// The transports that RFC 3263 chooses between.
public enum TargetTransport: UInt8, Sendable, Hashable, CaseIterable {
    /// Datagrams.
    case udp
    /// A stream.
    case tcp
    /// A stream under TLS.
    case tls

    /// The port where nothing names one (RFC 3261 19.1.2).
    public var defaultPort: UInt16 { self == .tls ? 5061 : 5060 }

    /// What stands before the domain in the name of its SRV records (RFC 3263 4.1).
    public var servicePrefix: String {
        switch self {
        case .udp: "_sip._udp."
        case .tcp: "_sip._tcp."
        case .tls: "_sips._tcp."
        }
    }

    /// Its service field in a NAPTR record (RFC 3263 4.1, 8.1), in lower case.
    public var serviceField: String {
        switch self {
        case .udp: "sip+d2u"
        case .tcp: "sip+d2t"
        case .tls: "sips+d2t"
        }
    }

    /// Whether what is said on it is kept from others, as a `sips` URI demands (RFC 3261 26.2.2).
    public var isSecure: Bool { self == .tls }
}

/// What a SIP URI says about where to send: plain values, so that any parser can fill it in.
public struct Target: Sendable, Hashable {
    /// A host name, or an IPv4 or IPv6 address; the latter with or without brackets.
    public var host: String
    /// The port, when the URI has one; 0 counts as none.
    public var port: UInt16?
    /// The transport parameter, when the URI has one.
    public var transport: TargetTransport?
    /// Whether the scheme is `sips`.
    public var isSecure: Bool

    /// A target.
    public init(
        host: String, port: UInt16? = nil, transport: TargetTransport? = nil, isSecure: Bool = false
    ) {
        self.host = host
        self.port = port == 0 ? nil : port
        self.transport = transport
        self.isSecure = isSecure
    }
}

/// One place where a request may be sent, and how.
public struct Candidate: Sendable, Hashable {
    /// The transport.
    public var transport: TargetTransport
    /// Address and port.
    public var address: PeerAddress

    /// A place.
    public init(transport: TargetTransport, address: PeerAddress) {
        self.transport = transport
        self.address = address
    }
}

/// Why there is no place to send to.
public enum ResolutionError: Error, Sendable, Hashable {
    /// The host is neither a domain name nor an address.
    case badName
    /// Neither the server nor the scheme allows the transport or the family of the address.
    case unsupported
    /// The domain says that it does not offer the service (RFC 2782, target ".").
    case notOffered
    /// No records lead anywhere.
    case notFound
    /// The name servers gave no usable answer.
    case failed(Answer.Failure)
}
