internal import Basics
internal import ModuleKit

/// The functions of the module.
extension HtableModule {
    private static let done = "1, -1 when there is no such table"

    /// All of them.
    static var functions: [FunctionRow<HtableModule>] {
        entryFunctions + removing + matching + lockFunctions + walkFunctions
    }

    /// Functions of one entry or one table.
    private static var entryFunctions: [FunctionRow<HtableModule>] {
        [
            FunctionRow("sht_print", returns: "1", "Writes all tables to the log, as errors.") {
                (module, context) in module.print(context)
            },
            FunctionRow(
                "sht_rm", .string("table"), .string("key"), returns: done, "Removes an entry."
            ) { (module, context, name, key) in
                guard let table = module.table(context.string(name)) else { return -1 }
                table.remove(context.bytes(of: key))
                return 1
            },
            FunctionRow(
                "sht_is_null", .string("table"), .string("key"),
                returns: "1 when it has no value, -1", "Whether a key has no entry."
            ) { (module, context, name, key) in
                guard let table = module.table(context.string(name)) else { return 1 }
                let value = table.value(context.bytes(of: key), now: context.now.seconds)
                if case .null = value { return 1 }
                return -1
            },
            FunctionRow(
                "sht_setxs", .string("table"), .string("key"), .string("value"),
                .integer("seconds"), returns: done, "Sets a text and how long it lives."
            ) { (module, context, name, key, value, life) in
                let text = ScriptValue.text(.owned(context.bytes(of: value)))
                return module.set(context, name, key, text, life)
            },
            FunctionRow(
                "sht_setxi", .string("table"), .string("key"), .integer("value"),
                .integer("seconds"), returns: done, "Sets an integer and how long it lives."
            ) { (module, context, name, key, value, life) in
                module.set(context, name, key, .integer(value), life)
            },
            FunctionRow("sht_reset", .string("table"), returns: done, "Removes all entries.") {
                (module, context, name) in
                guard let table = module.table(context.string(name)) else { return -1 }
                table.removeAll()
                return 1
            },
        ]
    }

    private func set(
        _ context: ScriptContext, _ name: ScriptText, _ key: ScriptText, _ value: ScriptValue,
        _ life: Int
    ) -> Int {
        guard let table = table(context.string(name)) else { return -1 }
        let isSet = table.set(
            context.bytes(of: key), value, life: life, now: context.now.seconds)
        return isSet ? 1 : -1
    }

    private func print(_ context: ScriptContext) -> Int {
        let now = context.now.seconds
        for table in tables {
            context.log(.error, "htable \(table.definition.name): \(table.count) entries")
            var place = 0
            while let entries = table.entries(ofShard: place, now: now) {
                for (key, entry) in entries {
                    let name = String(decoding: key, as: UTF8.self)
                    let value = context.text(entry.value).map { context.string($0) } ?? ""
                    context.log(.error, "  \(name) = \(value) until \(entry.expires)")
                }
                place += 1
            }
        }
        return 1
    }

    /// Functions that remove what matches.
    private static var removing: [FunctionRow<HtableModule>] {
        [
            removal("sht_rm_name_re", "Removes the entries whose key matches a pattern.") {
                match, key, _ in match.holds(key)
            },
            removal("sht_rm_value_re", "Removes the entries whose value matches a pattern.") {
                match, _, value in match.holds(value)
            },
            removal(by: "sht_rm_name", "Removes the entries whose key matches: re, sw.") {
                match, key, _ in match.holds(key)
            },
            removal(by: "sht_rm_value", "Removes the entries whose value matches: re, sw.") {
                match, _, value in match.holds(value)
            },
        ]
    }

    /// A function whose argument is `table=>pattern`.
    private static func removal(
        _ name: String, _ summary: String,
        _ holds: @escaping @Sendable (TableMatch, [UInt8], ScriptValue) -> Bool
    ) -> FunctionRow<HtableModule> {
        FunctionRow(
            name, .string("table=>pattern"), returns: "1, -1 without such a table or a pattern",
            summary,
            compile: { (module, argument) throws(ArgumentError) in
                if case .constant(let text) = argument, case .owned(let bytes) = text {
                    let (table, _) = try TableKey.split(
                        String(decoding: bytes, as: UTF8.self), "table=>pattern")
                    _ = try module.knownTable(table)
                }
                return { context in
                    guard let text = argument.value(context),
                        let (name, pattern) = try? TableKey.split(
                            context.string(text), "table=>pattern")
                    else { return -1 }
                    return module.remove(name, "re", Array(pattern.utf8), context, holds)
                }
            })
    }

    /// A function with the name of the table, an operator and a text.
    private static func removal(
        by name: String, _ summary: String,
        _ holds: @escaping @Sendable (TableMatch, [UInt8], ScriptValue) -> Bool
    ) -> FunctionRow<HtableModule> {
        FunctionRow(
            name, .string("table"), .string("operator"), .string("text"),
            returns: "1, -1 without such a table, operator or pattern", summary
        ) { (module, context, table, word, text) in
            let word = context.string(word)
            guard word == "re" || word == "sw" else { return -1 }
            return module.remove(
                context.string(table), word, context.bytes(of: text), context, holds)
        }
    }

    private func remove(
        _ name: String, _ word: String, _ text: [UInt8], _ context: ScriptContext,
        _ holds: (TableMatch, [UInt8], ScriptValue) -> Bool
    ) -> Int {
        guard let table = table(name), let match = TableMatch(word, text) else { return -1 }
        table.removeAll(now: context.now.seconds) { holds(match, $0, $1) }
        return 1
    }

    /// Functions that ask whether something matches.
    private static var matching: [FunctionRow<HtableModule>] {
        [("sht_match_name", true), ("sht_has_name", true)].map { matcher($0.0, keys: $0.1) }
            + ["sht_match_str_value", "sht_has_str_value"].map { matcher($0, keys: false) }
    }

    private static func matcher(_ name: String, keys: Bool) -> FunctionRow<HtableModule> {
        FunctionRow(
            name, .string("table"), .string("operator"), .string("text"),
            returns: "1 when an entry matches, -1",
            "Whether the \(keys ? "key" : "text value") of an entry matches: eq, ne, re, sw."
        ) { (module, context, table, word, text) in
            guard let table = module.table(context.string(table)),
                let match = TableMatch(context.string(word), context.bytes(of: text))
            else { return -1 }
            let count = table.count(now: context.now.seconds) { key, value in
                keys ? match.holds(key) : match.holds(value)
            }
            return count > 0 ? 1 : -1
        }
    }

    /// Locks.
    private static var lockFunctions: [FunctionRow<HtableModule>] {
        [
            lock("sht_lock", "Takes the lock of a key, waiting for it at most a second.") {
                $0.lock($1, owner: ObjectIdentifier($2)) ? 1 : -1
            },
            lock("sht_unlock", "Gives the lock of a key back.") { locks, key, _ in
                locks.unlock(key)
                return 1
            },
        ]
    }

    private static func lock(
        _ name: String, _ summary: String,
        _ act: @escaping @Sendable (ScriptLocks, [UInt8], ScriptContext) -> Int
    ) -> FunctionRow<HtableModule> {
        FunctionRow(name, .string("table=>key"), returns: done, summary) {
            (module, context, text) in
            guard let (name, key) = try? TableKey.split(context.string(text), "table=>key"),
                let table = module.table(name)
            else { return -1 }
            return act(table.locks, Array(key.utf8), context)
        }
    }
}
