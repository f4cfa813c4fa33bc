import Basics
import Digest
import JSONValue
import Logging
import ModuleKit
import Testing

@testable import Management

@Suite("access to the HTTP port")
struct HTTPAccessTests {
    private static let token = SecretHash(token: Array("t0ken".utf8)).text
    private static let reader = SecretHash(token: Array("r3ader".utf8)).text

    private func server(
        _ others: [any HTTPEndpoint] = [],
        _ adjust: (inout HTTPServer.Configuration) throws -> Void = { _ in }
    ) throws -> (server: HTTPServer, port: UInt16) {
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        try adjust(&configuration)
        let change = BoundMethod(
            "change", module: "sample", result: .nothing, isChange: true, "Changes",
            example: RPCExample([], [:])
        ) { _ in .done }
        let server = HTTPServer(
            configuration,
            endpoints: [RPCEndpoint(SampleCommands.dispatcher([change]))] + others,
            logger: Logger(label: "test") { _ in Silence() })
        try server.start()
        return (server, try #require(server.port))
    }

    private func accounts() throws -> AccountBook {
        try AccountBook(
            users: [], tokens: ["admin:control:\(Self.token)", "board:read:\(Self.reader)"],
            roles: [])
    }

    /// Sends one request with header fields and reads the answer.
    private func ask(
        _ client: RawClient, _ method: String = "POST", _ path: String = "/RPC",
        _ fields: [String] = [], body: String = #"{"jsonrpc":"2.0","method":"done","id":1}"#
    ) -> RawClient.Answer? {
        let fields = (["Host: 127.0.0.1"] + fields).joined(separator: "\r\n")
        let body = method == "GET" ? "" : body
        client.send(
            "\(method) \(path) HTTP/1.1\r\n\(fields)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        return client.answer()
    }

    @Test("without credentials it is 401 with a challenge, with wrong ones too; then it is 200")
    func challenge() throws {
        let (server, port) = try server { $0.accounts = try accounts() }
        defer { server.stop() }
        let client = RawClient(port: port)
        let none = try #require(ask(client))
        #expect(none.status == 401)
        #expect(none.headers["www-authenticate"] == "Bearer realm=\"Roost\"")
        #expect(ask(client, "POST", "/RPC", ["Authorization: Bearer nope"])?.status == 401)
        for _ in 0..<3 {
            #expect(ask(client, "POST", "/RPC", ["Authorization: Bearer t0ken"])?.status == 200)
        }
        #expect(ask(client)?.status == 401, "credentials are asked for with every request")
        #expect(ask(client, "GET", "/nothing")?.status == 401, "who has none learns no paths")
    }

    @Test("a command beyond the role is 403 and names both; in a batch it is one of the answers")
    func roles() throws {
        let (server, port) = try server { $0.accounts = try accounts() }
        defer { server.stop() }
        let client = RawClient(port: port)
        let field = ["Authorization: Bearer r3ader"]
        let change = #"{"jsonrpc":"2.0","method":"change","id":7}"#
        let refused = try #require(ask(client, "POST", "/RPC", field, body: change))
        #expect(refused.status == 403)
        #expect(refused.json?["id"] == 7)
        #expect(refused.json?["error"]?["code"] == 403)
        #expect(refused.json?["error"]?["data"] == ["method": "change", "role": "read"])
        let batch = try #require(
            ask(
                client, "POST", "/RPC", field,
                body: "[\(change),{\"jsonrpc\":\"2.0\",\"method\":\"done\",\"id\":8}]"))
        #expect(batch.status == 200)
        #expect(batch.json?[0]?["error"]?["code"] == 403)
        #expect(batch.json?[1]?["result"] == [:])
        let admin = ["Authorization: Bearer t0ken"]
        #expect(ask(client, "POST", "/RPC", admin, body: change)?.status == 200)
    }

    @Test("who guesses is told to wait, and who has it right is not kept waiting")
    func guesses() throws {
        let (server, port) = try server { $0.accounts = try accounts() }
        defer { server.stop() }
        let client = RawClient(port: port)
        for number in 0..<Limits.wrongCredentialsBurst {
            #expect(
                ask(client, "POST", "/RPC", ["Authorization: Bearer \(number)"])?.status == 401)
        }
        let wait = try #require(ask(client, "POST", "/RPC", ["Authorization: Bearer x"]))
        #expect(wait.status == 429)
        #expect(wait.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0)
        let other = RawClient(port: port)
        #expect(ask(other, "POST", "/RPC", ["Authorization: Bearer t0ken"])?.status == 200)
    }

    @Test("a name that points at the loopback is not this server's, with whatever method")
    func rebinding() throws {
        let (server, port) = try server { $0.origins = ["https://noc.example"] }
        defer { server.stop() }
        for (host, status) in [
            ("evil.example", 403), ("evil.example:\(port)", 403), ("127.0.0.1:\(port)", 404),
            ("localhost:\(port)", 404), ("noc.example", 404),
        ] {
            let client = RawClient(port: port)
            client.send("GET /nothing HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(client.answer()?.status == status, "\(host)")
        }
        let (guarded, other) = try self.server { $0.accounts = try accounts() }
        defer { guarded.stop() }
        let client = RawClient(port: other)
        client.send(
            "POST /RPC HTTP/1.1\r\nHost: sip.example\r\nAuthorization: Bearer t0ken\r\n"
                + "Content-Length: 2\r\n\r\n[]")
        #expect(client.answer()?.status == 200)
    }

    @Test("beyond the rate it is 429 with Retry-After")
    func rate() throws {
        let (server, port) = try server {
            $0.requestsPerSecondMax = 2
            $0.requestBurst = 3
        }
        defer { server.stop() }
        let client = RawClient(port: port)
        let answers = (0..<8).compactMap { _ in ask(client) }
        #expect(answers.first?.status == 200)
        let refused = try #require(answers.first { $0.status == 429 })
        #expect(refused.headers["retry-after"] == "1")
    }

    @Test("a page of another origin is refused unless it is listed; then its browser is told so")
    func origins() throws {
        let (server, port) = try server { $0.origins = ["https://noc.example"] }
        defer { server.stop() }
        let client = RawClient(port: port)
        #expect(ask(client, "POST", "/RPC", ["Origin: http://evil.example"])?.status == 403)
        #expect(ask(client, "POST", "/RPC", ["Origin: http://127.0.0.1"])?.status == 200)
        let listed = try #require(ask(client, "POST", "/RPC", ["Origin: https://noc.example"]))
        #expect(listed.status == 200)
        #expect(listed.headers["access-control-allow-origin"] == "https://noc.example")
        #expect(listed.headers["vary"] == "Origin")
        let preflight = try #require(
            ask(client, "OPTIONS", "/RPC", ["Origin: https://noc.example"], body: ""))
        #expect(preflight.status == 204)
        #expect(preflight.headers["access-control-allow-methods"] == "GET, POST")
        #expect(ask(client, "OPTIONS", "/RPC", [], body: "")?.status == 405)
    }

    @Test("a page is served with its policy, and again only when it has changed")
    func page() throws {
        let page = StaticPage(
            path: "/", type: "text/html; charset=utf-8", body: Array("<p>Hello</p>".utf8))
        let (server, port) = try server([page])
        defer { server.stop() }
        let client = RawClient(port: port)
        let answer = try #require(ask(client, "GET", "/"))
        #expect(answer.status == 200 && answer.body == "<p>Hello</p>")
        #expect(answer.headers["content-security-policy"] == StaticPage.policy)
        #expect(answer.headers["x-content-type-options"] == "nosniff")
        #expect(answer.headers["cache-control"] == "no-cache")
        let etag = try #require(answer.headers["etag"])
        for list in [etag, "\"x\", W/\(etag)", "*"] {
            let again = try #require(ask(client, "GET", "/", ["If-None-Match: \(list)"]))
            #expect(again.status == 304 && again.body.isEmpty)
        }
        #expect(ask(client, "GET", "/", ["If-None-Match: \"x\""])?.status == 200)
        #expect(ask(client, "POST", "/")?.headers["allow"] == "GET, HEAD")
    }

    @Test("events come as they happen, and the reader leaves without a trace")
    func events() throws {
        let source = SampleSource()
        let feed = EventFeed(sources: [source], startedAt: WallTime(seconds: 36))
        let (server, port) = try server([EventsEndpoint(feed)])
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send("GET /events?kinds=alpha HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        let head = try #require(client.head())
        #expect(head.contains("Content-Type: text/event-stream"))
        #expect(head.contains("Cache-Control: no-store"))
        #expect(client.read(until: "data: {\"kinds\":[\"alpha\"]}\n\n"))
        source.happen("alpha", 5)
        #expect(client.read(until: "data: {\"time\":7,\"number\":5}\n\n"))
        client.hangUp()
        for _ in 0..<2_000 where feed.readers > 0 { Pause.briefly() }
        #expect(feed.readers == 0)
        let other = RawClient(port: port)
        #expect(ask(other, "GET", "/events?kinds=gamma")?.status == 400)
        #expect(ask(other, "GET", "/events?kind=alpha")?.status == 400)
        #expect(ask(other, "HEAD", "/events", [], body: "")?.status == 200)
        #expect(feed.readers == 0)
    }

    @Test("a reader that takes nothing is cut off")
    func slowReader() throws {
        let source = SampleSource()
        let feed = EventFeed(sources: [source], startedAt: WallTime(seconds: 36))
        let (server, port) = try server([EventsEndpoint(feed)])
        defer { server.stop() }
        let client = RawClient(port: port, receiveBuffer: 4_096)
        client.send("GET /events?kinds=alpha HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for _ in 0..<2_000 where feed.readers == 0 { Pause.briefly() }
        for _ in 0..<400 where feed.dropped == 0 {
            for number in 0..<1_000 { source.happen("alpha", number) }
        }
        #expect(feed.dropped == 1 && feed.readers == 0)
        #expect(client.isClosed())
    }

    @Test("the end of the server ends its readers at once")
    func stopping() throws {
        let feed = EventFeed(sources: [SampleSource()], startedAt: WallTime(seconds: 36))
        let (server, port) = try server([EventsEndpoint(feed)])
        let client = RawClient(port: port)
        client.send("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        _ = client.head()
        let start = SystemClock.monotonic()
        server.stop()
        #expect(SystemClock.monotonic().since(start) < 1_500_000_000)
        #expect(client.isClosed())
    }

    @Test("what a script answers comes before what is served, what it leaves does not")
    func script() throws {
        let script = SampleScript()
        let (server, port) = try server { $0.script = script }
        defer { server.stop() }
        let client = RawClient(port: port)
        let own = try #require(ask(client, "GET", "/own?a=1"))
        #expect(own.status == 203 && own.body == "GET /own HTTP/1.1 a=1")
        #expect(ask(client)?.json?["result"] == [:])
        #expect(ask(client, "GET", "/other")?.status == 404)
    }
}

/// A script that answers one path.
final class SampleScript: HTTPScript {
    func answer(_ request: HTTPRequest) -> HTTPReply? {
        guard request.path == "/own" else { return nil }
        let query = request.query.map { "\($0.name)=\($0.value)" }.joined()
        return HTTPReply(
            203, type: "text/plain",
            body: Array("\(request.method) \(request.path) \(request.version) \(query)".utf8))
    }
}
