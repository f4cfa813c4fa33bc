import Basics
import Logging
import ModuleKit
import SIPSyntax
import Storage
import Synchronization
import Testing

/// A server that has loaded modules.
private final class LoadedServices: Services {
    let settings = SettingsStore()
    let logger = Logger(label: "kit") { _ in SwiftLogNoOpLogHandler() }
    let serverID = 0
    let startedAt = WallTime(seconds: 0)
    let commandLine: [String] = []
    let threads: [(id: Int, description: String)] = []
    let sockets: [ListeningSocket] = []
    private let modules = Guarded<[LoadedModule]>([])
    var loadedModules: [LoadedModule] { modules.withLock { $0 } }

    func load<M: ServerModule>(_ type: M.Type) throws {
        let made = try ModuleBlueprint(type).configure().make(self)
        modules.withLock { $0.append(made) }
    }
    func database(_ url: String) throws(StorageError) -> any DatabaseDriver {
        throw StorageError(.configuration, "no database here")
    }
    func every(_ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void) {}
    func runEventRoute(_ name: String, _ prepare: (ScriptContext) -> Void) {}
    func announceThread(_ description: String) {}
    func requestStop(status: Int32) {}
}

/// A module that is none of all this.
private final class PlainModule: ServerModule {
    static let manifest = Manifest<PlainModule>("plain", "Does nothing.")
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
}

/// A module that refuses to be made.
private final class BrokenModule: ServerModule {
    static let manifest = Manifest<BrokenModule>("broken", "Does not start.")
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {
        throw StartFailure("broken by design")
    }
}

/// A module that names a function for one event and follows Routes.
private final class ListeningModule: ServerModule, EventListener, RouteFollower {
    static let manifest = Manifest<ListeningModule>("listening", "Listens.")
    let followed = Guarded<[String]>([])
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
    func callback(for event: String) -> String? {
        event.hasPrefix("usrloc:") ? "on_\(event.dropFirst(7))" : nil
    }
    func didFollow(_ route: Span<UInt8>, _ context: ScriptContext) {
        let text = String(copying: route)
        followed.withLock { $0.append(text) }
    }
}

/// A second module that would take every event.
private final class GreedyModule: ServerModule, EventListener {
    static let manifest = Manifest<GreedyModule>("greedy", "Takes all events.")
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
    func callback(for event: String) -> String? { "greedy" }
}

/// A language whose functions return the length of their argument.
private final class LengthEngine: ServerModule, ScriptEngine {
    static let manifest = Manifest<LengthEngine>("app_length", "Counts.")
    static let engineName = "length"
    let calls = Guarded<[String]>([])
    init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
    func connect(_ script: any ScriptAccess, _ settings: EngineSettings) {}
    func prepare(_ context: ScriptContext) {}
    func hasFunction(_ name: String) -> Bool { name.hasPrefix("on_") }
    func call(_ function: String, _ argument: String?, in context: ScriptContext) -> Int? {
        guard function != "on_gone" else { return nil }
        let flags = context.flags
        calls.withLock { $0.append("\(function)(\(argument ?? "")) \(flags)") }
        return argument?.utf8.count
    }
}

@Suite("Listeners of events")
struct EventListenerTests {
    @Test("a function takes the place of an event route where a module names one")
    func named() throws {
        let services = LoadedServices()
        #expect(services.callback(for: "usrloc:contact-expired") == nil)
        try services.load(PlainModule.self)
        try services.load(ListeningModule.self)
        #expect(services.callback(for: "usrloc:contact-expired") == "on_contact-expired")
        #expect(services.callback(for: "tm:local-request") == nil)
    }

    @Test("of several modules the one that was loaded first is asked first")
    func order() throws {
        let services = LoadedServices()
        try services.load(ListeningModule.self)
        try services.load(GreedyModule.self)
        #expect(services.callback(for: "usrloc:x") == "on_x")
        #expect(services.callback(for: "tm:x") == "greedy")
    }

    @Test("whoever follows Routes is told of each, whoever does not is left alone")
    func routes() throws {
        let services = LoadedServices()
        try services.load(PlainModule.self)
        try services.load(ListeningModule.self)
        let context = ScriptContext(services: services)
        for uri in ["sip:a;lr", "sip:b;lr"] {
            let bytes = Array(uri.utf8)
            services.tellRouteFollowers(bytes.span, context)
        }
        let module = try #require(services.module(ListeningModule.self))
        #expect(module.followed.withLock { $0 } == ["sip:a;lr", "sip:b;lr"])
    }

    @Test("a module is found by its type, or is not loaded")
    func modules() throws {
        let services = LoadedServices()
        try services.load(PlainModule.self)
        #expect(services.module(PlainModule.self) != nil)
        #expect(services.module(ListeningModule.self) == nil)
        #expect(throws: StartFailure("broken by design")) { try services.load(BrokenModule.self) }
        #expect(services.loadedModules.map(\.name) == ["plain"])
    }
}

@Suite("Scripts in another language")
struct ScriptEngineTests {
    private func services() throws -> (LoadedServices, LengthEngine) {
        let services = LoadedServices()
        try services.load(PlainModule.self)
        try services.load(LengthEngine.self)
        return (services, try #require(services.module(LengthEngine.self)))
    }

    @Test("without a language no callback runs")
    func noEngine() throws {
        let services = LoadedServices()
        try services.load(PlainModule.self)
        #expect(services.scriptEngine == nil)
        var isPrepared = false
        #expect(!services.runCallback("on_x", event: "e") { _ in isPrepared = true })
        #expect(!isPrepared, "nothing is prepared for a function that nobody has")
    }

    @Test("a callback runs once in a context that the caller prepares, with the event's name")
    func callback() throws {
        let (services, engine) = try services()
        #expect(services.scriptEngine === engine)
        #expect(services.runCallback("on_x", event: "usrloc:contact-expired") { $0.flags = 5 })
        #expect(engine.calls.withLock { $0 } == ["on_x(usrloc:contact-expired) 5"])
    }

    @Test("a function that is not there, or is gone when it is called, has not run")
    func missing() throws {
        let (services, engine) = try services()
        #expect(!services.runCallback("other", event: "e") { _ in })
        #expect(!services.runCallback("on_gone", event: "e") { _ in })
        #expect(engine.calls.withLock { $0.isEmpty })
    }

    @Test("by default messages run the usual functions of the blocks' language")
    func defaults() {
        let settings = EngineSettings()
        #expect(settings.name == "native")
        #expect(settings.request == "ksr_request_route" && settings.reply == "ksr_reply_route")
        #expect(settings.send == "ksr_onsend_route" && settings.event == "ksr_event_route")
    }

    @Test(
        "a parameter of group kemi names a function or switches the callback off",
        arguments: [("f", "f"), ("none", nil), ("", nil), ("None", "None")] as [(String, String?)])
    func parameters(text: String, expected: String?) {
        var settings = EngineSettings()
        var areSet: [Bool] = []
        for name in EngineSettings.parameters.prefix(4) {
            areSet.append(settings.set(name, to: text))
        }
        #expect(areSet == [true, true, true, true])
        let values = [settings.request, settings.reply, settings.send, settings.event]
        #expect(values == [expected, expected, expected, expected])
    }

    @Test("callbacks that nothing would call may be switched off and not be named")
    func useless() {
        for name in ["received_route_callback", "pre_routing_callback"] {
            var settings = EngineSettings()
            let results = ["", "none", "f"].map { settings.set(name, to: $0) }
            #expect(results == [true, true, false])
            #expect(settings == EngineSettings())
        }
    }

    @Test("a parameter that group kemi does not have is refused")
    func unknown() {
        var settings = EngineSettings()
        for name in ["", "request_route", "Request_route_callback"] {
            let isSet = settings.set(name, to: "f")
            #expect(!isSet)
        }
        #expect(settings == EngineSettings() && EngineSettings.group == "kemi")
    }
}

@Suite("No network")
struct NoNetworkTests {
    @Test("what is sent goes nowhere and no connection is open")
    func nothing() throws {
        let services = LoadedServices()
        let network = services.network
        let bytes: [UInt8] = []
        network.send(bytes.span, to: try kitContext().origin)
        network.close(connection: 1)
        network.takeReplies { _ in true }
        #expect(!network.isOpen(connection: 1))
        #expect(services.defines.isEmpty && services.aliases.isEmpty)
        #expect(!services.hasEventRoute("x"))
    }
}
