import Testing

@testable import TestSupport

@Suite("HTTP as tests read it", .timeLimit(.minutes(10)))
struct HTTPReplyTests {
    /// Reads what a peer of the test answers.
    private func read(
        _ texts: [String], closes: Bool = true, seconds: Double = 20
    ) throws -> HTTPReply? {
        let peer = try LoopbackPeer { _, _ in LoopbackPeer.Answer(texts, closes: closes) }
        defer { peer.stop() }
        let socket = try ClientSocket(.stream, port: peer.port)
        socket.send(Array("x".utf8))
        return HTTPReply(from: socket, seconds: seconds)
    }

    @Test("status, fields and a body of known length are read, and what follows is left alone")
    func length() throws {
        let text =
            "HTTP/1.1 201 Made\r\nContent-LENGTH: 5\r\nX-A:  b c\r\nrubbish\r\n\r\nhello more"
        let reply = try #require(try read([text], closes: false))
        #expect(reply.status == 201)
        #expect(reply.fields == ["content-length": "5", "x-a": "b c"])
        #expect(reply.text == "hello")
    }

    @Test("it is read in single bytes as well")
    func bytes() throws {
        let text =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
            + "3;a=b\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
        #expect(try read(text.map { "\($0)" })?.text == "abcd")
    }

    @Test("line ends within chunks belong to them")
    func chunks() throws {
        let text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        #expect(
            try read([text, "6\r\na\r\nb\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\n"])?.text
                == "a\r\nb\r\n0123456789")
    }

    @Test("without length or chunks the body ends with the connection")
    func untilClose() throws {
        #expect(try read(["HTTP/1.0 200 OK\r\n\r\n", "a", "b"])?.text == "ab")
        #expect(try read(["HTTP/1.0 200 OK\r\n\r\n"])?.body == [])
    }

    @Test(
        "what is no HTTP, or only a part of it, is no reply, and ends nothing but the test",
        arguments: [
            "", "\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        ])
    func noReply(_ text: String) throws { #expect(try read([text]) == nil) }

    @Test("a peer that says nothing, or stops, is not waited for longer than asked")
    func silent() throws {
        let start = monotonicSeconds()
        #expect(try read([], closes: false, seconds: 0.05) == nil)
        #expect(try read(["HTTP/1.1 200 OK\r\nContent-"], closes: false, seconds: 0.05) == nil)
        #expect(monotonicSeconds() - start >= 0.1)
    }
}
