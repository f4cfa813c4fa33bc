internal import JSONValue
public import ModuleKit

extension JSONRPC {
    /// The settings without `modparam`.
    public static var defaults: Parameters { Parameters() }

    /// Why parameters of the other transports have no effect.
    private static let notServed = "only HTTP is served"

    /// The declaration.
    public static let manifest = Manifest<JSONRPC>(
        "jsonrpcs", "JSON-RPC 2.0 for the commands of all modules",
        parameters: [
            ParameterRow(
                "transport", \.transport, 0...15,
                "Bits of transports: 1 HTTP (by microhttpd), 2 FIFO, 4 datagram, 8 TCP; 0 all"),
            ParameterRow(
                "pretty_format", \.prettyFormat, "Whether answers stand on several lines"),
            ParameterRow(ignored: "fifo_name", .string, \.ignored, because: notServed),
            ParameterRow(
                ignored: "fifo_mode", .integer(0...0o7777), \.ignored, because: notServed),
            ParameterRow(ignored: "fifo_user", .string, \.ignored, because: notServed),
            ParameterRow(ignored: "fifo_group", .string, \.ignored, because: notServed),
            ParameterRow(ignored: "fifo_reply_dir", .string, \.ignored, because: notServed),
            ParameterRow(ignored: "dgram_socket", .string, \.ignored, because: notServed),
            ParameterRow(
                ignored: "dgram_workers", .integer(0...1024), \.ignored, because: notServed),
            ParameterRow(
                ignored: "dgram_timeout", .integer(0...3_600_000), \.ignored, because: notServed),
            ParameterRow(
                ignored: "dgram_mode", .integer(0...0o7777), \.ignored, because: notServed),
            ParameterRow(ignored: "dgram_user", .string, \.ignored, because: notServed),
            ParameterRow(ignored: "dgram_group", .string, \.ignored, because: notServed),
            ParameterRow(ignored: "tcp_socket", .string, \.ignored, because: notServed),
        ],
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
}
