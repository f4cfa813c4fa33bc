internal import Basics
public import JSONValue
public import Logging
public import ModuleKit

/// Runs commands for whoever may: looks the command up, asks whether the caller is allowed, brings
/// its parameters into order, runs it, and puts what changes something on record.
///
/// Every channel goes through here (HTTP, FIFO, sockets, BINRPC, the script), so that no way to
/// change something leaves no trace.
public final class CommandRunner: Sendable {
    /// The commands it runs.
    public let registry: CommandRegistry
    /// The record of changes.
    public let audit: AuditLog
    private let logger: Logger
    private let figures: CommandFigures

    /// A runner for the commands of a registry.
    public init(
        registry: CommandRegistry, audit: AuditLog, logger: Logger,
        figures: CommandFigures = CommandFigures()
    ) {
        self.registry = registry
        self.audit = audit
        self.logger = logger
        self.figures = figures
    }

    /// A runner for the commands of all modules that are loaded, with the server's record.
    ///
    /// Make it in `start`: all modules are made by then.
    public convenience init(services: any Services) {
        self.init(
            registry: CommandRegistry(modules: services.loadedModules), audit: services.audit,
            logger: services.logger, figures: services.commandFigures)
    }

    /// Runs one command.
    ///
    /// `parameters` are an array (by position), an object (by name) or nil for none. `role` says
    /// what the caller may do; nil for a channel that is guarded otherwise, by the mode of a file
    /// for instance.
    public func run(
        _ name: String, _ parameters: JSONValue?, from caller: RPCCaller, as role: AccessRole? = nil
    ) -> Result<RPCOutcome, RPCError> {
        let begun = SystemClock.monotonic()
        let outcome = carryOut(name, parameters, from: caller, as: role)
        var isDone = true
        if case .failure = outcome { isDone = false }
        figures.note(
            channel: caller.channel, isDone: isDone,
            nanoseconds: SystemClock.monotonic().since(begun))
        return outcome
    }

    /// The same without being counted.
    private func carryOut(
        _ name: String, _ parameters: JSONValue?, from caller: RPCCaller, as role: AccessRole?
    ) -> Result<RPCOutcome, RPCError> {
        guard let method = registry[name] else { return .failure(unknown(name)) }
        let notes = method.isChange ? ChangeNotes() : nil
        let outcome: Result<RPCOutcome, RPCError>
        do throws(RPCError) {
            if let role { try role.check(method.description) }
            let values = try ParameterBinding(method).bind(parameters)
            outcome = .success(
                try method.call(
                    RPCCall(method: name, values: values, caller: caller, changes: notes)))
        } catch {
            outcome = .failure(error)
        }
        if let notes {
            var refusal: RPCError?
            if case .failure(let error) = outcome { refusal = error }
            audit.add(
                name, parameters, by: caller, changes: notes.all, error: refusal,
                at: SystemClock.wall(), to: logger)
        }
        return outcome
    }

    /// The error for a command that does not exist, with the one that was perhaps meant.
    private func unknown(_ name: String) -> RPCError {
        var members: [JSONValue.Member] = [.init("method", .string(name))]
        if let nearest = registry.nearest(to: name) {
            members.append(.init("nearest", .string(nearest)))
        }
        return RPCError(
            RPCError.methodNotFound, "Method not found: \(name)", data: .object(members))
    }
}
