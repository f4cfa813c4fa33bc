internal import Basics
public import JSONValue
internal import Synchronization

/// The published OpenRPC document, and whether results have the shapes that it promises.
public struct ReplySchema: Sendable {
    /// The whole document.
    public let document: JSONValue
    /// The schema of each command's result, by the command's name.
    private let results: [String: JSONValue]

    /// What the program printed at the first look.
    private static let cache = Guarded<ReplySchema?>(nil)

    /// What `roost schema` prints; it is run once.
    public static func published() throws -> ReplySchema {
        try cache.withLock { cache in
            if let cache { return cache }
            let outcome = try StartedProgram.run(try ToolPath.built("roost"), ["schema"])
            let schema = ReplySchema(try JSONValue(parsing: outcome.output))
            cache = schema
            return schema
        }
    }

    /// The schemas of an OpenRPC document.
    public init(_ document: JSONValue) {
        self.document = document
        var results: [String: JSONValue] = [:]
        for method in document["methods"]?.items ?? [] {
            results[method["name"]?.text ?? ""] = method["result"]?["schema"]
        }
        self.results = results
    }

    /// Names of the commands that it describes.
    public var names: [String] { results.keys.sorted() }

    /// What is wrong with a result; nil when it is as promised.
    public func check(_ result: JSONValue, of method: String) -> String? {
        guard let schema = results[method] else { return "the command is in no schema" }
        return Self.check(result, schema, "$")
    }

    /// The part of JSON Schema (draft 7) that the document is made of.
    static func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> String? {
        if let shapes = schema["oneOf"]?.items {
            let findings = shapes.map { check(value, $0, path) }
            return findings.contains(nil)
                ? nil : "\(path): none of \(shapes.count) shapes: \(findings.compactMap { $0 })"
        }
        guard let type = schema["type"]?.text else { return nil }
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .integer), ("string", .string),
            ("number", .integer), ("number", .double):
            return nil
        case ("array", .array(let items)):
            guard let element = schema["items"] else { return nil }
            return items.enumerated().lazy
                .compactMap { check($1, element, "\(path)[\($0)]") }.first
        case ("object", .object(let members)): return check(members, schema, path)
        default: return "\(path): expected \(type), found \(value.kindText)"
        }
    }

    /// The members of an object: those that are required are there, and no other than declared.
    private static func check(
        _ members: [JSONValue.Member], _ schema: JSONValue, _ path: String
    ) -> String? {
        for required in schema["required"]?.items ?? []
        where !members.contains(where: { $0.name == required.text }) {
            return "\(path): member \(required.encoded()) is missing"
        }
        for member in members {
            let place = "\(path).\(member.name)"
            let shape = schema["properties"]?[member.name] ?? schema["additionalProperties"]
            guard let shape, shape != false else { return "\(place) is not declared" }
            if let finding = check(member.value, shape, place) { return finding }
        }
        return nil
    }
}
