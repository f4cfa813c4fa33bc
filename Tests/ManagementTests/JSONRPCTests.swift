import Basics
import JSONValue
import Logging
import Management
import ModuleKit
import Testing

/// The whole answer of a dispatcher, as a client would see it; nil for none.
func answer(_ dispatcher: JSONRPCDispatcher, _ body: String) throws -> JSONValue? {
    let bytes = Array(body.utf8)
    let caller = RPCCaller(channel: "test", address: "here")
    guard let answer = dispatcher.answer(bytes.span, from: caller) else { return nil }
    var writer = JSONWriter()
    while answer.produce(into: &writer) {}
    return try JSONValue(parsing: writer.bytes.span)
}

@Suite("JSON-RPC 2.0")
struct JSONRPCTests {
    /// A request and its answer, as far as it is fixed: of an error, the code counts.
    struct Exchange: Sendable, CustomTestStringConvertible {
        let request: String
        let answer: String?
        init(_ request: String, _ answer: String?) {
            self.request = request
            self.answer = answer
        }
        var testDescription: String { request }
    }

    /// Section 7 of the specification, in its order, and more of the kind.
    static let specification: [Exchange] = [
        Exchange(
            #"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
            #"{"jsonrpc": "2.0", "result": 19, "id": 1}"#),
        Exchange(
            #"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
            #"{"jsonrpc": "2.0", "result": -19, "id": 2}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":2,"minuend":42},"id":3}"#,
            #"{"jsonrpc": "2.0", "result": 40, "id": 3}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":2},"id":4}"#,
            #"{"jsonrpc": "2.0", "result": 40, "id": 4}"#),
        Exchange(#"{"jsonrpc": "2.0", "method": "sum", "params": [1,2,3,4,5]}"#, nil),
        Exchange(#"{"jsonrpc": "2.0", "method": "foobar"}"#, nil),
        Exchange(
            #"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#,
            #"{"jsonrpc": "2.0", "error": {"code": -32601}, "id": "1"}"#),
        Exchange(
            #"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
            #"{"jsonrpc": "2.0", "error": {"code": -32700}, "id": null}"#),
        Exchange(
            #"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
            #"{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}"#),
        Exchange(
            #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc""#,
            #"{"jsonrpc": "2.0", "error": {"code": -32700}, "id": null}"#),
        Exchange("[]", #"{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}"#),
        Exchange("[1]", #"[{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}]"#),
        Exchange(
            "[1,2,3]",
            #"""
            [{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null},
             {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null},
             {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}]
            """#),
        Exchange(
            #"""
            [{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
             {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
             {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
             {"foo": "boo"},
             {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
             {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]
            """#,
            #"""
            [{"jsonrpc": "2.0", "result": 7, "id": "1"},
             {"jsonrpc": "2.0", "result": 19, "id": "2"},
             {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null},
             {"jsonrpc": "2.0", "error": {"code": -32601}, "id": "5"},
             {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}]
            """#),
        Exchange(
            #"""
            [{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
             {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]
            """#, nil),
    ]

    /// What the specification says without an example.
    static let more: [Exchange] = [
        Exchange("", #"{"jsonrpc":"2.0","error":{"code":-32700},"id":null}"#),
        Exchange("null", #"{"jsonrpc":"2.0","error":{"code":-32600},"id":null}"#),
        Exchange(
            #"{"method":"done","id":1}"#, #"{"jsonrpc":"2.0","error":{"code":-32600},"id":1}"#),
        Exchange(
            #"{"jsonrpc":"1.0","method":"done","id":1}"#,
            #"{"jsonrpc":"2.0","error":{"code":-32600},"id":1}"#),
        Exchange(
            #"{"jsonrpc":2.0,"method":"done","id":1}"#,
            #"{"jsonrpc":"2.0","error":{"code":-32600},"id":1}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","id":[1]}"#,
            #"{"jsonrpc":"2.0","error":{"code":-32600},"id":null}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","params":5,"id":1}"#,
            #"{"jsonrpc":"2.0","error":{"code":-32600},"id":1}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","params":null,"id":1}"#,
            #"{"jsonrpc":"2.0","error":{"code":-32600},"id":1}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","id":null}"#,
            #"{"jsonrpc":"2.0","result":{},"id":null}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","id":""}"#,
            #"{"jsonrpc":"2.0","result":{},"id":""}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","id":1.5,"more":[]}"#,
            #"{"jsonrpc":"2.0","result":{},"id":1.5}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"done","id":9223372036854775807}"#,
            #"{"jsonrpc":"2.0","result":{},"id":9223372036854775807}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"fail","id":1}"#,
            #"{"jsonrpc":"2.0","error":{"code":404},"id":1}"#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"dump","params":[2],"id":1}"#,
            #"""
            {"jsonrpc":"2.0","result":[
            {"Contact":"sip:0@example.com;transport=udp;a-rather-long-parameter=0"},
            {"Contact":"sip:1@example.com;transport=udp;a-rather-long-parameter=1"}],"id":1}
            """#),
        Exchange(
            #"{"jsonrpc":"2.0","method":"dump","params":[0],"id":1}"#,
            #"{"jsonrpc":"2.0","result":[],"id":1}"#),
    ]

    private static func reduced(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): return .array(items.map(reduced))
        case .object(let members):
            return .object(
                members.map { member in
                    guard member.name == "error" else { return member }
                    return .init("error", ["code": member.value["code"] ?? nil])
                })
        default: return value
        }
    }

    @Test("every exchange of the specification", arguments: specification + more)
    func exchange(_ exchange: Exchange) throws {
        let expected = try exchange.answer.map { try JSONValue(parsing: $0) }
        let found = try answer(SampleCommands.dispatcher(), exchange.request).map(Self.reduced)
        #expect(found == expected)
    }

    @Test("members come in the order jsonrpc, result or error, id")
    func order() throws {
        let found = try answer(
            SampleCommands.dispatcher(), #"{"id":1,"method":"done","jsonrpc":"2.0"}"#)
        #expect(found?.members?.map(\.name) == ["jsonrpc", "result", "id"])
    }

    @Test("an error has code, message and data of the command")
    func errorData() throws {
        let found = try answer(
            SampleCommands.dispatcher(), #"{"jsonrpc":"2.0","method":"fail","id":1}"#)
        #expect(
            found?["error"]
                == ["code": 404, "message": "AOR not found", "data": ["aor": "x"]])
    }

    @Test("a parse error tells the byte, an unknown command the nearest known")
    func help() throws {
        let dispatcher = SampleCommands.dispatcher()
        #expect(try answer(dispatcher, "[1,]")?["error"]?["data"]?["offset"] == 3)
        let unknown = try answer(
            dispatcher, #"{"jsonrpc":"2.0","method":"substract","id":1}"#)
        #expect(unknown?["error"]?["data"]?["nearest"] == "subtract")
    }

    @Test("a batch is limited, and a limit's worth of calls is answered")
    func batchLimit() throws {
        let one = #"{"jsonrpc":"2.0","method":"done","id":1}"#
        let full = Array(repeating: one, count: Limits.batchCallsMax).joined(separator: ",")
        let dispatcher = SampleCommands.dispatcher()
        #expect(try answer(dispatcher, "[\(full)]")?.items?.count == Limits.batchCallsMax)
        #expect(try answer(dispatcher, "[\(full),\(one)]")?["error"]?["code"] == -32600)
    }

    @Test("a dump within a batch is streamed between the others")
    func dumpInBatch() throws {
        let found = try answer(
            SampleCommands.dispatcher(),
            #"""
            [{"jsonrpc":"2.0","method":"done","id":1},
             {"jsonrpc":"2.0","method":"dump","params":[5000],"id":2},
             {"jsonrpc":"2.0","method":"dump","params":[3]},
             {"jsonrpc":"2.0","method":"sum","params":[1,1],"id":3}]
            """#)
        #expect(found?.items?.count == 3)
        #expect(found?[1]?["result"]?.items?.count == 5000)
        #expect(found?[2]?["result"] == 2)
    }

    @Test("a large answer comes in pieces of bounded size")
    func pieces() throws {
        let body = Array(#"{"jsonrpc":"2.0","method":"dump","params":[20000],"id":1}"#.utf8)
        let caller = RPCCaller(channel: "test", address: "here")
        let given = SampleCommands.dispatcher().answer(body.span, from: caller)
        let answer = try #require(given)
        var writer = JSONWriter()
        var largest = 0
        var pieces = 1
        while answer.produce(into: &writer) {
            largest = max(largest, writer.bytes.count)
            pieces += 1
            writer.bytes.removeAll()
        }
        #expect(pieces > 10)
        #expect(largest < Limits.httpPieceBytes + 4096)
    }

    @Test("what is left of a batch runs although the client has gone")
    func abandoned() throws {
        let counter = Counter()
        let dispatcher = SampleCommands.dispatcher([SampleCommands.count(counter)])
        let calls = Array(repeating: #"{"jsonrpc":"2.0","method":"count","id":1}"#, count: 5)
        let body = Array("[\(calls.joined(separator: ","))]".utf8)
        let given = dispatcher.answer(body.span, from: RPCCaller(channel: "test", address: "here"))
        try #require(given).abandon()
        #expect(counter.value == 5)
    }

    @Test("every change is logged: what, by whom, from where, and that it was refused")
    func changeLog() throws {
        let lines = Memory.Lines()
        let logger = Logger(label: "test") { _ in Memory(lines) }
        _ = try answer(
            SampleCommands.dispatcher(logger: logger),
            #"[{"jsonrpc":"2.0","method":"fail","id":1},{"jsonrpc":"2.0","method":"done","id":1}]"#)
        #expect(lines.all == ["notice fail [] by test here refused: 404 AOR not found"])
    }

    @Test("the registry finds commands by name, in alphabetical order, the first of two counting")
    func registry() {
        let registry = CommandRegistry([
            SampleCommands.sum, SampleCommands.data, SampleCommands.sum,
        ])
        #expect(registry.methods.map(\.name) == ["get_data", "sum"])
        #expect(registry["sum"]?.summary == "Adds")
        #expect(registry["none"] == nil)
        #expect(registry.nearest(to: "completely different") == nil)
    }
}
