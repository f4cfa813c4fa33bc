import RemoteControl
import Testing

@Suite("reading HTTP answers")
struct HTTPResponseReaderTests {
    /// An answer as it travels, its status and its body.
    static let answers: [(String, Int, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, "no"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n"
                + "0\r\nTrailer: x\r\n\r\n", 200, "hello world"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n"
                + "A\r\n0123456789\r\n0\r\n\r\n", 200, "0123456789"
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x"
        ),
        ("HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"),
    ]

    @Test("an answer is read whole, however it is cut", arguments: answers)
    func reads(_ text: String, _ status: Int, _ body: String) throws {
        let bytes = Array(text.utf8)
        for size in [1, 2, 3, 7, bytes.count] {
            var reader = HTTPResponseReader()
            var found: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += try reader.take(bytes[start..<min(start + size, bytes.count)])
            }
            try reader.end()
            #expect(reader.status == status && reader.isComplete)
            #expect(String(decoding: found, as: UTF8.self) == body)
        }
    }

    @Test(
        "what is no answer is refused",
        arguments: [
            "SIP/2.0 200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
        ])
    func refuses(_ text: String) {
        var reader = HTTPResponseReader()
        #expect(throws: ControlError.self) { _ = try reader.take(Array(text.utf8)) }
    }

    @Test(
        "an answer that is cut off is an error",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        ])
    func cutOff(_ text: String) throws {
        var reader = HTTPResponseReader()
        _ = try reader.take(Array(text.utf8))
        let error = #expect(throws: ControlError.self) { try reader.end() }
        #expect(error?.status == 3)
    }

    @Test("a head without end is refused before it fills the memory")
    func endlessHead() {
        var reader = HTTPResponseReader()
        let line = Array("X: \(String(repeating: "x", count: 1000))\r\n".utf8)
        #expect(throws: ControlError.self) {
            _ = try reader.take(Array("HTTP/1.1 200 OK\r\n".utf8))
            for _ in 0..<200 { _ = try reader.take(line) }
        }
    }
}
