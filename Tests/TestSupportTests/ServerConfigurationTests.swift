import JSONValue
import Testing

@testable import TestSupport

@Suite("Configurations of tests")
struct ServerConfigurationTests {
    /// The lines of a configuration on two ports.
    private func lines(_ configuration: ServerConfiguration) -> [String] {
        configuration.text(sipPort: 5_099, httpPort: 8_099)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("the usual one listens on both protocols and loads every module once")
    func usual() {
        let lines = lines(ServerConfiguration())
        #expect(lines.first == "#!KAMAILIO")
        #expect(lines.contains("listen=udp:127.0.0.1:5099"))
        #expect(lines.contains("listen=tcp:127.0.0.1:5099"))
        #expect(lines.contains("modparam(\"microhttpd\", \"listen_port\", 8099)"))
        #expect(lines.contains("modparam(\"jsonrpcs\", \"transport\", 1)"))
        let loads = lines.filter { $0.hasPrefix("loadmodule") }
        #expect(Set(loads).count == loads.count && !loads.isEmpty)
        #expect(loads.last == "loadmodule \"registrar.so\"")
        #expect(lines.last == "")
    }

    @Test("parameters stand behind the modules and in front of the routes, in their order")
    func order() throws {
        var configuration = ServerConfiguration(
            databaseMode: 2, url: "sqlite:///f", timerInterval: 7)
        configuration.set("registrar", "max_contacts", 3)
        configuration.set("registrar", "realm_prefix", "sip.")
        let lines = lines(configuration)
        let wanted = [
            "modparam(\"usrloc\", \"db_mode\", 2)",
            "modparam(\"usrloc\", \"db_url\", \"sqlite:///f\")",
            "modparam(\"usrloc\", \"timer_interval\", 7)",
            "modparam(\"registrar\", \"max_contacts\", 3)",
            "modparam(\"registrar\", \"realm_prefix\", \"sip.\")",
        ]
        let places = wanted.compactMap { lines.firstIndex(of: $0) }
        #expect(places.count == wanted.count)
        #expect(places == places.sorted())
        let route = try #require(lines.firstIndex { $0.hasPrefix("request_route") })
        let load = try #require(lines.lastIndex { $0.hasPrefix("loadmodule") })
        #expect(places.allSatisfy { $0 > load && $0 < route })
    }

    @Test("a module that is not loaded has no parameters", arguments: ["microhttpd", "jsonrpcs"])
    func without(_ module: String) {
        var configuration = ServerConfiguration()
        configuration.modules.removeAll { $0 == module }
        #expect(!lines(configuration).contains { $0.contains(module) })
    }

    @Test("addresses are those that were set")
    func listens() {
        var configuration = ServerConfiguration()
        configuration.listens = ["udp:[::1]"]
        #expect(
            lines(configuration).filter { $0.hasPrefix("listen=") } == ["listen=udp:[::1]:5099"])
    }
}

@Suite("Published shapes of results")
struct ReplySchemaTests {
    /// What is wrong with a value by a schema, nil for nothing.
    private func check(_ value: JSONValue, _ schema: JSONValue) -> String? {
        ReplySchema.check(value, schema, "$")
    }

    static let types: [(JSONValue, String, Bool)] = [
        (.null, "null", true), (true, "boolean", true), (5, "integer", true), (5, "number", true),
        (.double(0.5), "number", true), (.double(0.5), "integer", false), ("x", "string", true),
        ("5", "integer", false), (5, "string", false), (.null, "string", false),
        ([], "array", true), ([], "object", false), ([:], "object", true), ([:], "array", false),
        (false, "null", false), (0, "boolean", false),
    ]

    @Test("a value has the type that was promised", arguments: types)
    func type(_ value: JSONValue, _ type: String, _ isRight: Bool) {
        let finding = check(value, ["type": .string(type)])
        #expect((finding == nil) == isRight)
        if !isRight { #expect(finding?.hasPrefix("$: expected \(type), found ") == true) }
    }

    @Test("a schema without a type takes anything")
    func anything() {
        for value in [.null, 5, "x", [1, "y"], ["a": 1]] as [JSONValue] {
            #expect(check(value, [:]) == nil)
        }
    }

    @Test("elements of a list are looked at, and the first that is wrong is named by its place")
    func items() {
        let schema: JSONValue = ["type": "array", "items": ["type": "integer"]]
        #expect(check([1, 2, 3], schema) == nil)
        #expect(check([1, "x", "y"], schema) == "$[1]: expected integer, found a string")
        #expect(check([1, "x"], ["type": "array"]) == nil)
    }

    @Test("members that are required must be there, and others must be declared")
    func members() {
        let schema: JSONValue = [
            "type": "object", "required": ["a"],
            "properties": ["a": ["type": "integer"], "b": ["type": "string"]],
        ]
        #expect(check(["a": 1], schema) == nil)
        #expect(check(["a": 1, "b": "x"], schema) == nil)
        #expect(check(["b": "x"], schema) == "$: member \"a\" is missing")
        #expect(check(["a": 1, "c": 1], schema) == "$.c is not declared")
        #expect(check(["a": "x"], schema) == "$.a: expected integer, found a string")
    }

    @Test("further members have the shape that is declared for all of them, or none")
    func further() {
        let open: JSONValue = ["type": "object", "additionalProperties": ["type": "integer"]]
        #expect(check(["x": 1, "y": 2], open) == nil)
        #expect(check(["x": "1"], open) == "$.x: expected integer, found a string")
        let closed: JSONValue = ["type": "object", "additionalProperties": false]
        #expect(check([:], closed) == nil)
        #expect(check(["x": 1], closed) == "$.x is not declared")
    }

    @Test("of several shapes one must fit, else all objections are told")
    func oneOf() {
        let schema: JSONValue = ["oneOf": [["type": "integer"], ["type": "null"]]]
        #expect(check(5, schema) == nil)
        #expect(check(.null, schema) == nil)
        let finding = check("x", schema) ?? ""
        #expect(finding.hasPrefix("$: none of 2 shapes: "))
        #expect(finding.contains("expected integer") && finding.contains("expected null"))
    }

    @Test("a finding deep within names the whole way to it")
    func deep() {
        let schema: JSONValue = [
            "type": "object",
            "properties": [
                "list": [
                    "type": "array",
                    "items": ["type": "object", "properties": ["n": ["type": "integer"]]],
                ]
            ],
        ]
        #expect(
            check(["list": [["n": 1], ["n": "x"]]], schema)
                == "$.list[1].n: expected integer, found a string")
    }

    @Test("results are checked by the name of their command")
    func document() {
        let schema = ReplySchema([
            "methods": [
                ["name": "b.x", "result": ["schema": ["type": "integer"]]],
                ["name": "a.y", "result": ["schema": ["type": "string"]]], ["name": "c.none"],
            ]
        ])
        #expect(schema.names == ["a.y", "b.x"])
        #expect(schema.check(5, of: "b.x") == nil)
        #expect(schema.check("5", of: "b.x") != nil)
        #expect(schema.check(5, of: "z.z") == "the command is in no schema")
        #expect(ReplySchema([]).names.isEmpty)
    }
}

@Suite("Commands that tests call", .timeLimit(.minutes(10)))
struct RPCClientTests {
    /// Calls a command of a server that gives one answer.
    private func call(_ body: String, status: Int = 200) throws -> RPCFault? {
        let peer = try LoopbackPeer { _, _ in
            .init(["HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\r\n", body])
        }
        defer { peer.stop() }
        return try RPCClient(port: peer.port).fault("core.x", 1)
    }

    @Test("a refusal is a fault with its code, words and details")
    func fault() throws {
        let fault = try call(
            #"{"jsonrpc":"2.0","error":{"code":-32602,"message":"no","data":["a"]},"id":1}"#)
        #expect(fault == RPCFault(code: -32_602, message: "no", data: ["a"]))
        #expect(fault?.description == #"-32602 no ["a"]"#)
        let bare = try call(#"{"jsonrpc":"2.0","error":{"code":500,"message":"x"},"id":1}"#)
        #expect(bare?.data == nil)
    }

    @Test(
        "what is no reply of JSON-RPC 2.0 is a failure that shows it",
        arguments: [
            #"{"jsonrpc":"1.0","result":1,"id":1}"#, #"{"jsonrpc":"2.0","result":1,"id":2}"#,
            #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","error":{"code":"x"},"id":1}"#,
            #"{"jsonrpc":"2.0","error":{"code":5},"id":1}"#, "[]",
        ])
    func noReply(_ body: String) {
        let failure = #expect(throws: RPCClient.Failure.self) { try call(body) }
        #expect(failure?.description.hasPrefix("core.x: ") == true)
        #expect(failure?.description.contains(body) == true)
    }

    @Test("a status of HTTP other than 200 is a failure with the words of the server")
    func status() {
        let failure = #expect(throws: RPCClient.Failure.self) { try call("go away", status: 403) }
        #expect(failure?.description == "core.x: HTTP status 403: go away")
    }

    @Test("a server that closes without a word is a failure, one that is not there an error")
    func nobody() throws {
        let peer = try LoopbackPeer { _, _ in .init([]) }
        defer { peer.stop() }
        #expect(throws: RPCClient.Failure.self) { try RPCClient(port: peer.port).call("x") }
        let port = try FreePorts.take(1)[0]
        #expect(throws: StartedProgram.Failure.self) { try RPCClient(port: port).call("x") }
    }

    @Test("a request is sent whole, with its length")
    func request() throws {
        let peer = try LoopbackPeer { _, _ in .init(["HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n"])
        }
        defer { peer.stop() }
        let body = RPCClient.request("a.b", ["ä", 5, .null])
        #expect(body == #"{"jsonrpc":"2.0","method":"a.b","params":["ä",5,null],"id":1}"#)
        #expect(try RPCClient(port: peer.port).post(body).status == 204)
        let text = try #require(peer.received.first)
        #expect(
            text.hasSuffix("Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        )
        #expect(RPCClient.request("a", []) == #"{"jsonrpc":"2.0","method":"a","id":1}"#)
    }
}
