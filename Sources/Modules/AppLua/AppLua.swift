internal import Basics
public import ModuleKit
internal import RouteScript
internal import SIPSyntax
internal import Synchronization

/// Module `app_lua`: routing logic in Lua (KEMI).
///
/// Each worker has a Lua state of its own, in which the files of parameter `load` have run; the
/// states share nothing. `app_lua.reload` puts other files in force: a worker that sees the higher
/// version makes itself a new state between two messages.
public final class AppLuaModule: ServerModule, ScriptEngine {
    /// The settings of the module.
    public struct Parameters: Sendable {
        /// The files that run in each state, in their order.
        public var load: [String] = []
        /// Whether `app_lua.reload` is allowed.
        public var reload = true
        /// 1 shows the place in a script that wrote a line of the log.
        public var logMode = 0
    }

    /// No files.
    public static let defaults = Parameters()
    /// What `cfgengine` calls it.
    public static var engineName: String { "lua" }

    /// The server.
    let services: any Services
    /// The settings.
    let parameters: Parameters
    /// Where contexts keep their states.
    let settings: SettingsHandle<Parameters>
    /// The states of contexts that are gone.
    let pool = LuaPool()
    private let version = Atomic<UInt64>(0)
    private let shared = Guarded(Shared())

    /// What threads share.
    struct Shared {
        /// The files in force.
        var scripts: [LuaScript] = []
        /// The functions that states offer; built when all modules are made.
        var catalogue: KEMICatalogue?
        /// The names of the routing script.
        var script: (any ScriptAccess)?
        /// What `cfgengine` and its parameters say.
        var engine = EngineSettings()
        /// A state that answers what functions there are; no message runs in it.
        var probe: LuaState?
    }

    /// Nothing is read yet.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        settings = setup.settings
        guard parameters.load.count <= Limits.luaFilesMax else {
            throw StartFailure("app_lua: at most \(Limits.luaFilesMax) files can be loaded")
        }
    }

    /// The version of the files in force; it rises with every reload.
    var currentVersion: UInt64 { version.load(ordering: .acquiring) }

    /// What scripts can call; empty before the routing script is compiled.
    var functionList: [KEMIFunction] { shared.withLock { $0.catalogue?.functions ?? [] } }

    // MARK: Life

    /// Takes the names of the routing script.
    public func connect(_ script: any ScriptAccess, _ settings: EngineSettings) {
        let catalogue = KEMICatalogue(services.loadedModules)
        shared.withLock { shared in
            shared.script = script
            shared.engine = settings
            shared.catalogue = catalogue
        }
    }

    /// Reads the files and runs them once: what is wrong with them ends the start.
    public func start() throws(StartFailure) {
        let engine = shared.withLock { $0.engine }
        if engine.name == Self.engineName, parameters.load.isEmpty {
            throw StartFailure(
                "cfgengine \"lua\" needs a script: modparam(\"app_lua\", \"load\", \"FILE\")")
        }
        do throws(LuaFailure) { try putInForce() } catch {
            throw StartFailure("app_lua: \(error.message)")
        }
    }

    /// Closes the states that wait, and lets the routing script go.
    public func stop() {
        pool.close()
        shared.withLock { shared in
            shared.script = nil
            shared.probe = nil
        }
    }

    /// Reads the files and puts them in force if they run; otherwise the old ones stay.
    func putInForce() throws(LuaFailure) {
        var scripts: [LuaScript] = []
        for path in parameters.load { scripts.append(try LuaScript(path: path)) }
        let next = currentVersion + 1
        let trial = try makeState(scripts, version: next)
        let engine = shared.withLock { $0.engine }
        if engine.name == Self.engineName, let function = engine.request,
            !trial.hasFunction(function)
        {
            throw LuaFailure(
                "\(parameters.load.joined(separator: ", ")): there is no function \(function)()")
        }
        shared.withLock { shared in
            shared.scripts = scripts
            shared.probe = trial
        }
        version.store(next, ordering: .releasing)
        pool.discard(before: next)
    }

    // MARK: States

    /// The state of a context, made when it is first asked for and again after a reload.
    func seat(_ context: ScriptContext) -> LuaSeat {
        let seat = context.workspace(settings) { LuaSeat(self, context) }
        if seat.version != currentVersion { seat.renew(context) }
        return seat
    }

    /// A state for a context: one that waits, or a new one.
    func takeState(_ context: ScriptContext) throws(LuaFailure) -> LuaState {
        let version = currentVersion
        if let waiting = pool.take(version) { return waiting }
        let scripts = shared.withLock { $0.scripts }
        return try makeState(scripts, version: version, context)
    }

    private func makeState(
        _ scripts: [LuaScript], version: UInt64, _ context: ScriptContext? = nil
    ) throws(LuaFailure) -> LuaState {
        let (catalogue, script) = shared.withLock { ($0.catalogue, $0.script) }
        guard let catalogue, let script else {
            throw LuaFailure("the routing script is not compiled yet")
        }
        let state = try LuaState(
            catalogue, script, version: version, showsPlaces: parameters.logMode == 1)
        let context = context ?? ScriptContext(services: services)
        for file in scripts { try state.load(file, in: context) }
        return state
    }

    // MARK: ScriptEngine

    /// Makes the state of a worker; a failure is told again with each message.
    public func prepare(_ context: ScriptContext) { _ = seat(context) }

    /// Whether the script has a function; true while it is not loaded.
    public func hasFunction(_ name: String) -> Bool {
        shared.withLock { $0.probe?.hasFunction(name) ?? true }
    }

    /// Runs a function of the script.
    public func call(
        _ function: String, _ argument: String?, in context: ScriptContext
    ) -> Int? {
        let arguments = argument.map { [ScriptText.owned(Array($0.utf8))] } ?? []
        switch run(function, arguments, in: context) {
        case .done(let value): return value ?? 1
        case .stopped: return 1
        case .missing: return nil
        case .failed(let words):
            report(words, in: context)
            return -1
        }
    }

    /// Runs a function of the script and leaves what comes of it to the caller.
    func run(
        _ function: String, _ arguments: [ScriptText], in context: ScriptContext
    ) -> LuaOutcome {
        guard let state = seat(context).state else {
            return .failed("there is no Lua state; see the first error")
        }
        return state.run(function, arguments, in: context)
    }

    /// Logs an error in one line, and answers the request if nobody has: a client that gets nothing
    /// would only ask again.
    func report(_ words: String, in context: ScriptContext) {
        context.log(.error, "Lua: \(LuaFailure.oneLine(words))")
        guard context.repliedStatus == 0, context.message.kind == .request,
            context.message.method != .ack, context.message.header(.via) != nil
        else { return }
        context.reply(500, Self.serverError.span)
    }

    private static let serverError = Array("Server Internal Error".utf8)
}
