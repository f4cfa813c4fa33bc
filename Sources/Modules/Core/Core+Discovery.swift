internal import Basics
internal import JSONValue
internal import Management
internal import ModuleKit

/// Commands about commands.
extension Core {
    /// The parameter of all commands that explain one.
    private static let command = RPCParameter("method", .string, "Name of a command")

    /// The rows of commands that explain commands.
    static let discovery: [MethodRow<Core>] = [
        MethodRow(
            "system.listMethods", result: .array(.string), "Lists all commands by name",
            example: RPCExample([], ["core.echo", "core.version"])
        ) { (core, _) in .value(.array(core.commands.methods.map { .string($0.name) })) },
        MethodRow(
            "system.methodHelp", [command], result: .string, missingParameterCode: 400,
            "Says in one sentence what a command does",
            example: RPCExample(["core.version"], "Shows name, version and platform")
        ) { (core, call) throws(RPCError) in .value(.string(try core.command(call).summary)) },
        MethodRow(
            "system.methodSignature", [command], result: .array(.array(.string)),
            missingParameterCode: 400,
            "Shows the ways to call a command: type of the result, then types of the parameters",
            example: RPCExample(["core.version"], [["string"]])
        ) { (core, call) throws(RPCError) in .value(signatures(try core.command(call))) },
        MethodRow(
            "rpc.discover",
            result: .object(
                [
                    .init("openrpc", .string), .init("info", .object([], others: .string)),
                    .init("methods", .array(.object([], others: .any))),
                ], others: nil),
            "Describes all commands: parameters, results, examples (OpenRPC)",
            example: RPCExample(
                [], ["openrpc": "1.3.2", "info": ["title": "Roost"], "methods": []])
        ) { (core, _) in
            .value(
                OpenRPCDocument.make(
                    core.commands.methods.map(\.description), title: "Roost",
                    version: ProductVersion.number))
        },
    ]

    /// All commands; built at each call, because it is asked for by people only.
    private var commands: CommandRegistry { CommandRegistry(modules: services.loadedModules) }

    /// The command that a call asks about; the code is the one that its callers know.
    private func command(_ call: RPCCall) throws(RPCError) -> BoundMethod {
        let name = call.string(0) ?? ""
        let commands = commands
        if let method = commands[name] { return method }
        var data: [JSONValue.Member] = [.init("method", .string(name))]
        // Names of commands are typed by hand; most wrong ones are one letter off.
        if let nearest = commands.nearest(to: name) {
            data.append(.init("nearest", .string(nearest)))
        }
        throw RPCError(400, "command not found", data: .object(data))
    }

    /// One list for each number of parameters that the command takes.
    private static func signatures(_ method: BoundMethod) -> JSONValue {
        // Optional parameters stand last, so each shorter call is a prefix of the longer one.
        let mandatory = method.parameters.prefix { !$0.isOptional }.count
        let types = method.parameters.map { JSONValue.string(typeName($0.kind.schema)) }
        let result = JSONValue.string(typeName(method.result))
        return .array(
            (mandatory...method.parameters.count).map { .array([result] + types.prefix($0)) })
    }

    /// The name of a type as JSON has it.
    private static func typeName(_ schema: Schema) -> String {
        switch schema {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        // The older dialect has no word for alternatives; rpc.discover shows them in full.
        case .any, .oneOf: "any"
        }
    }
}
