import Basics
import Synchronization
import JSONValue
import Logging
import Management
import ModuleKit
import RouteScript
import Storage
import Testing

/// A server that consists of modules and nothing else: no socket, no database.
final class StandInServices: Services {
    let settings = SettingsStore()
    let logger: Logger
    let lines = LogLines()
    let serverID: Int
    let startedAt = WallTime(seconds: SystemClock.wall().seconds - 41)
    let commandLine = ["roost", "-f", "test.cfg"]
    let stopped = Counter(-1)
    let runDirectory: String
    private let modules = Guarded<[LoadedModule]>([])
    private let driver: (any DatabaseDriver)?
    private let jobs = Guarded<[String: @Sendable () -> Void]>([:])

    init(
        serverID: Int = 0, database: (any DatabaseDriver)? = nil,
        runDirectory: String = "/nonexistent/run"
    ) {
        self.runDirectory = runDirectory
        self.serverID = serverID
        driver = database
        let lines = lines
        logger = Logger(label: "test") { _ in LineLog(lines) }
    }

    /// What modules send outside of a script's turn, and which connections they find open.
    let wire = StandInNetwork()
    var network: any NetworkServices { wire }
    /// The same under the name that tests of connections have for it.
    var standInNetwork: StandInNetwork { wire }
    /// Knows the records of one name.
    let names = StandInNames()
    var resolver: any DestinationResolver { names }
    var avoided: (any AvoidedDestinations)? { names }
    var loadedModules: [LoadedModule] { modules.withLock { $0 } }
    var threads: [(id: Int, description: String)] { [(11, "main"), (12, "udp worker 0")] }
    var aliases: [HostAlias] {
        [HostAlias(host: "example.com"), HostAlias(transport: .udp, host: "localhost", port: 5060)]
    }
    var defines: [(name: String, value: String?)] { [("ROOST", nil), ("DBURL", "sqlite:///x")] }
    var sockets: [ListeningSocket] {
        [
            ListeningSocket(
                transport: .udp, address: PeerAddress(ipv4: 0x7F00_0001, port: 5060),
                advertised: "sip.example.com:5060"),
            ListeningSocket(
                transport: .tcp, address: PeerAddress(high: 0, low: 1, port: 5060)),
        ]
    }

    private let asked = Guarded<Set<String>>([])
    /// The addresses of the databases that modules have asked for.
    var askedDatabases: Set<String> { asked.withLock { $0 } }
    func database(_ url: String) throws(StorageError) -> any DatabaseDriver {
        asked.withLock { _ = $0.insert(url) }
        guard let driver else { throw StorageError(.refused, "there is no database here") }
        return driver
    }
    func every(_ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void) {
        jobs.withLock { $0["\(name) \(seconds)"] = body }
    }
    /// The jobs that were asked for, each with its period in seconds behind its name.
    var jobNames: [String] { jobs.withLock { $0.keys.sorted() } }
    /// Runs a job as the timer would.
    func runJob(_ name: String) { jobs.withLock { $0[name] }?() }
    /// Adds a module that was made from a configuration.
    func add(_ module: LoadedModule) { modules.withLock { $0.append(module) } }
    /// The script whose event routes are run; without one there are none.
    private let script = Guarded<Program?>(nil)
    /// Says whose event routes are run.
    func installEventRoutes(of program: Program) { script.withLock { $0 = program } }
    func hasEventRoute(_ name: String) -> Bool { script.withLock { $0 }?.hasEvent(name) ?? false }
    func runEventRoute(_ name: String, _ prepare: (ScriptContext) -> Void) {
        guard let program = script.withLock({ $0 }) else { return }
        let context = ScriptContext(services: self)
        prepare(context)
        program.runEvent(name, in: context)
    }
    var blocks: any ScriptBlocks { script.withLock { $0 } ?? NoBlocks() }
    func announceThread(_ description: String) {}
    func requestStop(status: Int32) { stopped.set(Int(status)) }

    /// Loads a module with the parameters given, as `modparam` would.
    @discardableResult
    func load<M: ServerModule>(
        _ type: M.Type, _ parameters: [(String, SettingValue)] = []
    ) throws -> M {
        let configured = ModuleBlueprint(type).configure()
        for (name, value) in parameters { try configured.set(name, to: value) }
        let loaded = try configured.make(self)
        modules.withLock { $0.append(loaded) }
        return try #require(loaded.instance as? M)
    }

    /// Calls a command and returns the whole answer; the reply is checked against its schema.
    func call(_ method: String, _ parameters: JSONValue...) throws -> JSONValue {
        try exchange(method, .array(parameters))
    }

    /// The same with parameters as they are.
    func exchange(_ method: String, _ parameters: JSONValue) throws -> JSONValue {
        let dispatcher = JSONRPCDispatcher(CommandRunner(services: self))
        let request: JSONValue = [
            "jsonrpc": "2.0", "method": .string(method), "params": parameters, "id": 1,
        ]
        let bytes = Array(request.encoded().utf8)
        let given = dispatcher.answer(bytes.span, from: RPCCaller(channel: "test", address: "here"))
        var writer = JSONWriter()
        let answer = try #require(given)
        while answer.produce(into: &writer) {}
        let document = try JSONValue(parsing: writer.bytes.text)
        if let result = document["result"], let declared = dispatcher.registry[method] {
            let violation = SchemaValidator.check(result, against: declared.result)
            #expect(violation == nil, "\(method) answers another shape than it declares")
        }
        return document
    }
}

/// The lines that a test's server has logged.
final class LogLines: Sendable {
    private let lines = Guarded<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A log that keeps its lines.
struct LineLog: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug
    init(_ lines: LogLines) { self.lines = lines }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.add("\(event.level) \(event.message)") }
}
