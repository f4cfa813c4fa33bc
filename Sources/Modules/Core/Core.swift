internal import Logging
public import Management
public import ModuleKit

/// The module `core`: global parameters, commands about the server, counters of messages.
///
/// It is always loaded, first. `name = value` in a configuration file sets its parameters; the
/// server reads them from the instance.
///
/// A parameter is in one of two lists: it has a field in `Parameters` and an effect, or it is in
/// `ignored` with the reason why it can have none here. A name in neither is an error, as in any
/// module.
public final class Core: ServerModule, AuditKeeping, CommandFiguresKeeping {
    /// The settings as the configuration file gives them.
    public let parameters: Parameters
    /// Where workers find the settings of now.
    public let settings: SettingsHandle<Parameters>
    /// The counters that workers add to.
    public let counters = MessageCounters()
    /// How long the work on requests takes; noted while somebody can read it.
    public let durations = MessageDurations()
    /// The figures of management commands.
    public let commandFigures = CommandFigures()
    /// The record of changes of this server.
    public let audit = AuditLog()
    /// The server that the commands ask.
    let services: any Services

    /// Checks what a bound alone cannot.
    public init(_ setup: ModuleSetup<Parameters>) throws(StartFailure) {
        services = setup.services
        parameters = setup.parameters
        settings = setup.settings
        try Self.check(setup.parameters)
    }

    /// Says which parameters of the configuration file have no effect, and why.
    public func start() throws(StartFailure) {
        // In the log and not an error: files that were written for Kamailio must start here.
        for name in parameters.ignored {
            let reason = Self.ignored.first { $0.name == name }?.reason ?? "it means nothing here"
            services.logger.notice("parameter \(name) has no effect: \(reason)")
        }
    }

    /// Refuses values that would only fail later: at the first line of the log, in every reply.
    private static func check(_ parameters: Parameters) throws(StartFailure) {
        let facility = parameters.logFacility
        // syslog(3) would take any number in silence, and lines would go where nobody looks.
        guard facilities.contains(facility) else {
            let known = facilities.joined(separator: ", ")
            throw StartFailure("log_facility: \"\(facility)\" is none; one of \(known)")
        }
        // A line end in either would let the rest of it become header fields of every reply.
        for header in [parameters.serverHeader, parameters.userAgentHeader] {
            guard header.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw StartFailure("server_header and user_agent_header are one line each")
            }
        }
    }

    /// The names that syslog's facilities have in configuration files.
    static let facilities =
        [
            // Those of syslog.h, LOCAL0 to LOCAL7 below.
            "LOG_AUTH", "LOG_AUTHPRIV", "LOG_CRON", "LOG_DAEMON", "LOG_FTP", "LOG_KERN", "LOG_LPR",
            "LOG_MAIL", "LOG_NEWS", "LOG_SYSLOG", "LOG_USER", "LOG_UUCP",
        ] + (0...7).map { "LOG_LOCAL\($0)" }
}
