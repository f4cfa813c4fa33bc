import ModuleKit
import Testing

@Suite("The store of settings: variables that the script declares")
struct SettingsCustomTests {
    /// A store with one variable, `pstn.gw`.
    private func store(_ value: SettingValue) -> SettingsStore {
        let store = SettingsStore()
        store.declare(group: "pstn", name: "gw", value: value, summary: "The gateway.")
        return store
    }

    /// The value after a change, or the error.
    private func changed(_ first: SettingValue, to new: SettingValue) -> String {
        let store = store(first)
        do throws(ParameterError) {
            try store.set(group: "pstn", name: "gw", to: new)
            return "\(try store.value(group: "pstn", name: "gw"))"
        } catch {
            return "\(error.kind): \(error.message)"
        }
    }

    @Test("a variable has the type of its first value")
    func types() throws {
        let text = try store(.string("10.0.0.1")).description(group: "pstn", name: "gw")
        #expect(!text.isInteger && text.bounds == nil && text.initial == .string("10.0.0.1"))
        #expect(text.summary == "The gateway." && text.group == "pstn" && text.name == "gw")
        let number = try store(.integer(5)).description(group: "pstn", name: "gw")
        #expect(number.isInteger && number.bounds == nil && number.initial == .integer(5))
    }

    @Test(
        "a value is converted to the variable's type or refused",
        arguments: [
            (SettingValue.integer(1), SettingValue.integer(-7), "integer(-7)"),
            (.integer(1), .string("12"), "integer(12)"),
            (.integer(1), .string("0x1f"), "integer(31)"),
            (.integer(1), .string("x"), "type: pstn.gw is an integer, \"x\" is none"),
            (.integer(1), .string(""), "type: pstn.gw is an integer, \"\" is none"),
            (.integer(1), .unset, "type: pstn.gw needs a value"),
            (.string("a"), .string("b"), "string(\"b\")"),
            (.string("a"), .string(""), "string(\"\")"),
            (.string("a"), .integer(5), "string(\"5\")"),
            (.string("a"), .unset, "type: pstn.gw needs a value"),
        ])
    func conversion(first: SettingValue, new: SettingValue, expected: String) {
        #expect(changed(first, to: new) == expected)
    }

    @Test("a second declaration replaces the first: type, value and sentence")
    func redeclared() throws {
        let store = store(.integer(1))
        store.declare(group: "pstn", name: "gw", value: .string("x"), summary: "Another.")
        #expect(store.descriptions.count == 1)
        #expect(try store.value(group: "pstn", name: "gw") == .string("x"))
        #expect(try store.description(group: "pstn", name: "gw").summary == "Another.")
    }

    @Test("variables of a group keep the order of declaration")
    func order() {
        let store = store(.integer(1))
        for name in ["b", "a", "c"] {
            store.declare(group: "pstn", name: name, value: .integer(0), summary: "")
        }
        #expect(store.descriptions.map(\.name) == ["gw", "b", "a", "c"])
    }

    @Test("changes wait, come into force and are reset as those of modules do")
    func delayed() throws {
        let store = store(.integer(1))
        try store.setDelayed(group: "pstn", name: "gw", to: .string("9"))
        #expect(store.pending.map(\.new) == [.integer(9)])
        #expect(try store.value(group: "pstn", name: "gw") == .integer(1))
        try store.commit()
        #expect(try store.value(group: "pstn", name: "gw") == .integer(9))
        try store.reset(group: "pstn")
        #expect(try store.value(group: "pstn", name: "gw") == .integer(1))
    }

    @Test("a group of a module can have variables of the script beside its settings")
    func shared() throws {
        let rig = StoreRig()
        rig.store.declare(group: "tuned", name: "mine", value: .integer(4), summary: "")
        #expect(try rig.store.value(group: "tuned", name: "mine") == .integer(4))
        #expect(try rig.store.value(group: "tuned", name: "low") == .integer(1))
        rig.store.declare(group: "tuned", name: "low", value: .integer(99), summary: "")
        #expect(
            try rig.store.value(group: "tuned", name: "low") == .integer(1),
            "a module's own setting is not hidden by a variable of the same name")
    }

    @Test("an unknown variable of a known group is told apart from an unknown group")
    func unknown() {
        let store = store(.integer(1))
        #expect(throws: ParameterError(.unknown, "group \"pstn\" has no variable \"x\"")) {
            try store.value(group: "pstn", name: "x")
        }
        #expect(throws: ParameterError(.unknown, "there is no group \"x\"")) {
            try store.value(group: "x", name: "gw")
        }
    }
}

@Suite("The store of settings: several threads")
struct SettingsConcurrencyTests {
    @Test("two settings that are committed together are never seen apart")
    func together() async throws {
        var value = Tuned()
        value.low = 0
        value.high = 0
        let rig = StoreRig(value)
        let store = rig.store
        let handle = rig.handle
        let torn = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                for number in 1...100 {
                    try? store.setDelayed(group: "tuned", name: "low", to: .integer(number))
                    try? store.setDelayed(group: "tuned", name: "high", to: .integer(number))
                    _ = try? store.commit()
                }
                return 0
            }
            for _ in 0..<3 {
                group.addTask {
                    var torn = 0
                    for _ in 0..<500 {
                        let seen = store.current(handle)
                        if seen.low != seen.high { torn += 1 }
                    }
                    return torn
                }
            }
            var sum = 0
            for await count in group { sum += count }
            return sum
        }
        #expect(torn == 0)
        #expect(rig.now.low == 100 && rig.now.high == 100)
    }

    @Test("changes of different settings by several threads are all kept")
    func noneLost() async {
        let rig = StoreRig()
        let store = rig.store
        let before = store.generation
        await withTaskGroup(of: Void.self) { group in
            for name in ["low", "high"] {
                group.addTask {
                    for number in 1...100 {
                        _ = try? store.set(group: "tuned", name: name, to: .integer(number))
                    }
                }
            }
            group.addTask {
                for number in 1...100 {
                    _ = try? store.set(group: "tuned", name: "name", to: .string("\(number)"))
                }
            }
        }
        #expect(rig.now.low == 100 && rig.now.high == 100 && rig.now.name == "100")
        #expect(store.generation - before == 300)
    }

    @Test("each change of one setting returns the value of the change before it")
    func chain() async {
        let rig = StoreRig()
        let store = rig.store
        let olds = await withTaskGroup(of: [SettingValue].self) { group in
            for task in 0..<4 {
                group.addTask {
                    (0..<25).compactMap { number in
                        let new = SettingValue.string("\(task)-\(number)")
                        return try? store.set(group: "tuned", name: "name", to: new)
                    }
                }
            }
            var all: [SettingValue] = []
            for await part in group { all += part }
            return all
        }
        // One hundred writes: each value but the last was replaced exactly once.
        #expect(olds.count == 100)
        #expect(Set(olds).count == 100)
        #expect(olds.contains(.string("first")))
        #expect(!olds.contains(.string(rig.now.name)))
    }
}

@Suite("Settings as a script sees them")
struct SettingsOfContextsTests {
    /// A context whose server has the settings, and the settings' handle.
    private func rig() -> (ScriptContext, KitServices, SettingsHandle<Tuned>) {
        let services = KitServices()
        let handle = services.settings.register(
            group: "tuned", value: Tuned(), rows: Tuned.rows)
        return (ScriptContext(services: services), services, handle)
    }

    @Test("one message sees one configuration; the next takes up the new one")
    func oneMessage() throws {
        let (context, services, handle) = rig()
        try services.settings.set(group: "tuned", name: "low", to: .integer(44))
        #expect(context.with(handle) { $0.low } == 1)
        context.refreshSettings()
        #expect(context.with(handle) { $0.low } == 44)
        try services.settings.set(group: "tuned", name: "low", to: .integer(45))
        context.reset(origin: context.origin, now: context.now)
        #expect(context.with(handle) { $0.low } == 45)
    }

    @Test("a change that waits is not seen")
    func waiting() throws {
        let (context, services, handle) = rig()
        try services.settings.setDelayed(group: "tuned", name: "low", to: .integer(44))
        context.refreshSettings()
        #expect(context.with(handle) { $0.low } == 1)
        try services.settings.commit()
        context.refreshSettings()
        #expect(context.with(handle) { $0.low } == 44)
    }

    @Test("contexts of two workers take up changes each in its own time")
    func twoWorkers() throws {
        let (first, services, handle) = rig()
        let second = ScriptContext(services: services)
        try services.settings.set(group: "tuned", name: "low", to: .integer(7))
        first.refreshSettings()
        #expect(first.with(handle) { $0.low } == 7 && second.with(handle) { $0.low } == 1)
    }

    /// What a module keeps for a worker.
    private final class Kept {
        var count = 0
    }

    @Test("a module's workspace is made once for a worker and kept between messages")
    func workspace() {
        let (context, services, handle) = rig()
        let other = services.settings.register(group: "other", value: Tuned(), rows: [])
        var made = 0
        func workspace(_ handle: SettingsHandle<Tuned>) -> Kept {
            context.workspace(handle) {
                made += 1
                return Kept()
            }
        }
        workspace(other).count = 5
        workspace(handle).count = 1
        context.reset(origin: context.origin, now: context.now)
        #expect(workspace(other).count == 5 && workspace(handle).count == 1)
        #expect(made == 2)
    }

    @Test("random numbers of a worker do not repeat at once and use high and low bits")
    func random() {
        let context = ScriptContext(services: KitServices())
        let numbers = (0..<1_000).map { _ in context.random() }
        #expect(Set(numbers).count == 1_000)
        for bit in [0, 1, 31, 32, 62, 63] {
            let set = numbers.count { $0 >> UInt64(bit) & 1 == 1 }
            #expect((350...650).contains(set), "bit \(bit) is set in \(set) of 1000")
        }
    }
}
