import Basics
import JSONValue
import Logging
import ModuleKit
import Testing

@testable import Management

/// What a violation of a schema says, and where.
@Suite("violations of schemas")
struct ViolationTests {
    static let person = Schema.object(
        [.init("name", .string), .init("age", .integer, isRequired: false)], others: nil)

    static let violations: [(Schema, JSONValue, String, String)] = [
        (.null, 1, "$", "expected null, found an integer"),
        (.bool, "true", "$", "expected a boolean, found a string"),
        (.integer, 1.5, "$", "expected an integer, found a number"),
        (.number, "1", "$", "expected a number, found a string"),
        (.string, nil, "$", "expected a string, found null"),
        (.array(.any), [:], "$", "expected an array, found an object"),
        (person, [], "$", "expected an object, found an array"),
        (person, [:], "$", "member \"name\" is missing"),
        (person, ["name": "a", "x": 1], "$", "member \"x\" is not declared"),
        (person, ["name": 1], "$.name", "expected a string, found an integer"),
        (person, ["name": "a", "age": nil], "$.age", "expected an integer, found null"),
        (.oneOf([.null, .string]), 1, "$", "none of 2 shapes fits an integer"),
        (.array(.oneOf([.null])), [nil, 1], "$[1]", "none of 1 shapes fits an integer"),
        (
            .array(person), [["name": "a"], ["name": "b", "age": "c"]], "$[1].age",
            "expected an integer, found a string"
        ),
        (
            .object([], others: .array(.bool)), ["a": [true], "b": [1]], "$.b[0]",
            "expected a boolean, found an integer"
        ),
    ]

    @Test(
        "a violation names the place, what was expected and what was found", arguments: violations)
    func sentence(_ schema: Schema, _ value: JSONValue, _ path: String, _ message: String) {
        let found = SchemaValidator.check(value, against: schema)
        #expect(found?.path == path)
        #expect(found?.message == message)
    }

    @Test("a shape has no words but one of the nine")
    func words() {
        let shapes: [Schema] = [
            .any, .null, .bool, .integer, .number, .string, .array(.any), .nothing, .oneOf([]),
        ]
        #expect(Set(shapes.map(\.text)).count == shapes.count)
    }

    @Test("nothing fits one of no shapes, anything fits anything")
    func extremes() {
        let values: [JSONValue] = [nil, true, 1, 1.5, "x", [1], ["a": 1]]
        for value in values {
            #expect(SchemaValidator.check(value, against: .any) == nil)
            #expect(SchemaValidator.check(value, against: .oneOf([])) != nil)
        }
    }

    @Test("an integer is a number, and a number is no integer")
    func numbers() {
        #expect(SchemaValidator.check(1, against: .number) == nil)
        #expect(SchemaValidator.check(.double(1), against: .integer) != nil)
    }

    @Test("the place starts at the path that is given")
    func start() {
        let found = SchemaValidator.check([1], against: .array(.string), path: "$.result")
        #expect(found?.path == "$.result[0]")
    }
}

/// The OpenRPC document, member by member.
@Suite("description of commands")
struct DescriptionTests {
    static let commands = [
        SampleCommands.subtract, SampleCommands.sum, SampleCommands.data, SampleCommands.mixed,
        SampleCommands.fail, SampleCommands.plain, SampleCommands.dump(),
    ]

    static let shapes: [(Schema, JSONValue)] = [
        (.any, [:]), (.null, ["type": "null"]), (.bool, ["type": "boolean"]),
        (.integer, ["type": "integer"]), (.number, ["type": "number"]),
        (.string, ["type": "string"]), (.array(.any), ["type": "array", "items": [:]]),
        (.oneOf([]), ["oneOf": []]),
        (.nothing, ["type": "object", "additionalProperties": false]),
        (
            .object([.init("a", .null, isRequired: false)], others: nil),
            [
                "type": "object", "properties": ["a": ["type": "null"]],
                "additionalProperties": false,
            ]
        ),
        (
            .object([.init("a", .null)], others: .string),
            [
                "type": "object", "properties": ["a": ["type": "null"]], "required": ["a"],
                "additionalProperties": ["type": "string"],
            ]
        ),
    ]

    @Test("every shape as JSON Schema", arguments: shapes)
    func schema(_ shape: Schema, _ document: JSONValue) {
        #expect(OpenRPCDocument.schema(shape) == document)
    }

    /// The description of one command.
    private func method(_ command: BoundMethod) throws -> JSONValue {
        let document = OpenRPCDocument.make([command.description], title: "T", version: "1")
        return try #require(document["methods"]?[0])
    }

    @Test("a command has the members of a Method Object", arguments: commands.indices)
    func members(_ place: Int) throws {
        let command = Self.commands[place]
        let method = try method(command)
        let names = ["name", "summary", "paramStructure", "params", "result", "errors", "examples"]
        #expect(
            method.members?.map(\.name) == names + (command.isChange ? ["x-changes"] : []))
        #expect(method["name"]?.text == command.name)
        #expect(method["summary"]?.text == command.summary)
        #expect(method["paramStructure"] == "either")
        #expect(method["params"]?.items?.count == command.parameters.count)
        #expect(method["result"]?["name"]?.text == "\(command.name) result")
        #expect(method["result"]?["schema"] == OpenRPCDocument.schema(command.result))
        #expect(method["examples"]?[0]?["result"]?["value"] == command.example.result)
    }

    @Test("each example's result has the shape that is promised", arguments: commands.indices)
    func examples(_ place: Int) {
        let command = Self.commands[place]
        #expect(SchemaValidator.check(command.example.result, against: command.result) == nil)
    }

    @Test("each example's parameters are what the command takes", arguments: commands.indices)
    func exampleParameters(_ place: Int) throws {
        let command = Self.commands[place]
        let given = JSONValue.array(command.example.parameters)
        let bound = try ParameterBinding(command).bind(given)
        #expect(bound.count == command.parameters.count)
    }

    @Test("a parameter tells its kind, whether it must be given, and whether it takes the rest")
    func parameters() throws {
        let mixed = try method(SampleCommands.mixed)
        #expect(
            mixed["params"]?[0]
                == [
                    "name": "table", "summary": "A table", "required": true,
                    "schema": ["type": "string"],
                ])
        #expect(mixed["params"]?[1]?["required"] == false)
        #expect(mixed["params"]?[1]?["schema"] == ["type": "number"])
        #expect(
            mixed["params"]?[2]?["schema"]
                == ["oneOf": [["type": "string"], ["type": "number"]]])
        let sum = try method(SampleCommands.sum)
        #expect(sum["params"]?[0]?["x-rest"] == true)
        #expect(mixed["params"]?[0]?["x-rest"] == nil)
    }

    @Test("a command has an error for what is missing only if something may be missing")
    func errors() throws {
        func codes(_ command: BoundMethod) throws -> [Int] {
            try method(command)["errors"]?.items?.compactMap { $0["code"]?.integer } ?? []
        }
        #expect(try codes(SampleCommands.subtract) == [-32602])
        #expect(try codes(SampleCommands.sum) == [-32602])
        #expect(try codes(SampleCommands.mixed) == [500, -32602])
        #expect(try codes(SampleCommands.plain) == [-32602])
    }

    @Test("a change is marked as one, and nothing else is")
    func changes() throws {
        #expect(try method(SampleCommands.fail)["x-changes"] == true)
        #expect(try method(SampleCommands.plain)["x-changes"] == nil)
    }

    @Test("the document has title and version, and no commands when there are none")
    func header() {
        let document = OpenRPCDocument.make([], title: "roost", version: "0.2.0")
        #expect(document["info"] == ["title": "roost", "version": "0.2.0"])
        #expect(document["methods"] == [])
    }
}

/// Parameters, one conversion a row, and the words of each complaint.
@Suite("parameters in detail")
struct ParameterDetailTests {
    /// A command with one parameter of a kind.
    private static func command(
        _ kind: RPCParameter.Kind, isOptional: Bool = false, isRest: Bool = false
    ) -> BoundMethod {
        BoundMethod(
            "c", module: "sample",
            [RPCParameter("p", kind, isOptional: isOptional, isRest: isRest, "A parameter")],
            result: .any, "Shows", example: RPCExample([], nil)
        ) { _ in .done }
    }

    static let conversions: [(RPCParameter.Kind, JSONValue, JSONValue?)] = [
        (.string, "x", "x"), (.string, "", ""), (.string, 5, "5"), (.string, -5, "-5"),
        (.string, 0.5, "0.5"), (.string, true, nil), (.string, nil, nil), (.string, [], nil),
        (.string, [:], nil), (.integer, 5, 5), (.integer, .double(5), 5), (.integer, 5.5, nil),
        (.integer, .double(1e300), nil), (.integer, "5", 5), (.integer, "-5", -5),
        (.integer, "010", 10), (.integer, "0x1F", 31), (.integer, "0X1f", 31),
        (.integer, "0x", nil), (.integer, "", nil), (.integer, "5 ", nil), (.integer, "5.0", nil),
        (.integer, "9223372036854775807", .integer(.max)), (.integer, "9223372036854775808", nil),
        (.integer, true, nil), (.integer, nil, nil), (.number, 5, 5), (.number, 0.5, 0.5),
        (.number, "0.5", 0.5), (.number, "-1e3", .double(-1000)), (.number, "nan", nil),
        (.number, "inf", nil), (.number, "1e999", nil), (.number, "x", nil), (.number, "", nil),
        (.number, [1], nil), (.value, "5", "5"), (.value, 5, 5), (.value, 0.5, 0.5),
        (.value, true, nil), (.value, [], nil), (.value, nil, nil),
    ]

    @Test("a value is converted without loss, or refused", arguments: conversions)
    func convert(_ kind: RPCParameter.Kind, _ given: JSONValue, _ expected: JSONValue?) {
        let binding = ParameterBinding(Self.command(kind))
        #expect((try? binding.bind([given])) == expected.map { [$0] })
        #expect((try? binding.bind(["p": given])) == expected.map { [$0] })
    }

    @Test(
        "a complaint names command, parameter, what was expected and what was found",
        arguments: [
            (.string, true, "c: parameter \"p\" must be a string, found a boolean"),
            (.integer, "x", "c: parameter \"p\" must be an integer, found a string"),
            (.number, [], "c: parameter \"p\" must be a number, found an array"),
            (.value, [:], "c: parameter \"p\" must be a string or a number, found an object"),
            (.integer, nil, "c: parameter \"p\" must be an integer, found null"),
        ] as [(RPCParameter.Kind, JSONValue, String)])
    func complaint(_ kind: RPCParameter.Kind, _ given: JSONValue, _ message: String) {
        let error = #expect(throws: RPCError.self) {
            try ParameterBinding(Self.command(kind)).bind([given])
        }
        #expect(error?.code == RPCError.invalidParameters && error?.message == message)
        #expect(error?.data?["given"] == given)
    }

    @Test("the sentences for what is missing, too much, unknown, or no parameters at all")
    func sentences() {
        func message(_ given: JSONValue?) -> String? {
            let error = #expect(throws: RPCError.self) {
                try ParameterBinding(Self.command(.integer)).bind(given)
            }
            return error?.message
        }
        let missing = "c: parameter 1, \"p\", is missing; expected an integer"
        #expect(message(nil) == missing)
        #expect(message([]) == missing)
        #expect(message([:]) == missing)
        #expect(message([1, 2]) == "c takes at most 1 parameters, found 2")
        #expect(message(["q": 1]) == "c has no parameter \"q\"")
        #expect(message("p") == "params must be an array or an object")
    }

    @Test("an optional parameter that is null or absent was left out", arguments: [0, 1, 2, 3])
    func optional(_ form: Int) throws {
        let given: [JSONValue?] = [nil, [], [nil], ["p": nil]]
        let bound = try ParameterBinding(Self.command(.integer, isOptional: true)).bind(given[form])
        #expect(bound == [nil])
    }

    @Test("a rest takes every value, one value without an array, and each in its own conversion")
    func rest() throws {
        let binding = ParameterBinding(Self.command(.string, isOptional: true, isRest: true))
        #expect(try binding.bind(["a", 1, 0.5]) == [["a", "1", "0.5"]])
        #expect(try binding.bind(["p": ["a", 1]]) == [["a", "1"]])
        #expect(try binding.bind(["p": "a"]) == [["a"]])
        #expect(try binding.bind([]) == [nil])
        #expect(try binding.bind(["p": []]) == [nil])
        #expect(throws: RPCError.self) { try binding.bind(["a", true]) }
    }
}

/// The registry and the dispatcher where no client is needed.
@Suite("dispatching in detail")
struct DispatchDetailTests {
    /// A command of a name.
    private static func named(_ name: String) -> BoundMethod {
        BoundMethod(
            name, module: "sample", result: .nothing, "Does nothing", example: RPCExample([], [:])
        ) { _ in .done }
    }

    static let guesses: [(String, String?)] = [
        ("ul.dump", "ul.dump"), ("ul.dum", "ul.dump"), ("uldump", "ul.dump"), ("dump", "ul.dump"),
        ("ump", nil), ("core.versoin", "core.version"), ("core.v", nil), ("", nil),
        ("UL.dump", "ul.dump"), ("xul.dumpxx", "ul.dump"), ("xxul.dumpxx", nil),
    ]

    @Test("a name is guessed up to three letters away", arguments: guesses)
    func nearest(_ name: String, _ guess: String?) {
        let registry = CommandRegistry([Self.named("ul.dump"), Self.named("core.version")])
        #expect(registry.nearest(to: name) == guess)
    }

    @Test("a registry without commands knows none and guesses none")
    func empty() {
        let registry = CommandRegistry([BoundMethod]())
        #expect(registry.methods.isEmpty && registry["x"] == nil && registry.nearest(to: "") == nil)
    }

    @Test("every command is found under its name among many")
    func many() {
        let names = (0..<200).map { "module\($0 % 7).command\($0)" }
        let registry = CommandRegistry(names.reversed().map(Self.named))
        #expect(registry.methods.map(\.name) == names.sorted())
        for name in names { #expect(registry[name]?.name == name) }
    }

    @Test("a caller is channel, address and user in a line")
    func callers() {
        #expect(RPCCaller(channel: "http", address: "127.0.0.1:9").text == "http 127.0.0.1:9")
        #expect(RPCCaller(channel: "ctl", address: "x", user: "admin").text == "ctl x admin")
    }

    @Test("answers on several lines are the same documents")
    func pretty() throws {
        let registry = CommandRegistry([SampleCommands.subtract, SampleCommands.data])
        let logger = Logger(label: "test") { _ in Silence() }
        let body = Array(#"{"jsonrpc":"2.0","method":"get_data","id":1}"#.utf8)
        var texts: [String] = []
        for isPretty in [false, true] {
            let dispatcher = JSONRPCDispatcher(
                registry: registry, logger: logger, isPretty: isPretty)
            let caller = RPCCaller(channel: "test", address: "here")
            let given = dispatcher.answer(body.span, from: caller)
            let answer = try #require(given)
            #expect(answer.isPretty == isPretty)
            var writer = JSONWriter(isPretty: answer.isPretty)
            while answer.produce(into: &writer) {}
            texts.append(writer.bytes.text)
        }
        #expect(texts[0] == #"{"jsonrpc":"2.0","result":["hello",5],"id":1}"#)
        #expect(texts[1].contains("\n\t\"result\": [\n\t\t\"hello\""))
        #expect(try JSONValue(parsing: texts[0]) == JSONValue(parsing: texts[1]))
    }

    @Test("whoever goes away within a dump ends the dump, and the calls behind it run")
    func abandonedDump() throws {
        let (produced, counted) = (Counter(), Counter())
        let dispatcher = SampleCommands.dispatcher([
            SampleCommands.count(counted),
            BoundMethod(
                "huge", module: "sample", result: .any, "Huge", example: RPCExample([], nil)
            ) { _ in .stream(Records(100_000, produced)) },
        ])
        let body = Array(
            #"[{"jsonrpc":"2.0","method":"huge","id":1},{"jsonrpc":"2.0","method":"count"}]"#.utf8)
        let given = dispatcher.answer(body.span, from: RPCCaller(channel: "t", address: "h"))
        let answer = try #require(given)
        var writer = JSONWriter()
        let hasMore = answer.produce(into: &writer)
        #expect(hasMore)
        answer.abandon()
        #expect(produced.value > 0 && produced.value < 100_000)
        #expect(counted.value == 1)
    }

    @Test("an unknown command without a near one has no guess in its error")
    func unknown() throws {
        let found = try answer(
            SampleCommands.dispatcher(), #"{"jsonrpc":"2.0","method":"nowhere.near.it","id":1}"#)
        #expect(found?["error"]?["message"] == "Method not found: nowhere.near.it")
        #expect(found?["error"]?["data"] == ["method": "nowhere.near.it"])
    }

    static let invalid: [(String, String)] = [
        ("5", "a request is an object, found an integer"),
        (#"{"method":"done","id":1}"#, #"member "jsonrpc" must be the string "2.0""#),
        (#"{"jsonrpc":"2.0","id":1}"#, #"member "method" must be a string"#),
        (#"{"jsonrpc":"2.0","method":[],"id":1}"#, #"member "method" must be a string"#),
        (
            #"{"jsonrpc":"2.0","method":"done","id":true}"#,
            #"member "id" must be a string, a number or null"#
        ),
        (
            #"{"jsonrpc":"2.0","method":"done","params":"x","id":1}"#,
            #"member "params" must be an array or an object"#
        ),
    ]

    @Test("a request that is none says which member is wrong", arguments: invalid)
    func refuses(_ body: String, _ reason: String) throws {
        let found = try answer(SampleCommands.dispatcher(), body)
        #expect(found?["error"]?["code"] == -32600)
        #expect(found?["error"]?["message"]?.text == "Invalid Request: \(reason)")
    }

    @Test("a parse error says what and where")
    func parseError() throws {
        let found = try answer(SampleCommands.dispatcher(), #"{"a":1,"a":2}"#)
        #expect(
            found?["error"]?["message"]
                == "Parse error: a member name that occurs twice at byte 7")
        #expect(found?["id"]?.isNull == true)
    }
}
