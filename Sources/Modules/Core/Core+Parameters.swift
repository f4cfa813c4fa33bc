internal import Basics
internal import ModuleKit

extension Core {
    /// The global parameters of a configuration file that have an effect.
    public struct Parameters: Sendable {
        /// Which messages are logged: those of this level and below (-5 alert to 3 debug).
        public var debug = 0
        /// Whether the log goes to standard error instead of syslog.
        public var logsToStandardError = false
        /// Syslog's facility, `LOG_DAEMON`.
        public var logFacility = "LOG_DAEMON"
        /// The name in syslog; empty for the program's.
        public var logName = ""
        /// Levels of single modules in place of `debug`, as `LogLevels` reads them.
        public var logLevels = ""
        /// The form of a line: `text` or `json`.
        public var logFormat = "text"
        /// The file that the log goes to; empty for none.
        public var logFile = ""
        /// UDP workers per socket; 0 for one per processor.
        public var children = 0
        /// Threads for TCP connections; 0 for as many as `children`.
        public var tcpChildren = 0
        /// The port of `listen` lines that have none.
        ///
        /// RFC 3261 19.1.2: the port of a SIP URI that names none.
        public var port = 5060
        /// The number of this server in rows that several servers share.
        public var serverID = 0
        /// Whether host names that lead to our addresses are aliases.
        public var autoAliases = true
        /// Whether TCP is off.
        public var disablesTCP = false
        /// Whether a message without Content-Length is accepted on TCP (against RFC 3261 20.14).
        public var tcpAcceptsNoContentLength = false
        /// Seconds after which a TCP connection without traffic is closed.
        ///
        /// Long enough for a phone that sends a keepalive every two minutes (RFC 5626 4.4.1).
        public var tcpConnectionLifetime = 120
        /// Most TCP connections.
        public var tcpMaxConnections = 2048
        /// Seconds that a TCP connection may take to open.
        public var tcpConnectTimeout = 10
        /// Seconds that sending on TCP may block.
        public var tcpSendTimeout = 10
        /// Seconds that the rest of a message may take once it has begun.
        public var tcpMessageReadTimeout = 20
        /// Most TCP connections of one address; 0 is no limit.
        ///
        /// One address may be a whole site behind NAT, so it is not a handful.
        public var tcpMaxConnectionsPerAddress = 1_024
        /// Whether CRLF keepalives are answered (RFC 5626 4.4.1).
        public var tcpCRLFPing = true
        /// The whole Server header field of replies.
        public var serverHeader = "Server: \(ProductVersion.banner)"
        /// The whole User-Agent header field of requests.
        public var userAgentHeader = "User-Agent: \(ProductVersion.banner)"
        /// Whether replies carry a Server header field.
        public var serverSignature = true
        /// Rounds after which a `while` ends; 0 for no limit.
        public var maxWhileLoops = 100
        /// Depth of nested blocks and route calls.
        public var maxRecursiveLevel = 256
        /// How conditions see the codes of functions: 0 as 1 or 0, 1 as they are.
        public var returnMode = 0
        /// What stands between the parts of a statistic's name.
        public var statisticsNameSeparator = "_"
        /// Where sockets and named pipes are made that are given without a path.
        ///
        /// Kamailio's, since its tools look for them there.
        public var runDirectory = "/run/kamailio"
        /// The directory that is changed to at the start; empty for none.
        public var workDirectory = ""
        /// The user that the server becomes; empty for none.
        public var user = ""
        /// The group that the server becomes; empty for none.
        public var group = ""
        /// Largest receive buffer of a UDP socket in bytes.
        ///
        /// Registrations come in storms, after a power cut for one; a larger buffer loses fewer of
        /// them.
        public var maxBuffer = 262_144
        /// The table that holds the versions of the others.
        public var versionTable = "version"
        /// Whether the return port is honoured without `rport` (RFC 3581) for every request.
        ///
        /// Off: a phone that asks for it sends `rport`, and others may have their port open
        /// elsewhere.
        public var forcesRport = false
        /// Seconds that a clean stop may take.
        public var exitTimeout = 60
        /// Name servers to ask in place of those of /etc/resolv.conf: addresses with or without a
        /// port, in a list with commas or blanks.
        public var nameServers = ""
        /// Whether IPv6 addresses are asked for where there are IPv4 ones too (RFC 7984).
        public var triesIPv6 = true
        /// Whether NAPTR records are asked for (RFC 3263 4.1).
        public var triesPointers = true
        /// Whether SRV records of one priority share the load by weight (RFC 2782).
        public var balancesServices = true
        /// Whether the server's own liking goes before the order of a domain's NAPTR records.
        ///
        /// Off: RFC 3403 4.1 forbids it.
        public var ignoresPointerOrder = false
        /// How well UDP is liked among transports that a domain offers.
        public var udpLiking = 30
        /// How well TCP is liked.
        public var tcpLiking = 20
        /// How well TLS is liked.
        public var tlsLiking = 10
        /// Whether the further places of a name are tried when the first fails (RFC 3263 4.3).
        public var followsFurtherPlaces = true
        /// Seconds that the first attempt to ask a name server waits; 0 for 1.5.
        public var nameServerSeconds = 0
        /// How often each name server is asked; 0 for 3 times.
        public var nameServerAttempts = 0
        /// Most name servers of /etc/resolv.conf that are asked; 0 for all.
        public var nameServersMax = 0
        /// Whether the domains of /etc/resolv.conf are tried behind a name.
        public var usesSearchList = true
        /// Whether answers of name servers are kept.
        public var keepsAnswers = true
        /// Which families of addresses are asked for: 1 IPv4 only, 2 IPv6 only, 4 IPv6 first.
        public var answerFlags = 0
        /// Seconds for which it is kept at most that a name has no records.
        public var negativeSecondsMax = 60
        /// Seconds for which records are kept at least.
        public var answerSecondsMin = 0
        /// Seconds for which records are kept at most.
        public var answerSecondsMax = Int(Int32.max)
        /// Whether destinations that have failed are left alone for a while.
        public var avoidsDestinations = false
        /// Seconds for which one is left alone.
        public var avoidedSeconds = 60
        /// Names of parameters that were given and have no effect.
        public var ignored: [String] = []

        /// The values without a configuration file.
        public init() {}
    }

    /// The settings without a configuration file.
    public static var defaults: Parameters { Parameters() }
}
