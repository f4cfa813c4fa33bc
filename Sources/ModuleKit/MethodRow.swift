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
    let call: @Sendable (M, RPCCall) throws(RPCError) -> RPCOutcome

    /// A command.
    public init(
        _ name: String, _ parameters: [RPCParameter] = [], result: Schema, isChange: Bool = false,
        _ summary: String, example: RPCExample,
        call: @escaping @Sendable (M, RPCCall) throws(RPCError) -> RPCOutcome
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.isChange = isChange
        self.summary = summary
        self.example = example
        self.call = call
    }
}

/// A command bound to its module, without the module's type.
public struct BoundMethod: Sendable {
    /// Its name.
    public let name: String
    /// The module that declares it.
    public let module: String
    /// Its parameters in positional order.
    public let parameters: [RPCParameter]
    /// The shape of its result.
    public let result: Schema
    /// One sentence.
    public let summary: String
    /// A worked call.
    public let example: RPCExample
    /// Whether it changes something.
    public let isChange: Bool
    /// Runs it.
    public let call: @Sendable (RPCCall) throws(RPCError) -> RPCOutcome

    init<M>(_ row: MethodRow<M>, of module: String, _ instance: M) {
        name = row.name
        self.module = module
        parameters = row.parameters
        result = row.result
        summary = row.summary
        example = row.example
        isChange = row.isChange
        call = { (call) throws(RPCError) in try row.call(instance, call) }
    }

    /// A command that belongs to no module's instance: one of the server's own.
    public init(
        _ name: String, module: String, _ parameters: [RPCParameter] = [], result: Schema,
        isChange: Bool = false, _ summary: String, example: RPCExample,
        call: @escaping @Sendable (RPCCall) throws(RPCError) -> RPCOutcome
    ) {
        self.name = name
        self.module = module
        self.parameters = parameters
        self.result = result
        self.summary = summary
        self.example = example
        self.isChange = isChange
        self.call = call
    }
}
