import Basics
import ModuleKit
import RouteScript
import SIPSyntax
import Synchronization
import Testing

/// A language that keeps what it is asked, in place of app_lua.
private final class FakeEngine: ServerModule, ScriptEngine {
    struct Parameters: Sendable { var functions = "ksr_request_route,ksr_reply_route" }

    static let engineName = "lua"
    static let defaults = Parameters()
    static let manifest = Manifest<FakeEngine>(
        "app_lua", "A language of the tests.",
        parameters: [ParameterRow("functions", \.functions, "The functions that it has.")])

    let functions: Set<String>
    let calls = Guarded<[String]>([])
    let access = Guarded<[any ScriptAccess]>([])
    let settings = Guarded<[EngineSettings]>([])

    init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        functions = Set(setup.parameters.functions.split(separator: ",").map(String.init))
    }

    func connect(_ script: any ScriptAccess, _ settings: EngineSettings) {
        access.withLock { $0.append(script) }
        self.settings.withLock { $0.append(settings) }
    }

    func prepare(_ context: ScriptContext) { calls.withLock { $0.append("prepare") } }

    func call(_ function: String, _ argument: String?, in context: ScriptContext) -> Int? {
        calls.withLock { $0.append(argument.map { "\(function)(\($0))" } ?? function) }
        guard functions.contains(function) else { return nil }
        if function == "dropping" { context.isDropped = true }
        return function == "negative" ? -7 : 1
    }

    func hasFunction(_ name: String) -> Bool { functions.contains(name) }
}

/// A configuration with the language, ready to run.
private struct EngineHarness {
    let program: Program
    let engine: FakeEngine
    let context: ScriptContext
    let probe: TestModule?

    init(_ text: String) throws {
        let file = try parse("loadmodule \"app_lua.so\"\n" + head + text)
        let checked = try file.check(
            catalogue: TestCatalogue.modules + [ModuleBlueprint(FakeEngine.self)],
            core: TestCatalogue.core)
        let services = TestServices()
        var loaded = [try checked.core.make(services)]
        for module in checked.modules { loaded.append(try module.make(services)) }
        program = try Program.compile(checked, loaded: loaded)
        engine = try #require(loaded.compactMap { $0.instance as? FakeEngine }.first)
        probe = loaded.compactMap { $0.instance as? TestModule }.first
        context = ScriptContext(services: services)
        let bytes = Array(Harness.register.replacing("\n", with: "\r\n").utf8)
        try context.message.load(bytes.span)
    }

    /// What the language was asked so far, and forgets it.
    var calls: [String] {
        engine.calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }
}

/// The errors of a configuration that may load the language.
private func faults(_ text: String) -> [String] {
    do {
        _ = try parse(text).check(
            catalogue: TestCatalogue.modules + [ModuleBlueprint(FakeEngine.self)],
            core: TestCatalogue.core)
        return []
    } catch {
        return error.errors.map { "\($0.location.line):\($0.location.column) \($0.message)" }
    }
}

@Suite("Embedded languages")
struct EngineHookTests {
    private let lua = "cfgengine \"lua\"\n"
    private let every =
        "modparam(\"app_lua\", \"functions\", "
        + "\"ksr_request_route,ksr_reply_route,ksr_onsend_route,ksr_event_route,F,dropping,"
        + "negative\")\n"

    @Test("messages run the functions of the language that cfgengine names")
    func entries() throws {
        let harness = try EngineHarness(lua + every + "request_route { note(\"native\"); }")
        harness.program.prepare(harness.context)
        #expect(harness.program.run(.request, in: harness.context) == 1)
        #expect(harness.program.run(.reply, in: harness.context) == 1)
        #expect(harness.program.run(.send, in: harness.context) == 1)
        #expect(
            harness.calls == [
                "prepare", "ksr_request_route", "ksr_reply_route", "ksr_onsend_route",
            ]
        )
        #expect(harness.probe?.notes.withLock { $0 } == [])
    }

    @Test("blocks that are armed by a name are functions of that name")
    func armed() throws {
        let harness = try EngineHarness(lua + every)
        #expect(harness.program.run(.failure("F"), in: harness.context) == 1)
        #expect(harness.program.run(.branch("negative"), in: harness.context) == -7)
        #expect(harness.program.run(.transactionReply("F"), in: harness.context) == 1)
        #expect(harness.calls == ["F", "negative", "F"])
        #expect(harness.program.has(.failure("F")) && !harness.program.has(.failure("G")))
    }

    @Test("a function that is not there is worth 1, one that drops 0")
    func values() throws {
        let harness = try EngineHarness(lua + every)
        #expect(harness.program.run(.failure("none"), in: harness.context) == 1)
        #expect(harness.program.run(.failure("dropping"), in: harness.context) == 0)
        #expect(harness.context.isDropped)
        #expect(harness.program.run(.failure("F"), in: harness.context) == 1)
        #expect(!harness.context.isDropped)
    }

    @Test("events go to one function, with their name, unless a block takes them")
    func events() throws {
        let harness = try EngineHarness(
            lua + every + "event_route[probe:rang] { note(\"block\"); }")
        #expect(harness.program.runEvent("probe:rang", in: harness.context))
        #expect(harness.probe?.notes.withLock { $0 } == ["block"])
        #expect(harness.program.runEvent("usrloc:contact-expired", in: harness.context))
        #expect(harness.calls == ["ksr_event_route(usrloc:contact-expired)"])
        #expect(harness.program.hasEvent("anything:at-all"))
    }

    @Test("without a function for events none is taken")
    func noEvents() throws {
        let harness = try EngineHarness(lua)
        #expect(!harness.program.hasEvent("probe:rang"))
        #expect(!harness.program.runEvent("probe:rang", in: harness.context))
        #expect(harness.calls.isEmpty)
    }

    @Test(
        "parameters of group kemi name the functions, or switch them off",
        arguments: [
            ("request_route_callback", "F", Program.Entry.request, ["F"]),
            ("reply_route_callback", "F", .reply, ["F"]),
            ("onsend_route_callback", "F", .send, ["F"]),
            ("request_route_callback", "none", .request, []),
            ("reply_route_callback", "", .reply, []), ("onsend_route_callback", "none", .send, []),
        ])
    func callbacks(
        parameter: String, function: String, entry: Program.Entry, expected: [String]
    ) throws {
        let harness = try EngineHarness(lua + every + "kemi.\(parameter) = \"\(function)\"\n")
        #expect(harness.program.has(entry) == !expected.isEmpty)
        #expect(harness.program.run(entry, in: harness.context) == 1)
        #expect(harness.calls == expected)
    }

    @Test("a native script runs its blocks and lends its names all the same")
    func native() throws {
        let harness = try EngineHarness("request_route { note(\"native\"); }")
        harness.program.prepare(harness.context)
        harness.program.run(.request, in: harness.context)
        #expect(harness.calls.isEmpty)
        #expect(harness.probe?.notes.withLock { $0 } == ["native"])
        #expect(harness.engine.access.withLock { $0.count } == 1)
        #expect(harness.engine.settings.withLock { $0.map(\.name) } == ["native"])
    }

    @Test("the language reads variables, templates and routes of the native script")
    func names() throws {
        let harness = try EngineHarness(
            lua + "route[FIVE] { note(\"five\"); return 5; }\nroute[STOP] { exit; }\n"
                + "failure_route[FAIL] { exit; }")
        let names = try #require(harness.engine.access.withLock { $0.first })
        let method = try names.variable("$rm")
        #expect(
            harness.context.text(method.read(harness.context)).map(harness.context.string)
                == "REGISTER")
        #expect(method.write == nil)
        #expect(try names.variable("$var(x)").write != nil)
        let text = try #require(try names.template("<$rm>"))
        #expect(
            harness.context.text(text(harness.context)).map(harness.context.string)
                == "<REGISTER>")
        #expect(try names.template("plain") == nil)
        #expect(names.route("FIVE")?(harness.context) == 5)
        #expect(names.route("NONE") == nil)
        #expect(names.has(.failure, "FAIL") && !names.has(.failure, "FAIT"))
        #expect(names.suggestion(.failure, "FAIT") == "FAIL")
    }

    @Test("exit in a native route ends that route only, for the language that called it")
    func nativeExit() throws {
        let harness = try EngineHarness(lua + "route[STOP] { exit; note(\"x\"); }")
        let names = try #require(harness.engine.access.withLock { $0.first })
        #expect(names.route("STOP")?(harness.context) == 1)
        #expect(!harness.context.isStopped)
        #expect(harness.probe?.notes.withLock { $0 } == [])
    }

    @Test(
        "names that are wrong are refused with a reason",
        arguments: [
            ("$rmm", "unknown pseudo-variable"), ("rm", "no pseudo-variable"), ("$", "no pseudo"),
            ("$hdr", "needs a name"), ("$(rm{x.y})", "unknown transformation"), ("", "no pseudo"),
        ])
    func wrongNames(text: String, words: String) throws {
        let harness = try EngineHarness(lua)
        let names = try #require(harness.engine.access.withLock { $0.first })
        do {
            _ = try names.variable(text)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.message.contains(words), "\(error.message)")
        }
    }

    @Test(
        "what of an engine cannot be served is refused where it stands",
        arguments: [
            ("cfgengine \"lua\"", ["1:1 cfgengine \"lua\" needs module \"app_lua\""]),
            ("debug=1\n cfgengine \"python\"", ["2:2 the engine \"python\" is not supported"]),
            (
                "kemi.request_route_calback = \"x\"",
                ["1:1 unknown global parameter \"kemi.request_route_calback\""]
            ),
            (
                "kemi.request_route_callback = 5",
                ["1:1 kemi.request_route_callback is the name of a function, in quotes"]
            ),
            (
                "kemi.pre_routing_callback = \"x\"",
                [
                    "1:1 kemi.pre_routing_callback is not supported: nothing would ever call the "
                        + "function"
                ]
            ),
            ("kemi.pre_routing_callback = \"none\"", []),
            ("loadmodule \"app_lua.so\"\ncfgengine \"lua\"", []),
        ])
    func refusals(text: String, expected: [String]) {
        #expect(faults(text) == expected)
    }
}
