public import JSONValue

/// A worked call of a command, for rpc-schema; a test runs it.
public struct RPCExample: Sendable {
    /// Positional parameters.
    public var parameters: [JSONValue]
    /// What it may answer; volatile values are as they were once.
    public var result: JSONValue
    /// An example.
    public init(_ parameters: [JSONValue], _ result: JSONValue) {
        self.parameters = parameters
        self.result = result
    }
}

/// The declaration of one management command.
public struct MethodRow<M: AnyObject & Sendable>: Sendable {
    /// Its name: `ul.dump`.
    public let name: String
    /// Its parameters in positional order.
    public let parameters: [RPCParameter]
    /// The shape of its result.
    public let result: Schema
    /// One sentence.
    public let summary: String
    /// A worked call.
    public let example: RPCExample
    /// Whether it changes something: access rules and the log of changes ask.
    public let isChange: Bool
    /// Whether it answers within microseconds, from memory, with a result of bounded size.
    ///
    /// It is run on the thread that reads all connections of HTTP: it waits for no database, no
    /// reply and no lock that is held over a system call, and its result is no stream.
    public let isBrief: Bool
    /// The code of its error when a mandatory parameter is left out.
    public let missingParameterCode: Int
    /// Runs the command on an instance of the module.
    let call: @Sendable (M, RPCCall) throws(RPCError) -> RPCOutcome

    /// A command.
    ///
    /// `missingParameterCode` is for commands whose callers know another code than JSON-RPC's for
    /// a mandatory parameter that is left out.
    public init(
        _ name: String, _ parameters: [RPCParameter] = [], result: Schema, isChange: Bool = false,
        isBrief: Bool = false, missingParameterCode: Int = RPCError.invalidParameters,
        _ summary: String, example: RPCExample,
        call: @escaping @Sendable (M, RPCCall) throws(RPCError) -> RPCOutcome
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.isChange = isChange
        self.isBrief = isBrief
        self.missingParameterCode = missingParameterCode
        self.summary = summary
        self.example = example
        self.call = call
    }

    /// What the schema shows of it.
    public var description: ModuleBlueprint.MethodDescription {
        ModuleBlueprint.MethodDescription(
            name: name, parameters: parameters, result: result, summary: summary,
            example: example, isChange: isChange, isBrief: isBrief,
            missingParameterCode: missingParameterCode)
    }
}

/// A command bound to its module, without the module's type.
public struct BoundMethod: Sendable {
    /// The module that declares it.
    public let module: String
    /// Its declaration.
    public let description: ModuleBlueprint.MethodDescription
    /// Runs it.
    public let call: @Sendable (RPCCall) throws(RPCError) -> RPCOutcome

    /// Its name.
    public var name: String { description.name }
    /// Its parameters in positional order.
    public var parameters: [RPCParameter] { description.parameters }
    /// The shape of its result.
    public var result: Schema { description.result }
    /// One sentence.
    public var summary: String { description.summary }
    /// A worked call.
    public var example: RPCExample { description.example }
    /// Whether it changes something.
    public var isChange: Bool { description.isChange }
    /// Whether it answers within microseconds; see `MethodRow.isBrief`.
    public var isBrief: Bool { description.isBrief }

    /// A command of a module, bound to the instance.
    init<M>(_ row: MethodRow<M>, of module: String, _ instance: M) {
        self.module = module
        description = row.description
        call = { (call) throws(RPCError) in try row.call(instance, call) }
    }

    /// A command that belongs to no module's instance: one of the server's own.
    public init(
        _ name: String, module: String, _ parameters: [RPCParameter] = [], result: Schema,
        isChange: Bool = false, isBrief: Bool = false,
        missingParameterCode: Int = RPCError.invalidParameters,
        _ summary: String, example: RPCExample,
        call: @escaping @Sendable (RPCCall) throws(RPCError) -> RPCOutcome
    ) {
        self.module = module
        description = ModuleBlueprint.MethodDescription(
            name: name, parameters: parameters, result: result, summary: summary,
            example: example, isChange: isChange, isBrief: isBrief,
            missingParameterCode: missingParameterCode)
        self.call = call
    }
}
