internal import Basics
internal import JSONValue
internal import ModuleKit

/// Commands about memory, with the names and the fields of a server that has pools of its own.
///
/// Here one heap of the C library serves all threads and modules, as large as the system lets it
/// become. What a script watches is answered with what means the same: shared memory is the
/// process, "total" what it may come to, "used" what is asked for, "real_used" what is resident,
/// "free" what may still be taken. Private memory exists for no thread alone, so the first row has
/// all of it, and a sum over the rows or over the modules is the process's.
extension Core {
    /// An object of integers, all of them always there.
    private static func numbers(_ names: [String]) -> Schema {
        .object(names.map { .init($0, .integer) }, others: nil)
    }

    private static let pool = numbers([
        "total", "free", "used", "real_used", "max_used", "fragments",
    ])
    private static let poolExample: JSONValue = [
        "total": 16_777_216_000, "free": 16_748_000_000, "used": 9_100_000,
        "real_used": 29_216_000, "max_used": 31_000_000, "fragments": 41,
    ]
    private static let allocator = Schema.object(
        [.init("name", .string), .init("size", .integer)], others: nil)
    private static let allocatorExample: JSONValue = ["name": "malloc", "size": 16_777_216_000]

    /// The rows about memory.
    static let memoryFigures: [MethodRow<Core>] =
        [
            MethodRow(
                "core.shmmem",
                [
                    RPCParameter(
                        "unit", .string, isOptional: true,
                        "b for bytes, k, m or g; a b may follow: kb. Bytes without it")
                ],
                result: pool, isBrief: true,
                "Shows the memory of this process: what it may take, may still take, has asked "
                    + "for, has resident, had resident at most, and free pieces of the heap",
                example: RPCExample(["b"], poolExample)
            ) { (_, call) throws(RPCError) in .value(try shared(call.string(0) ?? "b")) },
            MethodRow(
                "shm.stats", result: pool, isBrief: true,
                "Shows the same in bytes", example: RPCExample([], poolExample)
            ) { (_, _) throws(RPCError) in .value(try shared("b")) },
            report,
        ] + ["shm.info", "pkg.info"].map(allocatorRow) + [privateRows]
        + ["mod.stats", "mod.mem_stats", "mod.mem_statsx"].map(moduleRow)

    private static func allocatorRow(_ name: String) -> MethodRow<Core> {
        MethodRow(
            name, result: allocator, isBrief: true,
            "Names the allocator, and the bytes that the process may take",
            example: RPCExample([], allocatorExample)
        ) { (_, _) in
            .value(["name": "malloc", "size": .integer(Int64(MemoryReading.now().total))])
        }
    }

    /// The figures of the process in a unit.
    private static func shared(_ unit: String) throws(RPCError) -> JSONValue {
        let shift: Int
        switch unit.lowercased() {
        case "b": shift = 0
        case "k", "kb": shift = 10
        case "m", "mb": shift = 20
        case "g", "gb": shift = 30
        default: throw RPCError(500, "bad param, (use b|k|m|g)")
        }
        let reading = MemoryReading.now()
        func scaled(_ bytes: Int) -> JSONValue { .integer(Int64(bytes >> shift)) }
        return [
            "total": scaled(reading.total), "free": scaled(reading.free),
            "used": scaled(reading.used), "real_used": scaled(reading.resident),
            "max_used": scaled(reading.residentMost),
            "fragments": .integer(Int64(reading.freePieces)),
        ]
    }

    // MARK: The report

    /// Numbers of the report, then its texts.
    private static let reported = (
        numbers: [
            "total_size", "free_size_s", "used_size_s", "real_used_s", "max_used_s", "free_frags",
            "used_frags", "total_frags",
        ], pieces: ["max_free_frag", "max_used_frag", "min_free_frag", "min_used_frag"]
    )

    private static let report = MethodRow<Core>(
        "shm.report",
        result: .object(
            reported.numbers.map { .init($0, .integer) }
                + reported.pieces.flatMap { name -> [Schema.Property] in
                    [
                        .init("\(name)_size", .integer), .init("\(name)_file", .string),
                        .init("\(name)_func", .string), .init("\(name)_mname", .string),
                        .init("\(name)_line", .integer),
                    ]
                }, others: nil),
        isBrief: true,
        "Shows the same in the words of an allocator's report; the C library knows free pieces "
            + "and the one at the end of the heap, and no places in a source: their members are "
            + "0 and empty",
        example: RPCExample([], describeReport(MemoryReading()))
    ) { (_, _) in .value(describeReport(MemoryReading.now())) }

    private static func describeReport(_ reading: MemoryReading) -> JSONValue {
        let pieces = Int64(reading.freePieces)
        let figures: [Int64] = [
            Int64(reading.total), Int64(reading.free), Int64(reading.used),
            Int64(reading.resident), Int64(reading.residentMost), pieces, 0, pieces,
        ]
        var members = zip(reported.numbers, figures).map {
            JSONValue.Member($0, .integer($1))
        }
        for name in reported.pieces {
            let size = name == "max_free_frag" ? Int64(reading.releasable) : 0
            members.append(.init("\(name)_size", .integer(size)))
            members += ["file", "func", "mname"].map { .init("\(name)_\($0)", "") }
            members.append(.init("\(name)_line", 0))
        }
        return .object(members)
    }

    // MARK: Threads

    private static let privateRows = MethodRow<Core>(
        "pkg.stats",
        [
            RPCParameter(
                "filter", .string, isOptional: true, "pid, rank or index; all threads without it"),
            RPCParameter("value", .integer, isOptional: true, "The value of what is filtered by"),
        ],
        result: .array(
            .object(
                [
                    "entry", "pid", "rank", "used", "free", "real_used", "total_size",
                    "total_frags",
                ].map { .init($0, .integer) } + [.init("desc", .string)], others: nil)),
        "Lists the threads, each in the place of a process: one heap serves all, so the first row "
            + "has its figures and the others have 0",
        example: RPCExample(
            ["index", 0],
            [
                [
                    "entry": 0, "pid": 14_549, "rank": 0, "used": 9_100_000,
                    "free": 16_748_000_000, "real_used": 12_000_000,
                    "total_size": 16_777_216_000, "total_frags": 41, "desc": "main",
                ]
            ])
    ) { (core, call) throws(RPCError) in .value(try core.privateMemory(call)) }

    private func privateMemory(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let filter = call.string(0)
        if let filter {
            guard ["pid", "rank", "index"].contains(filter.lowercased()) else {
                throw RPCError(500, "Invalid filter type")
            }
            guard call.integer(1) != nil else { throw RPCError(500, "One more parameter expected") }
        }
        let reading = MemoryReading.now()
        var rows: [JSONValue] = []
        for row in threadRows {
            let wanted = call.integer(1)
            switch filter?.lowercased() {
            case "pid": guard row.id == wanted else { continue }
            case "rank": guard row.rank == wanted else { continue }
            case "index": guard row.index == wanted else { continue }
            default: break
            }
            let own = row.index == 0 ? reading : MemoryReading()
            rows.append([
                "entry": .integer(Int64(row.index)), "pid": .integer(Int64(row.id)),
                "rank": .integer(Int64(row.rank)), "used": .integer(Int64(own.used)),
                "free": .integer(Int64(own.free)), "real_used": .integer(Int64(own.heap)),
                "total_size": .integer(Int64(own.total)),
                "total_frags": .integer(Int64(own.freePieces)),
                "desc": .string(row.description),
            ])
        }
        // A rank or an index that nobody has is an empty list; a process that is not there is told.
        guard !rows.isEmpty || filter?.lowercased() != "pid" else {
            throw RPCError(500, "No such pid")
        }
        return .array(rows)
    }

    // MARK: Modules

    private static func moduleRow(_ name: String) -> MethodRow<Core> {
        // The extended form shows how often as well, in a text: "16 (1)".
        let figure: Schema = name == "mod.mem_statsx" ? .oneOf([.integer, .string]) : .integer
        return MethodRow(
            name,
            [
                RPCParameter(
                    "module", .string, isOptional: true, "A module, core, or all; mandatory"),
                RPCParameter("pool", .string, isOptional: true, "pkg, shm or all; mandatory"),
            ],
            result: .array(.oneOf([.string, .object([.init("Total", .integer)], others: figure)])),
            "Lists memory by module: a line with the name, an object with the total, an empty "
                + "line. The heap does not tell modules apart, so core has all and others 0",
            example: RPCExample(
                ["core", "shm"], ["Module: core", ["heap": 9_100_000, "Total": 9_100_000], ""])
        ) { (core, call) throws(RPCError) in .value(try core.moduleMemory(call, name)) }
    }

    private func moduleMemory(_ call: RPCCall, _ method: String) throws(RPCError) -> JSONValue {
        guard let wanted = call.string(0) else {
            throw RPCError(500, "Module name or \"all\" needed")
        }
        let pool = (call.string(1) ?? "").lowercased()
        guard ["pkg", "shm", "all"].contains(pool) else {
            throw RPCError(500, "\"pkg\" or \"shm\" or \"all\" needed")
        }
        let used = Int64(MemoryReading.now().used)
        let others = services.loadedModules.map(\.name).filter { $0 != Self.manifest.name }
        let names = wanted == "all" ? [Self.manifest.name] + others : [wanted]
        var lines: [JSONValue] = []
        for name in names {
            lines.append(.string("Module: \(name)"))
            let isCore = name == Self.manifest.name
            // The heap is what shared memory is elsewhere: of private memory there is none.
            if pool != "shm" { lines.append(["Total": 0]) }
            if pool != "pkg" {
                let heap: JSONValue =
                    method == "mod.mem_statsx" ? .string("\(used) (1)") : .integer(used)
                lines.append(isCore ? ["heap": heap, "Total": .integer(used)] : ["Total": 0])
            }
            lines.append("")
        }
        return .array(lines)
    }
}
