internal import Basics
internal import Logging
public import Management
public import ModuleKit
internal import Synchronization

/// The module `jsonrpcs`: JSON-RPC 2.0 for the commands of all modules, over HTTP (by module
/// `microhttpd`), named pipes, datagrams and plain TCP, and from the script.
public final class JSONRPC: ServerModule {
    /// Its settings.
    public struct Parameters: Sendable {
        /// The transports: bits of `Transports`; 0 for all.
        ///
        /// FIFO and datagram, which is what Kamailio 5.6 starts without the parameter.
        public var transport = 6
        /// Whether answers stand on several lines.
        public var prettyFormat = true
        /// The named pipe for requests; nil for kamctl's in the run directory.
        public var pipeName: String?
        /// Its permission bits.
        public var pipeMode = 0o660
        /// Who owns it; empty for the server's user.
        public var pipeUser = ""
        /// Its group; empty for the server's group.
        public var pipeGroup = ""
        /// The folder of the pipes that answers go to.
        public var replyFolder = "/tmp/"
        /// The datagram socket, a path or `udp:host:port`; nil for kamcli's in the run directory.
        public var datagramSocket: String?
        /// Threads that answer datagrams.
        public var datagramWorkers = 1
        /// Permission bits of its file.
        public var datagramMode = 0o660
        /// Who owns it; empty for the server's user.
        public var datagramUser = ""
        /// Its group; empty for the server's group.
        public var datagramGroup = ""
        /// The folder that a relative path of it starts at; nil for the run directory.
        public var datagramFolder: String?
        /// Milliseconds after which an answer that nobody takes is dropped.
        public var datagramTimeout = 2_000
        /// The address for plain TCP, `tcp:host:port`; nil for none.
        public var tcpSocket: String?
        /// The defaults.
        public init() {}
    }

    /// The bits of the parameter `transport`.
    struct Transports: OptionSet, Sendable {
        /// The number in the configuration file.
        let rawValue: Int
        /// Through module microhttpd.
        static let http = Transports(rawValue: 1)
        /// Named pipes, as kamctl uses them.
        static let fifo = Transports(rawValue: 2)
        /// Datagram sockets.
        static let datagram = Transports(rawValue: 4)
        /// Plain TCP, of Kamailio 6.
        static let tcp = Transports(rawValue: 8)
        /// What 0 stands for.
        static let all: Transports = [.http, .fifo, .datagram, .tcp]
    }

    /// What is open while the module runs.
    struct Open: Sendable {
        /// The pipe for requests.
        var pipe: FIFOChannel?
        /// The datagram socket.
        var datagrams: DatagramChannel?
        /// The TCP socket.
        var tcp: StreamChannel?
        /// Answers what comes through them.
        var channels: JSONChannels?
    }

    /// The server that commands are run in.
    let services: any Services
    /// Where a worker keeps what its last `jsonrpc_exec` answered.
    let settings: SettingsHandle<Parameters>
    /// The settings of the configuration file.
    let parameters: Parameters
    /// The channels that are open.
    let open = Guarded(Open())
    private let transports: Transports
    /// Runs the commands of the script; made at the first, when all modules are there.
    private let scripted = Guarded<JSONRPCDispatcher?>(nil)

    /// Takes up the settings.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        settings = setup.settings
        parameters = setup.parameters
        // 0 means all in Kamailio too, and is the only value that asks for nothing by name.
        let bits = setup.parameters.transport
        transports = bits == 0 ? .all : Transports(rawValue: bits)
    }

    /// The commands as the script runs them.
    var dispatcher: JSONRPCDispatcher {
        scripted.withLock { known in
            if let known { return known }
            let made = JSONRPCDispatcher(
                CommandRunner(services: services), isPretty: parameters.prettyFormat)
            known = made
            return made
        }
    }

    /// Opens what the transports ask for; what fails closes what is open.
    public func start() throws(StartFailure) {
        let channels = JSONChannels(dispatcher, logger: services.logger)
        open.withLock { $0.channels = channels }
        do throws(StartFailure) {
            if transports.contains(.fifo) { try openPipe(channels) }
            if transports.contains(.datagram) { try openDatagrams(channels) }
            if transports.contains(.tcp) { try openTCP(channels) }
        } catch {
            stop()
            throw error
        }
    }

    /// Closes the sockets and pipes and removes their files.
    public func stop() {
        let open = open.withLock { open in
            defer { open = Open() }
            return open
        }
        open.pipe?.stop()
        open.datagrams?.stop()
        open.tcp?.stop()
        open.channels?.stop()
    }
}

extension JSONRPC: HTTPServing {
    /// `/RPC`, when the parameter `transport` asks for HTTP.
    public func httpEndpoints() -> [any HTTPEndpoint] {
        guard transports.contains(.http) else { return [] }
        // Made when the port is opened: all modules are loaded by then, so all commands are known.
        let dispatcher = JSONRPCDispatcher(
            CommandRunner(services: services), isPretty: parameters.prettyFormat)
        return [RPCEndpoint(dispatcher)]
    }
}
