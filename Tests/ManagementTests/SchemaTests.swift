import JSONValue
import Management
import ModuleKit
import Testing

@Suite("schemas")
struct SchemaTests {
    static let person = Schema.object(
        [.init("name", .string), .init("age", .integer, isRequired: false)], others: nil)

    static let fitting: [(Schema, JSONValue)] = [
        (.any, [1, "x"]), (.null, nil), (.bool, true), (.integer, 1), (.number, 1), (.number, 1.5),
        (.string, "x"), (.array(.integer), []), (.array(.integer), [1, 2]), (.nothing, [:]),
        (person, ["name": "a"]), (person, ["name": "a", "age": 3]),
        (.object([], others: .integer), ["x": 1, "y": 2]),
        (.oneOf([.integer, .string]), "x"),
        (.array(.oneOf([.null, person])), [nil, ["name": "a"]]),
    ]

    @Test("a value of the declared shape passes", arguments: fitting)
    func fits(_ schema: Schema, _ value: JSONValue) {
        #expect(SchemaValidator.check(value, against: schema) == nil)
    }

    static let failing: [(Schema, JSONValue, String)] = [
        (.null, 1, "$"), (.bool, "true", "$"), (.integer, 1.5, "$"), (.string, nil, "$"),
        (.array(.integer), [1, "x"], "$[1]"), (.array(.integer), [:], "$"),
        (.nothing, ["x": 1], "$"), (person, ["age": 3], "$"), (person, ["name": 1], "$.name"),
        (person, ["name": "a", "size": 1], "$"), (.object([], others: .integer), ["x": "1"], "$.x"),
        (.oneOf([.integer, .string]), true, "$"),
        (.array(.array(person)), [[["name": "a"], ["name": 5]]], "$[0][1].name"),
    ]

    @Test("a value of another shape is refused at its place", arguments: failing)
    func fails(_ schema: Schema, _ value: JSONValue, _ path: String) {
        #expect(SchemaValidator.check(value, against: schema)?.path == path)
    }

    @Test("the document lists the commands by name, whatever order they come in")
    func document() {
        let methods = [SampleCommands.sum, SampleCommands.mixed].map(\.description)
        let document = OpenRPCDocument.make(methods, title: "T", version: "1")
        #expect(
            document == OpenRPCDocument.make(methods.reversed(), title: "T", version: "1"))
        #expect(document["openrpc"] == "1.3.2")
        #expect(document["methods"]?[0]?["name"] == "mixed")
        #expect(document["methods"]?[0]?["params"]?[0]?["required"] == true)
        #expect(document["methods"]?[0]?["errors"]?[0]?["code"] == 500)
        #expect(
            document["methods"]?[1]?["params"]?[0]?["schema"]
                == ["type": "array", "items": ["type": "integer"]])
        #expect(document["methods"]?[1]?["examples"]?[0]?["params"]?[0]?["value"] == [1, 2, 4])
    }

    @Test("shapes are written as JSON Schema")
    func shapes() {
        #expect(
            OpenRPCDocument.schema(Self.person) == [
                "type": "object",
                "properties": ["name": ["type": "string"], "age": ["type": "integer"]],
                "required": ["name"], "additionalProperties": false,
            ])
        #expect(
            OpenRPCDocument.schema(.object([], others: .any))
                == ["type": "object", "additionalProperties": [:]])
        #expect(
            OpenRPCDocument.schema(.oneOf([.null, .array(.number)])) == [
                "oneOf": [["type": "null"], ["type": "array", "items": ["type": "number"]]]
            ])
    }
}
