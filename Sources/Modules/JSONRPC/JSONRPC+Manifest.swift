internal import JSONValue
public import ModuleKit

extension JSONRPC {
    /// The settings without `modparam`.
    public static var defaults: Parameters { Parameters() }

    /// The declaration.
    public static let manifest = Manifest<JSONRPC>(
        "jsonrpcs",
        "JSON-RPC 2.0 for the commands of all modules: HTTP, named pipes, datagrams, TCP, scripts",
        parameters: general + pipe + datagram, functions: functions, variables: variables,
        methods: [
            MethodRow(
                "jsonrpc.echo",
                [
                    RPCParameter(
                        "values", .value, isOptional: true, isRest: true, "What to echo")
                ],
                result: .array(.oneOf([.string, .number])),
                "Answers with its parameters",
                example: RPCExample(["hello", 5], ["hello", 5])
            ) { (_, call) in .value(call.values.first.flatMap { $0 } ?? []) }
        ])

    private static let general: [ParameterRow<Parameters>] = [
        ParameterRow(
            "transport", \.transport, 0...15,
            "Bits of transports: 1 HTTP (by microhttpd), 2 FIFO, 4 datagram, 8 TCP; 0 all"),
        ParameterRow("pretty_format", \.prettyFormat, "Whether answers stand on several lines"),
        ParameterRow(
            "tcp_socket", \.tcpSocket,
            "Address for plain TCP, tcp:HOST:PORT: one request a connection"),
        ParameterRow(
            refused: "store_path", because: "the server writes no files for its callers"),
    ]

    private static let pipe: [ParameterRow<Parameters>] = [
        ParameterRow(
            "fifo_name", \.pipeName,
            "Named pipe for requests, kamailio_rpc.fifo without one; relative to the run directory"
        ),
        ParameterRow("fifo_mode", \.pipeMode, 0...0o777, "Its permission bits"),
        ParameterRow("fifo_user", \.pipeUser, "Who owns it, by name or number"),
        ParameterRow("fifo_group", \.pipeGroup, "Its group, by name or number"),
        ParameterRow(
            "fifo_reply_dir", \.replyFolder,
            "Folder of the named pipes that answers go to; a request names one by reply_name"),
    ]

    private static let datagram: [ParameterRow<Parameters>] = [
        ParameterRow(
            "dgram_socket", \.datagramSocket,
            "Unix datagram socket, kamailio_rpc.sock without one, relative to the run directory; "
                + "or udp:HOST:PORT"),
        ParameterRow(
            "dgram_workers", \.datagramWorkers, 1...64, "Threads that answer datagrams"),
        ParameterRow(
            "dgram_timeout", \.datagramTimeout, 0...3_600_000,
            "Milliseconds after which an answer that nobody takes is dropped"),
        ParameterRow("dgram_mode", \.datagramMode, 0...0o777, "Permission bits of its file"),
        ParameterRow("dgram_user", \.datagramUser, "Who owns it, by name or number"),
        ParameterRow("dgram_group", \.datagramGroup, "Its group, by name or number"),
        ParameterRow(
            "dgram_workdir", \.datagramFolder,
            "Folder that a relative dgram_socket starts at in place of the run directory"),
    ]
}
