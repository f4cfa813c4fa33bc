public import Storage

/// An event route that a module runs.
public struct EventRouteRow: Sendable, Hashable {
    /// Its name: `usrloc:contact-expired`.
    public var name: String
    /// One sentence.
    public var summary: String
    /// A row.
    public init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
    }
}

/// The declaration of one module: rows, and nothing beside them.
public struct Manifest<M: ServerModule>: Sendable {
    /// Name in `loadmodule`, without `.so`; also the group of its settings and statistics.
    public let name: String
    /// One sentence.
    public let summary: String
    /// Modules that must be loaded before it.
    public let requires: [String]
    /// Its parameters.
    public let parameters: [ParameterRow<M.Parameters>]
    /// Its script functions.
    public let functions: [FunctionRow<M>]
    /// Its pseudo-variables.
    public let variables: [VariableRow<M>]
    /// Its transformations of values.
    public let transformations: [TransformationRow]
    /// Its management commands.
    public let methods: [MethodRow<M>]
    /// Its statistics.
    public let statistics: [StatisticRow<M>]
    /// Its tables, under their default names.
    public let tables: [TableDeclaration]
    /// The event routes it runs.
    public let eventRoutes: [EventRouteRow]

    /// A manifest.
    public init(
        _ name: String, _ summary: String, requires: [String] = [],
        parameters: [ParameterRow<M.Parameters>] = [], functions: [FunctionRow<M>] = [],
        variables: [VariableRow<M>] = [], transformations: [TransformationRow] = [],
        methods: [MethodRow<M>] = [],
        statistics: [StatisticRow<M>] = [], tables: [TableDeclaration] = [],
        eventRoutes: [EventRouteRow] = []
    ) {
        self.name = name
        self.summary = summary
        self.requires = requires
        self.parameters = parameters
        self.functions = functions
        self.variables = variables
        self.transformations = transformations
        self.methods = methods
        self.statistics = statistics
        self.tables = tables
        self.eventRoutes = eventRoutes
    }
}
