import Basics
import JSONValue
import ModuleKit
import Testing

/// A module with one row of each kind.
final class SampleModule: ServerModule {
    /// How it behaves.
    enum Mode: Int, CaseIterable, Sendable {
        case off = 0
        case some = 2
        case all = 3
    }
    struct Parameters: Sendable {
        var size = 5
        var isOn = false
        var name = "x"
        var path: String?
        var list: [String] = []
        var mode = Mode.off
    }

    static let defaults = Parameters()
    static let manifest = Manifest<SampleModule>(
        "sample", "Has a row of each kind.", requires: ["other"],
        parameters: [
            ParameterRow("size", \.size, 1...10, "A size.", runtime: .changeable),
            ParameterRow("on", \.isOn, "A switch.", runtime: .named("is_on")),
            ParameterRow("name", \.name, "A name.", runtime: .changeable),
            ParameterRow("path", \.path, "A path."),
            ParameterRow("list", list: \.list, "A list."),
            ParameterRow("mode", cases: \.mode, "A mode.", runtime: .changeable),
        ],
        functions: [
            FunctionRow("sum", .integer("a"), .integer("b"), returns: "the sum", "Adds.") {
                (_, _, a: Int, b: Int) in a + b
            },
            FunctionRow(
                "maybe", .constant("a"), Argument.integer("b").optional,
                Argument.string("c").optional, routes: [.request], returns: "1",
                "Has optional arguments."
            ) { (_, _, _: String, b: Int?, c: ScriptText?) in
                (b == nil ? 0 : 10) + (c == nil ? 0 : 1)
            },
            FunctionRow(
                "prepared", .constant("a"), returns: "its length", "Is prepared once.",
                compile: { (_, a) throws(ArgumentError) in
                    guard case .constant(let text) = a, !text.isEmpty else {
                        throw ArgumentError("expected a text that is not empty")
                    }
                    let length = text.utf8.count
                    return { _ in length }
                }),
        ],
        variables: [
            VariableRow("five", "5") { _ in .integer(5) },
            VariableRow(
                "kept", inner: .required, isWritable: true, "Something to write.",
                check: { (reference) throws(ArgumentError) in
                    if reference.inner == "bad" { throw ArgumentError("bad name") }
                },
                compile: { (_, _) throws(ArgumentError) in
                    VariableAccess(read: { _ in .null }) { _, _ in true }
                }),
        ],
        statistics: [
            StatisticRow("count", "A counter.", counter: { $0.counter }),
            StatisticRow("gauge", "A gauge.", gauge: { _ in 7 }),
        ],
        eventRoutes: [EventRouteRow("sample:event", "An event.")])

    let counter = Counter()
    let size: Int

    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) { size = setup.parameters.size }
}

/// Templates of a test: `$five` is the only variable.
struct SampleTemplates: TemplateCompiler {
    func template(
        _ text: String
    ) throws(ArgumentError) -> (@Sendable (ScriptContext) -> ScriptValue)? {
        if text == "$five" { return { _ in .integer(5) } }
        if text == "$null" { return { _ in .null } }
        if text.contains("$") { throw ArgumentError("unknown variable in \(text)") }
        return nil
    }
}

/// Calls a function of the sample.
private func call(_ name: String, _ sources: ArgumentSource...) throws -> Int? {
    let services = KitServices()
    let loaded = try ModuleBlueprint(SampleModule.self).configure().make(services)
    let compiled = try loaded.function(name, sources, SampleTemplates())
    return compiled?(try kitContext())
}

/// The error of a call, "none" without one.
private func fault(_ name: String, _ sources: ArgumentSource...) -> String {
    let blueprint = ModuleBlueprint(SampleModule.self)
    guard let function = blueprint.functions.first(where: { $0.name == name }) else {
        return "no function"
    }
    do throws(ArgumentError) {
        try function.check(sources, SampleTemplates())
        return "none"
    } catch {
        return error.message
    }
}

/// Sets a parameter and returns the error, "none" without one.
private func set(_ name: String, _ value: SettingValue) -> String {
    do throws(ParameterError) {
        try ModuleBlueprint(SampleModule.self).configure().set(name, to: value)
        return "none"
    } catch {
        return error.message
    }
}

@Suite("Declarations of modules")
struct DeclarationTests {
    @Test("a blueprint shows every row")
    func blueprint() {
        let blueprint = ModuleBlueprint(SampleModule.self)
        #expect(blueprint.name == "sample" && blueprint.requires == ["other"])
        #expect(
            blueprint.parameters.map(\.name) == ["size", "on", "name", "path", "list", "mode"])
        #expect(
            blueprint.parameters.map(\.runtimeName) == ["size", "is_on", "name", nil, nil, "mode"])
        #expect(blueprint.parameters.map(\.isRepeatable).filter { $0 }.count == 1)
        #expect(
            blueprint.parameters.map(\.initial) == [
                .integer(5), .integer(0), .string("x"), .unset, .string(""), .integer(0),
            ])
        #expect(blueprint.functions.map(\.name) == ["sum", "maybe", "prepared"])
        #expect(blueprint.functions.allSatisfy { $0.module == "sample" })
        #expect(blueprint.functions[1].arguments.map(\.isOptional) == [false, true, true])
        #expect(blueprint.functions[1].arguments.map(\.name) == ["a", "b", "c"])
        #expect(blueprint.functions[1].routes == .request)
        #expect(blueprint.variables.map(\.name) == ["five", "kept"])
        #expect(blueprint.variables.map(\.needsInner) == [false, true])
        #expect(blueprint.variables.map(\.isWritable) == [false, true])
        #expect(blueprint.statistics.map(\.name) == ["count", "gauge"])
        #expect(blueprint.eventRoutes.map(\.name) == ["sample:event"])
    }

    @Test("a variable's check runs without a module")
    func variableCheck() throws {
        let kept = ModuleBlueprint(SampleModule.self).variables[1]
        try kept.check(VariableReference(name: "kept", inner: "good"))
        #expect(throws: ArgumentError("bad name")) {
            try kept.check(VariableReference(name: "kept", inner: "bad"))
        }
    }

    @Test("functions are called with Swift values")
    func calls() throws {
        #expect(try call("sum", .integer(2), .integer(3)) == 5)
        #expect(try call("sum", .string("2"), .string("0x10")) == 18)
        #expect(try call("sum", .string("$five"), .expression { _ in .string("7") }) == 12)
        #expect(try call("sum", .integer(1), .expression { _ in .null }) == -1)
        #expect(try call("sum", .integer(1), .expression { _ in .string("x") }) == -1)
        #expect(try call("maybe", .string("a")) == 0)
        #expect(try call("maybe", .string("a"), .integer(1)) == 10)
        #expect(try call("maybe", .string("a"), .integer(1), .string("c")) == 11)
        #expect(try call("maybe", .string("a"), .integer(1), .string("$null")) == -1)
        #expect(try call("prepared", .string("abc")) == 3)
        #expect(try call("prepared", .integer(1234)) == 4)
        #expect(try call("none") == nil)
    }

    @Test("calls that do not fit are refused with the argument's place and name")
    func wrongCalls() {
        #expect(fault("sum", .integer(1)) == "takes 2 arguments, found 1")
        #expect(
            fault("sum", .integer(1), .integer(1), .integer(1)) == "takes 2 arguments, found 3")
        #expect(fault("maybe") == "takes 1 to 3 arguments, found 0")
        #expect(
            fault("sum", .integer(1), .string("x"))
                == "argument 2 (b): expected an integer, found \"x\"")
        #expect(
            fault("sum", .string("$x"), .integer(1))
                == "argument 1 (a): unknown variable in $x")
        #expect(
            fault("prepared", .expression { _ in .null })
                == "argument 1 (a): expected a constant string, found an expression")
        #expect(fault("sum", .integer(1), .integer(2)) == "none")
    }

    @Test("variables compile by name")
    func variables() throws {
        let loaded = try ModuleBlueprint(SampleModule.self).configure().make(KitServices())
        let context = try kitContext()
        let five = try #require(try loaded.variable(VariableReference(name: "five")))
        #expect(context.integer(five.read(context)) == 5)
        #expect(five.write == nil)
        let kept = try #require(try loaded.variable(VariableReference(name: "kept", inner: "x")))
        #expect(kept.write?(context, .integer(1)) == true)
        #expect(try loaded.variable(VariableReference(name: "none")) == nil)
    }

    @Test("statistics are read, and counters can be reset")
    func statistics() throws {
        let loaded = try ModuleBlueprint(SampleModule.self).configure().make(KitServices())
        let module = try #require(loaded.instance as? SampleModule)
        module.counter.add(4)
        #expect(loaded.statistics.map(\.value) == [4, 7])
        #expect(loaded.statistics.map(\.group) == ["sample", "sample"])
        loaded.statistics[0].reset?()
        #expect(loaded.statistics[0].value == 0)
        #expect(loaded.statistics[1].reset == nil)
    }

    @Test(
        "parameters accept what their rows say",
        arguments: [
            ("size", SettingValue.integer(10), "none"),
            ("size", .integer(11), "size must be from 1 to 10, not 11"),
            ("size", .string("3"), "parameter \"size\" is an integer, found the string \"3\""),
            ("on", .integer(1), "none"), ("on", .integer(2), "on must be from 0 to 1, not 2"),
            ("name", .string("y"), "none"),
            ("name", .integer(1), "parameter \"name\" is a string, found the integer 1"),
            ("path", .string("/x"), "none"), ("list", .string("a"), "none"),
            ("mode", .integer(2), "none"),
            ("mode", .integer(1), "mode has no case 1; cases: [0, 2, 3]"),
            ("mode", .integer(9), "mode must be from 0 to 3, not 9"),
            ("none", .integer(1), "module \"sample\" has no parameter \"none\""),
        ])
    func parameters(name: String, value: SettingValue, expected: String) {
        #expect(set(name, value) == expected)
    }

    @Test("a module is made from the parameters that were set")
    func making() throws {
        let configured = ModuleBlueprint(SampleModule.self).configure()
        try configured.set("size", to: .integer(9))
        let loaded = try configured.make(KitServices())
        #expect((loaded.instance as? SampleModule)?.size == 9)
        #expect(loaded.name == "sample" && configured.name == "sample")
    }

    @Test("settings change at run time, and the next message sees it")
    func settings() throws {
        let services = KitServices()
        _ = try ModuleBlueprint(SampleModule.self).configure().make(services)
        let store = services.settings
        #expect(try store.set(group: "sample", name: "size", to: .integer(7)) == .integer(5))
        #expect(try store.value(group: "sample", name: "size") == .integer(7))
        #expect(try store.value(group: "sample", name: "is_on") == .integer(0))
        #expect(throws: ParameterError.self) {
            try store.value(group: "sample", name: "path")
        }
        #expect(throws: ParameterError.self) {
            try store.set(group: "sample", name: "size", to: .integer(99))
        }
        try store.setDelayed(group: "sample", name: "name", to: .string("z"))
        #expect(store.pending.count == 1)
        #expect(try store.value(group: "sample", name: "name") == .string("x"))
        #expect(try store.commit().count == 1)
        #expect(try store.value(group: "sample", name: "name") == .string("z"))
    }
}
