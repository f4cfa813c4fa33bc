public import JSONValue
public import ModuleKit

/// Where a value does not have the shape that its schema promises.
public struct SchemaViolation: Error, Sendable, Hashable {
    /// The place within the value: `$.Domains[0].Domain.AoRs`.
    public var path: String
    /// What was expected and what was found.
    public var message: String
}

/// Checks values against the shapes that commands declare.
///
/// Every reply that the tests see goes through it. It is stricter than JSON Schema by default: a
/// member that is not declared is a violation, so that the published document cannot fall behind
/// the commands.
public enum SchemaValidator {
    /// The first place that does not fit, nil when everything does.
    ///
    /// It recurses along the schema, which a command has written down; no value, however deep, can
    /// make it go deeper than that.
    public static func check(
        _ value: JSONValue, against schema: Schema, path: String = "$"
    ) -> SchemaViolation? {
        switch (schema, value) {
        case (.any, _), (.null, .null), (.bool, .bool), (.integer, .integer), (.number, .integer),
            (.number, .double), (.string, .string):
            return nil
        case (.array(let element), .array(let items)):
            for (index, item) in items.enumerated() {
                if let found = check(item, against: element, path: "\(path)[\(index)]") {
                    return found
                }
            }
            return nil
        case (.object(let properties, let others), .object(let members)):
            return check(members, properties, others, path)
        case (.oneOf(let shapes), _):
            if shapes.contains(where: { check(value, against: $0, path: path) == nil }) {
                return nil
            }
            return SchemaViolation(
                path: path, message: "none of \(shapes.count) shapes fits \(value.kindText)")
        default:
            return SchemaViolation(
                path: path, message: "expected \(schema.text), found \(value.kindText)")
        }
    }

    /// An object: what is required is there, what is there is declared or allowed, and fits.
    private static func check(
        _ members: [JSONValue.Member], _ properties: [Schema.Property], _ others: Schema?,
        _ path: String
    ) -> SchemaViolation? {
        for property in properties
        where property.isRequired && !members.contains(where: { $0.name == property.name }) {
            return SchemaViolation(path: path, message: "member \"\(property.name)\" is missing")
        }
        for member in members {
            let declared = properties.first { $0.name == member.name }?.schema ?? others
            guard let declared else {
                return SchemaViolation(
                    path: path, message: "member \"\(member.name)\" is not declared")
            }
            let place = "\(path).\(member.name)"
            if let found = check(member.value, against: declared, path: place) { return found }
        }
        return nil
    }
}

extension Schema {
    /// What it accepts, in words.
    var text: String {
        switch self {
        case .any: "anything"
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        case .oneOf: "one of several shapes"
        }
    }
}
