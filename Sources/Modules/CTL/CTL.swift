internal import Basics
internal import Logging
internal import Management
public import ModuleKit
internal import Synchronization

/// The module `ctl`: BINRPC, the protocol of kamcmd, over Unix sockets, UDP and TCP, and the old
/// text protocol over named pipes.
public final class CTL: ServerModule {
    /// Its settings.
    public struct Parameters: Sendable {
        /// Addresses of BINRPC sockets; the default one when there are none and no FIFO.
        public var addresses: [String] = []
        /// Paths of named pipes for the text protocol.
        public var pipes: [String] = []
        /// Permission bits of sockets and pipes.
        public var mode = 0o600
        /// Who owns them, by name or number; empty for the server's user.
        public var user = ""
        /// Their group, by name or number; empty for the server's group.
        public var group = ""
        /// Most KiB of a reply's body; 0 for what the client takes.
        public var bodyKiBMax = 0
        /// Most KiB of an element of a list; 0 for what a reply holds.
        public var elementKiBMax = 0
        /// Most bytes of a string; 0 for any number.
        public var stringBytesMax = 0
        /// The defaults.
        public init() {}
    }

    /// What is open while the module runs.
    private struct Open: Sendable {
        var streams: [StreamChannel] = []
        var datagrams: [DatagramChannel] = []
        var pipes: [FIFOChannel] = []
        var text: TextChannel?
    }

    private let services: any Services
    private let parameters: Parameters
    private let open = Guarded(Open())

    /// Takes up the settings.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        let count = parameters.addresses.count + parameters.pipes.count
        guard count <= Limits.channelsMax else {
            throw StartFailure(
                "ctl: \(count) sockets and FIFOs; at most \(Limits.channelsMax) are opened")
        }
    }

    /// Opens the sockets; what fails closes those that are open.
    public func start() throws(StartFailure) {
        let runner = CommandRunner(services: services)
        let limit = parameters.bodyKiBMax == 0 ? nil : parameters.bodyKiBMax << 10
        var sizes = BINRPCSizes()
        if parameters.elementKiBMax > 0 { sizes.elementBytesMax = parameters.elementKiBMax << 10 }
        if parameters.stringBytesMax > 0 { sizes.stringBytesMax = parameters.stringBytesMax }
        let service = BINRPCService(runner, bodyBytesMax: limit, sizes: sizes)
        do throws(StartFailure) {
            for text in parameters.addresses { try listen(text, service) }
            if !parameters.pipes.isEmpty { try openPipes(runner) }
            if parameters.addresses.isEmpty, parameters.pipes.isEmpty { listenByDefault(service) }
        } catch {
            stop()
            throw error
        }
    }

    /// Closes the sockets and removes their files.
    public func stop() {
        let open = open.withLock { open in
            defer { open = Open() }
            return open
        }
        for stream in open.streams { stream.stop() }
        for datagram in open.datagrams { datagram.stop() }
        for pipe in open.pipes { pipe.stop() }
        open.text?.stop()
    }

    /// Opens the socket that kamcmd looks for by itself.
    ///
    /// A server that nobody has asked for it starts without it all the same, for instance beside
    /// another one: what was not configured must not keep it from working.
    private func listenByDefault(_ service: BINRPCService) {
        let path = "\(services.runDirectory)/kamailio_ctl"
        do throws(StartFailure) {
            try listen("unixs:\(path)", service)
        } catch {
            services.logger.warning(
                "\(error.message); kamcmd finds no socket: set parameter binrpc or -Y")
        }
    }

    private func listen(_ text: String, _ service: BINRPCService) throws(StartFailure) {
        let address = try address(text)
        let access = FileAccess(
            mode: parameters.mode, user: parameters.user, group: parameters.group)
        let announce: @Sendable () -> Void = { [weak services] in
            services?.announceThread("ctl \(address.text)")
        }
        switch address.place {
        case .unixStream, .tcp:
            let channel = try StreamChannel(
                address, access, channel: "ctl", module: "ctl", logger: services.logger,
                announce: announce, serve: service.serve)
            open.withLock { $0.streams.append(channel) }
            said(channel.address)
        case .unixDatagram, .udp:
            let channel = try DatagramChannel(
                address, access, timeoutMilliseconds: 2_000, channel: "ctl", module: "ctl",
                logger: services.logger, announce: announce,
                answer: { service.answer($0, from: $1) })
            open.withLock { $0.datagrams.append(channel) }
            said(channel.address)
        }
    }

    /// An address of the configuration; a path without a slash is one in the run directory.
    private func address(_ text: String) throws(StartFailure) -> ChannelAddress {
        var address: ChannelAddress
        do throws(ChannelAddress.Fault) {
            address = try ChannelAddress(text)
            switch address.place {
            case .unixStream(let path) where !path.contains("/"):
                address = try ChannelAddress("unixs:\(services.runDirectory)/\(path)")
            case .unixDatagram(let path) where !path.contains("/"):
                address = try ChannelAddress("unixd:\(services.runDirectory)/\(path)")
            default: break
            }
        } catch {
            throw StartFailure("ctl: binrpc \"\(text)\" \(error.message)")
        }
        return address
    }

    private func said(_ address: ChannelAddress) {
        services.logger.info("ctl: kamcmd -s \(address.text)")
        if !address.isGuarded {
            services.logger.warning(
                "ctl: whoever reaches \(address.text) controls the server; there is no password")
        }
    }

    private func openPipes(_ runner: CommandRunner) throws(StartFailure) {
        let text = TextChannel(runner, logger: services.logger)
        open.withLock { $0.text = text }
        let access = FileAccess(
            mode: parameters.mode, user: parameters.user, group: parameters.group)
        for name in parameters.pipes {
            let path = name.contains("/") ? name : "\(services.runDirectory)/\(name)"
            let channel = try FIFOChannel(
                path: path, access, module: "ctl", logger: services.logger,
                announce: { [weak services] in services?.announceThread("ctl fifo \(path)") },
                take: { text.take(&$0, from: path) })
            open.withLock { $0.pipes.append(channel) }
            services.logger.info("ctl: FIFO \(path)")
        }
    }

    // MARK: Commands

    /// What is open now, in the order of the configuration's kinds.
    var listening: [[String]] {
        open.withLock { open in
            let addresses = open.streams.map(\.address) + open.datagrams.map(\.address)
            return addresses.map(Self.row) + open.pipes.map { ["fifo", "fifo", $0.path, ""] }
        }
    }

    /// The connections that are open now.
    var peers: [ChannelPeer] { open.withLock { $0.streams.flatMap(\.peers) } }

    private static func row(_ address: ChannelAddress) -> [String] {
        switch address.place {
        case .unixStream(let path), .unixDatagram(let path):
            ["binrpc", address.transportName, path, ""]
        case .udp(let host, let port), .tcp(let host, let port):
            ["binrpc", address.transportName, host, "\(port)"]
        }
    }
}
