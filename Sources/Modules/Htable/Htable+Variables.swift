internal import Basics
internal import ModuleKit

/// The variables of the module.
extension HtableModule {
    /// All of them.
    static var variables: [VariableRow<HtableModule>] {
        [
            keyed("sht", isWritable: true, "The entry of a key: table=>key; null removes it.") {
                table, key in
                VariableAccess(
                    read: { context in
                        key.key(context).map { table.value($0, now: context.now.seconds) }
                            ?? .null
                    },
                    write: { context, value in
                        guard let key = key.key(context) else { return false }
                        return table.assign(key, value, context)
                    })
            },
            keyed("shtex", isWritable: true, "Seconds until the entry of a key expires.") {
                table, key in
                VariableAccess(
                    read: { context in
                        let entry = key.key(context).flatMap {
                            table.entry($0, now: context.now.seconds)
                        }
                        guard let entry, entry.expires > 0 else { return .integer(0) }
                        return .integer(entry.expires - context.now.seconds)
                    },
                    write: { context, value in
                        guard let key = key.key(context), let life = context.integer(value) else {
                            return false
                        }
                        table.setLife(key, life, now: context.now.seconds)
                        return true
                    })
            },
            keyed("shtinc", "Adds one to the entry of a key and reads it.") { table, key in
                adding(1, table, key)
            },
            keyed("shtdec", "Takes one from the entry of a key and reads it.") { table, key in
                adding(-1, table, key)
            },
            keyed("shtcn", "How many keys match: ~~pattern, %~prefix, ~%suffix, ==text, **.") {
                table, key in
                counting(key) { context, match in
                    table.count(now: context.now.seconds) { key, _ in match.holds(key) }
                }
            },
            keyed("shtcv", "How many values match: the same, and eqNUMBER.") { table, key in
                counting(key) { context, match in
                    table.count(now: context.now.seconds) { _, value in match.holds(value) }
                }
            },
        ] + walking
    }

    /// A variable of the form `name(table=>key)`.
    private static func keyed(
        _ name: String, isWritable: Bool = false, _ summary: String,
        _ access: @escaping @Sendable (HashTable, TableKey) -> VariableAccess
    ) -> VariableRow<HtableModule> {
        VariableRow(
            name, inner: .required, isWritable: isWritable, accepts: .dynamicInner, summary,
            check: { (reference) throws(ArgumentError) in _ = try TableKey(reference) },
            compile: { (module, reference) throws(ArgumentError) in
                var key = try TableKey(reference)
                key.workspace = { module.workspace($0) }
                return access(try module.knownTable(key.table), key)
            })
    }

    private static func adding(
        _ amount: Int, _ table: HashTable, _ key: TableKey
    ) -> VariableAccess {
        VariableAccess { context in
            key.key(context).flatMap { table.add($0, amount, now: context.now.seconds) }
                .map { .integer($0) } ?? .null
        }
    }

    private static func counting(
        _ key: TableKey, _ count: @escaping @Sendable (ScriptContext, TableMatch) -> Int
    ) -> VariableAccess {
        VariableAccess { context in
            guard let text = key.key(context), let match = TableMatch(counting: text) else {
                return .integer(0)
            }
            return .integer(count(context, match))
        }
    }

    /// The variables of walks and of event routes.
    private static var walking: [VariableRow<HtableModule>] {
        [
            walked("shtitkey", "The key at which a walk stands.") { walk, _ in
                walk.key.map { .text(.owned($0)) } ?? .null
            },
            walked("shtitval", "The value at which a walk stands.") { walk, context in
                walk.key.map { walk.table.value($0, now: context.now.seconds) } ?? .null
            },
            VariableRow(
                "shtrecord", inner: .required,
                "The key or the value of the entry that an event route is about: key, value.",
                check: { (reference) throws(ArgumentError) in
                    _ = try reference.word(RecordField.self)
                },
                compile: { (module, reference) throws(ArgumentError) in
                    let field = try reference.word(RecordField.self)
                    return VariableAccess { context in
                        guard let record = module.workspace(context).record else { return .null }
                        return field == .key ? .text(.owned(record.key)) : record.value
                    }
                }),
        ]
    }

    /// What `$shtrecord(name)` takes.
    private enum RecordField: String, CaseIterable {
        case key, value
    }

    private static func walked(
        _ name: String, _ summary: String,
        _ read: @escaping @Sendable (TableWalk, ScriptContext) -> ScriptValue
    ) -> VariableRow<HtableModule> {
        VariableRow(
            name, inner: .required, summary,
            check: { (reference) throws(ArgumentError) in try reference.refuseIndex() },
            compile: { module, reference in
                let name = Array((reference.inner ?? "").utf8)
                return VariableAccess { context in
                    let space = module.workspace(context)
                    guard let place = space.place(name) else { return .null }
                    return read(space.walks[place].walk, context)
                }
            })
    }
}

extension HashTable {
    /// Assigns a value of a script; null removes the entry.
    func assign(_ key: [UInt8], _ value: ScriptValue, _ context: ScriptContext) -> Bool {
        switch value {
        case .null:
            remove(key)
            return true
        case .integer: return set(key, value, now: context.now.seconds)
        case .text(let text):
            let owned = ScriptValue.text(.owned(context.bytes(of: text)))
            return set(key, owned, now: context.now.seconds)
        }
    }
}
