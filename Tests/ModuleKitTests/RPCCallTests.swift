import JSONValue
import ModuleKit
import Testing

/// A call with these values.
private func call(_ values: JSONValue?...) -> RPCCall {
    RPCCall(
        method: "test.call", values: values, caller: RPCCaller(channel: "test", address: "here"))
}

@Suite("Calls of management commands")
struct RPCCallTests {
    @Test(
        "a value is read as a string",
        arguments: [
            (JSONValue.string("a"), "a"), (.string(""), ""), (.integer(5), "5"),
            (.integer(-5), "-5"), (.integer(.max), "9223372036854775807"), (.double(2.5), "2.5"),
            (.bool(true), nil), (.null, nil), (.array([.string("a")]), nil), (.object([]), nil),
        ] as [(JSONValue, String?)])
    func strings(value: JSONValue, expected: String?) {
        #expect(call(value).string(0) == expected)
    }

    @Test(
        "a value is read as an integer",
        arguments: [
            (JSONValue.integer(5), 5), (.integer(.min), Int.min), (.integer(.max), Int.max),
            (.double(5), 5), (.double(-3), -3), (.double(2.5), nil), (.double(1e300), nil),
            (.double(.nan), nil), (.double(.infinity), nil),
            (.string("12"), 12), (.string("0x10"), 16), (.string("010"), 8), (.string("-1"), -1),
            (.string(""), nil), (.string("1.5"), nil), (.string("12a"), nil),
            (.string("9223372036854775808"), nil),
            (.bool(true), nil), (.null, nil), (.array([]), nil), (.object([]), nil),
        ] as [(JSONValue, Int?)])
    func integers(value: JSONValue, expected: Int?) {
        #expect(call(value).integer(0) == expected)
    }

    @Test(
        "a value is read as a number",
        arguments: [
            (JSONValue.integer(5), 5), (.double(2.5), 2.5), (.string("2.5"), 2.5),
            (.string("-1e3"), -1_000), (.string("x"), nil), (.string(""), nil),
            (.bool(false), nil), (.null, nil), (.array([]), nil),
        ] as [(JSONValue, Double?)])
    func numbers(value: JSONValue, expected: Double?) {
        #expect(call(value).double(0) == expected)
    }

    @Test("a parameter that was left out has no value of any type")
    func leftOut() {
        let call = call(.string("a"), nil)
        #expect(call.string(1) == nil && call.integer(1) == nil && call.double(1) == nil)
        #expect(call.rest(1).isEmpty)
    }

    @Test("places behind the last parameter have no value")
    func beyond() {
        for call in [call(), call(.string("1"))] {
            #expect(call.string(1) == nil && call.integer(1) == nil && call.double(1) == nil)
            #expect(call.rest(1).isEmpty)
        }
    }

    @Test("each place is read by itself")
    func places() {
        let call = call(.string("a"), .integer(2), .double(3.5))
        #expect(call.string(0) == "a" && call.integer(1) == 2 && call.double(2) == 3.5)
        #expect(call.integer(0) == nil && call.string(1) == "2" && call.integer(2) == nil)
    }

    @Test("a rest parameter gives its values as strings and leaves out what has none")
    func rest() {
        let all = call(.array(["a", 5, 2.5, .null, .bool(true), .array([]), ""]))
        #expect(all.rest(0) == ["a", "5", "2.5", ""])
        #expect(call(.array([])).rest(0).isEmpty)
        #expect(call(.string("a")).rest(0).isEmpty, "one value is no list")
    }
}

@Suite("Errors and declarations of management commands")
struct RPCDeclarationTests {
    @Test("the reserved codes are those of JSON-RPC 2.0 section 5.1")
    func codes() {
        #expect(RPCError.parseError == -32700 && RPCError.invalidRequest == -32600)
        #expect(RPCError.methodNotFound == -32601 && RPCError.invalidParameters == -32602)
        #expect(RPCError.internalError == -32603)
    }

    @Test("an error is its code, its sentence and its data")
    func errors() {
        let plain = RPCError(404, "not found")
        #expect(plain.code == 404 && plain.message == "not found" && plain.data == nil)
        #expect(plain == RPCError(404, "not found"))
        #expect(plain != RPCError(400, "not found"))
        #expect(plain != RPCError(404, "not found", data: ["aor": "a"]))
    }

    @Test("a caller may be known by a user's name, and need not be")
    func callers() {
        let anonymous = RPCCaller(channel: "http", address: "127.0.0.1")
        #expect(anonymous.user == nil)
        #expect(anonymous != RPCCaller(channel: "http", address: "127.0.0.1", user: "op"))
    }

    @Test("a parameter is mandatory and takes one value unless it says otherwise")
    func parameters() {
        let plain = RPCParameter("name", .string, "A name")
        #expect(!plain.isOptional && !plain.isRest && plain.summary == "A name")
        let rest = RPCParameter("names", .string, isOptional: true, isRest: true, "Names")
        #expect(rest.isOptional && rest.isRest)
    }

    @Test("a member of an object is always there unless it says otherwise")
    func schemas() {
        #expect(Schema.Property("a", .string).isRequired)
        #expect(Schema.Property("a", .string) != .init("a", .string, isRequired: false))
        #expect(Schema.nothing == .object([], others: nil))
        #expect(Schema.array(.integer) != .array(.number))
    }

    /// A module with a command that adds and one that fails.
    final class Adder: ServerModule {
        typealias Parameters = NoParameters
        static let manifest = Manifest<Adder>(
            "adder", "Adds.",
            methods: [
                MethodRow(
                    "adder.add",
                    [RPCParameter("a", .integer, "One"), RPCParameter("b", .integer, "Two")],
                    result: .integer, "Adds two numbers", example: RPCExample([1, 2], 3)
                ) { (module, call) in
                    .value(
                        .integer(
                            Int64(module.base + (call.integer(0) ?? 0) + (call.integer(1) ?? 0))))
                },
                MethodRow(
                    "adder.fail", result: .nothing, isChange: true, missingParameterCode: 400,
                    "Fails", example: RPCExample([], [:])
                ) { (_, _) throws(RPCError) in throw RPCError(500, "failed") },
            ])
        let base = 100
        init(_ setup: ModuleSetup<NoParameters>) throws(StartFailure) {}
    }

    @Test("a command runs on the instance that it was bound to")
    func bound() throws {
        let loaded = try ModuleBlueprint(Adder.self).configure().make(KitServices())
        let add = try #require(loaded.methods.first)
        #expect(add.name == "adder.add" && add.module == "adder" && !add.isChange)
        #expect(add.parameters.map(\.name) == ["a", "b"] && add.result == .integer)
        #expect(add.summary == "Adds two numbers" && add.example.result == 3)
        #expect(add.example.parameters == [1, 2])
        guard case .value(let sum) = try add.call(call(.integer(2), .string("3"))) else {
            Issue.record("no value")
            return
        }
        #expect(sum == 105)
    }

    @Test("an error of a command reaches its caller as it was thrown")
    func failing() throws {
        let loaded = try ModuleBlueprint(Adder.self).configure().make(KitServices())
        let fail = try #require(loaded.methods.last)
        #expect(fail.isChange && fail.description.missingParameterCode == 400)
        #expect(throws: RPCError(500, "failed")) { _ = try fail.call(call()) }
    }

    @Test("the blueprint shows commands as the instance has them")
    func blueprint() throws {
        let declared = ModuleBlueprint(Adder.self).methods
        #expect(declared.map(\.name) == ["adder.add", "adder.fail"])
        #expect(declared.map(\.isChange) == [false, true])
        #expect(declared.map(\.missingParameterCode) == [RPCError.invalidParameters, 400])
    }

    @Test("a command of the server's own needs no module")
    func own() throws {
        let method = BoundMethod(
            "server.ping", module: "server", result: .string, "Answers",
            example: RPCExample([], "pong")
        ) { _ in .value("pong") }
        #expect(method.module == "server" && method.name == "server.ping")
        #expect(method.parameters.isEmpty && !method.isChange)
        #expect(method.description.missingParameterCode == RPCError.invalidParameters)
        guard case .value("pong") = try method.call(call()) else {
            Issue.record("no value")
            return
        }
    }
}
