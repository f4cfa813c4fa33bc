import Basics
import JSONValue
import Logging
import Management
import ModuleKit
import Testing

/// Requests that nobody well-meaning sends: each gets an answer that is JSON-RPC, or none.
@Suite("hostile requests")
struct HostileRequestTests {
    /// Whether a document is an answer as section 5 wants it.
    private func isAnswer(_ value: JSONValue) -> Bool {
        if let items = value.items { return !items.isEmpty && items.allSatisfy(isSingle) }
        return isSingle(value)
    }

    private func isSingle(_ value: JSONValue) -> Bool {
        guard value["jsonrpc"] == "2.0", let id = value["id"] else { return false }
        guard let members = value.members, members.count == 3 else { return false }
        switch id {
        case .string, .integer, .double, .null: break
        default: return false
        }
        guard let error = value["error"] else { return value["result"] != nil }
        return error["code"]?.integer != nil && error["message"]?.text != nil
    }

    private static let seeds = [
        #"{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}"#,
        #"{"jsonrpc":"2.0","method":"mixed","params":{"table":"t","q":0.5},"id":"x"}"#,
        #"[{"jsonrpc":"2.0","method":"dump","params":[3],"id":1},{"jsonrpc":"2.0","method":"a"}]"#,
    ]

    @Test("a request with one byte changed is answered properly", arguments: seeds)
    func changed(_ seed: String) throws {
        let dispatcher = SampleCommands.dispatcher()
        let bytes = Array(seed.utf8)
        let letters = Array("{}[]\",:0a\\ \u{1}".utf8) + [0xC3, 0xFF]
        for place in bytes.indices {
            for letter in letters {
                var text = bytes
                text[place] = letter
                try check(dispatcher, text)
            }
        }
    }

    @Test("a request that is cut, or has a byte too much, is answered properly", arguments: seeds)
    func cut(_ seed: String) throws {
        let dispatcher = SampleCommands.dispatcher()
        let bytes = Array(seed.utf8)
        for place in bytes.indices {
            try check(dispatcher, Array(bytes[..<place]))
            try check(dispatcher, Array(bytes[place...]))
            try check(dispatcher, Array(bytes[..<place]) + [0x22] + Array(bytes[place...]))
        }
    }

    private func check(_ dispatcher: JSONRPCDispatcher, _ bytes: [UInt8]) throws {
        let caller = RPCCaller(channel: "test", address: "here")
        guard let answer = dispatcher.answer(bytes.span, from: caller) else { return }
        var writer = JSONWriter()
        while answer.produce(into: &writer) {}
        let value = try JSONValue(parsing: writer.bytes.span)
        #expect(isAnswer(value), "\(String(decoding: bytes, as: UTF8.self))")
    }

    static let kinds = ["null", "true", "1", "1.5", #""x""#, "[]", "{}", "[[]]", #"{"a":{}}"#]

    @Test("every kind of value in every member is answered properly", arguments: kinds)
    func everyKind(_ kind: String) throws {
        let dispatcher = SampleCommands.dispatcher()
        for member in ["jsonrpc", "method", "params", "id", "more"] {
            var members = ["jsonrpc": #""2.0""#, "method": #""mixed""#, "id": "1"]
            members[member] = kind
            let text = members.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",")
            try check(dispatcher, Array("{\(text)}".utf8))
            try check(dispatcher, Array("[{\(text)},{\(text)}]".utf8))
        }
        try check(dispatcher, Array(kind.utf8))
    }

    @Test("a name of a megabyte is an unknown command, and is not repeated to the log")
    func longName() throws {
        let lines = Memory.Lines()
        let logger = Logger(label: "test") { _ in Memory(lines) }
        let name = String(repeating: "x", count: 1_000_000)
        let found = try answer(
            SampleCommands.dispatcher(logger: logger),
            #"{"jsonrpc":"2.0","method":"\#(name)","id":1}"#)
        #expect(found?["error"]?["code"] == -32601)
        #expect(lines.all.isEmpty)
    }

    @Test("parameters in the log of changes are cut and cannot forge a line")
    func logForgery() throws {
        let lines = Memory.Lines()
        let logger = Logger(label: "test") { _ in Memory(lines) }
        let change = BoundMethod(
            "change", module: "sample", [RPCParameter("value", .string, "A value")],
            result: .nothing, isChange: true, "Changes", example: RPCExample(["x"], [:])
        ) { _ in .done }
        let dispatcher = SampleCommands.dispatcher([change], logger: logger)
        _ = try answer(
            dispatcher, #"{"jsonrpc":"2.0","method":"change","params":["a\nnotice b"],"id":1}"#)
        #expect(lines.all == [#"notice change ["a\nnotice b"] by test here"#])
        let long = String(repeating: "y", count: 100_000)
        _ = try answer(
            dispatcher, #"{"jsonrpc":"2.0","method":"change","params":["\#(long)"],"id":1}"#)
        #expect(lines.all.last.map { $0.utf8.count < 1000 } == true)
    }

    @Test("a batch of notifications runs completely before nothing is answered")
    func notifications() throws {
        let counter = Counter()
        let dispatcher = SampleCommands.dispatcher([SampleCommands.count(counter)])
        let calls = Array(repeating: #"{"jsonrpc":"2.0","method":"count"}"#, count: 20)
        #expect(try answer(dispatcher, "[\(calls.joined(separator: ","))]") == nil)
        #expect(counter.value == 20)
        #expect(try answer(dispatcher, calls[0]) == nil)
        #expect(counter.value == 21)
    }

    @Test("the calls of a batch run in their order")
    func order() throws {
        let counter = Counter()
        let dispatcher = SampleCommands.dispatcher([SampleCommands.count(counter)])
        let calls = (1...20).map { #"{"jsonrpc":"2.0","method":"count","id":\#($0)}"# }
        let found = try answer(dispatcher, "[\(calls.joined(separator: ","))]")
        for item in found?.items ?? [] { #expect(item["id"] == item["result"]) }
        #expect(found?.items?.count == 20)
    }
}

@Suite("hostile clients")
struct HostileClientTests {
    private func server(
        _ others: [BoundMethod] = [],
        _ adjust: (inout HTTPServer.Configuration) -> Void = { _ in }
    ) throws -> (server: HTTPServer, port: UInt16) {
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        adjust(&configuration)
        let server = HTTPServer(
            configuration, endpoints: [RPCEndpoint(SampleCommands.dispatcher(others))],
            logger: Logger(label: "test") { _ in Silence() })
        try server.start()
        return (server, try #require(server.port))
    }

    private let ping = #"{"jsonrpc":"2.0","method":"done","id":1}"#

    /// What a client may send and then fall silent or go away.
    static let openings: [String] = [
        "", "P", "POST", "POST /RPC", "POST /RPC HTTP/1.1\r\n", "POST /RPC HTTP/1.1\r\nHost: x",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        "POST /RPC HTTP/9.9\r\nHost: x\r\n\r\n", "\r\n\r\n\r\n", "REGISTER sip:x SIP/2.0\r\n\r\n",
        "POST \u{0} HTTP/1.1\r\n\r\n", "GET /" + String(repeating: "x", count: 300_000),
        "POST /RPC HTTP/1.1\r\nX: " + String(repeating: "x", count: 300_000),
    ]

    @Test("a client that goes away in the middle leaves the server as it was", arguments: openings)
    func vanishing(_ opening: String) throws {
        let (server, port) = try server()
        defer { server.stop() }
        for _ in 0..<3 {
            let client = RawClient(port: port)
            client.send(opening)
        }
        #expect(RawClient(port: port).call(ping)?.status == 200)
    }

    @Test("clients that fall silent are closed and free their places", arguments: openings)
    func silent(_ opening: String) throws {
        let (server, port) = try server {
            $0.idleSecondsMax = 3
            $0.connectionsPerAddressMax = 2
        }
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send(opening)
        #expect(client.isClosed())
        #expect(RawClient(port: port).call(ping)?.status == 200)
    }

    @Test("a client that goes away during a dump ends it")
    func vanishingReader() throws {
        let produced = Counter()
        let (server, port) = try server([
            BoundMethod(
                "huge", module: "sample", result: .any, "Huge", example: RPCExample([], nil)
            ) { _ in .stream(Records(5_000_000, produced)) }
        ])
        do {
            let client = RawClient(port: port)
            client.post(#"{"jsonrpc":"2.0","method":"huge","id":1}"#)
            #expect(client.skim() > 0)
        }
        server.stop()
        #expect(produced.value < 5_000_000)
    }

    @Test("many clients call, notify, dump and fail at once; everyone gets their own answer")
    func mixture() async throws {
        let counter = Counter()
        let (server, port) = try server([SampleCommands.count(counter)])
        defer { server.stop() }
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<12 {
                group.addTask { Self.talk(to: port, number) }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(counter.value == 12 * 10)
    }

    /// One client's conversation; whether every answer was its own.
    private static func talk(to port: UInt16, _ number: Int) -> Bool {
        let client = RawClient(port: port)
        for round in 0..<10 {
            let id = "\(number)-\(round)"
            let calls = [
                (#"{"jsonrpc":"2.0","method":"sum","params":[\#(number),1],"id":"\#(id)"}"#, 200),
                (#"{"jsonrpc":"2.0","method":"count"}"#, 204),
                (#"{"jsonrpc":"2.0","method":"dump","params":[50],"id":"\#(id)"}"#, 200),
                (#"{"jsonrpc":"2.0","method":"fail","id":"\#(id)"}"#, 200),
                (#"{"jsonrpc":"2.0","method":"#, 200),
            ]
            for (call, status) in calls {
                guard let answer = client.call(call), answer.status == status else { return false }
                let given = answer.json?["id"]?.text
                if status == 200, given != nil, given != id { return false }
            }
        }
        return true
    }

    @Test("short answers have the priority of SIP, the rest of a long one has less")
    func priority() throws {
        let nice = BoundMethod(
            "nice", module: "sample", result: .integer, "Shows the priority",
            example: RPCExample([], 10)
        ) { _ in .value(.integer(Int64(ThreadFacts.nice))) }
        let long = BoundMethod(
            "long", module: "sample", result: .any, "Shows it piece by piece",
            example: RPCExample([], [])
        ) { _ in .stream(Priorities()) }
        let before = ThreadFacts.nice
        let (server, port) = try server([nice, long])
        defer { server.stop() }
        let client = RawClient(port: port)
        let short = client.call(#"{"jsonrpc":"2.0","method":"nice","id":1}"#)
        #expect(short?.json?["result"]?.integer == before)
        let seen = client.call(#"{"jsonrpc":"2.0","method":"long","id":1}"#)?.json?["result"]
        #expect(seen?.items?.first?.integer == before)
        #expect(seen?.items?.last?.integer == min(before + 10, 19))
        #expect(ThreadFacts.nice == before)
    }
}

/// A long result of the priorities that its pieces were made with.
private final class Priorities: ResultStream {
    private let count = Counter()

    func produce(into writer: inout JSONWriter) -> Bool {
        if count.value == 0 { writer.beginArray() }
        count.add()
        for _ in 0..<10_000 { writer.integer(ThreadFacts.nice) }
        guard count.value == 20 else { return true }
        writer.endArray()
        return false
    }
}
