internal import Basics
internal import Core
internal import ModuleKit
internal import RouteScript
internal import Transport

/// What the configuration says about sockets and logs, in the words of the layers below.
extension RunningServer {
    /// Where the log goes.
    ///
    /// Either the configuration or the command line is enough for standard error, which is where
    /// containers and tests look; a file comes before syslog.
    static func destination(
        _ parameters: Core.Parameters, _ options: LaunchOptions
    ) throws(StartFailure) -> ServerLog.Destination {
        if parameters.logsToStandardError || options.logsToStandardError { return .standardError }
        if !parameters.logFile.isEmpty { return .file(try LogFile(parameters.logFile)) }
        return .syslog(facility: ServerLog.facility(parameters.logFacility))
    }

    /// The transport's settings.
    ///
    /// `-n` comes before `children`, and 0 means as many workers as there are processors. Both
    /// kinds of workers are limited, since each costs a thread and its buffers.
    static func transportSettings(
        _ parameters: Core.Parameters, _ options: LaunchOptions
    ) -> TransportSettings {
        var settings = TransportSettings()
        let wanted = options.children > 0 ? options.children : parameters.children
        let children = wanted > 0 ? wanted : Processors.count
        settings.udpWorkers = min(children, Limits.workersMax)
        let streams = parameters.tcpChildren > 0 ? parameters.tcpChildren : children
        settings.tcpWorkers = min(streams, Limits.workersMax)
        settings.connectionLifetime = .seconds(parameters.tcpConnectionLifetime)
        settings.connectTimeout = .seconds(parameters.tcpConnectTimeout)
        settings.sendTimeout = .seconds(parameters.tcpSendTimeout)
        settings.messageReadTimeout = .seconds(parameters.tcpMessageReadTimeout)
        settings.connectionsMax = parameters.tcpMaxConnections
        settings.connectionsPerAddressMax = parameters.tcpMaxConnectionsPerAddress
        settings.answersPing = parameters.tcpCRLFPing
        settings.acceptsMissingContentLength = parameters.tcpAcceptsNoContentLength
        settings.receiveBufferBytes = max(parameters.maxBuffer, 4 << 20)
        return settings
    }

    /// Binds every address of the configuration and of the command line.
    ///
    /// Without any address all of this machine are bound. TCP may be switched off by either side;
    /// what is left may be nothing, which is an error of the transport.
    static func bind(
        _ transport: TransportLayer, _ checked: CheckedConfiguration,
        _ parameters: Core.Parameters, _ options: LaunchOptions
    ) throws(StartFailure) -> [ListeningSocket] {
        do throws(BindError) {
            var directives: [ListenDirective] = []
            let port = UInt16(checked.port ?? parameters.port)
            for listen in checked.listens {
                directives += try Self.directives(listen.address, port)
            }
            for text in options.listens {
                directives += try ListenDirective.parse(text, defaultPort: port)
            }
            if directives.isEmpty {
                directives = try ListenDirective.parse("*", defaultPort: port)
            }
            if parameters.disablesTCP || options.disablesTCP {
                directives.removeAll { $0.transport.isStream }
            }
            return try transport.bind(directives)
        } catch {
            throw StartFailure("\(error)")
        }
    }

    /// One address of the configuration: without a transport it is heard on UDP and on TCP, as RFC
    /// 3261 18.2.1 wants of every server.
    private static func directives(
        _ address: ListenAddress, _ port: UInt16
    ) throws(BindError) -> [ListenDirective] {
        let advertised = address.advertised.map { target in
            target.port.map { "\(target.host):\($0)" } ?? target.host
        }
        let transports: [TransportProtocol] =
            address.address.transport.map { [$0] } ?? [.udp, .tcp]
        return transports.map { transport in
            ListenDirective(
                transport: transport, host: address.address.host,
                port: address.address.port.map { UInt16($0) } ?? port, advertised: advertised)
        }
    }

    /// The names that mean this server: those of the configuration, and those of this machine.
    ///
    /// Requests to them are for this server (`myself`). The name `localhost` is added for a
    /// loopback address alone: nobody else means us by it.
    static func aliases(
        _ checked: CheckedConfiguration, _ sockets: [ListeningSocket],
        _ parameters: Core.Parameters, _ options: LaunchOptions
    ) -> [HostAlias] {
        var aliases = checked.aliases.map { alias in
            HostAlias(
                transport: alias.address.transport, host: alias.address.host,
                port: alias.address.port.map { UInt16($0) })
        }
        guard options.autoAliases ?? parameters.autoAliases else { return aliases }
        for socket in sockets where socket.address.isLoopback {
            aliases.append(
                HostAlias(
                    transport: socket.transport, host: "localhost", port: socket.address.port))
        }
        return aliases
    }
}
