import JSONValue
import TestSupport
import Testing

/// What strangers do to the management port.
@Suite("bad input over HTTP", .onThreads)
struct HostileHTTPTests {
    /// A body and the code of the error that answers it.
    static let documents: [(String, Int)] = [
        ("", -32_700), ("{", -32_700), ("{]", -32_700), ("nonsense", -32_700), ("\u{0}", -32_700),
        ("{\"a\":1,}", -32_700), ("{\"jsonrpc\":\"2.0\"", -32_700), ("\"\\ud800\"", -32_700),
        (String(repeating: "[", count: 100_000), -32_700),
        (String(repeating: "{\"a\":", count: 5_000), -32_700),
        ("[]", -32_600), ("{}", -32_600), ("1", -32_600), ("null", -32_600),
        (#"{"jsonrpc":"1.0","method":"core.version","id":1}"#, -32_600),
        (#"{"jsonrpc":"2.0","method":5,"id":1}"#, -32_600),
        (#"{"jsonrpc":"2.0","method":"core.version","params":5,"id":1}"#, -32_600),
        (#"{"jsonrpc":"2.0","method":"core.versio","id":1}"#, -32_601),
        (#"{"jsonrpc":"2.0","method":"","id":1}"#, -32_601),
        (#"{"jsonrpc":"2.0","method":"core.version","params":[1,2,3],"id":1}"#, -32_602),
        (#"{"jsonrpc":"2.0","method":"core.version","params":{"x":1},"id":1}"#, -32_602),
        (#"{"jsonrpc":"2.0","method":"ul.dump","params":[{}],"id":1}"#, -32_602),
    ]

    @Test("a body that is no call gets the error of JSON-RPC 2.0")
    func errors() throws {
        let server = try ServerProcess()
        for (body, code) in Self.documents {
            let reply = try server.rpc.post(body)
            let document = try JSONValue(parsing: reply.text)
            #expect(document["jsonrpc"] == "2.0", "\(body.prefix(80))")
            #expect(
                document["error"]?["code"]?.integer == code, "\(body.prefix(80)): \(reply.text)")
            #expect(document["error"]?["message"]?.text?.isEmpty == false)
            #expect(document["result"] == nil)
        }
        #expect(server.faults == [])
    }

    /// What is no request at all.
    private static func garbage() -> [[UInt8]] {
        var noise: [UInt8] = []
        for number in 0..<10_000 { noise.append(UInt8(truncatingIfNeeded: number &* 31)) }
        let texts = ["\r\n\r\n\r\n", "POST", "POST /RPC HTTP/1.1\r\nA"]
        let long = [UInt8](repeating: 65, count: 300_000)
        return texts.map { Array($0.utf8) } + [noise, long, [UInt8](repeating: 0, count: 10_000)]
    }

    @Test("requests that are no HTTP, or not for us, are refused or closed")
    func requests() throws {
        let server = try ServerProcess()
        let call = RPCClient.request("core.version", [])
        let length = "Content-Length: \(call.utf8.count)\r\n"
        let requests: [(String, ClosedRange<Int>)] = [
            ("GET /RPC HTTP/1.1\r\nHost: x\r\n\r\n", 400...499),
            ("POST /nothing HTTP/1.1\r\nHost: x\r\n\(length)\r\n\(call)", 404...404),
            ("DELETE /RPC HTTP/1.1\r\nHost: x\r\n\r\n", 400...501),
            ("POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413...413),
            ("POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400...413),
            (
                "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                400...413
            ),
            ("POST /RPC HTTP/9.9\r\nHost: x\r\n\(length)\r\n\(call)", 200...505),
        ]
        for (request, statuses) in requests {
            let socket = try ClientSocket(.stream, port: server.httpPort)
            socket.send(Array(request.utf8))
            let reply = HTTPReply(from: socket, seconds: 3)
            #expect(
                reply.map { statuses.contains($0.status) } ?? true,
                "\(request): \(reply?.status ?? 0)")
        }
        for garbage in Self.garbage() {
            let socket = try ClientSocket(.stream, port: server.httpPort)
            socket.send(garbage, seconds: 2)
            _ = socket.receive(seconds: 0.1)
        }
        #expect(try server.rpc.call("core.version").text?.isEmpty == false)
        #expect(server.faults == [])
    }

    @Test("a body over the limit is refused with 413, one at the limit is read")
    func size() throws {
        let server = try ServerProcess()
        let limit = 1 << 20
        func echo(_ bytes: Int) throws -> HTTPReply {
            let frame = RPCClient.request("core.echo", [""]).utf8.count
            let text = String(repeating: "x", count: bytes - frame)
            return try server.rpc.post(RPCClient.request("core.echo", [.string(text)]))
        }
        #expect(try echo(limit).status == 200)
        let refused = try echo(limit + 1)
        #expect(refused.status == 413 || refused.text.contains("-32"))
        #expect(!refused.text.contains("\"result\""))
        #expect(try echo(3 * limit).status == 413)
        #expect(try server.rpc.call("core.version").text?.isEmpty == false)
    }

    @Test("batches, notifications and named parameters are the specification's")
    func specification() throws {
        let server = try ServerProcess()
        let batch = """
            [{"jsonrpc":"2.0","method":"core.echo","params":["a"],"id":"x"},
             {"jsonrpc":"2.0","method":"core.echo","params":["b"]},
             7,
             {"jsonrpc":"2.0","method":"no.such","id":null}]
            """
        let replies = try JSONValue(parsing: try server.rpc.post(batch).text).items ?? []
        #expect(replies.count == 3)
        let answered = replies.first { $0["id"] == "x" }
        let codes = replies.compactMap { $0["error"]?["code"]?.integer }
        #expect(answered?["result"] == ["a"])
        #expect(codes.sorted() == [-32_601, -32_600])
        let silent = try server.rpc.post(
            #"{"jsonrpc":"2.0","method":"cfg.set_now_int","params":["registrar","max_expires",77]}"#
        )
        #expect(silent.body.isEmpty)
        #expect((200...204).contains(silent.status))
        #expect(try server.rpc.call("cfg.get", "registrar", "max_expires") == 77)
        let named = try server.rpc.post(
            #"{"jsonrpc":"2.0","method":"cfg.get","id":1,"#
                + #""params":{"name":"max_expires","group":"registrar"}}"#
        )
        #expect(try JSONValue(parsing: named.text)["result"] == 77)
    }

    @Test("a connection is kept for several calls")
    func keepAlive() throws {
        let server = try ServerProcess()
        let socket = try ClientSocket(.stream, port: server.httpPort)
        for number in 0..<20 {
            let body = RPCClient.request("core.echo", [.string("\(number)")])
            let head = "POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            socket.send(Array((head + body).utf8))
            let reply = try #require(HTTPReply(from: socket, seconds: 5))
            #expect(try JSONValue(parsing: reply.text)["result"] == [.string("\(number)")])
        }
    }

    @Test("many connections that send nothing leave room for one that does")
    func idle() throws {
        let server = try ServerProcess()
        let idle = (0..<120).compactMap { _ in try? ClientSocket(.stream, port: server.httpPort) }
        for socket in idle { socket.send(Array("POST /RPC HT".utf8), seconds: 0.1) }
        #expect(try server.rpc.call("core.version").text?.isEmpty == false)
        #expect(try server.phone().options().status == 200)
        withExtendedLifetime(idle) {}
    }
}
