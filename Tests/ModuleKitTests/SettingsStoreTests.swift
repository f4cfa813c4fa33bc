import ModuleKit
import Testing

/// Settings with a field of each kind.
struct Tuned: Sendable {
    var low = 1
    var high = 9
    var isOn = false
    var name = "first"
    var path: String?
    var list: [String] = []
    var hidden = 3

    static let rows: [ParameterRow<Tuned>] = [
        ParameterRow("low", \.low, 0...100, "The lower one.", runtime: .changeable),
        ParameterRow("high", \.high, 0...100, "The upper one.", runtime: .changeable),
        ParameterRow("on", \.isOn, "A switch.", runtime: .named("is_on")),
        ParameterRow("name", \.name, "A name.", runtime: .changeable),
        ParameterRow("path", \.path, "A path.", runtime: .changeable),
        ParameterRow("list", list: \.list, "A list."),
        ParameterRow("hidden", \.hidden, 0...5, "Only at the start."),
    ]
}

/// A store with one group, and where its module finds it.
struct StoreRig {
    let store = SettingsStore()
    let handle: SettingsHandle<Tuned>

    init(_ value: Tuned = Tuned()) {
        handle = store.register(group: "tuned", value: value, rows: Tuned.rows)
    }

    /// The settings in force.
    var now: Tuned { store.current(handle) }

    /// What a change is refused with, "none" when it is accepted.
    func fault(_ name: String, _ value: SettingValue, group: String = "tuned") -> String {
        do throws(ParameterError) {
            try store.set(group: group, name: name, to: value)
            return "none"
        } catch {
            return "\(error.kind): \(error.message)"
        }
    }

    /// The same for a change that is to wait.
    func delayedFault(_ name: String, _ value: SettingValue, group: String = "tuned") -> String {
        do throws(ParameterError) {
            try store.setDelayed(group: group, name: name, to: value)
            return "none"
        } catch {
            return "\(error.kind): \(error.message)"
        }
    }

    /// The names of the changes that wait, in order.
    var waiting: [String] { store.pending.map { "\($0.group).\($0.name)" } }
}

@Suite("The store of settings: reading")
struct SettingsReadingTests {
    @Test("a store without groups has nothing to show and refuses every name")
    func empty() {
        let store = SettingsStore()
        #expect(store.descriptions.isEmpty && store.pending.isEmpty && store.boxes.isEmpty)
        #expect(throws: ParameterError(.unknown, "there is no group \"core\"")) {
            try store.value(group: "core", name: "debug")
        }
    }

    @Test("groups keep the order in which their modules were loaded")
    func order() {
        let rig = StoreRig()
        let second = rig.store.register(group: "second", value: Tuned(), rows: Tuned.rows)
        rig.store.declare(group: "zulu", name: "z", value: .integer(1), summary: "")
        rig.store.declare(group: "alpha", name: "a", value: .integer(1), summary: "")
        var groups: [String] = []
        for known in rig.store.descriptions where groups.last != known.group {
            groups.append(known.group)
        }
        #expect(groups == ["tuned", "second", "alpha", "zulu"])
        #expect(rig.store.boxes.count == 2)
        #expect(rig.store.current(second).low == 1)
    }

    @Test("only what can change at run time is shown, under its runtime name")
    func shown() {
        let names = StoreRig().store.descriptions.map(\.name)
        #expect(names == ["low", "high", "is_on", "name", "path"])
    }

    @Test("a description tells sentence, type, bounds and first value")
    func description() throws {
        var value = Tuned()
        value.low = 40
        let store = StoreRig(value).store
        let low = try store.description(group: "tuned", name: "low")
        #expect(low.group == "tuned" && low.name == "low" && low.summary == "The lower one.")
        #expect(low.isInteger && low.bounds == 0...100 && low.initial == .integer(40))
        let on = try store.description(group: "tuned", name: "is_on")
        #expect(on.isInteger && on.bounds == 0...1 && on.initial == .integer(0))
        let name = try store.description(group: "tuned", name: "name")
        #expect(!name.isInteger && name.bounds == nil && name.initial == .string("first"))
        let path = try store.description(group: "tuned", name: "path")
        #expect(!path.isInteger && path.initial == .unset && path.cases.isEmpty)
    }

    @Test("the first value stays what it was when the value changes")
    func initialStays() throws {
        let store = StoreRig().store
        try store.set(group: "tuned", name: "low", to: .integer(77))
        #expect(try store.description(group: "tuned", name: "low").initial == .integer(1))
        #expect(try store.value(group: "tuned", name: "low") == .integer(77))
    }

    @Test(
        "what cannot be read is told with what is missing: the group or the name",
        arguments: [
            ("tuned", "none", "group \"tuned\" has no variable \"none\""),
            ("tuned", "hidden", "group \"tuned\" has no variable \"hidden\""),
            ("tuned", "list", "group \"tuned\" has no variable \"list\""),
            ("tuned", "on", "group \"tuned\" has no variable \"on\""),
            ("tuned", "", "group \"tuned\" has no variable \"\""),
            ("tuned", "LOW", "group \"tuned\" has no variable \"LOW\""),
            ("Tuned", "low", "there is no group \"Tuned\""),
            ("", "", "there is no group \"\""),
        ])
    func unknown(group: String, name: String, expected: String) {
        let store = StoreRig().store
        let error = ParameterError(.unknown, expected)
        #expect(throws: error) { try store.value(group: group, name: name) }
        #expect(throws: error) { _ = try store.description(group: group, name: name) }
        #expect(throws: error) { try store.set(group: group, name: name, to: .integer(1)) }
        #expect(throws: error) { try store.setDelayed(group: group, name: name, to: .integer(1)) }
    }
}

@Suite("The store of settings: changes at once")
struct SettingsChangeTests {
    @Test("a change returns the value it replaces, again and again")
    func old() throws {
        let store = StoreRig().store
        #expect(try store.set(group: "tuned", name: "low", to: .integer(2)) == .integer(1))
        #expect(try store.set(group: "tuned", name: "low", to: .integer(3)) == .integer(2))
        #expect(try store.set(group: "tuned", name: "path", to: .string("/a")) == .unset)
        #expect(try store.set(group: "tuned", name: "path", to: .unset) == .string("/a"))
        #expect(try store.value(group: "tuned", name: "path") == .unset)
    }

    @Test("a change touches one field and no other")
    func oneField() throws {
        let rig = StoreRig()
        try rig.store.set(group: "tuned", name: "is_on", to: .integer(1))
        #expect(rig.now.isOn && rig.now.low == 1 && rig.now.high == 9)
        #expect(rig.now.name == "first" && rig.now.path == nil && rig.now.hidden == 3)
    }

    @Test("a group that two modules could share changes in one of them only")
    func otherGroup() throws {
        let rig = StoreRig()
        let second = rig.store.register(group: "second", value: Tuned(), rows: Tuned.rows)
        try rig.store.set(group: "second", name: "low", to: .integer(50))
        #expect(rig.now.low == 1 && rig.store.current(second).low == 50)
    }

    @Test(
        "values are taken up to each bound and refused beyond it",
        arguments: [
            ("low", SettingValue.integer(0), "none"), ("low", .integer(100), "none"),
            ("low", .integer(-1), "range: low must be from 0 to 100, not -1"),
            ("low", .integer(101), "range: low must be from 0 to 100, not 101"),
            ("low", .integer(Int.max), "range: low must be from 0 to 100, not \(Int.max)"),
            ("low", .integer(Int.min), "range: low must be from 0 to 100, not \(Int.min)"),
            ("low", .string("55"), "none"), ("low", .string("0x10"), "none"),
            ("low", .string("101"), "range: low must be from 0 to 100, not 101"),
            ("low", .string("abc"), "type: low is an integer, \"abc\" is none"),
            ("low", .string(""), "type: low is an integer, \"\" is none"),
            ("low", .unset, "type: low needs a value"),
            ("is_on", .integer(1), "none"),
            ("is_on", .integer(2), "range: on must be from 0 to 1, not 2"),
            ("name", .string(""), "none"), ("name", .integer(5), "none"),
            ("name", .unset, "type: name needs a value"),
            ("path", .unset, "none"), ("path", .integer(7), "none"),
        ])
    func bounds(name: String, value: SettingValue, expected: String) {
        #expect(StoreRig().fault(name, value) == expected)
    }

    @Test("an error carries the bounds, for whoever shows them")
    func boundsOfErrors() {
        let store = StoreRig().store
        let range = #expect(throws: ParameterError.self) {
            try store.set(group: "tuned", name: "low", to: .integer(101))
        }
        #expect(range?.bounds == 0...100 && range?.kind == .range)
        let type = #expect(throws: ParameterError.self) {
            try store.set(group: "tuned", name: "low", to: .string("x"))
        }
        #expect(type?.bounds == 0...100 && type?.kind == .type)
        let unknown = #expect(throws: ParameterError.self) {
            try store.set(group: "tuned", name: "no", to: .integer(1))
        }
        #expect(unknown?.bounds == nil && unknown?.kind == .unknown)
    }

    @Test("what is refused changes nothing and wakes nobody")
    func refused() {
        let rig = StoreRig()
        let before = rig.store.generation
        _ = rig.fault("low", .integer(101))
        _ = rig.fault("none", .integer(1))
        _ = rig.fault("low", .integer(1), group: "nogroup")
        _ = rig.delayedFault("low", .integer(101))
        #expect(rig.now.low == 1 && rig.store.generation == before)
        #expect(rig.store.pending.isEmpty)
    }

    @Test("the generation rises with every change that is in force, and with no other")
    func generation() throws {
        let rig = StoreRig()
        let store = rig.store
        var last = store.generation
        func rose() -> Bool {
            defer { last = store.generation }
            return store.generation > last
        }
        try store.set(group: "tuned", name: "low", to: .integer(5))
        #expect(rose())
        try store.setDelayed(group: "tuned", name: "low", to: .integer(6))
        #expect(!rose(), "a change that waits is not in force")
        try store.commit()
        #expect(rose())
        store.rollback()
        #expect(!rose())
        try store.reset(group: "tuned")
        #expect(rose())
        store.declare(group: "c", name: "v", value: .integer(1), summary: "")
        #expect(rose())
        _ = store.register(group: "late", value: Tuned(), rows: Tuned.rows)
        #expect(rose())
        _ = try store.value(group: "tuned", name: "low")
        #expect(!rose(), "reading changes nothing")
    }
}

@Suite("The store of settings: changes that wait")
struct SettingsDelayedTests {
    @Test("a change waits with the old and the new value until the commit")
    func waiting() throws {
        let rig = StoreRig()
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        let change = try #require(rig.store.pending.first)
        #expect(change.group == "tuned" && change.name == "low")
        #expect(change.old == .integer(1) && change.new == .integer(20))
        #expect(rig.now.low == 1)
        #expect(try rig.store.commit().map(\.new) == [.integer(20)])
        #expect(rig.now.low == 20 && rig.store.pending.isEmpty)
    }

    @Test("a second change of the same setting replaces the first and stands last")
    func replaced() throws {
        let rig = StoreRig()
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        try rig.store.setDelayed(group: "tuned", name: "high", to: .integer(30))
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(25))
        #expect(rig.waiting == ["tuned.high", "tuned.low"])
        try rig.store.commit()
        #expect(rig.now.low == 25 && rig.now.high == 30)
    }

    @Test("strings that hold numbers wait as numbers, as they will be stored")
    func converted() throws {
        let rig = StoreRig()
        try rig.store.setDelayed(group: "tuned", name: "low", to: .string("0x20"))
        try rig.store.setDelayed(group: "tuned", name: "name", to: .integer(5))
        #expect(rig.store.pending.map(\.new) == [.integer(32), .string("5")])
    }

    @Test("what a bound refuses is refused when it is noted, not at the commit")
    func checkedEarly() throws {
        let rig = StoreRig()
        #expect(
            rig.delayedFault("low", .integer(101)) == "range: low must be from 0 to 100, not 101")
        #expect(rig.delayedFault("low", .string("x")) == "type: low is an integer, \"x\" is none")
        #expect(rig.delayedFault("low", .integer(50)) == "none")
        #expect(
            rig.delayedFault("low", .integer(101)) == "range: low must be from 0 to 100, not 101")
        #expect(rig.store.pending.map(\.new) == [.integer(50)], "the good one still waits")
    }

    @Test("a commit without changes returns none")
    func nothing() throws {
        let rig = StoreRig()
        #expect(try rig.store.commit().isEmpty)
        rig.store.rollback()
        #expect(try rig.store.commit().isEmpty)
    }

    @Test("a rollback forgets all changes that wait and touches none in force")
    func rollback() throws {
        let rig = StoreRig()
        try rig.store.set(group: "tuned", name: "high", to: .integer(60))
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        try rig.store.setDelayed(group: "tuned", name: "high", to: .integer(70))
        rig.store.rollback()
        #expect(rig.store.pending.isEmpty)
        #expect(try rig.store.commit().isEmpty)
        #expect(rig.now.low == 1 && rig.now.high == 60)
    }

    @Test("one waiting change is dropped, once, by its exact name")
    func dropped() throws {
        let rig = StoreRig()
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        try rig.store.setDelayed(group: "tuned", name: "high", to: .integer(30))
        #expect(!rig.store.dropPending(group: "tuned", name: "name"))
        #expect(!rig.store.dropPending(group: "other", name: "low"))
        #expect(rig.store.dropPending(group: "tuned", name: "low"))
        #expect(!rig.store.dropPending(group: "tuned", name: "low"))
        #expect(rig.waiting == ["tuned.high"])
    }

    @Test("a change at once does not take back one that waits")
    func both() throws {
        let rig = StoreRig()
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        try rig.store.set(group: "tuned", name: "low", to: .integer(10))
        #expect(rig.now.low == 10)
        try rig.store.commit()
        #expect(rig.now.low == 20)
    }

    @Test("a commit that cannot be done in whole is not done in part")
    func whole() throws {
        let rig = StoreRig()
        rig.store.declare(group: "custom", name: "v", value: .string("text"), summary: "")
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        try rig.store.setDelayed(group: "custom", name: "v", to: .string("other"))
        // The script is loaded again and declares the variable as an integer.
        rig.store.declare(group: "custom", name: "v", value: .integer(1), summary: "")
        let before = rig.store.generation
        #expect(
            throws: ParameterError(.type, "custom.v is an integer, \"other\" is none")
        ) { try rig.store.commit() }
        #expect(rig.now.low == 1, "the first change must not be in force without the second")
        #expect(rig.store.generation == before)
        #expect(rig.waiting == ["tuned.low", "custom.v"])
        rig.store.rollback()
        #expect(try rig.store.commit().isEmpty)
    }
}

@Suite("The store of settings: back to the start")
struct SettingsResetTests {
    @Test("a reset gives every setting of the group its value at the start")
    func reset() throws {
        var value = Tuned()
        value.low = 33
        value.path = "/start"
        let rig = StoreRig(value)
        try rig.store.set(group: "tuned", name: "low", to: .integer(1))
        try rig.store.set(group: "tuned", name: "path", to: .unset)
        try rig.store.set(group: "tuned", name: "is_on", to: .integer(1))
        try rig.store.reset(group: "tuned")
        #expect(rig.now.low == 33 && rig.now.path == "/start" && !rig.now.isOn)
    }

    @Test("a string that was unset at the start is unset again")
    func unset() throws {
        let rig = StoreRig()
        try rig.store.set(group: "tuned", name: "path", to: .string("/x"))
        try rig.store.reset(group: "tuned")
        #expect(rig.now.path == nil)
    }

    @Test("a reset leaves other groups and waiting changes alone")
    func others() throws {
        let rig = StoreRig()
        let second = rig.store.register(group: "second", value: Tuned(), rows: Tuned.rows)
        try rig.store.set(group: "second", name: "low", to: .integer(50))
        try rig.store.setDelayed(group: "tuned", name: "low", to: .integer(20))
        try rig.store.reset(group: "tuned")
        #expect(rig.store.current(second).low == 50)
        #expect(rig.waiting == ["tuned.low"])
    }

    @Test("a group that does not exist cannot be reset")
    func unknown() {
        let store = StoreRig().store
        #expect(throws: ParameterError(.unknown, "there is no group \"none\"")) {
            try store.reset(group: "none")
        }
    }

    @Test("a reset that fails changes nothing: a default outside of its own bounds")
    func whole() throws {
        var value = Tuned()
        value.high = 1_000
        let rig = StoreRig(value)
        try rig.store.set(group: "tuned", name: "low", to: .integer(5))
        try rig.store.set(group: "tuned", name: "high", to: .integer(6))
        #expect(throws: ParameterError.self) { try rig.store.reset(group: "tuned") }
        #expect(rig.now.low == 5 && rig.now.high == 6)
    }
}
