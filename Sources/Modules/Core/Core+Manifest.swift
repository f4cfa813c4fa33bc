internal import Basics
public import ModuleKit

extension Core {
    /// The declaration.
    public static let manifest = Manifest<Core>(
        "core", "Global parameters, commands about the server, counters of messages",
        // The order is that of the reference page; it has no other meaning.
        parameters: logging + workers + tcp + names + answers + avoidance + identity + limits
            + ignoredRows,
        methods: information + processes + echoes + network + configuration + discovery
            + nameRecords + avoidedDestinations + records + memoryFigures + streams + [
                allAttributes
            ],
        statistics: MessageCounters.rows)

    /// What is logged, and where to.
    private static let logging: [ParameterRow<Parameters>] = [
        ParameterRow(
            // The one that changes at run time: others are read when sockets and workers are made.
            "debug", \.debug, -5...9,
            "Log level: -5 alert, -4 bug, -2 critical, -1 error, 0 warning, 1 notice, 2 info, "
                + "3 debug",
            runtime: .changeable),
        ParameterRow(
            "log_stderror", \.logsToStandardError,
            "Whether the log goes to standard error instead of syslog"),
        ParameterRow("log_facility", \.logFacility, "Syslog's facility, such as LOG_LOCAL0"),
        ParameterRow("log_name", \.logName, "The server's name in syslog"),
        // The next three are this server's own.
        ParameterRow(
            "log_levels", \.logLevels,
            "Levels of single modules in place of debug: usrloc=3,tm=0",
            runtime: .changeable, fault: LogLevels.fault),
        ParameterRow(
            "log_format", \.logFormat, "text, or json for one JSON object a line",
            fault: { ["text", "json"].contains($0) ? nil : "is text or json" }),
        ParameterRow(
            "log_file", \.logFile,
            "File that the log goes to instead of syslog; SIGHUP opens it again"),
    ]

    /// Workers, and what the process is to the system.
    private static let workers: [ParameterRow<Parameters>] = [
        ParameterRow(
            // 1024 threads a socket are more than any machine serves well; more is a typing error.
            "children", \.children, 0...1024, "UDP workers per socket; 0 for one per processor"),
        // Not 0: a registrar on a port that the system chooses is found by no phone.
        ParameterRow("port", \.port, 1...65535, "Port of listen lines that have none"),
        ParameterRow(
            // The kernel may grant less (net.core.rmem_max); it is asked for no more than this.
            "maxbuffer", \.maxBuffer, 1_024...1_073_741_824,
            "Largest receive buffer of a UDP socket in bytes"),
        ParameterRow("user", \.user, "User that the server becomes"),
        // Other names are rows of their own for the same field, so that errors use the name that
        // the file has.
        ParameterRow("uid", \.user, "Another name of user"),
        ParameterRow("group", \.group, "Group that the server becomes"),
        ParameterRow("gid", \.group, "Another name of group"),
        ParameterRow("workdir", \.workDirectory, "Directory to change to at the start"),
        ParameterRow("wdir", \.workDirectory, "Another name of workdir"),
        ParameterRow("rundir", \.runDirectory, "Directory for sockets and the like"),
        ParameterRow("run_dir", \.runDirectory, "Another name of rundir"),
        ParameterRow(
            "exit_timeout", \.exitTimeout, 0...3_600, "Seconds that a clean stop may take"),
    ]

    /// Connections.
    private static let tcp: [ParameterRow<Parameters>] = [
        ParameterRow("disable_tcp", \.disablesTCP, "Whether TCP is off"),
        ParameterRow(
            "tcp_children", \.tcpChildren, 0...1024,
            "Threads for TCP connections; 0 for as many as children"),
        ParameterRow(
            "tcp_accept_no_cl", \.tcpAcceptsNoContentLength,
            "Whether messages without Content-Length are accepted on TCP"),
        ParameterRow(
            // Up to a week. Keepalives of RFC 5626 4.4.1 come every two minutes at the latest, so a
            // shorter time than that cuts off phones behind NAT.
            "tcp_connection_lifetime", \.tcpConnectionLifetime, 0...604_800,
            "Seconds after which a connection without traffic is closed"),
        ParameterRow(
            "tcp_max_connections", \.tcpMaxConnections, 0...1_000_000, "Most TCP connections"),
        ParameterRow(
            "tcp_connect_timeout", \.tcpConnectTimeout, 0...3_600,
            "Seconds that a connection may take to open"),
        ParameterRow(
            "tcp_send_timeout", \.tcpSendTimeout, 0...3_600,
            "Seconds that sending may wait for a slow receiver"),
        ParameterRow(
            // Not 0: who sends half a message and waits would hold a connection for ever.
            "tcp_msg_read_timeout", \.tcpMessageReadTimeout, 1...3_600,
            "Seconds that the rest of a message may take"),
        ParameterRow(
            "tcp_accept_iplimit", \.tcpMaxConnectionsPerAddress, 0...1_000_000,
            "Most TCP connections of one address; 0 is no limit"),
        ParameterRow("tcp_crlf_ping", \.tcpCRLFPing, "Whether CRLF keepalives are answered"),
    ]

    /// How the server names itself, to others and in tables.
    private static let identity: [ParameterRow<Parameters>] = [
        ParameterRow(
            // 31 bits: it is stored in signed columns of tables that servers share.
            "server_id", \.serverID, 0...Int(Int32.max), "Number of this server in shared tables"),
        ParameterRow(
            "auto_aliases", \.autoAliases,
            "Whether host names that lead to our addresses are aliases"),
        ParameterRow("server_header", \.serverHeader, "The whole Server header field"),
        ParameterRow("user_agent_header", \.userAgentHeader, "The whole User-Agent header field"),
        ParameterRow(
            "server_signature", \.serverSignature, "Whether replies carry a Server header field"),
        ParameterRow(
            "stats_name_separator", \.statisticsNameSeparator,
            "What stands between the parts of a statistic's name"),
        ParameterRow("version_table", \.versionTable, "Table that holds the others' versions"),
    ]

    /// Bounds of the script, and what it does by default.
    private static let limits: [ParameterRow<Parameters>] = [
        ParameterRow(
            "max_while_loops", \.maxWhileLoops, 0...Int(Int32.max),
            "Rounds after which a while loop ends; 0 for no limit"),
        ParameterRow(
            // A route that calls itself must end before the stack of the worker does.
            "max_recursive_level", \.maxRecursiveLevel, 1...Limits.routeDepthMax,
            "Depth of nested blocks and route calls"),
        ParameterRow(
            "return_mode", \.returnMode, 0...1,
            "1: conditions see the codes of functions themselves, and every code but 0 holds"),
        ParameterRow(
            "force_rport", \.forcesRport, "Whether replies go to the source port without rport"),
    ]

    /// What files may hold without an effect.
    ///
    /// Each is checked against its kind, so that a typing error in a value is still found.
    private static let ignoredRows = ignored.map { entry in
        ParameterRow<Parameters>(
            ignored: entry.name, entry.kind, \.ignored, because: entry.reason)
    }
}
