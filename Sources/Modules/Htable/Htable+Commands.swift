internal import Basics
internal import Glibc
internal import JSONValue
internal import ModuleKit

/// The management commands.
extension HtableModule {
    private static let name = RPCParameter("htable", .string, "The table")
    private static let key = RPCParameter("key", .string, "The key")
    private static let life = RPCParameter("expire", .integer, "Seconds that the entry lives")
    private static let scalar = Schema.oneOf([.integer, .string, .null])
    private static let isSet = "Ok. Key set to new value."

    /// All of them.
    static var commands: [MethodRow<HtableModule>] { reading + writing }

    private static var reading: [MethodRow<HtableModule>] {
        [
            MethodRow(
                "htable.get", [name, key],
                result: .object(
                    [
                        .init(
                            "item",
                            .object(
                                [
                                    .init("name", .string), .init("value", scalar),
                                    .init("flags", .integer), .init("expire", .string),
                                ], others: nil))
                    ], others: nil), missingParameterCode: 500, "Shows an entry",
                example: RPCExample(
                    ["ipban", "10.0.0.1"],
                    [
                        "item": [
                            "name": "10.0.0.1", "value": 1, "flags": 0, "expire": "NEVER",
                        ]
                    ])
            ) { (module, call) throws(RPCError) in .value(try module.show(call)) },
            MethodRow(
                "htable.dump", [name],
                result: .array(
                    .object(
                        [
                            .init("entry", .integer), .init("size", .integer),
                            .init(
                                "slot",
                                .array(
                                    .object(
                                        [
                                            .init("name", .string), .init("value", scalar),
                                            .init("type", .string),
                                        ], others: nil))),
                        ], others: nil)), missingParameterCode: 500,
                "Shows all entries of a table, slot by slot",
                example: RPCExample(["ipban"], [])
            ) { (module, call) throws(RPCError) in .value(try module.dump(call)) },
            MethodRow(
                "htable.listTables",
                result: .array(
                    .object(
                        [
                            .init("name", .string), .init("dbtable", .string),
                            .init("dbmode", .integer), .init("expire", .integer),
                            .init("updateexpire", .integer), .init("size", .integer),
                            .init("dmqreplicate", .integer),
                        ], others: nil)), "Lists the tables",
                example: RPCExample([], [])
            ) { (module, _) throws(RPCError) in .value(try module.list()) },
            MethodRow(
                "htable.stats",
                result: .array(
                    .object(
                        [
                            .init("name", .string), .init("slots", .integer),
                            .init("all", .integer), .init("min", .integer), .init("max", .integer),
                        ], others: nil)), "Counts the entries of all tables",
                example: RPCExample([], [])
            ) { (module, _) throws(RPCError) in .value(try module.statistics()) },
        ]
    }

    private static var writing: [MethodRow<HtableModule>] {
        let text = RPCParameter("value", .string, "The new value")
        let number = RPCParameter("value", .integer, "The new value")
        return [
            change(
                "htable.sets", [name, key, text], "Sets an entry to a text", ["ipban", "a", "b"]
            ) {
                $0.set($1, .string($1.string(2) ?? ""), nil)
            },
            change(
                "htable.seti", [name, key, number], "Sets an entry to an integer",
                ["ipban", "a", 1]
            ) {
                $0.set($1, .integer($1.integer(2) ?? 0), nil)
            },
            change(
                "htable.setxs", [name, key, text, life], "Sets a text and how long it lives",
                ["ipban", "a", "b", 60]
            ) { $0.set($1, .string($1.string(2) ?? ""), $1.integer(3)) },
            change(
                "htable.setxi", [name, key, number, life],
                "Sets an integer and how long it lives", ["ipban", "a", 1, 60]
            ) { $0.set($1, .integer($1.integer(2) ?? 0), $1.integer(3)) },
            change(
                "htable.setex", [name, key, life], "Sets how long an entry lives",
                ["ipban", "a", 60]
            ) { module, call in
                guard let table = module.table(call.string(0) ?? "") else { return nil }
                let key = Array((call.string(1) ?? "").utf8)
                let now = SystemClock.wall().seconds
                let old = table.entry(key, now: now)?.expires
                table.setLife(key, call.integer(2) ?? 0, now: now)
                if let old, let new = table.entry(key, now: now)?.expires {
                    call.note(
                        place(call) + " expires", old: .integer(Int64(old)),
                        new: .integer(Int64(new)))
                }
                return "Ok"
            },
            MethodRow(
                "htable.delete", [name, key], result: .string, isChange: true,
                missingParameterCode: 500, "Removes an entry",
                example: RPCExample(["ipban", "10.0.0.1"], "Ok. Key deleted.")
            ) { (module, call) throws(RPCError) in
                let table = try module.table(of: call)
                let key = Array((call.string(1) ?? "").utf8)
                let old = table.entry(key, now: SystemClock.wall().seconds)
                guard table.remove(key) else {
                    throw RPCError(404, "Key not found in htable.")
                }
                call.note(place(call), old: old.map { json($0.value) } ?? .null, new: .null)
                return .value("Ok. Key deleted.")
            },
            MethodRow(
                "htable.flush", [name], result: .string, isChange: true,
                missingParameterCode: 500, "Removes all entries of a table",
                example: RPCExample(["ipban"], "Ok. Htable flushed.")
            ) { (module, call) throws(RPCError) in
                let table = try module.table(of: call)
                let count = module.count(table)
                table.removeAll()
                call.note(
                    "htable \(call.string(0) ?? "") entries", old: .integer(Int64(count)), new: 0)
                return .value("Ok. Htable flushed.")
            },
        ]
    }

    private static func change(
        _ method: String, _ parameters: [RPCParameter], _ summary: String,
        _ example: [JSONValue],
        _ act: @escaping @Sendable (HtableModule, RPCCall) -> String?
    ) -> MethodRow<HtableModule> {
        MethodRow(
            method, parameters, result: .string, isChange: true, missingParameterCode: 500,
            summary, example: RPCExample(example, .string(isSet))
        ) { (module, call) throws(RPCError) in
            _ = try module.table(of: call)
            guard let answer = act(module, call) else {
                throw RPCError(500, "Cannot set the value: the table is full or the key too long")
            }
            return .value(.string(answer))
        }
    }

    /// Sets an entry; nil when there is no room for it.
    private func set(_ call: RPCCall, _ value: ScriptValue, _ life: Int?) -> String? {
        let key = Array((call.string(1) ?? "").utf8)
        let now = SystemClock.wall().seconds
        guard let table = table(call.string(0) ?? "") else { return nil }
        let old = table.entry(key, now: now)
        guard table.set(key, value, life: life, now: now) else { return nil }
        call.note(
            Self.place(call), old: old.map { Self.json($0.value) } ?? .null,
            new: table.entry(key, now: now).map { Self.json($0.value) } ?? .null)
        return Self.isSet
    }

    /// How the record of changes names an entry: `htable ipban[10.0.0.1]`.
    private static func place(_ call: RPCCall) -> String {
        "htable \(call.string(0) ?? "")[\(call.string(1) ?? "")]"
    }

    /// How many entries a table has.
    private func count(_ table: HashTable) -> Int {
        let now = SystemClock.wall().seconds
        var count = 0
        var place = 0
        while let entries = table.entries(ofShard: place, now: now) {
            count += entries.count
            place += 1
        }
        return count
    }

    private func table(of call: RPCCall) throws(RPCError) -> HashTable {
        guard let table = table(call.string(0) ?? "") else {
            throw RPCError(500, "No such htable")
        }
        return table
    }

    private func show(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let key = call.string(1) ?? ""
        let entry = try table(of: call).entry(
            Array(key.utf8), now: SystemClock.wall().seconds)
        guard let entry else { throw RPCError(500, "Key name doesn't exist in htable.") }
        var isText = false
        if case .text = entry.value { isText = true }
        return [
            "item": [
                "name": .string(key), "value": Self.json(entry.value),
                "flags": .integer(isText ? 2 : 0), "expire": .string(Self.date(entry.expires)),
            ]
        ]
    }

    /// A second since 1970 as a local date.
    private static func date(_ seconds: Int) -> String {
        guard seconds > 0 else { return "NEVER" }
        var clock = time_t(seconds)
        var time = unsafe tm()
        _ = unsafe localtime_r(&clock, &time)
        var text = [CChar](repeating: 0, count: 32)
        let length = unsafe strftime(&text, 32, "%Y-%m-%d %H:%M:%S", &time)
        return String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func json(_ value: ScriptValue) -> JSONValue {
        switch value {
        case .integer(let number): .integer(Int64(number))
        case .text(.owned(let bytes)): .string(String(decoding: bytes, as: UTF8.self))
        default: .null
        }
    }

    /// The entries of a table by slot.
    private func slots(_ table: HashTable) -> [Int: [(key: [UInt8], value: ScriptValue)]] {
        let now = SystemClock.wall().seconds
        var slots: [Int: [(key: [UInt8], value: ScriptValue)]] = [:]
        var place = 0
        while let entries = table.entries(ofShard: place, now: now) {
            for (key, entry) in entries {
                slots[table.slot(key), default: []].append((key, entry.value))
            }
            place += 1
        }
        return slots
    }

    private func dump(_ call: RPCCall) throws(RPCError) -> JSONValue {
        let slots = slots(try table(of: call))
        return .array(
            slots.keys.sorted().map { slot in
                let items = slots[slot] ?? []
                return [
                    "entry": .integer(Int64(slot)), "size": .integer(Int64(items.count)),
                    "slot": .array(items.map { Self.describe($0.key, $0.value) }),
                ]
            })
    }

    private static func describe(_ key: [UInt8], _ value: ScriptValue) -> JSONValue {
        var type = "str"
        if case .integer = value { type = "int" }
        return [
            "name": .string(String(decoding: key, as: UTF8.self)), "value": json(value),
            "type": .string(type),
        ]
    }

    private func list() throws(RPCError) -> JSONValue {
        guard !tables.isEmpty else { throw RPCError(500, "No htables") }
        return .array(
            tables.map(\.definition).map { table in
                [
                    "name": .string(table.name), "dbtable": "", "dbmode": 0,
                    "expire": .integer(Int64(table.autoexpire)),
                    "updateexpire": .integer(table.updatesExpiry ? 1 : 0),
                    "size": .integer(Int64(table.slotCount)), "dmqreplicate": 0,
                ]
            })
    }

    private func statistics() throws(RPCError) -> JSONValue {
        guard !tables.isEmpty else { throw RPCError(500, "No htables") }
        return .array(
            tables.map { table in
                let counts = slots(table).values.map(\.count)
                let least = counts.count < table.definition.slotCount ? 0 : counts.min() ?? 0
                return [
                    "name": .string(table.definition.name),
                    "slots": .integer(Int64(table.definition.slotCount)),
                    "all": .integer(Int64(counts.reduce(0, +))), "min": .integer(Int64(least)),
                    "max": .integer(Int64(counts.max() ?? 0)),
                ]
            })
    }
}
