internal import JSONValue
public import ModuleKit

extension KEX {
    /// The parameter of all of them; without it they answer 400, as callers know it.
    private static let names = RPCParameter(
        "statistics", .string, isRest: true,
        "What to look at: \"all\", \"group:\" or a name, any number of them")

    /// The declaration.
    public static let manifest = Manifest<KEX>(
        "kex", "Flags, destinations, and the statistics of all modules",
        functions: flagFunctions + destinationFunctions,
        methods: [
            MethodRow(
                // Two separators for historical reasons: lines have a colon, the members of fetch a
                // dot.
                "stats.get_statistics", [names], result: .array(.string),
                missingParameterCode: 400, "Shows statistics as lines",
                example: RPCExample(["core:"], ["core:rcv_requests = 12"])
            ) { (module, call) in .value(module.lines(call)) },
            MethodRow(
                "stats.fetch", [names], result: .object([], others: .string),
                missingParameterCode: 400, "Shows statistics by name, the values as strings",
                example: RPCExample(["rcv_requests"], ["core.rcv_requests": "12"])
            ) { (module, call) in .value(module.values(call) { .string(String($0)) }) },
            MethodRow(
                "stats.fetchn", [names], result: .object([], others: .integer),
                missingParameterCode: 400, "Shows statistics by name, the values as numbers",
                example: RPCExample(["rcv_requests"], ["core.rcv_requests": 12])
            ) { (module, call) in .value(module.values(call) { .integer(Int64($0)) }) },
            MethodRow(
                "stats.reset_statistics", [names], result: .nothing, isChange: true,
                missingParameterCode: 400, "Sets statistics to zero",
                example: RPCExample(["rcv_requests"], [:])
            ) { (module, call) in
                module.reset(call)
                return .done
            },
            MethodRow(
                "stats.clear_statistics", [names], result: .array(.string), isChange: true,
                missingParameterCode: 400, "Sets statistics to zero and shows what they were",
                example: RPCExample(["rcv_requests"], ["core:rcv_requests = 0 (12)"])
            ) { (module, call) in .value(module.clear(call)) },
        ])
}
