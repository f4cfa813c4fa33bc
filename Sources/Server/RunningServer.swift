internal import Basics
internal import Core
internal import Glibc
internal import Logging
internal import MicroHTTPD
internal import ModuleKit
internal import RouteScript
internal import ServiceLifecycle
internal import Synchronization
internal import Transport
internal import Usrloc

/// One server from the binding of its sockets to the writing of its last row.
///
/// The order of the start is that of what can go wrong: settings, ports, script, rights, modules.
/// The order of the stop is the reverse: first nobody is heard any more, then the jobs end, then
/// the modules write what they hold.
final class RunningServer: Service, Sendable {
    /// What modules ask of the server.
    let services: ServerServices
    /// Owns the sockets and the threads of the workers.
    private let transport: TransportLayer
    /// What each worker is made from.
    private let blueprint: WorkerBlueprint
    private let core: Core
    /// The file of the log, nil when it goes elsewhere.
    private let logFile: LogFile?
    /// Who started the process and wants to hear of it.
    private let supervisor = Supervisor.fromEnvironment()
    /// Path of the file with the process number, nil for none.
    private let pidFile: String?
    /// The worst status that anyone has asked for.
    private let exit = Guarded<Int32>(0)

    /// Binds the sockets, makes the modules, compiles the script and starts the modules.
    ///
    /// Nothing is received yet. Whatever fails is undone.
    ///
    /// Settings are read twice: a first core module says where the log goes, and the services that
    /// modules get are made with that log.
    init(
        _ checked: CheckedConfiguration, definitions: [Definition] = [], _ options: LaunchOptions
    ) throws(StartFailure) {
        let threshold = LogThreshold(debug: 0)
        let loaded: LoadedModule
        let early = Logger(label: "roost") { label in
            ServerLog(label: label, destination: .standardError, threshold: threshold)
        }
        let first = ServerServices(
            logger: early, startedAt: SystemClock.wall(), commandLine: options.commandLine)
        loaded = try checked.core.make(first)
        guard let probe = loaded.instance as? Core else {
            throw StartFailure("the core module is not what it should be")
        }
        let parameters = probe.parameters
        threshold.debug = parameters.debug + options.debug
        let destination = try Self.destination(parameters, options)
        if case .file(let file) = destination { logFile = file } else { logFile = nil }
        let format = LogFormat(rawValue: parameters.logFormat) ?? .text
        let log = Logger(label: parameters.logName.isEmpty ? "roost" : parameters.logName) {
            ServerLog(
                label: $0, destination: destination, format: format, threshold: threshold)
        }
        services = ServerServices(
            logger: log, startedAt: SystemClock.wall(), commandLine: options.commandLine)
        services.serverID = parameters.serverID
        services.runDirectory = options.runtimeDirectory ?? parameters.runDirectory
        services.defines = definitions.map { ($0.name, $0.value.isEmpty ? nil : $0.value) }
        pidFile = options.pidFile
        let made = try Self.make(checked, services)
        core = made
        threshold.follow(services.settings, made.settings, extra: options.debug)
        transport = TransportLayer(
            settings: Self.transportSettings(parameters, options), logger: log)
        services.link.connect(transport)
        services.installWorkers { [transport] in
            transport.workers.map { (id: $0.threadID, description: $0.worker.name) }
        }
        services.sockets = try Self.bind(transport, checked, parameters, options)
        services.aliases = Self.aliases(checked, services.sockets, parameters, options)
        try services.names.configure(parameters, services.sockets) { [weak services] in
            services?.announceThread("names")
        }
        services.names.follow(made.settings, services.sockets)
        let program: Program
        do throws(ScriptErrors) {
            program = try Program.compile(checked, loaded: services.loadedModules)
        } catch {
            throw StartFailure("the script cannot be compiled\n\(error.rendered)")
        }
        let blueprint = WorkerBlueprint(
            services: services, program: program, counters: made.counters,
            // Two looks at the clock are wasted where no port shows what they found.
            durations: services.module(MicroHTTPD.self) == nil ? nil : made.durations,
            serverHeader: parameters.serverSignature
                ? Array("\(parameters.serverHeader)\r\n".utf8) : [],
            tagKey: UInt64.random(in: 0...UInt64.max), forcesRport: parameters.forcesRport)
        self.blueprint = blueprint
        services.install(program) { blueprint.makeContext() }
        // Ports below 1024 are bound by now, and no module has created a file yet.
        try Identity.assume(
            user: options.user ?? parameters.user, group: options.group ?? parameters.group)
        try startModules(checked, options)
    }

    /// The exit status so far.
    var status: Int32 { exit.withLock { $0 } }

    /// Notes the exit status that a stop was asked for with.
    func note(status: Int32) { exit.withLock { $0 = max($0, status) } }

    /// Receives until the server is to stop, then stops in order.
    func run() async throws {
        let blueprint = blueprint
        do throws(StartError) {
            try transport.start { _ in SIPWorker(blueprint) }
        } catch {
            note(status: 1)
            services.logger.critical("\(error)")
            stop()
            return
        }
        announce()
        supervise()
        try? await gracefulShutdown()
        stop()
    }

    // MARK: Supervision

    /// Tells the supervisor that all runs, and from now on that it still does.
    ///
    /// A worker that has been at one batch for longer than the supervisor's patience is stuck, and
    /// so is the server: then nothing is said, and the supervisor starts it anew.
    private func supervise() {
        guard let supervisor else { return }
        supervisor.tell(.ready("\(services.sockets.count) sockets"))
        guard let patience = supervisor.watchdogSeconds else { return }
        services.every(max(1, Int(patience / 2)), "watchdog") { [transport, services] in
            let stuck = transport.workersBusy(longerThan: .seconds(patience))
            guard stuck.isEmpty else {
                services.logger.critical(
                    "the watchdog is not told that all is well: workers are stuck",
                    metadata: ["workers": "\(stuck.joined(separator: " "))"])
                return
            }
            supervisor.tell(.alive)
        }
    }

    /// Opens the log again and lets modules read their files anew: what SIGHUP asks for.
    func reload() {
        supervisor?.tell(.reloading(SystemClock.monotonic()))
        if let fault = logFile?.reopen() { services.logger.error("log_file: \(fault)") }
        for module in services.loadedModules { module.instance.reload() }
        services.logger.notice("reloaded")
        supervisor?.tell(.ready("\(services.sockets.count) sockets"))
    }

    // MARK: Stop

    /// Receives no more, ends the jobs, and stops the modules in reverse order.
    private func stop() {
        services.beginDraining()
        let limit = core.parameters.exitTimeout
        // A database that hangs must not keep a supervisor waiting: the alarm ends the process.
        if limit > 0 { alarm(UInt32(limit)) }
        supervisor?.tell(.stopping)
        transport.stop(within: .seconds(5))
        services.names.stop()
        services.stopJobs()
        for module in services.loadedModules.reversed() { module.instance.stop() }
        if let pidFile { unsafe unlink(pidFile) }
        services.logger.notice("stopped")
    }

    // MARK: Start

    /// Makes core and the modules in the order of the configuration, each with its settings.
    private static func make(
        _ checked: CheckedConfiguration, _ services: ServerServices
    ) throws(StartFailure) -> Core {
        let core = try checked.core.make(services)
        services.add(core)
        for module in checked.modules { services.add(try module.make(services)) }
        for variable in checked.customVariables {
            services.settings.declare(
                group: variable.group, name: variable.name, value: variable.value,
                summary: variable.summary)
        }
        guard let instance = core.instance as? Core else {
            throw StartFailure("the core module is not what it should be")
        }
        return instance
    }

    /// Starts the modules; when one fails, those that have started are stopped again.
    private func startModules(
        _ checked: CheckedConfiguration, _ options: LaunchOptions
    ) throws(StartFailure) {
        for note in checked.notes { services.logger.notice("\(note)") }
        if !options.ignored.isEmpty {
            services.logger.notice(
                "these options have no effect: \(options.ignored.joined(separator: " "))")
        }
        try writePIDFile()
        var started: [LoadedModule] = []
        for module in services.loadedModules {
            do throws(StartFailure) {
                try module.instance.start()
                started.append(module)
            } catch {
                for module in started.reversed() { module.instance.stop() }
                services.stopJobs()
                if let pidFile { unsafe unlink(pidFile) }
                throw error
            }
        }
    }

    /// Writes the process number, for supervisors that ask for a file.
    private func writePIDFile() throws(StartFailure) {
        guard let pidFile else { return }
        let file = unsafe fopen(pidFile, "w")
        guard let file = unsafe file else {
            throw StartFailure(
                "cannot write the pid file \(pidFile): \(unsafe String(cString: strerror(errno)))")
        }
        unsafe fputs("\(getpid())\n", file)
        unsafe fclose(file)
    }

    /// Says where SIP and the RPC endpoint are, on standard output: the lines that a person, or a
    /// test that asked for port 0, reads.
    private func announce() {
        for socket in services.sockets { print("listening on \(socket.name)") }
        if let url = services.module(MicroHTTPD.self)?.url { print("JSON-RPC on \(url)/RPC") }
        if let data = services.module(UsrlocModule.self)?.database { print("data in \(data)") }
        fflush(nil)
    }
}
