internal import Management
internal import ModuleKit

extension MicroHTTPD {
    /// The module's settings.
    public struct Parameters: Sendable {
        /// Address to listen on.
        public var listenAddress = ""
        /// Port to listen on, 0 for one that the system chooses.
        public var listenPort = 8280
        /// Who may connect, as a list of addresses and prefixes; empty for everyone.
        public var allowedIPs = ""
        /// The function of an embedded language that is called in place of the event route.
        public var eventCallback: String?
        /// Path of the certificate chain; empty for HTTP without TLS.
        public var certificate = ""
        /// Path of the private key.
        public var privateKey = ""
        /// `NAME:ROLE:HASH` each.
        public var users: [String] = []
        /// `NAME:ROLE:HASH` each.
        public var tokens: [String] = []
        /// `NAME: WORD, WORD ...` each.
        public var roles: [String] = []
        /// Whether there is a page at `/`.
        public var showsPage = true
        /// What credentials are for.
        public var realm = "Roost"
        /// Origins of pages that may call.
        public var origins: [String] = []
        /// Most requests a second of one address; 0 for any number.
        public var requestsPerSecond = 0
        /// Most requests of one address at once.
        public var requestBurst = 0
        /// Most connections.
        public var connectionsMax = 512
        /// Most connections of one address.
        public var connectionsPerAddressMax = 256
        /// Seconds without progress after which a connection is closed.
        public var idleSeconds = 30
        /// Seconds within which a request must have arrived.
        public var requestSeconds = 30
        /// Largest body of a request in bytes.
        public var bodyBytesMax = 1 << 20
        /// The defaults.
        public init() {}
    }

    /// Kamailio 6's parameters.
    static let stockParameters: [ParameterRow<Parameters>] = [
        ParameterRow(
            "listen_addr", \.listenAddress,
            "IPv4 or IPv6 address, or name, to listen on; empty for 127.0.0.1. An address beyond "
                + "loopback needs user, token or allowed_ips: without them it is loopback too"),
        ParameterRow(
            "listen_port", \.listenPort, 0...65535, "Port to listen on; 0 for any free one"),
        ParameterRow(
            "allowed_ips", \.allowedIPs,
            "Addresses and prefixes (10.0.0.0/8, 10.0.0.0/255.0.0.0, ::1) that may connect, "
                + "separated by commas; empty for all"),
        ParameterRow(
            "event_callback", \.eventCallback,
            "Function of an embedded language that is called for microhttpd:request in place of "
                + "the event route"),
    ]

    /// Ours: who may do what.
    static let accessParameters: [ParameterRow<Parameters>] = [
        ParameterRow(
            "tls_certificate", \.certificate,
            "PEM file with the certificate and those that lead to its root; HTTPS (TLS 1.2 and "
                + "1.3) alone is served with it"),
        ParameterRow(
            "tls_private_key", \.privateKey,
            "PEM file with the private key of tls_certificate, without a passphrase"),
        ParameterRow(
            "user", list: \.users,
            "NAME:ROLE:HASH of a user for HTTP Basic; HASH is made by roost hash-password. May be "
                + "repeated"),
        ParameterRow(
            "token", list: \.tokens,
            "NAME:ROLE:HASH of a bearer token, made by roost hash-password --token. May be repeated"
        ),
        ParameterRow(
            "role", list: \.roles,
            "NAME: WORDS of a role beside read and control: read, *, ul.*, ul.rm, !ul.flush; the "
                + "last word that fits a command decides. May be repeated"),
        ParameterRow(
            "page", \.showsPage, "Whether a page to watch and steer the server is served at /"),
        ParameterRow("realm", \.realm, "What browsers show when they ask for a password") { text in
            let isClean = text.utf8.allSatisfy {
                $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
            return isClean && !text.isEmpty ? nil : "is a line of ASCII without quotes"
        },
        ParameterRow(
            "cors_origin", list: \.origins,
            "Origin of pages that may call from a browser, such as https://noc.example.org. May be "
                + "repeated; without it only pages of this server may"
        ) { (text) throws(ArgumentError) in
            guard text.contains("://"), !text.hasSuffix("/"), text != "*" else {
                throw ArgumentError("expected scheme://host[:port]")
            }
        },
    ]

    /// Ours: how much of everything.
    static let limitParameters: [ParameterRow<Parameters>] = [
        ParameterRow(
            "requests_per_second", \.requestsPerSecond, 0...1_000_000,
            "Most requests a second of one client address, 429 beyond; 0 for any number"),
        ParameterRow(
            "request_burst", \.requestBurst, 0...1_000_000,
            "Most requests of one client address at once; at least requests_per_second"),
        ParameterRow("connections_max", \.connectionsMax, 1...16_384, "Most connections"),
        ParameterRow(
            "connections_per_address", \.connectionsPerAddressMax, 1...16_384,
            "Most connections of one client address"),
        ParameterRow(
            "idle_seconds", \.idleSeconds, 4...3_600,
            "Seconds without progress after which a connection is closed"),
        ParameterRow(
            "request_seconds", \.requestSeconds, 1...3_600,
            "Seconds within which a request must have arrived"),
        ParameterRow(
            "body_bytes_max", \.bodyBytesMax, 1_024...(64 << 20),
            "Largest body of a request in bytes, 413 beyond"),
    ]
}
