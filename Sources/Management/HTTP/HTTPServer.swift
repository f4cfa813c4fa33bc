internal import Basics
internal import CMicroHTTPD
internal import Glibc
public import Logging
public import ModuleKit
internal import Synchronization

/// A script that may answer requests before anything else does.
public protocol HTTPScript: AnyObject, Sendable {
    /// Offers a request to the script; nil when it has not answered.
    func answer(_ request: HTTPRequest) -> HTTPReply?
}

/// The management port: HTTP/1.1 with keep-alive; one thread serves all connections, and workers
/// make the answers that may take a while.
///
/// SIP comes first where it matters: the thread of an answer that is longer than one piece is
/// lowered, so that a dump of a million contacts takes the time that SIP leaves over. Short answers
/// keep the priority that SIP has: lowered, a call of some microseconds would wait for whole slices
/// of the scheduler on a busy machine, and dashboards would show that.
public final class HTTPServer: Sendable {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// Address or name to listen on.
        public var address = "127.0.0.1"
        /// Port to listen on; 0 lets the system choose.
        public var port: UInt16 = 8280
        /// Who may connect; empty means everyone who can.
        public var allowed: [AddressRange] = []
        /// Certificate and key; nil for HTTP without TLS.
        public var tls: TLSFiles?
        /// Who may ask; nobody is asked for credentials while it is empty.
        public var accounts = AccountBook()
        /// What credentials are for, as browsers show it.
        public var realm = "Roost"
        /// Origins of pages that may call beside this server's own.
        public var origins: [String] = []
        /// Most requests a second of one client address; 0 for any number.
        public var requestsPerSecondMax = 0
        /// Most requests of one client address at once, where there is a rate.
        public var requestBurst = 0
        /// Most connections.
        public var connectionsMax = Limits.httpConnectionsMax
        /// Most connections of one address.
        public var connectionsPerAddressMax = Limits.httpConnectionsPerAddressMax
        /// Seconds without progress after which a connection is closed.
        public var idleSecondsMax = Limits.httpIdleSecondsMax
        /// Seconds within which a request must have arrived.
        public var requestSecondsMax = Limits.httpRequestSecondsMax
        /// Largest request body in bytes.
        public var bodyBytesMax = Limits.requestBodyBytesMax
        /// What answers before the endpoints do.
        public var script: (any HTTPScript)?
        /// The defaults: loopback only.
        public init() {}
    }

    /// A daemon that accepts.
    ///
    /// The library locks what its threads share, so any thread may hold it.
    @safe private struct Running: @unchecked Sendable {
        let daemon: OpaquePointer
        /// What its callbacks work with, retained once for the daemon.
        let service: Unmanaged<HTTPService>
    }
    /// What there is between `start` and `stop`.
    private struct State: Sendable {
        let running: Running
        /// The socket that accepts, ours again once no daemon uses it.
        let listener: Int32
        let port: UInt16
    }

    /// Memory of a connection in the library: the longest head, and the longest chunk of an answer.
    private static let connectionBytes = 32 << 10

    private let configuration: Configuration
    private let endpoints: [any HTTPEndpoint]
    private let gate: HTTPGate
    /// What is counted since the server was made.
    public let figures = HTTPFigures()
    private let logger: Logger
    private let state = Guarded<State?>(nil)
    /// Held while a daemon takes the place of another, and while the last one stops.
    private let changing = Guarded<Void>(())

    /// A server that is not yet started.
    public init(
        _ configuration: Configuration, endpoints: [any HTTPEndpoint], logger: Logger
    ) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.logger = logger
        gate = HTTPGate(configuration, logger: logger)
    }

    deinit { stop() }

    /// The port it listens on; nil while it is stopped.
    public var port: UInt16? { state.withLock { $0?.port } }

    /// Where clients find it: `http://127.0.0.1:8280`; nil while it is stopped.
    public var url: String? {
        let host = configuration.address
        let scheme = configuration.tls == nil ? "http" : "https"
        return port.map { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\($0)" }
    }

    /// Whether the library that is there can do TLS.
    public static var canTLS: Bool { cmicrohttpd_has_tls() != 0 }

    // MARK: Life

    /// Binds the port and starts to accept; errors name the address and the cause.
    public func start() throws(StartFailure) {
        precondition(port == nil, "started twice")
        // Before anything is bound: a file that is missing leaves nothing behind.
        let tls = try configuration.tls.map { (files) throws(StartFailure) in try files.read() }
        let listener = try HTTPListener(host: configuration.address, port: configuration.port)
        do throws(StartFailure) {
            let running = try launch(listener.descriptor, tls)
            state.withLock {
                $0 = State(
                    running: running, listener: listener.descriptor, port: listener.port)
            }
        } catch {
            close(listener.descriptor)
            throw error
        }
    }

    /// Takes up the certificate and the key as they are in their files now.
    ///
    /// A second daemon accepts at the same socket with the new ones, then the first one ends its
    /// connections: whoever waits for events comes back by itself. What goes wrong is thrown, and
    /// the old certificate stays in force.
    public func reloadTLS() throws(StartFailure) {
        guard let files = configuration.tls else { return }
        try changing.withLock { _ throws(StartFailure) in
            guard let now = state.withLock({ $0 }) else { return }
            let next = try launch(now.listener, try files.read())
            state.withLock {
                $0 = State(running: next, listener: now.listener, port: now.port)
            }
            end(now.running)
        }
        logger.notice("HTTP: the certificate \(files.certificate) is in force")
    }

    /// Closes all connections, waits for their threads and frees everything.
    public func stop() {
        changing.withLock { _ in
            let ended = state.withLock { state in
                defer { state = nil }
                return state
            }
            guard let ended else { return }
            for endpoint in endpoints { endpoint.close() }
            end(ended.running)
            close(ended.listener)
        }
    }

    // MARK: Daemons

    /// Starts a daemon at a socket that listens.
    private func launch(
        _ listener: Int32, _ tls: TLSFiles.Content?
    ) throws(StartFailure) -> Running {
        let service = unsafe Unmanaged.passRetained(
            HTTPService(
                configuration, endpoints: endpoints, gate: gate, logger: logger,
                figures: figures))
        var settings = unsafe cmicrohttpd_settings()
        unsafe settings.listen_socket = listener
        unsafe settings.connections = UInt32(configuration.connectionsMax)
        unsafe settings.connections_per_address = UInt32(configuration.connectionsPerAddressMax)
        unsafe settings.idle_seconds = UInt32(configuration.idleSecondsMax)
        // The library clears all of it between two requests, so that room costs time.
        unsafe settings.connection_bytes = Self.connectionBytes
        unsafe settings.stack_bytes = 1 << 20
        var daemon: OpaquePointer?
        func begin() {
            unsafe daemon = cmicrohttpd_start(
                &settings, HTTPService.accept, HTTPService.handle, HTTPService.completed,
                HTTPService.connected, service.toOpaque())
        }
        if let tls {
            // The library reads both while it starts, and not again.
            unsafe tls.certificate.withCString { certificate in
                unsafe tls.privateKey.withCString { key in
                    unsafe settings.certificate = certificate
                    unsafe settings.private_key = key
                    begin()
                }
            }
        } else {
            begin()
        }
        guard let daemon = unsafe daemon else {
            unsafe service.release()
            throw StartFailure(
                tls == nil
                    ? "HTTP: libmicrohttpd does not start on \(configuration.address)"
                    : "HTTP: libmicrohttpd does not start with this tls_certificate and "
                        + "tls_private_key: check that they belong together")
        }
        return unsafe Running(daemon: daemon, service: service)
    }

    /// Ends a daemon and its connections; the socket that accepts stays open.
    ///
    /// The connections are ended before the library is told to stop. It would end them too, but a
    /// connection of libmicrohttpd 0.9.75 that refuses a head while the daemon stops has no answer
    /// to send, looks for it all the same, and takes the process with it.
    private func end(_ running: Running) {
        unsafe MHD_quiesce_daemon(running.daemon)
        unsafe running.service.takeUnretainedValue().drain(patience: 2_000_000_000)
        unsafe MHD_stop_daemon(running.daemon)
        unsafe running.service.release()
    }
}
