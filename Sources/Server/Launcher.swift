internal import Basics
internal import Core
internal import Glibc
internal import Logging
internal import MicroHTTPD
internal import ModuleKit
internal import RouteScript
internal import ServiceLifecycle

/// Starts the server from its command line and stops it.
///
/// Errors come in two kinds: those of the configuration are all shown with their places, up to a
/// limit; the first one of the start ends it. Either way the exit status is 1 and standard error
/// says why.
public enum Launcher {
    /// Checks a configuration without starting anything; prints what is wrong and returns the exit
    /// status.
    ///
    /// Modules are not made, so no database is asked and no port is bound: it is safe beside a
    /// running server.
    package static func check(_ options: LaunchOptions) -> Int32 {
        do throws(ScriptErrors) {
            _ = try read(options)
            print("\(options.file): the configuration is right")
            return 0
        } catch {
            Diagnostics.print(error.rendered)
            return 1
        }
    }

    /// Runs the server until a signal or a command ends it; returns the exit status.
    ///
    /// The working directory changes after the configuration was read: `-f` is relative to where
    /// the program was started.
    package static func run(_ options: LaunchOptions) async -> Int32 {
        let checked: CheckedConfiguration
        let definitions: [Definition]
        do throws(ScriptErrors) { (checked, definitions) = try read(options) } catch {
            Diagnostics.print(error.rendered)
            return 1
        }
        let signals = await ServerSignals()
        defer { signals.cancel() }
        let server: RunningServer
        do throws(StartFailure) {
            if let directory = options.workingDirectory { try change(to: directory) }
            server = try RunningServer(checked, definitions: definitions, options)
        } catch {
            Diagnostics.print("roost: \(error.message)")
            return 1
        }
        return await serve(server, signals)
    }

    /// Waits for SIGINT, SIGTERM or `core.kill`, and then stops in order.
    private static func serve(_ server: RunningServer, _ signals: ServerSignals) async -> Int32 {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [server], logger: server.services.logger))
        server.services.installStop { status in
            server.note(status: status)
            Task { await group.triggerGracefulShutdown() }
        }
        signals.serve(
            stop: { await group.triggerGracefulShutdown() }, reload: { server.reload() })
        do {
            try await group.run()
        } catch {
            Diagnostics.print("roost: \(error)")
            return 1
        }
        return server.status
    }

    /// The configuration, and what its preprocessor had defined at the end.
    private static func read(
        _ options: LaunchOptions
    ) throws(ScriptErrors) -> (CheckedConfiguration, [Definition]) {
        let defines =
            Definition.predefined + options.defines.map { Definition($0.name, $0.value ?? "") }
        let file = try ConfigurationFile.parse(path: options.file, defines: defines)
        let checked = try file.check(catalogue: Catalogue.modules, core: Catalogue.core)
        return (checked, file.definitions)
    }

    private static func change(to directory: String) throws(StartFailure) {
        guard unsafe chdir(directory) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw StartFailure("cannot change to \(directory): \(reason)")
        }
    }
}
