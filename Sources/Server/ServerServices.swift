package import Basics
internal import CLinux
internal import Glibc
package import Logging
package import ModuleKit
internal import SIPSyntax
package import Storage
internal import Synchronization

/// The server as modules see it.
///
/// Modules are loaded before ports are bound and before the script is compiled; so what a module
/// asks for may not be there yet. Then the answer is empty, and a module that needs it asks in its
/// `start`.
package final class ServerServices: Services {
    /// What threads share.
    private struct State {
        var sockets: [ListeningSocket] = []
        var aliases: [HostAlias] = []
        var modules: [LoadedModule] = []
        var threads: [(id: Int, description: String)] = []
        var workers: (@Sendable () -> [(id: Int, description: String)])?
        var defines: [(name: String, value: String?)] = []
        var serverID = 0
        var runDirectory = "/run/kamailio"
        var blocks: any ScriptBlocks = NoBlocks()
        var makeContext: (@Sendable () -> ScriptContext)?
        var idleContexts: [IdleContext] = []
        var stop: (@Sendable (Int32) -> Void)?
        var pendingStop: Int32?
        var isDraining = false
    }

    /// A context of the control plane that nobody uses at the moment.
    ///
    /// Sendable, because a context is either in the list or with one thread.
    private struct IdleContext: @unchecked Sendable {
        let context: ScriptContext
    }

    /// Contexts of the control plane that are kept for the next piece; to make one costs copies of
    /// all settings.
    private static let idleContextsMax = 8

    /// The settings of all modules.
    package let settings = SettingsStore()
    /// The server's log.
    package let logger: Logger
    /// When the server started.
    package let startedAt: WallTime
    /// The command line.
    package let commandLine: [String]
    /// The way to the network, once there is a transport.
    let link = NetworkLink()
    /// Finds out where names lead.
    let names: NameResolution
    /// Runs the jobs of modules.
    private let timer = ControlTimer()
    /// Read by commands on any thread and changed at the start.
    private let state = Guarded(State())

    /// Services without modules and sockets.
    package init(logger: Logger, startedAt: WallTime, commandLine: [String]) {
        self.logger = logger
        self.startedAt = startedAt
        self.commandLine = commandLine
        names = NameResolution(logger: logger, settings: settings)
    }

    /// Finds out where URIs lead.
    package var resolver: any DestinationResolver { names }
    /// The destinations that have failed.
    package var avoided: (any AvoidedDestinations)? { names }

    /// How messages are sent outside of a script's turn.
    package var network: any NetworkServices { link }

    /// Core parameter `server_id`.
    package var serverID: Int {
        get { state.withLock { $0.serverID } }
        set { state.withLock { $0.serverID = newValue } }
    }

    /// Where sockets and named pipes are that are given without a path.
    package var runDirectory: String {
        get { state.withLock { $0.runDirectory } }
        set { state.withLock { $0.runDirectory = newValue } }
    }

    /// The addresses that the server listens on.
    package var sockets: [ListeningSocket] {
        get { state.withLock { $0.sockets } }
        set { state.withLock { $0.sockets = newValue } }
    }

    /// The names that are this server's own.
    package var aliases: [HostAlias] {
        get { state.withLock { $0.aliases } }
        set { state.withLock { $0.aliases = newValue } }
    }

    /// The modules in the order of loading.
    package var loadedModules: [LoadedModule] { state.withLock { $0.modules } }

    /// Adds a module that was made.
    package func add(_ module: LoadedModule) { state.withLock { $0.modules.append(module) } }

    /// What the configuration's preprocessor has defined.
    package var defines: [(name: String, value: String?)] {
        get { state.withLock { $0.defines } }
        set { state.withLock { $0.defines = newValue } }
    }

    /// The first thread, those of the transport, and those that announced themselves.
    package var threads: [(id: Int, description: String)] {
        let (workers, announced) = state.withLock { ($0.workers, $0.threads) }
        return [(id: Int(getpid()), description: "main")] + (workers?() ?? []) + announced
    }

    /// Says how the threads of the transport are found.
    package func installWorkers(
        _ workers: @escaping @Sendable () -> [(id: Int, description: String)]
    ) {
        state.withLock { $0.workers = workers }
    }

    /// Adds the calling thread to `core.psx`.
    package func announceThread(_ description: String) {
        let id = Int(clinux_thread_id())
        state.withLock { $0.threads.append((id, description)) }
    }

    /// A driver from the module that serves the URL's scheme.
    ///
    /// The schemes are those that the loaded modules serve, upper case or lower. An error never
    /// shows the URL, for it holds a password.
    package func database(_ url: String) throws(StorageError) -> any DatabaseDriver {
        guard let end = url.firstIndex(of: ":") else {
            throw StorageError(
                .configuration, "a database URL starts with a scheme, as mysql:// or sqlite://")
        }
        let scheme = url[..<end].lowercased()
        for loaded in loadedModules {
            guard let module = loaded.instance as? any DatabaseModule,
                type(of: module).schemes.contains(scheme)
            else { continue }
            return try module.driver(url)
        }
        guard let module = Catalogue.databaseModule(serving: scheme) else {
            throw StorageError(.configuration, "no module serves \(scheme):// databases")
        }
        throw StorageError(
            .configuration,
            "no module for \(scheme):// is loaded; add loadmodule \"\(module)\" before")
    }

    /// Runs a job of the control plane again and again.
    package func every(
        _ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void
    ) {
        timer.every(seconds, name, body)
    }

    /// Ends the jobs of the control plane.
    package func stopJobs() { timer.stop() }

    /// Says which script there is, once it is compiled, and how a context for it is made.
    package func install(
        _ blocks: any ScriptBlocks, makeContext: (@Sendable () -> ScriptContext)? = nil
    ) {
        state.withLock { state in
            state.blocks = blocks
            state.makeContext = makeContext
            state.idleContexts = []
        }
    }

    /// The blocks of the script.
    package var blocks: any ScriptBlocks { state.withLock { $0.blocks } }

    /// Whether the script has an event route.
    package func hasEventRoute(_ name: String) -> Bool { blocks.hasBlock(.event(name)) }

    /// Runs an event route in a context of its own.
    ///
    /// No lock is held meanwhile: the route may call whatever a script may.
    package func runEventRoute(_ name: String, _ prepare: (ScriptContext) -> Void) {
        let blocks = blocks
        guard blocks.hasBlock(.event(name)) else { return }
        perform { context in
            prepare(context)
            _ = blocks.runBlock(.event(name), in: context)
        }
    }

    /// Runs a piece of the control plane that sends, or that runs parts of the script.
    ///
    /// Each has a context to itself, so that they may run side by side.
    package func perform(_ body: (ScriptContext) -> Void) {
        let (idle, make) = state.withLock { ($0.idleContexts.popLast(), $0.makeContext) }
        let context = idle?.context ?? make?() ?? ScriptContext(services: self)
        context.reset(
            origin: Origin(
                transport: .udp, socket: .none, source: PeerAddress(ipv4: 0, port: 0)),
            now: SystemClock.wall())
        body(context)
        context.sendOutbox()
        // One that was made before the script was there knows nothing of it.
        guard make != nil else { return }
        // Nobody finds the message of an earlier piece in it.
        if !context.message.bytes.isEmpty { context.message = SIPMessage() }
        let kept = IdleContext(context: context)
        state.withLock { state in
            guard state.idleContexts.count < Self.idleContextsMax else { return }
            state.idleContexts.append(kept)
        }
    }

    /// Says what `requestStop` does; a request that came before is carried out now.
    package func installStop(_ stop: @escaping @Sendable (Int32) -> Void) {
        let early = state.withLock { state in
            state.stop = stop
            defer { state.pendingStop = nil }
            return state.pendingStop
        }
        if let early { stop(early) }
    }

    /// Whether a clean stop has begun.
    package var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Notes that a clean stop has begun, so that `/ready` says so.
    package func beginDraining() { state.withLock { $0.isDraining = true } }

    /// Begins a clean stop.
    ///
    /// It returns at once; the stop goes on elsewhere. A module may ask for it while it starts,
    /// before anyone listens.
    package func requestStop(status: Int32) {
        let stop = state.withLock { state in
            if state.stop == nil { state.pendingStop = status }
            state.isDraining = true
            return state.stop
        }
        stop?(status)
    }
}
