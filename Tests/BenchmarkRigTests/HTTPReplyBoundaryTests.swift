import struct TestSupport.SeededNumbers
import Testing

@testable import BenchmarkRig

@Suite("Replies over HTTP at their edges")
struct HTTPReplyBoundaryTests {
    /// Feeds a reply in pieces of random sizes, so that every seed cuts it elsewhere.
    private func read(_ text: String, seed: UInt64, counting: String = "") -> HTTPReply {
        var numbers = SeededNumbers(seed: seed)
        var reply = HTTPReply(counting: counting)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...17, using: &numbers)
            reply.add(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return reply
    }

    @Test("a chunked body is the same however it is chunked and cut", arguments: 1...30)
    func random(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed &+ 1_000)
        var body = ""
        var text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        for _ in 0..<Int.random(in: 0...12, using: &numbers) {
            let words = ["\"AoR\"", "\r\n", "0", "x", "\"Ao", "R\""]
            let chunk = (0..<Int.random(in: 1...9, using: &numbers))
                .map { _ in words.randomElement(using: &numbers) ?? "" }.joined()
            body += chunk
            let size = String(chunk.utf8.count, radix: 16, uppercase: seed % 2 == 0)
            text += "\(size)\r\n\(chunk)\r\n"
        }
        text += "0\r\n\r\n"
        let reply = read(text, seed: seed, counting: "\"AoR\"")
        #expect(reply.isComplete && !reply.isBroken)
        #expect(reply.kept == Array(body.utf8))
        #expect(reply.bodyCount == body.utf8.count)
        #expect(reply.matches == body.ranges(of: "\"AoR\"").count)
    }

    @Test("no reply that was changed at random stops the program", arguments: 1...40)
    func mutated(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        var bytes = Array(
            ("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nab\r\n0\r\n").utf8)
        let palette = Array("0123456789abcdef-+:; \r\n".utf8) + [0, 0xff]
        for _ in 0..<20 {
            let place = Int.random(in: bytes.indices, using: &numbers)
            bytes[place] = palette.randomElement(using: &numbers) ?? 0
            var reply = HTTPReply(counting: "a")
            reply.add(bytes[...])
            reply.add([])
            #expect(reply.bodyCount <= bytes.count)
        }
    }

    @Test(
        "a length that is none breaks the reply",
        arguments: ["-1", "", "x", "5x", "0x5", "1.5", "9223372036854775808"])
    func badLength(_ value: String) {
        let reply = read("HTTP/1.1 200 OK\r\nContent-Length: \(value)\r\n\r\nhello", seed: 1)
        #expect(reply.isBroken && !reply.isComplete)
        #expect(reply.bodyCount == 0)
    }

    @Test(
        "a chunk size that is none breaks the reply and is not taken for the end",
        arguments: ["-1", "x", ";a=b", " 5", "8000000000000000", "fffffffffffffffff"])
    func badSize(_ size: String) {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\nhello\r\n"
        let reply = read(text, seed: 2)
        #expect(reply.isBroken && !reply.isComplete)
    }

    @Test("a head of endless lines breaks the reply, one of the limit's length does not")
    func endlessLines() {
        let line = "X-Filler: 0123456789\r\n"
        var reply = HTTPReply()
        reply.add(Array("HTTP/1.1 200 OK\r\n".utf8)[...])
        var count = 0
        while !reply.isBroken, count < 1_000_000 {
            reply.add(Array(line.utf8)[...])
            count += 1
        }
        #expect(count * line.utf8.count <= HTTPReply.headBytesMax + line.utf8.count)
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: "
        let padding = String(repeating: "y", count: HTTPReply.headBytesMax - head.utf8.count - 4)
        #expect(!read("\(head)\(padding)\r\n\r", seed: 3).isBroken)
        #expect(read("\(head)\(padding)yy\r\n\r", seed: 3).isBroken)
    }

    @Test("bytes behind a reply that is broken or complete are not looked at")
    func behind() {
        let reply = read(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 500 X\r\n", seed: 4)
        #expect(reply.isComplete && reply.status == 200)
        #expect(reply.kept == Array("ab".utf8))
    }

    @Test("with both framings chunks win, whichever comes first (RFC 9112 6.3)")
    func both() {
        let (length, coding) = ("Content-Length: 99\r\n", "Transfer-Encoding: chunked\r\n")
        for fields in [length + coding, coding + length] {
            let reply = read("HTTP/1.1 200 OK\r\n\(fields)\r\n1\r\na\r\n0\r\n\r\n", seed: 5)
            #expect(reply.isComplete)
            #expect(reply.kept == [97])
        }
    }

    @Test(
        "a first line without a status has the status 0",
        arguments: ["HTTP/1.1", "HTTP/1.1 OK", "rubbish", ""])
    func noStatus(_ line: String) {
        let reply = read("\(line)\r\nContent-Length: 1\r\n\r\na", seed: 6)
        #expect(reply.status == 0)
    }
}
