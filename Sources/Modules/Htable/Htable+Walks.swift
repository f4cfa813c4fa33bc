internal import Basics
internal import ModuleKit

/// Walks over tables: `sht_iterator_start` and its siblings.
extension HtableModule {
    /// The functions.
    static var walkFunctions: [FunctionRow<HtableModule>] {
        [
            FunctionRow(
                "sht_iterator_start", .string("name"), .string("table"),
                returns: "1, -1 without such a table, or when four walks have begun",
                "Begins a walk over a table; it stands in front of the first entry."
            ) { (module, context, name, table) in module.begin(context, name, table) },
            FunctionRow(
                "sht_iterator_end", .string("name"), returns: "1, -1 without such a walk",
                "Ends a walk."
            ) { (module, context, name) in
                let space = module.workspace(context)
                guard let place = space.place(context.bytes(of: name)) else { return -1 }
                space.walks.remove(at: place)
                return 1
            },
            FunctionRow(
                "sht_iterator_next", .string("name"),
                returns: "1, -1 when there is no further entry", "Steps to the next entry."
            ) { (module, context, name) in
                let space = module.workspace(context)
                guard let place = space.place(context.bytes(of: name)) else { return -1 }
                return space.walks[place].walk.next(now: context.now.seconds) ? 1 : -1
            },
            FunctionRow(
                "sht_iterator_rm", .string("name"),
                returns: "1, -2 when that was the last entry, -1 when the walk stands at none",
                "Removes the entry at hand and steps on."
            ) { (module, context, name) in
                let space = module.workspace(context)
                guard let place = space.place(context.bytes(of: name)),
                    let key = space.walks[place].walk.key
                else { return -1 }
                space.walks[place].walk.table.remove(key)
                return space.walks[place].walk.next(now: context.now.seconds) ? 1 : -2
            },
            FunctionRow(
                "sht_iterator_sets", .string("name"), .string("value"), returns: standing,
                "Sets the entry at hand to a text."
            ) { (module, context, name, value) in
                let text = ScriptValue.text(.owned(context.bytes(of: value)))
                return module.change(context, name) { $0.set($1, text, now: $2) ? 1 : -1 }
            },
            FunctionRow(
                "sht_iterator_seti", .string("name"), .integer("value"), returns: standing,
                "Sets the entry at hand to an integer."
            ) { (module, context, name, value) in
                module.change(context, name) { $0.set($1, .integer(value), now: $2) ? 1 : -1 }
            },
            FunctionRow(
                "sht_iterator_setex", .string("name"), .integer("seconds"), returns: standing,
                "Sets how long the entry at hand lives."
            ) { (module, context, name, life) in
                module.change(context, name) { table, key, now in
                    table.setLife(key, life, now: now)
                    return 1
                }
            },
        ]
    }

    private static let standing = "1, -1 when the walk stands at no entry"

    private func begin(_ context: ScriptContext, _ name: ScriptText, _ table: ScriptText) -> Int {
        guard let table = self.table(context.string(table)) else { return -1 }
        let space = workspace(context)
        let name = context.bytes(of: name)
        let walk = TableWalk(table)
        if let place = space.place(name) {
            space.walks[place].walk = walk
            return 1
        }
        guard space.walks.count < Limits.hashTableIteratorsMax else { return -1 }
        space.walks.append((name, walk))
        return 1
    }

    private func change(
        _ context: ScriptContext, _ name: ScriptText, _ act: (HashTable, [UInt8], Int) -> Int
    ) -> Int {
        let space = workspace(context)
        guard let place = space.place(context.bytes(of: name)),
            let key = space.walks[place].walk.key
        else { return -1 }
        return act(space.walks[place].walk.table, key, context.now.seconds)
    }
}
