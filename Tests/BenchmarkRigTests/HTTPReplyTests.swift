import Testing

@testable import BenchmarkRig

@Suite("Reply over HTTP")
struct HTTPReplyTests {
    /// Feeds a reply in pieces; a closing of the connection follows when `closes`.
    private func read(
        _ text: String, pieces size: Int = 7, counting: String = "", closes: Bool = false
    ) -> HTTPReply {
        var reply = HTTPReply(counting: counting)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            reply.add(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        if closes { reply.add([]) }
        return reply
    }

    private func body(_ reply: HTTPReply) -> String { String(decoding: reply.kept, as: UTF8.self) }

    @Test("a body of known length ends there", arguments: [1, 3, 10, 1_000])
    func length(_ size: Int) {
        let reply = read(
            "HTTP/1.1 200 OK\r\nServer: x\r\nCONTENT-length: 5\r\n\r\nhello", pieces: size)
        #expect(reply.isComplete)
        #expect(reply.status == 200)
        #expect(body(reply) == "hello")
        #expect(reply.bodyCount == 5)
    }

    @Test("a chunked body is put together", arguments: [1, 2, 5, 1_000])
    func chunked(_ size: Int) {
        let reply = read(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n1;x=y\r\n \r\n0A\r\n0123456789\r\n0\r\n\r\n", pieces: size)
        #expect(reply.isComplete)
        #expect(body(reply) == "hello 0123456789")
    }

    @Test("without either the body ends with the connection")
    func untilClose() {
        let text = "HTTP/1.0 500 No\r\n\r\nsome text"
        #expect(!read(text).isComplete)
        let reply = read(text, closes: true)
        #expect(reply.isComplete)
        #expect(reply.status == 500)
        #expect(body(reply) == "some text")
    }

    @Test("an empty body is complete at once")
    func empty() {
        #expect(read("HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n").isComplete)
    }

    @Test("a reply that ends early is not complete")
    func early() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"
        #expect(!read(text, closes: true).isComplete)
        #expect(!read("HTTP/1.1 200 OK\r\n", closes: true).isComplete)
    }

    @Test("a text is counted wherever the pieces are cut", arguments: [1, 2, 3, 4, 64])
    func counting(_ size: Int) {
        let body = #"{"AoR":"a","x":""AoR":"b","AoR" ,"AoRs":1}"#
        let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        #expect(read(head + body, pieces: size, counting: "\"AoR\"").matches == 3)
    }

    @Test("a large body is counted and not kept")
    func large() {
        let body = String(repeating: "x", count: 300_000)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"
        let reply = read(head + body, pieces: 8_192)
        #expect(reply.bodyCount == 300_000)
        #expect(reply.kept.count == HTTPReply.keptBytesMax)
    }

    @Test("a head that never ends is not kept for ever")
    func endlessHead() {
        let reply = read(String(repeating: "x", count: 1 << 20), pieces: 4_096)
        #expect(reply.status == 0)
        #expect(!reply.isComplete)
    }
}

@Suite("Calls over HTTP")
struct RPCClientTests {
    @Test("a request names method and parameters and tells its length")
    func request() {
        let text = RPCClient.request("ul.dump", ["brief"])
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        #expect(parts.count == 2)
        #expect(parts[0].hasPrefix("POST /RPC HTTP/1.1\r\n"))
        #expect(parts[0].contains("Content-Length: \(parts[1].utf8.count)"))
        #expect(
            parts[1] == #"{"jsonrpc":"2.0","method":"ul.dump","params":["brief"],"id":1}"#)
    }

    @Test("without parameters the member is left out")
    func bare() { #expect(!RPCClient.request("core.info", []).contains("params")) }

    @Test(
        "a number is found behind its name",
        arguments: [
            ("location_contacts = 20000\", \"x", "location_contacts", 20_000),
            ("\"real_used\":\t22242248,", "real_used", 22_242_248),
            ("used_not: 1, used: 5", "used", 5), ("uused: 7", "used", 7),
        ] as [(String, String, Int)])
    func number(_ text: String, _ name: String, _ value: Int) {
        #expect(RPCClient.number(name, in: text) == value)
    }

    @Test("no number is no number", arguments: ["", "used", "used: x", "other: 5"])
    func noNumber(_ text: String) { #expect(RPCClient.number("used", in: text) == nil) }

    @Test("a port where nobody listens is an error that names it")
    func refused() throws {
        let port = try FreePort.find(1)[0]
        let error = #expect(throws: RigError.self) { try RPCClient(port: port).call("x") }
        #expect(error?.description.contains("\(port)") == true)
    }
}
