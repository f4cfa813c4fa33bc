import Testing

@testable import LoadGenerator

@Suite("loads of commands")
struct CommandLoadTests {
    private func answer(_ text: String) -> (status: Int, length: Int)? {
        let bytes = Array(text.utf8)
        guard let end = text.range(ofEmptyLine: bytes) else { return nil }
        return HTTPLane.answer(bytes.span, headEnd: end)
    }

    @Test("an answer has the status of HTTP and ends with its length")
    func answers() throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"result\":{}}"
        let found = try #require(answer(text))
        #expect(found.status == 200 && found.length == text.utf8.count)
        let refused = try #require(answer("HTTP/1.1 401 No\r\nX: 1\r\ncontent-length:0\r\n\r\n"))
        #expect(refused.status == 401)
    }

    @Test("an error of JSON-RPC does not count as success")
    func errors() throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"error\":{}}"
        #expect(try #require(answer(text)).status == 400)
    }

    @Test(
        "what has no length or no status is no answer",
        arguments: [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 xyz OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        ])
    func refused(_ text: String) { #expect(answer(text) == nil) }

    @Test("a URL gives host, port and path")
    func urls() throws {
        let plan = try CommandPlan(url: "http://[::1]:8280/x")
        #expect(plan.server == ServerName(host: "::1", port: 8_280) && plan.path == "/x")
        #expect(try CommandPlan(url: "http://h:1").path == "/RPC")
        for url in ["https://h:1/", "h:1", "http://h:1/a b", "http://:1/"] {
            #expect(throws: LoadError.self) { try CommandPlan(url: url) }
        }
    }

    @Test("a request is one call with its length")
    func request() {
        var plan = CommandPlan(server: ServerName(host: "h", port: 1))
        plan.parameters = "[1]"
        plan.authorization = "Bearer x"
        let text = String(decoding: plan.request, as: UTF8.self)
        #expect(text.hasPrefix("POST /RPC HTTP/1.1\r\nHost: h:1\r\nAuthorization: Bearer x\r\n"))
        #expect(text.hasSuffix("\"method\":\"core.uptime\",\"params\":[1],\"id\":1}"))
    }

    @Test("a plan beyond its ranges, or with a line end, is refused")
    func plans() {
        let changes: [(inout CommandPlan) -> Void] = [
            { $0.connections = 0 }, { $0.count = 0 }, { $0.rate = 0 }, { $0.giveUpSeconds = 0 },
            { $0.method = "a\r\nb" }, { $0.authorization = "\n" },
        ]
        for change in changes {
            var plan = CommandPlan(server: ServerName(host: "h", port: 1))
            change(&plan)
            #expect(throws: LoadError.self) { try CommandLoad(plan) }
        }
    }
}

extension String {
    /// Where the bytes behind the first empty line begin.
    fileprivate func range(ofEmptyLine bytes: [UInt8]) -> Int? {
        (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}
