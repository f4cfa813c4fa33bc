internal import Basics
internal import JSONValue
internal import Logging
internal import ModuleKit

/// Commands that write figures about memory into the log.
extension Corex {
    /// The rows of these commands; there is one heap, so all of them write the same line.
    static let summaries: [MethodRow<Corex>] = [
        MethodRow(
            "corex.pkg_summary",
            [
                RPCParameter(
                    "selector", .string,
                    "idx, pid or rank of a process elsewhere; one heap serves all threads here"),
                RPCParameter("value", .integer, "Its number"),
            ],
            result: .nothing, missingParameterCode: 400,
            "Writes the process's memory into the log, at level notice",
            example: RPCExample(["idx", 0], [:])
        ) { (module, call) throws(RPCError) in
            guard ["idx", "pid", "rank"].contains(call.string(0)?.lowercased() ?? "") else {
                throw RPCError(500, "Unsupported selector type")
            }
            return module.logMemory()
        },
        MethodRow(
            "corex.shm_summary", result: .nothing,
            "Writes the process's memory into the log, at level notice",
            example: RPCExample([], [:])
        ) { (module, _) in module.logMemory() },
        MethodRow(
            "corex.shm_status", result: .nothing,
            "Writes the process's memory into the log, at level notice",
            example: RPCExample([], [:])
        ) { (module, _) in module.logMemory() },
    ]

    private func logMemory() -> RPCOutcome {
        let reading = MemoryReading.now()
        services.logger.notice(
            """
            memory: \(reading.used) bytes in use of a heap of \(reading.heap), \
            \(reading.resident) resident, \(reading.residentMost) at most, \
            \(reading.freePieces) free pieces, \(reading.total) available
            """)
        return .done
    }
}
