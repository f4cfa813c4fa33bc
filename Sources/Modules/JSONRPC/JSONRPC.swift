internal import Logging
public import Management
public import ModuleKit

/// The module `jsonrpcs`: JSON-RPC 2.0 for the commands of all modules.
public final class JSONRPC: ServerModule {
    /// Its settings.
    public struct Parameters: Sendable {
        /// The transports: bits of `Transports`; 0 for all.
        ///
        /// FIFO and datagram, which is what Kamailio 5.6 starts without the parameter.
        public var transport = 6
        /// Whether answers stand on several lines.
        public var prettyFormat = true
        /// Names of parameters that were given and mean nothing here.
        public var ignored: [String] = []
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

    /// The server that commands are run in.
    let services: any Services
    private let parameters: Parameters
    private let transports: Transports

    /// Takes up the settings.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        // 0 means all in Kamailio too, and is the only value that asks for nothing by name.
        let bits = setup.parameters.transport
        transports = bits == 0 ? .all : Transports(rawValue: bits)
    }

    /// Says which transports that were asked for do not exist yet: commands come over HTTP.
    public func start() throws(StartFailure) {
        let logger = services.logger
        let missing = [(Transports.fifo, "FIFO"), (.datagram, "datagram"), (.tcp, "TCP")]
            .filter { transports.contains($0.0) }.map(\.1)
        // Whoever asks for all gets what there is; whoever names one is told when it is missing.
        if !missing.isEmpty, parameters.transport != 0 {
            let names = missing.joined(separator: ", ")
            logger.notice(
                "jsonrpcs: \(names) is not served; load microhttpd and set bit 1 for HTTP")
        }
        for name in parameters.ignored { logger.notice("jsonrpcs: \(name) has no effect") }
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
