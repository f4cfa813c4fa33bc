internal import Basics
internal import Logging
internal import Management
public import ModuleKit
internal import Synchronization

/// The module `microhttpd`: the HTTP port that other modules serve under.
///
/// Its first parameters are those of Kamailio 6's module of that name, the others say who may do
/// what. Without an address it listens on loopback only, and an address beyond loopback is taken
/// only where somebody is asked who they are: SIP must start with a file that was written for a
/// server which is open to all, and nothing that changes the server may be open to all.
public final class MicroHTTPD: ServerModule, EventListener {
    /// The server.
    let services: any Services
    /// Where contexts keep the request that they work on.
    let settings: SettingsHandle<Parameters>
    /// The function that is called in place of the event route.
    let eventCallback: String?
    private let showsPage: Bool
    private var configuration: HTTPServer.Configuration { checked.configuration }
    private let checked: Checked
    private let server = Guarded<HTTPServer?>(nil)
    private let feed = Guarded<EventFeed?>(nil)

    /// What the settings come to.
    private struct Checked: Sendable {
        var configuration: HTTPServer.Configuration
        /// What the operator should know, for the log.
        var notes: [String]
    }

    /// Checks the settings; the port is bound by `start`.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        settings = setup.settings
        eventCallback = setup.parameters.eventCallback
        showsPage = setup.parameters.showsPage
        checked = try Self.check(setup.parameters)
    }

    /// Where clients find it, `http://127.0.0.1:8280`; nil while it is stopped.
    public var url: String? { server.withLock { $0?.url } }

    /// What is counted of HTTP; nil while it is stopped.
    var figures: HTTPFigures? { server.withLock { $0?.figures } }
    /// Readers of the event stream.
    var eventReaders: Int { feed.withLock { $0?.readers ?? 0 } }
    /// Readers that did not keep up.
    var eventReadersDropped: Int { feed.withLock { $0?.dropped ?? 0 } }

    /// The function for requests; other events are not this module's.
    public func callback(for event: String) -> String? {
        event == Self.requestEvent ? eventCallback : nil
    }

    // MARK: Life

    /// Asks the other modules what they serve, and opens the port.
    public func start() throws(StartFailure) {
        try checkCallback()
        for note in checked.notes { services.logger.notice("microhttpd: \(note)") }
        // Asked at the start and not before: a module may be loaded after this one.
        let loaded = services.loadedModules.map(\.instance)
        var endpoints = loaded.flatMap { ($0 as? any HTTPServing)?.httpEndpoints() ?? [] }
        if endpoints.isEmpty {
            services.logger.notice("microhttpd: no module serves anything over HTTP")
        }
        let feed = EventFeed(
            sources: loaded.compactMap { $0 as? any EventSource }
                + [SettingEvents(services.settings)], startedAt: services.startedAt,
            heartbeatSeconds: min(15, configuration.idleSecondsMax / 2))
        endpoints += [
            EventsEndpoint(feed), MetricsEndpoint(services: services),
            RightsEndpoint(services: services),
        ]
        if showsPage { endpoints += Page.endpoints() }
        endpoints += HealthEndpoint.Question.allCases.map { HealthEndpoint($0, services: services) }
        var configuration = configuration
        if eventCallback != nil || services.hasEventRoute(Self.requestEvent) {
            configuration.script = Script(self)
        }
        let opened = HTTPServer(configuration, endpoints: endpoints, logger: services.logger)
        try opened.start()
        server.withLock { $0 = opened }
        self.feed.withLock { $0 = feed }
        services.every(15, "microhttpd.events") { feed.tick() }
        for endpoint in endpoints where !endpoint.path.hasPrefix(Page.folder) {
            services.logger.info("\(endpoint.path) is served on \(opened.url ?? "no port")")
        }
    }

    /// Takes up the certificate and the key as they are in their files now.
    ///
    /// Without TLS it does nothing. What goes wrong is thrown, and the old certificate stays in
    /// force.
    public func reloadTLS() throws(StartFailure) { try server.withLock { $0 }?.reloadTLS() }

    /// Reads the certificate again, as SIGHUP asks for; what is wrong with it goes to the log.
    public func reload() {
        do throws(StartFailure) {
            try reloadTLS()
        } catch {
            services.logger.error("microhttpd: the old certificate stays: \(error.message)")
        }
    }

    /// Closes the port and all connections.
    public func stop() {
        // The server knows this module by its script: forgotten, both can go.
        server.withLock { $0.take() }?.stop()
        feed.withLock { $0 = nil }
    }

    // MARK: Settings

    private func checkCallback() throws(StartFailure) {
        guard let eventCallback, services.scriptEngine == nil else { return }
        throw StartFailure(
            "microhttpd: event_callback \"\(eventCallback)\" is a function of a script in another "
                + "language: load app_lua, or use event_route[\(Self.requestEvent)]")
    }

    private static func check(_ given: Parameters) throws(StartFailure) -> Checked {
        var checked = Checked(configuration: HTTPServer.Configuration(), notes: [])
        checked.configuration.port = UInt16(given.listenPort)
        do throws(AddressRangeError) {
            checked.configuration.allowed = try AddressRange.list(given.allowedIPs)
        } catch {
            throw StartFailure(
                "microhttpd: allowed_ips: \"\(error.word)\" is no address and no prefix; "
                    + "expected a list like \"127.0.0.1, 10.0.0.0/8, ::1\"")
        }
        do throws(AccountError) {
            checked.configuration.accounts = try AccountBook(
                users: given.users, tokens: given.tokens, roles: given.roles)
        } catch {
            throw StartFailure("microhttpd: \(error.message)")
        }
        checked.configuration.tls = try tls(given)
        setLimits(given, &checked.configuration)
        setAddress(given, &checked)
        return checked
    }

    private static func tls(_ given: Parameters) throws(StartFailure) -> TLSFiles? {
        switch (given.certificate.isEmpty, given.privateKey.isEmpty) {
        case (true, true): return nil
        case (false, false):
            guard HTTPServer.canTLS else {
                throw StartFailure("microhttpd: this libmicrohttpd was built without TLS")
            }
            return TLSFiles(certificate: given.certificate, privateKey: given.privateKey)
        default:
            throw StartFailure(
                "microhttpd: tls_certificate and tls_private_key are set together or not at all")
        }
    }

    private static func setLimits(
        _ given: Parameters, _ configuration: inout HTTPServer.Configuration
    ) {
        configuration.realm = given.realm
        configuration.origins = given.origins
        configuration.requestsPerSecondMax = given.requestsPerSecond
        configuration.requestBurst = given.requestBurst
        configuration.connectionsMax = given.connectionsMax
        configuration.connectionsPerAddressMax = given.connectionsPerAddressMax
        configuration.idleSecondsMax = given.idleSeconds
        configuration.requestSecondsMax = given.requestSeconds
        configuration.bodyBytesMax = given.bodyBytesMax
    }

    /// An address beyond loopback only where somebody is asked, or where it was said who may
    /// connect.
    private static func setAddress(_ given: Parameters, _ checked: inout Checked) {
        let address = given.listenAddress.isEmpty ? "127.0.0.1" : given.listenAddress
        let isProtected = !checked.configuration.accounts.isEmpty
        checked.configuration.address = address
        guard !LoopbackName.contains(address) else {
            if !isProtected {
                checked.notes.append("nobody is asked for credentials on \(address)")
            }
            return
        }
        guard isProtected || !checked.configuration.allowed.isEmpty else {
            let loopback = address.contains(":") ? "::1" : "127.0.0.1"
            checked.configuration.address = loopback
            checked.notes.append(
                "listen_addr \(address) would let everyone control this server: it listens on "
                    + "\(loopback) only. Set user or token (roost hash-password), or allowed_ips; "
                    + "see docs/securing.md")
            return
        }
        if !isProtected {
            checked.notes.append("nobody is asked for credentials: allowed_ips alone decides")
        } else if checked.configuration.tls == nil {
            checked.notes.append(
                "credentials travel in clear on \(address): set tls_certificate and "
                    + "tls_private_key, or put a proxy with TLS before it")
        }
    }
}

/// Addresses and names of this machine alone.
enum LoopbackName {
    /// Whether a `listen_addr` is one of them.
    static func contains(_ text: String) -> Bool {
        if text.lowercased() == "localhost" { return true }
        let bytes = Array(text.utf8)
        return PeerAddress(literal: bytes.span, port: 0)?.isLoopback ?? false
    }
}
