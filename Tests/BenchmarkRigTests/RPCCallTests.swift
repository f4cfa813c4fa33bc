import Foundation
import JSONValue
import Testing

@testable import BenchmarkRig

@Suite("Calls against a server of this test", .timeLimit(.minutes(10)))
struct RPCCallTests {
    /// Calls a server that gives one answer, and ends it.
    private func call(
        _ answer: LoopbackHTTP.Answer, counting: String = "", waitSeconds: Int = 20
    ) throws -> RPCClient.Answer {
        let server = try LoopbackHTTP { _, _ in answer }
        defer { server.stop() }
        return try RPCClient(port: server.port).call(
            "ul.dump", ["brief"], counting: counting, waitSeconds: waitSeconds)
    }

    @Test("an answer brings its status, its bytes and the time that it took")
    func whole() throws {
        let answer = try call(.whole(#"{"result":["AoR","AoR"]}"#), counting: "\"AoR\"")
        #expect(answer.status == 200)
        #expect(answer.bodyBytes == 24)
        #expect(answer.text == #"{"result":["AoR","AoR"]}"#)
        #expect(answer.matches == 2)
        #expect(answer.seconds > 0 && answer.seconds < 20)
    }

    @Test("an answer in single bytes is the same answer")
    func bytes() throws {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        let answer = try call(LoopbackHTTP.Answer(pieces: text.map { String($0) }))
        #expect(answer.text == "abc")
        #expect(answer.status == 200)
    }

    @Test("an answer without a length ends with its connection")
    func untilClose() throws {
        let answer = try call(LoopbackHTTP.Answer(pieces: ["HTTP/1.0 200 OK\r\n\r\n", "abc"]))
        #expect(answer.text == "abc")
    }

    @Test("a refusal is an answer with another status", arguments: [403, 404, 500, 503])
    func status(_ status: Int) throws {
        #expect(try call(.whole("no", status: status)).status == status)
    }

    @Test(
        "an answer that ends early is an error that names the command",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        ])
    func early(_ text: String) {
        let error = #expect(throws: RigError.self) {
            try call(LoopbackHTTP.Answer(pieces: [text]))
        }
        #expect(error == RigError(.answer, "ul.dump: the answer ended early"))
    }

    @Test(
        "an answer that is no HTTP is an error, and is not waited for",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nx",
        ])
    func malformed(_ text: String) {
        let error = #expect(throws: RigError.self) {
            try call(LoopbackHTTP.Answer(pieces: [text], closes: false))
        }
        #expect(error == RigError(.answer, "ul.dump: the answer is no HTTP"))
    }

    @Test("a server that says nothing is given up after the time that was asked for")
    func silent() {
        let error = #expect(throws: RigError.self) {
            try call(LoopbackHTTP.Answer(pieces: [], closes: false), waitSeconds: 0)
        }
        #expect(error?.kind == .answer)
        #expect(error?.description.hasPrefix("ul.dump: ") == true)
    }

    @Test("a server that stops in the middle of its answer is given up as well")
    func halfway() {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell"
        let error = #expect(throws: RigError.self) {
            try call(LoopbackHTTP.Answer(pieces: [half], closes: false), waitSeconds: 0)
        }
        #expect(error == RigError(.answer, "ul.dump: the answer ended early"))
    }

    @Test("the request that arrives is JSON-RPC 2.0 with a length that is true")
    func request() throws {
        let server = try LoopbackHTTP { _, _ in .whole("{}") }
        defer { server.stop() }
        _ = try RPCClient(port: server.port).call("x.y", ["a \"b\"", "ä\n"])
        let text = try #require(server.requests.first)
        let end = try #require(text.range(of: "\r\n\r\n"))
        let body = String(text[end.upperBound...])
        #expect(text.hasPrefix("POST /RPC HTTP/1.1\r\nHost: 127.0.0.1\r\n"))
        #expect(text.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        let document = try JSONValue(parsing: body)
        #expect(document["jsonrpc"] == "2.0")
        #expect(document["method"] == "x.y")
        #expect(document["params"] == ["a \"b\"", "ä\n"])
        #expect(document["id"] == 1)
    }

    @Test("each call has a connection of its own")
    func connections() throws {
        let server = try LoopbackHTTP { number, _ in .whole("\(number)") }
        defer { server.stop() }
        let client = RPCClient(port: server.port)
        #expect(try (0..<5).map { _ in try client.call("x").text } == ["0", "1", "2", "3", "4"])
        #expect(server.requests.count == 5)
    }
}

@Suite("Dumps without end", .timeLimit(.minutes(10)))
struct DumpLoopTests {
    @Test("dumps are asked for one after the other until the loop is stopped")
    func loop() throws {
        let server = try LoopbackHTTP { _, _ in .whole("{}") }
        defer { server.stop() }
        let loop = DumpLoop(RPCClient(port: server.port), waitSeconds: 5)
        #expect(Patience(seconds: 20).wait { loop.completed >= 3 })
        loop.stop()
        let completed = loop.completed
        #expect(completed == server.requests.count)
        #expect(server.requests.allSatisfy { $0.contains(#""method":"ul.dump","id":1"#) })
        usleep(20_000)
        #expect(loop.completed == completed)
    }

    @Test("a dump that fails does not count, and the loop goes on")
    func failures() throws {
        let server = try LoopbackHTTP { number, _ in
            number % 2 == 0 ? LoopbackHTTP.Answer(pieces: ["rubbish\r\n"]) : .whole("{}")
        }
        defer { server.stop() }
        let loop = DumpLoop(RPCClient(port: server.port), waitSeconds: 5)
        #expect(Patience(seconds: 20).wait { loop.completed >= 2 })
        loop.stop()
        #expect(loop.completed <= server.requests.count / 2)
    }

    @Test("a loop that reaches nobody completes nothing and stops all the same")
    func nobody() throws {
        let loop = DumpLoop(RPCClient(port: try FreePort.find(1)[0]), waitSeconds: 1)
        usleep(30_000)
        loop.stop()
        #expect(loop.completed == 0)
    }
}
