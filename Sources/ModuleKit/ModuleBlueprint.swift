public import Storage

/// What the checker and the reference pages know of one parameter.
public struct ParameterDescription: Sendable {
    /// Name in `modparam`.
    public var name: String
    /// Bounds of an integer, nil for a string.
    public var bounds: ClosedRange<Int>?
    /// The words it takes when it takes no others.
    public var cases: [String]
    /// The value without `modparam`.
    public var initial: SettingValue
    /// Name in `cfg.*`, nil when it cannot change at runtime.
    public var runtimeName: String?
    /// Whether it may be given several times.
    public var isRepeatable: Bool
    /// Whether no value is taken; the sentence says why.
    public var isRefused: Bool
    /// One sentence.
    public var summary: String
}

/// What the checker and the reference pages know of one function.
public struct FunctionDescription: Sendable {
    /// Name.
    public var name: String
    /// The module that declares it.
    public var module: String
    /// Its arguments.
    public var arguments: [ArgumentDescription]
    /// The blocks that may call it.
    public var routes: RouteKinds
    /// Return codes in words.
    public var returns: String
    /// One sentence.
    public var summary: String
    /// Checks the arguments of a call without a module.
    public var check:
        @Sendable ([ArgumentSource], any TemplateCompiler) throws(ArgumentError) -> Void
}

/// What the checker and the reference pages know of one pseudo-variable.
public struct VariableDescription: Sendable {
    /// Name without `$`.
    public var name: String
    /// The module that declares it.
    public var module: String
    /// Whether something must stand in parentheses.
    public var needsInner: Bool
    /// Whether something may stand in parentheses.
    public var allowsInner: Bool
    /// Whether the script may assign to it.
    public var isWritable: Bool
    /// The forms of index and name that it takes beyond constant ones.
    public var accepts: VariableForms
    /// One sentence.
    public var summary: String
    /// Checks a reference without a module.
    public var check: @Sendable (VariableReference) throws(ArgumentError) -> Void
}

/// A manifest without its module's type: what the catalogue holds.
public struct ModuleBlueprint: Sendable {
    /// Name in `loadmodule`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// Modules that must be loaded before it.
    public let requires: [String]
    /// Its parameters.
    public let parameters: [ParameterDescription]
    /// Its functions.
    public let functions: [FunctionDescription]
    /// Its pseudo-variables.
    public let variables: [VariableDescription]
    /// Its transformations.
    public let transformations: [TransformationRow]
    /// Names and sentences of its statistics.
    public let statistics: [(name: String, summary: String)]
    /// Its tables.
    public let tables: [TableDeclaration]
    /// Its event routes.
    public let eventRoutes: [EventRouteRow]
    /// Its management commands, as the schema shows them; calling one of them traps.
    public let methods: [MethodDescription]
    /// Starts to configure one instance.
    public let configure: @Sendable () -> ConfiguredModule

    /// What the schema shows of a command.
    public struct MethodDescription: Sendable {
        /// Name.
        public let name: String
        /// Parameters in positional order.
        public let parameters: [RPCParameter]
        /// Shape of the result.
        public let result: Schema
        /// One sentence.
        public let summary: String
        /// A worked call.
        public let example: RPCExample
        /// Whether it changes something.
        public let isChange: Bool
        /// Whether it answers within microseconds; see `MethodRow.isBrief`.
        public let isBrief: Bool
        /// The code of its error when a mandatory parameter is left out.
        public let missingParameterCode: Int
    }

    /// The blueprint of a module type.
    public init<M: ServerModule>(_ type: M.Type) {
        let manifest = M.manifest
        let defaults = M.defaults
        name = manifest.name
        summary = manifest.summary
        requires = manifest.requires
        parameters = manifest.parameters.map { row in
            var bounds: ClosedRange<Int>?
            var cases: [String] = []
            switch row.kind {
            case .integer(let range): bounds = range
            case .choice(let words): cases = words
            case .string: break
            }
            return ParameterDescription(
                name: row.name, bounds: bounds, cases: cases, initial: row.value(in: defaults),
                runtimeName: row.runtimeName, isRepeatable: row.isRepeatable,
                isRefused: row.isRefused, summary: row.summary)
        }
        functions = manifest.functions.map { row in
            FunctionDescription(
                name: row.name, module: manifest.name, arguments: row.arguments,
                routes: row.routes, returns: row.returns, summary: row.summary, check: row.check)
        }
        variables = manifest.variables.map { row in
            VariableDescription(
                name: row.name, module: manifest.name, needsInner: row.inner == .required,
                allowsInner: row.inner != .none, isWritable: row.isWritable,
                accepts: row.accepts, summary: row.summary, check: row.check)
        }
        transformations = manifest.transformations
        statistics = manifest.statistics.map { ($0.name, $0.summary) }
        tables = manifest.tables
        eventRoutes = manifest.eventRoutes
        methods = manifest.methods.map(\.description)
        configure = { TypedConfiguredModule<M>() }
    }
}

/// A module while the configuration is read: it collects `modparam`.
public class ConfiguredModule {
    /// Name of the module.
    public var name: String { preconditionFailure("an abstract module") }
    /// Sets a parameter; errors say what is accepted.
    public func set(_ parameter: String, to value: SettingValue) throws(ParameterError) {
        preconditionFailure("an abstract module")
    }
    /// Makes the instance.
    public func make(_ services: any Services) throws(StartFailure) -> LoadedModule {
        preconditionFailure("an abstract module")
    }
}

/// A module that is being configured, with its type.
final class TypedConfiguredModule<M: ServerModule>: ConfiguredModule {
    private let manifest = M.manifest
    private var parameters = M.defaults

    override var name: String { manifest.name }

    override func set(_ parameter: String, to value: SettingValue) throws(ParameterError) {
        guard let row = manifest.parameters.first(where: { $0.name == parameter }) else {
            throw ParameterError(
                .unknown, "module \"\(manifest.name)\" has no parameter \"\(parameter)\"")
        }
        // What is refused is refused whatever is written, and whoever wrote it wants the reason.
        if row.isRefused { return try row.apply(value, to: &parameters) }
        if case .integer = row.kind, case .string(let text) = value {
            throw ParameterError(
                .type, "parameter \"\(parameter)\" is an integer, found the string \"\(text)\"")
        }
        if row.kind == .string, case .integer(let number) = value {
            throw ParameterError(
                .type, "parameter \"\(parameter)\" is a string, found the integer \(number)")
        }
        try row.apply(value, to: &parameters)
    }

    override func make(_ services: any Services) throws(StartFailure) -> LoadedModule {
        let handle = services.settings.register(
            group: manifest.name, value: parameters, rows: manifest.parameters)
        let setup = ModuleSetup(services: services, settings: handle, parameters: parameters)
        return LoadedModule(manifest, try M(setup))
    }
}
