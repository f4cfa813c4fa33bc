internal import Basics
internal import JSONValue
internal import ModuleKit

/// Commands about TCP connections, and about raw sockets, of which there are none.
extension Core {
    private static func numbers(_ members: [(String, Int)]) -> JSONValue {
        .object(members.map { .init($0.0, .integer(Int64($0.1))) })
    }

    private static func schema(_ members: [(String, Int)]) -> Schema {
        .object(members.map { .init($0.0, .integer) }, others: nil)
    }

    /// The rows about connections.
    static let streams: [MethodRow<Core>] = [
        MethodRow(
            "core.tcp_info", result: schema(information(Parameters(), [], readers: 0)),
            "Counts TCP connections: threads that read, bounds, connections now, bytes that peers "
                + "have not taken; those of TLS are 0, for there is none",
            example: RPCExample([], numbers(information(Parameters(), [], readers: 1)))
        ) { (core, _) throws(RPCError) in
            let settings = try core.streamSettings()
            let readers = core.threadRows.count { $0.description.hasPrefix("tcp") }
            return .value(
                numbers(information(settings, core.services.network.streams, readers: readers)))
        },
        MethodRow(
            "core.tcp_options", result: schema(options(Parameters())), isBrief: true,
            "Shows how TCP connections are treated; what the operating system decides, and what "
                + "does not exist here, is 0",
            example: RPCExample([], numbers(options(Parameters())))
        ) { (core, _) throws(RPCError) in .value(numbers(options(try core.streamSettings()))) },
        MethodRow(
            "core.tcp_list",
            result: .array(
                .object(
                    [
                        .init("id", .integer), .init("type", .string), .init("state", .string),
                        .init("timeout", .integer), .init("lifetime", .integer),
                        .init("ref_count", .integer), .init("src_ip", .string),
                        .init("src_port", .integer), .init("dst_ip", .string),
                        .init("dst_port", .integer),
                    ], others: nil)),
            "Lists TCP connections: number, state, seconds until each is closed unless something "
                + "comes, the other end (src) and this one (dst); ref_count is 1, for nobody else "
                + "holds one",
            example: RPCExample(
                [],
                [
                    [
                        "id": 3, "type": "TCP", "state": "CONN_OK", "timeout": 117,
                        "lifetime": 120, "ref_count": 1, "src_ip": "127.0.0.1",
                        "src_port": 50_480, "dst_ip": "127.0.0.1", "dst_port": 5_060,
                    ]
                ])
        ) { (core, _) throws(RPCError) in
            let lifetime = try core.streamSettings().tcpConnectionLifetime
            return .value(
                .array(core.services.network.streams.map { describe($0, lifetime: lifetime) }))
        },
        MethodRow(
            "core.udp4_raw_info",
            result: schema([("udp4_raw", 0), ("udp4_raw_mtu", 0), ("udp4_raw_ttl", 0)]),
            isBrief: true, "Shows that datagrams do not leave by raw sockets: 0, and the defaults",
            example: RPCExample([], ["udp4_raw": 0, "udp4_raw_mtu": 1_500, "udp4_raw_ttl": 64])
        ) { (_, _) in .value(["udp4_raw": 0, "udp4_raw_mtu": 1_500, "udp4_raw_ttl": 64]) },
    ]

    /// The settings as of now; an error without TCP, with the words that callers know.
    private func streamSettings() throws(RPCError) -> Parameters {
        let settings = services.settings.current(settings)
        guard !settings.disablesTCP else { throw RPCError(500, "tcp support disabled") }
        return settings
    }

    private static func information(
        _ settings: Parameters, _ streams: [StreamReading], readers: Int
    ) -> [(String, Int)] {
        [
            ("readers", readers), ("max_connections", settings.tcpMaxConnections),
            ("max_tls_connections", 0), ("opened_connections", streams.count),
            ("opened_tls_connections", 0),
            ("write_queued_bytes", streams.reduce(0) { $0 + $1.queuedBytes }),
        ]
    }

    private static func options(_ settings: Parameters) -> [(String, Int)] {
        [
            ("connect_timeout", settings.tcpConnectTimeout),
            ("send_timeout", settings.tcpSendTimeout),
            ("connection_lifetime", settings.tcpConnectionLifetime),
            ("max_connections(soft)", settings.tcpMaxConnections),
            ("max_tls_connections(soft)", 0), ("no_connect", 0), ("fd_cache", 0),
            // Sending never waits: what a peer does not take is queued, up to these bounds.
            ("async", 1), ("connect_wait", 1), ("conn_wq_max", Limits.streamQueueBytesMax),
            ("wq_max", Limits.streamQueueBytesMax * max(1, settings.tcpMaxConnections)),
            ("defer_accept", 0), ("delayed_ack", 0), ("syncnt", 0), ("linger2", 0),
            ("keepalive", 0), ("keepidle", 0), ("keepintvl", 0), ("keepcnt", 0),
            ("crlf_ping", settings.tcpCRLFPing ? 1 : 0), ("accept_aliases", 0),
            ("alias_flags", 0), ("new_conn_alias_flags", 0),
        ]
    }

    private static func describe(_ stream: StreamReading, lifetime: Int) -> JSONValue {
        let state: String =
            switch stream.state {
            case .opening: "CONN_CONNECT"
            case .open: "CONN_OK"
            case .closing: "CONN_EOF"
            }
        return [
            "id": .integer(stream.number),
            "type": .string("\(stream.transport.name)".uppercased()), "state": .string(state),
            "timeout": .integer(Int64(stream.secondsLeft)), "lifetime": .integer(Int64(lifetime)),
            "ref_count": 1, "src_ip": .string(stream.remote.hostText),
            "src_port": .integer(Int64(stream.remote.port)),
            "dst_ip": .string(stream.local?.hostText ?? ""),
            "dst_port": .integer(Int64(stream.local?.port ?? 0)),
        ]
    }

    // MARK: Threads

    /// One thread in the place of a process.
    struct ThreadRow: Sendable {
        /// Its place in the list.
        var index: Int
        /// Its number in the system.
        var id: Int
        /// 0 for the first, 1 and more for those that work on messages, -1 for all others.
        var rank: Int
        /// What it does.
        var description: String
    }

    /// The threads with the ranks that processes have elsewhere.
    var threadRows: [ThreadRow] {
        var last = 0
        return services.threads.enumerated().map { index, thread in
            var rank = index == 0 ? 0 : -1
            if thread.description.hasPrefix("udp") || thread.description.hasPrefix("tcp") {
                last += 1
                rank = last
            }
            return ThreadRow(
                index: index, id: thread.id, rank: rank, description: thread.description)
        }
    }

    /// The row that lists them with all that is known.
    static let allAttributes = MethodRow<Core>(
        "core.psa",
        result: .array(
            .object(
                ["index", "pid", "status", "rank"].map { .init($0, .integer) }
                    + [.init("description", .string)], others: nil)),
        "Lists the threads with status (1: runs) and rank: 0 the first, 1 and more those that work "
            + "on messages, -1 others",
        example: RPCExample(
            [],
            [["index": 0, "pid": 14_549, "status": 1, "rank": 0, "description": "main"]])
    ) { (core, _) in
        .value(
            .array(
                core.threadRows.map { row in
                    [
                        "index": .integer(Int64(row.index)), "pid": .integer(Int64(row.id)),
                        "status": 1, "rank": .integer(Int64(row.rank)),
                        "description": .string(row.description),
                    ]
                }))
    }
}
