/// One row of statistics, bound to its module.
public struct BoundStatistic: Sendable {
    /// The name; for a family, what stands for it.
    public let name: String
    /// Whether the names of its readings are known only at runtime.
    public let isFamily: Bool
    /// Its readings as they are now; one, unless it is a family.
    public let read: @Sendable () -> [StatisticReading]
}

/// A module instance with its declaration, without its type.
public struct LoadedModule: Sendable {
    /// Name of the module.
    public let name: String
    /// The instance.
    public let instance: any ServerModule
    /// Its management commands.
    public let methods: [BoundMethod]
    /// Its functions, as languages that call them by name need them.
    public let functions: [FunctionDescription]
    private let bindFunction:
        @Sendable (String, [ArgumentSource], any TemplateCompiler) throws(ArgumentError)
            -> CompiledCall?
    private let bindVariable: @Sendable (VariableReference) throws(ArgumentError) -> VariableAccess?
    /// The rows of its statistics, each to be read by itself.
    public let statisticRows: [BoundStatistic]

    /// An instance with its declaration; the type is forgotten here.
    init<M: ServerModule>(_ manifest: Manifest<M>, _ instance: M) {
        name = manifest.name
        self.instance = instance
        methods = manifest.methods.map { BoundMethod($0, of: manifest.name, instance) }
        functions = manifest.functions.map { row in
            FunctionDescription(
                name: row.name, module: manifest.name, arguments: row.arguments,
                routes: row.routes, returns: row.returns, summary: row.summary, check: row.check)
        }
        bindFunction = { (name, sources, templates) throws(ArgumentError) in
            for row in manifest.functions where row.name == name {
                return try row.bind(instance, sources, templates)
            }
            return nil
        }
        bindVariable = { (reference) throws(ArgumentError) in
            for row in manifest.variables where row.name == reference.name {
                return try row.compile(instance, reference)
            }
            return nil
        }
        statisticRows = manifest.statistics.map { row in
            BoundStatistic(name: row.name, isFamily: row.isFamily) {
                row.read(instance, manifest.name).map { reading in
                    guard reading.summary.isEmpty else { return reading }
                    var described = reading
                    described.summary = row.summary
                    return described
                }
            }
        }
    }

    /// Compiles a call of one of its functions; nil when it has none of that name.
    public func function(
        _ name: String, _ sources: [ArgumentSource], _ templates: any TemplateCompiler
    ) throws(ArgumentError) -> CompiledCall? {
        try bindFunction(name, sources, templates)
    }

    /// Compiles a reference to one of its variables; nil when it has none of that name.
    public func variable(_ reference: VariableReference) throws(ArgumentError) -> VariableAccess? {
        try bindVariable(reference)
    }

    /// Its statistics as they are now.
    public var statistics: [StatisticReading] { statisticRows.flatMap { $0.read() } }
}
