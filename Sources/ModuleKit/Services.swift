public import Basics
public import Logging
public import Storage

/// Why the server does not start, in words for the operator.
public struct StartFailure: Error, Sendable, Hashable {
    /// What is wrong, and what to do about it.
    public var message: String
    /// A failure.
    public init(_ message: String) { self.message = message }
}

/// A name of this server beside its addresses: core parameter `alias`, or a host name found.
public struct HostAlias: Sendable, Hashable {
    /// The transport it holds for, nil for all.
    public var transport: TransportProtocol?
    /// Host name or address.
    public var host: String
    /// The port it holds for, nil for all.
    public var port: UInt16?
    /// An alias.
    public init(transport: TransportProtocol? = nil, host: String, port: UInt16? = nil) {
        self.transport = transport
        self.host = host
        self.port = port
    }
}

/// What a module may ask of the server.
///
/// No module sees a socket or a driver.
public protocol Services: AnyObject, Sendable {
    /// The settings of all modules.
    var settings: SettingsStore { get }
    /// The server's log.
    var logger: Logger { get }
    /// Where sockets and named pipes are that are given without a path: `-Y`, core parameter
    /// `rundir`, or Kamailio's `/run/kamailio`, where its tools look for them.
    var runDirectory: String { get }
    /// Core parameter `server_id`, 0 when unset.
    var serverID: Int { get }
    /// When the server started.
    var startedAt: WallTime { get }
    /// The addresses that the server listens on; empty before it is bound.
    var sockets: [ListeningSocket] { get }
    /// The names that are this server's own, for `core.aliases_list`.
    var aliases: [HostAlias] { get }
    /// What the configuration's preprocessor has defined, for `core.ppdefines`.
    var defines: [(name: String, value: String?)] { get }
    /// The command line.
    var commandLine: [String] { get }
    /// The modules that are loaded, in the order of loading.
    var loadedModules: [LoadedModule] { get }
    /// Numbers of the threads of this process with what each does, for `core.psx`.
    var threads: [(id: Int, description: String)] { get }
    /// A driver for a database URL; errors name what is wrong with the URL.
    func database(_ url: String) throws(StorageError) -> any DatabaseDriver
    /// Runs `body` every `seconds` on a control thread until the server stops.
    func every(_ seconds: Int, _ name: String, _ body: @escaping @Sendable () -> Void)
    /// Whether the script has an event route.
    func hasEventRoute(_ name: String) -> Bool
    /// Runs an event route, if the script has it, with a context of the control plane.
    func runEventRoute(_ name: String, _ prepare: (ScriptContext) -> Void)
    /// Whether a host, and a port unless it is 0, is this server: an address that it listens on, an
    /// alias, or a domain that a module registered. The script's `myself` asks it.
    func isMyself(_ host: Span<UInt8>, port: UInt16) -> Bool
    /// Counts the replies that `ScriptContext.reply` sends; module `sl` shows them.
    var replyCounters: ReplyCounters { get }
    /// How messages are sent outside of a script's turn.
    var network: any NetworkServices { get }
    /// Finds out where URIs lead.
    var resolver: any DestinationResolver { get }
    /// The destinations that are left alone for a while; nil where none ever is.
    var avoided: (any AvoidedDestinations)? { get }
    /// The blocks of the script; empty before it is compiled.
    var blocks: any ScriptBlocks { get }
    /// Runs `body` with a context of the control plane, on the calling thread, and sends what it
    /// wrote into the outbox.
    func perform(_ body: (ScriptContext) -> Void)
    /// Adds a line to `core.psx`: call it from a thread that a module starts.
    func announceThread(_ description: String)
    /// Begins a clean stop with the exit status given.
    func requestStop(status: Int32)
    /// Whether a clean stop has begun: no new work should be sent here.
    var isDraining: Bool { get }
}

extension Services {
    /// No names beside the addresses.
    public var aliases: [HostAlias] { [] }
    /// Kamailio's.
    public var runDirectory: String { "/run/kamailio" }
    /// No script, no event routes.
    public func hasEventRoute(_ name: String) -> Bool { false }
    /// No stop has begun.
    public var isDraining: Bool { false }
    /// Nothing defined.
    public var defines: [(name: String, value: String?)] { [] }
    /// The loaded module of a type, nil when the script does not load it.
    public func module<M: ServerModule>(_ type: M.Type) -> M? {
        for loaded in loadedModules {
            if let module = loaded.instance as? M { return module }
        }
        return nil
    }
}

/// What a module is made from.
public struct ModuleSetup<P: Sendable>: Sendable {
    /// The server.
    public let services: any Services
    /// Where the module finds its settings.
    public let settings: SettingsHandle<P>
    /// The settings as the configuration file gives them.
    public let parameters: P
}
