internal import Basics
internal import Logging
internal import Management
public import ModuleKit
internal import Synchronization

/// The module `microhttpd`: the HTTP port that other modules serve under.
///
/// Parameters are those of Kamailio 6's module of that name; without an address it listens on
/// loopback only.
public final class MicroHTTPD: ServerModule {
    /// Its settings.
    public struct Parameters: Sendable {
        /// Address to listen on.
        public var listenAddress = "127.0.0.1"
        /// Port to listen on, 0 for one that the system chooses.
        public var listenPort = 8280
        /// Who may connect, as a list of addresses and prefixes; empty for everyone.
        public var allowedIPs = ""
        /// The defaults.
        public init() {}
    }

    private let services: any Services
    private let configuration: HTTPServer.Configuration
    private let server = Guarded<HTTPServer?>(nil)

    /// Checks the settings; the port is bound by `start`.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        var configuration = HTTPServer.Configuration()
        configuration.address = setup.parameters.listenAddress
        configuration.port = UInt16(setup.parameters.listenPort)
        do {
            configuration.allowed = try AddressRange.list(setup.parameters.allowedIPs)
        } catch {
            throw StartFailure(
                "microhttpd: allowed_ips: \"\(error.word)\" is no address and no prefix; "
                    + "expected a list like \"127.0.0.1, 10.0.0.0/8, ::1\"")
        }
        self.configuration = configuration
    }

    /// Where clients find it, `http://127.0.0.1:8280`; nil while it is stopped.
    public var url: String? { server.withLock { $0?.url } }

    /// Asks the other modules what they serve, and opens the port.
    public func start() throws(StartFailure) {
        // Asked at the start and not before: a module may be loaded after this one.
        let endpoints = services.loadedModules.flatMap { loaded in
            (loaded.instance as? any HTTPServing)?.httpEndpoints() ?? []
        }
        if endpoints.isEmpty {
            services.logger.notice("microhttpd: no module serves anything over HTTP")
        }
        let opened = HTTPServer(configuration, endpoints: endpoints, logger: services.logger)
        try opened.start()
        server.withLock { $0 = opened }
        for endpoint in endpoints {
            services.logger.info("\(endpoint.path) is served on \(opened.url ?? "no port")")
        }
    }

    /// Closes the port and all connections.
    public func stop() { server.withLock { $0.take() }?.stop() }
}
