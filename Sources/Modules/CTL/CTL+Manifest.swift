internal import JSONValue
internal import Management
public import ModuleKit

extension CTL {
    /// The settings without `modparam`.
    public static var defaults: Parameters { Parameters() }

    /// The declaration.
    public static let manifest = Manifest<CTL>(
        "ctl", "BINRPC for kamcmd over Unix sockets, UDP and TCP, and text over named pipes",
        parameters: parameters, methods: methods)

    private static let parameters: [ParameterRow<Parameters>] = [
        ParameterRow(
            "binrpc", list: \.addresses,
            "Address to listen on: unixs:PATH, unixd:PATH, udp:HOST:PORT or tcp:HOST:PORT "
                + "(port 2049 without one); several may be given",
            check: { (text) throws(ArgumentError) in
                do throws(ChannelAddress.Fault) { _ = try ChannelAddress(text) } catch {
                    throw ArgumentError(error.message)
                }
            }),
        ParameterRow(
            "fifo", list: \.pipes,
            "Path of a named pipe for the old text protocol; several may be given",
            check: { (text) throws(ArgumentError) in
                if text.isEmpty { throw ArgumentError("is empty") }
            }),
        ParameterRow(
            "mode", \.mode, 0...0o777, "Permission bits of Unix sockets and named pipes"),
        ParameterRow("user", \.user, "Who owns them, by name or number"),
        ParameterRow("group", \.group, "Their group, by name or number"),
        ParameterRow(
            "binrpc_max_body_size", \.bodyKiBMax, 0...262_144,
            "Most KiB of a reply; more is cut into pages (ctl.more); 0 for what the client takes"),
        ParameterRow(
            "binrpc_struct_max_body_size", \.elementKiBMax, 0...262_144,
            "Most KiB of one element of a list, such as an AoR; a larger one is replaced by a line "
                + "that says so; 0 for as much as a reply holds"),
        ParameterRow(
            "binrpc_buffer_size", \.stringBytesMax, 0...Int(Int32.max),
            "Most bytes of a string in a reply, which is cut there; 0 for any number"),
        ParameterRow(
            "autoconversion", only: 1,
            because: "numbers and strings that hold numbers always pass for each other"),
    ]

    private static let methods: [MethodRow<CTL>] = [
        MethodRow(
            "ctl.listen", result: .array(.string),
            "What is listened on: protocol, transport, address and port of each, in a row",
            example: RPCExample([], ["binrpc", "unix_stream", "/run/kamailio/kamailio_ctl", ""])
        ) { (module, _) in
            .value(.array(module.listening.flatMap { $0.map { .string($0) } }))
        },
        MethodRow(
            "ctl.connections", result: .integer, "How many stream connections are open",
            example: RPCExample([], 1)
        ) { (module, _) in .value(.integer(Int64(module.peers.count))) },
        MethodRow(
            "ctl.who", result: .array(.string),
            "Who is connected: protocol, transport, address and port of both ends, in a row",
            example: RPCExample(
                [],
                [
                    "binrpc", "unix_stream", "<anonymous unix socket>", "",
                    "/run/kamailio/kamailio_ctl", "",
                ])
        ) { (module, _) in
            .value(
                .array(
                    module.peers.flatMap { peer in
                        [
                            "binrpc", peer.transport, peer.source, peer.sourcePort,
                            peer.destination, peer.destinationPort,
                        ].map { .string($0) }
                    }))
        },
        MethodRow(
            "ctl.more",
            [
                RPCParameter(
                    "word", .string, isOptional: true,
                    "The word at the end of the page before; left out for the page before on the "
                        + "same connection")
            ],
            result: .any,
            "The next page of a reply that was larger than kamcmd takes",
            example: RPCExample(["p1a2b3c4d"], [:])
        ) { (_, _) throws(RPCError) in
            throw RPCError(404, "only replies of BINRPC come in pages; other channels send it all")
        },
    ]
}
