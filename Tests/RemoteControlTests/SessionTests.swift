import Basics
import Synchronization
import Foundation
import Glibc
import JSONValue
import RemoteControl
import Testing

/// A server of one answer: it takes a connection, keeps what it is sent, and answers bytes.
final class CannedServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let request = Guarded("")

    init(_ answer: String) {
        let place = LoopbackListener()
        descriptor = place.descriptor
        port = place.port
        Thread.detachNewThread { [self] in serve(Array(answer.utf8)) }
    }

    deinit { close(descriptor) }

    var url: String { "http://127.0.0.1:\(port)/RPC" }

    /// The body of what the client sent.
    var body: JSONValue? {
        let text = request.withLock { $0 }
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        return try? JSONValue(parsing: String(text[end.upperBound...]))
    }

    private func serve(_ answer: [UInt8]) {
        let client = accept(descriptor, nil, nil)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(client, &buffer, buffer.count, 0)
        request.withLock { $0 = String(decoding: buffer[..<max(count, 0)], as: UTF8.self) }
        var sent = 0
        while sent < answer.count {
            let count = unsafe answer[sent...].withUnsafeBytes {
                unsafe Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        if !answer.isEmpty { close(client) }
    }
}

/// What a run of roostctl has printed.
final class Memory: TextOutput {
    var text = ""
    func write(_ text: String) { self.text += text }
    func flush() {}
}

@Suite("runs of roostctl")
struct SessionTests {
    private func run(
        _ server: CannedServer, _ words: [String]
    ) -> (status: Int32, output: String, errors: String) {
        let output = Memory()
        let errors = Memory()
        let status = ControlSession.main(
            ["--timeout", "5"] + words, environment: ["ROOST_URL": server.url], output: output,
            errors: errors)
        return (status, output.text, errors.text)
    }

    private func answer(_ body: String) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("a command is sent with typed parameters, and its result is printed")
    func call() {
        let server = CannedServer(answer(#"{"jsonrpc":"2.0","result":{"a":[1,2]},"id":1}"#))
        let (status, output, errors) = run(server, ["cfg.set", "registrar", "max", "3600", "s:5"])
        #expect(status == 0)
        #expect(output == "a:\n  - 1\n  - 2\n")
        #expect(errors == "")
        #expect(
            server.body == [
                "jsonrpc": "2.0", "method": "cfg.set",
                "params": ["registrar", "max", 3600, "5"], "id": 1,
            ])
    }

    @Test("with --json the result is printed as JSON")
    func json() {
        let server = CannedServer(answer(#"{"jsonrpc":"2.0","result":{"a":[1]},"id":1}"#))
        #expect(run(server, ["--json", "x"]).output == "{\n\t\"a\": [\n\t\t1\n\t]\n}\n")
    }

    @Test("an error of the server goes to standard error, with status 1")
    func refused() {
        let server = CannedServer(
            answer(
                #"{"jsonrpc":"2.0","error":{"code":404,"message":"n\u001b","data":{"a":1}},"id":1}"#
            ))
        let (status, output, errors) = run(server, ["x"])
        #expect(status == 1)
        #expect(output == "")
        #expect(errors == "error: 404 - n\\u{1b} {\"a\":1}\n")
    }

    @Test(
        "what is no answer of a server has status 3",
        arguments: [
            "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n",
            "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1,",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", "SIP/2.0 200 OK\r\n\r\n",
        ])
    func unreachable(_ text: String) {
        let (status, output, errors) = run(CannedServer(text), ["x"])
        #expect(status == 3)
        #expect(output == "")
        #expect(errors.hasPrefix("roostctl: "))
    }

    @Test("a server that says nothing is given up")
    func silence() {
        let (status, _, errors) = run(CannedServer(""), ["--timeout", "1", "x"])
        #expect(status == 3)
        #expect(errors.contains("does not answer within 1 s"))
    }

    @Test("a server that is not there is named with the cause")
    func nobody() throws {
        var server: CannedServer? = CannedServer("x")
        let url = try #require(server?.url)
        _ = run(try #require(server), ["x"])
        server = nil
        let errors = Memory()
        let status = ControlSession.main(
            ["--url", url, "x"], environment: [:], output: Memory(), errors: errors)
        #expect(status == 3)
        #expect(errors.text.contains("127.0.0.1"))
    }

    /// An answer of more than a megabyte, in chunks.
    private func huge(_ records: Int) -> String {
        var body = #"{"jsonrpc":"2.0","result":{"AoRs":["#
        for number in 0..<records {
            body +=
                (number > 0 ? "," : "")
                + #"{"Address":"sip:\#(number)@example.com;transport=udp;a=long;parameter","Q":1}"#
        }
        body += #"]},"id":1}"#
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n0\r\n\r\n"
    }

    @Test("a huge answer is printed as it comes")
    func stream() throws {
        let records = 18_000
        let (status, output, _) = run(CannedServer(huge(records)), ["ul.dump"])
        #expect(status == 0)
        let lines = output.split(separator: "\n")
        #expect(lines.count == 2 * records + 1)
        #expect(lines.first == "AoRs:")
        #expect(lines[1] == "    Address: sip:0@example.com;transport=udp;a=long;parameter")
        #expect(lines[2] == "    Q: 1")
    }

    @Test("a huge answer as JSON is a document")
    func streamJSON() throws {
        let records = 18_000
        let (status, output, _) = run(CannedServer(huge(records)), ["--json", "ul.dump"])
        #expect(status == 0)
        let value = try JSONValue(parsing: output)
        #expect(value["AoRs"]?.items?.count == records)
    }

    @Test("wrong usage has status 2 and calls nobody")
    func usage() {
        let errors = Memory()
        for words in [["--bogus"], ["core.echo", "i:x"]] {
            let status = ControlSession.main(
                words, environment: [:], output: Memory(), errors: errors)
            #expect(status == 2)
        }
        #expect(errors.text.contains("--bogus"))
    }

    @Test("help and version need no server")
    func help() {
        let output = Memory()
        #expect(ControlSession.main(["--help"], environment: [:], output: output) == 0)
        #expect(output.text.contains("Exit status"))
        #expect(ControlSession.main(["--version"], environment: [:], output: output) == 0)
        #expect(output.text.contains("roostctl of roost"))
    }
}
