internal import Glibc
internal import JSONValue
internal import ModuleKit

/// Commands about threads, the command line and the end of the server.
extension Core {
    /// The rows of commands about threads, the command line and the end.
    static let processes: [MethodRow<Core>] = [
        MethodRow(
            "core.psx",
            result: .array(
                .object(
                    [.init("IDX", .integer), .init("PID", .integer), .init("DSC", .string)],
                    others: nil)),
            "Lists the threads: number, thread id, what it does",
            example: RPCExample([], [["IDX": 0, "PID": 14549, "DSC": "main"]])
        ) { (core, _) in
            .value(
                .array(
                    // Threads here are what processes are in Kamailio: the member is called PID all
                    // the same.
                    core.services.threads.enumerated().map { index, thread in
                        [
                            "IDX": .integer(Int64(index)), "PID": .integer(Int64(thread.id)),
                            "DSC": .string(thread.description),
                        ]
                    }))
        },
        MethodRow(
            // Numbers and texts in one flat array: Kamailio's form, which kamcmd prints line by
            // line.
            "core.ps", result: .array(.oneOf([.integer, .string])),
            "Lists the threads: thread id and what it does in turns",
            example: RPCExample([], [14549, "main"])
        ) { (core, _) in
            .value(
                .array(
                    core.services.threads.flatMap {
                        [JSONValue.integer(Int64($0.id)), .string($0.description)]
                    }))
        },
        MethodRow(
            "core.arg", result: .array(.string), "Shows the command line",
            example: RPCExample([], ["roost", "-f", "roost.cfg"])
        ) { (core, _) in .value(.array(core.services.commandLine.map { .string($0) })) },
        MethodRow(
            "core.pwd", result: .array(.string), "Shows the directory that the server works in",
            example: RPCExample([], ["/"])
        ) { (_, _) throws(RPCError) in
            // With nil the C library allocates as much as the path needs; it is freed below.
            guard let path = unsafe getcwd(nil, 0) else { throw RPCError(500, "getcwd Failed") }
            defer { unsafe free(path) }
            return .value([.string(unsafe String(cString: path))])
        },
        MethodRow(
            "core.kill",
            [RPCParameter("signal", .integer, isOptional: true, "15 (the default) or 2")],
            result: .nothing, isChange: true, "Stops the server cleanly",
            example: RPCExample([15], [:])
        ) { (core, call) throws(RPCError) in
            let signal = call.integer(0) ?? 15
            // 9 or 11 would lose unwritten bindings; a command is no way to crash the server.
            guard signal == 15 || signal == 2 else {
                throw RPCError(
                    RPCError.invalidParameters, "signal must be 15 or 2: both stop cleanly",
                    data: [
                        "parameter": "signal", "expected": "15 or 2",
                        "given": .integer(Int64(signal)),
                    ])
            }
            // Only asked for: the answer to this call is still to be sent.
            core.services.requestStop(status: 0)
            return .done
        },
    ]

    /// The rows of commands that answer with what they were given: for tests of a connection.
    static let echoes: [MethodRow<Core>] = [
        MethodRow(
            "core.echo",
            [RPCParameter("texts", .string, isOptional: true, isRest: true, "What to echo")],
            result: .array(.string), isBrief: true, "Answers with its parameters as strings",
            example: RPCExample(["a", 1], ["a", "1"])
        ) { (_, call) in .value(call.values.first.flatMap { $0 } ?? []) },
        MethodRow(
            // The dispatcher converts to the declared kind; that is what these commands show.
            "core.prints",
            [RPCParameter("texts", .string, isOptional: true, isRest: true, "What to print")],
            result: .array(.string), isBrief: true, "Answers with its parameters as strings",
            example: RPCExample(["a", "b"], ["a", "b"])
        ) { (_, call) in .value(call.values.first.flatMap { $0 } ?? []) },
        MethodRow(
            "core.printi",
            [RPCParameter("numbers", .integer, isOptional: true, isRest: true, "What to print")],
            result: .array(.integer), isBrief: true, "Answers with its parameters as integers",
            example: RPCExample([1, -2], [1, -2])
        ) { (_, call) in .value(call.values.first.flatMap { $0 } ?? []) },
    ]
}
