public import JSONValue
public import ModuleKit

/// The description of all commands in the form of OpenRPC 1.3, for `rpc.discover` and
/// `rpc-schema/openrpc.json`.
///
/// It depends on the declarations only, so the file can be compared.
public enum OpenRPCDocument {
    /// The document for the commands given, in the order of their names.
    public static func make(
        _ methods: [ModuleBlueprint.MethodDescription], title: String, version: String
    ) -> JSONValue {
        [
            "openrpc": "1.3.2",
            "info": ["title": .string(title), "version": .string(version)],
            "methods": .array(methods.sorted { $0.name < $1.name }.map(describe)),
        ]
    }

    /// One command as a Method Object.
    private static func describe(_ method: ModuleBlueprint.MethodDescription) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(method.name)),
            .init("summary", .string(method.summary)),
            .init("paramStructure", "either"),
            .init("params", .array(method.parameters.map(describe))),
            .init(
                "result",
                ["name": .string(resultName(method.name)), "schema": schema(method.result)]),
            .init("errors", errors(method)),
            .init("examples", [example(method)]),
        ]
        if method.isChange { members.append(.init("x-changes", true)) }
        return .object(members)
    }

    /// The name that OpenRPC wants a result to have.
    private static func resultName(_ method: String) -> String { "\(method) result" }

    /// One parameter as a Content Descriptor; a rest parameter is an array to whoever names it.
    private static func describe(_ parameter: RPCParameter) -> JSONValue {
        let element = parameter.kind.schema
        let shape: JSONValue =
            parameter.isRest ? ["type": "array", "items": schema(element)] : schema(element)
        var members: [JSONValue.Member] = [
            .init("name", .string(parameter.name)),
            .init("summary", .string(parameter.summary)),
            .init("required", .bool(!parameter.isOptional)),
            .init("schema", shape),
        ]
        if parameter.isRest { members.append(.init("x-rest", true)) }
        return .object(members)
    }

    /// The errors that the dispatcher itself answers with; a command's own stand in its sentence.
    ///
    /// The two kinds share one entry when they share the code, since OpenRPC wants codes to be
    /// unique.
    private static func errors(_ method: ModuleBlueprint.MethodDescription) -> JSONValue {
        var errors: [JSONValue] = []
        if method.parameters.contains(where: { !$0.isOptional }) {
            errors.append([
                "code": .integer(Int64(method.missingParameterCode)),
                "message": "A mandatory parameter is missing",
            ])
        }
        if method.missingParameterCode != RPCError.invalidParameters || errors.isEmpty {
            errors.append([
                "code": .integer(Int64(RPCError.invalidParameters)),
                "message": "A parameter is unknown or of another type",
            ])
        }
        return .array(errors)
    }

    /// The worked call as an Example Pairing, its positional values under their names.
    ///
    /// Parameters that the call leaves out are left out here too.
    private static func example(_ method: ModuleBlueprint.MethodDescription) -> JSONValue {
        var given: [JSONValue] = []
        for (place, parameter) in method.parameters.enumerated() {
            guard place < method.example.parameters.count else { break }
            let rest = Array(method.example.parameters.dropFirst(place))
            given.append([
                "name": .string(parameter.name),
                "value": parameter.isRest ? .array(rest) : rest[0],
            ])
        }
        return [
            "name": "\(method.name) example".json, "params": .array(given),
            "result": [
                "name": .string(resultName(method.name)), "value": method.example.result,
            ],
        ]
    }

    /// A shape as JSON Schema (draft 7) writes it.
    public static func schema(_ shape: Schema) -> JSONValue {
        switch shape {
        case .any: return [:]
        case .null: return ["type": "null"]
        case .bool: return ["type": "boolean"]
        case .integer: return ["type": "integer"]
        case .number: return ["type": "number"]
        case .string: return ["type": "string"]
        case .array(let element): return ["type": "array", "items": schema(element)]
        case .oneOf(let shapes): return ["oneOf": .array(shapes.map(schema))]
        case .object(let properties, let others):
            var members: [JSONValue.Member] = [.init("type", "object")]
            if !properties.isEmpty {
                members.append(
                    .init(
                        "properties",
                        .object(properties.map { .init($0.name, schema($0.schema)) })))
            }
            let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { members.append(.init("required", .array(required))) }
            members.append(.init("additionalProperties", others.map(schema) ?? false))
            return .object(members)
        }
    }
}

extension RPCParameter.Kind {
    /// The shape that it accepts; strings that hold a number pass for numbers, but that is a
    /// courtesy to remote controls and not part of the schema.
    public var schema: Schema {
        switch self {
        case .string: .string
        case .integer: .integer
        case .number: .number
        case .value: .oneOf([.string, .number])
        }
    }
}

extension String {
    fileprivate var json: JSONValue { .string(self) }
}
