internal import Basics
internal import CMicroHTTPD
internal import Glibc
public import Logging
public import ModuleKit
internal import Synchronization

/// The management port: HTTP/1.1 with keep-alive, one thread a connection, all of low priority.
///
/// SIP comes first: the library's threads inherit the priority of the thread that starts it, which
/// is lowered for that purpose. A dump of a million contacts then takes the time that SIP leaves
/// over.
///
/// Nobody is asked for a password yet, so the port belongs on loopback or behind `allowed_ips`; the
/// defaults see to that.
public final class HTTPServer: Sendable {
    /// How it is set up.
    public struct Configuration: Sendable {
        /// Address or name to listen on.
        public var address = "127.0.0.1"
        /// Port to listen on; 0 lets the system choose.
        public var port: UInt16 = 8280
        /// Who may connect; empty means everyone who can.
        public var allowed: [AddressRange] = []
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
        /// The socket that accepts, ours again once the daemon is quiet.
        let listener: Int32
        let port: UInt16
    }

    private let configuration: Configuration
    private let endpoints: [any HTTPEndpoint]
    private let logger: Logger
    private let running = Guarded<Running?>(nil)

    /// A server that is not yet started.
    public init(
        _ configuration: Configuration, endpoints: [any HTTPEndpoint], logger: Logger
    ) {
        self.configuration = configuration
        self.endpoints = endpoints
        self.logger = logger
    }

    deinit { stop() }

    /// The port it listens on; nil while it is stopped.
    public var port: UInt16? { running.withLock { $0?.port } }

    /// Where clients find it: `http://127.0.0.1:8280`; nil while it is stopped.
    public var url: String? {
        let host = configuration.address
        return port.map { "http://\(host.contains(":") ? "[\(host)]" : host):\($0)" }
    }

    /// Binds the port and starts to accept; errors name the address and the cause.
    public func start() throws(StartFailure) {
        precondition(port == nil, "started twice")
        let listener = try HTTPListener(host: configuration.address, port: configuration.port)
        let service = unsafe Unmanaged.passRetained(
            HTTPService(configuration, endpoints: endpoints, logger: logger))
        var settings = cmicrohttpd_settings()
        settings.listen_socket = listener.descriptor
        settings.connections = UInt32(configuration.connectionsMax)
        settings.connections_per_address = UInt32(configuration.connectionsPerAddressMax)
        settings.idle_seconds = UInt32(configuration.idleSecondsMax)
        settings.connection_bytes = 4 * Limits.httpPieceBytes
        settings.stack_bytes = 1 << 20
        var daemon: OpaquePointer?
        ThreadPriority.runLowered("http") {
            unsafe daemon = cmicrohttpd_start(
                &settings, HTTPService.accept, HTTPService.handle, HTTPService.completed,
                HTTPService.connected, service.toOpaque())
        }
        guard let daemon = unsafe daemon else {
            unsafe service.release()
            close(listener.descriptor)
            throw StartFailure("HTTP: libmicrohttpd does not start on \(configuration.address)")
        }
        let started = unsafe Running(
            daemon: daemon, service: service, listener: listener.descriptor, port: listener.port)
        running.withLock { $0 = started }
    }

    /// Closes all connections, waits for their threads and frees everything.
    ///
    /// The connections are ended before the library is told to stop. It would end them too, but a
    /// connection of libmicrohttpd 0.9.75 that refuses a head while the daemon stops has no answer
    /// to send, looks for it all the same, and takes the process with it.
    public func stop() {
        let ended = running.withLock { state in
            defer { state = nil }
            return state
        }
        guard let ended else { return }
        unsafe MHD_quiesce_daemon(ended.daemon)
        unsafe ended.service.takeUnretainedValue().drain(patience: 2_000_000_000)
        unsafe MHD_stop_daemon(ended.daemon)
        close(ended.listener)
        unsafe ended.service.release()
    }
}
