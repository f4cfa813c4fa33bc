public import ModuleKit

extension PathModule {
    /// What the module declares.
    public static var manifest: Manifest<PathModule> {
        Manifest(
            "path", "The Path header field of an edge proxy (RFC 3327).",
            parameters: parameterRows,
            functions: [
                FunctionRow(
                    "add_path", Argument<ScriptText>.string("user").optional,
                    Argument<ScriptText>.string("params").optional, routes: .request,
                    returns: "1 added, -1 not", "Adds this server to the Path of the request."
                ) { (module, context, user: ScriptText?, parameters: ScriptText?) in
                    module.addPath(context, user: user, parameters: parameters, received: false)
                },
                FunctionRow(
                    "add_path_received", Argument<ScriptText>.string("user").optional,
                    Argument<ScriptText>.string("params").optional, routes: .request,
                    returns: "1 added, -1 not",
                    "Adds this server to the Path, with the address that the request came from."
                ) { (module, context, user: ScriptText?, parameters: ScriptText?) in
                    module.addPath(context, user: user, parameters: parameters, received: true)
                },
            ])
    }

    /// Names, ranges and defaults of the parameters.
    private static var parameterRows: [ParameterRow<PathParameters>] {
        [
            ParameterRow(
                "use_received", \.usesReceived,
                "Whether a request that followed a Path is sent to where its client was seen."),
            ParameterRow(
                "received_format", cases: \.receivedFormat,
                "How that is written: 0 as an escaped URI, 1 as address~port~transport."),
            ParameterRow(
                "received_name", \.receivedName, "The name of the parameter that says it."),
            ParameterRow(
                "enable_r2", \.usesTwo,
                "Whether a request that leaves by another transport gets a Path for each."),
            ParameterRow(
                "sockname_mode", \.namesSockets, 0...0,
                "Only 0: Path shows the addresses of sockets, which have no names here."),
        ]
    }
}
