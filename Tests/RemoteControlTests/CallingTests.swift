import JSONValue
import Testing

@testable import RemoteControl

/// HTTP as RFC 9110 and RFC 9112 have it, from the client's side, at its limits.
@Suite("HTTP answers in detail")
struct HTTPDetailTests {
    /// Reads a whole answer and returns its body.
    private func read(_ text: String) throws -> (status: Int?, body: String) {
        var reader = HTTPResponseReader()
        let body = try reader.take(Array(text.utf8))
        try reader.end()
        return (reader.status, String(decoding: body, as: UTF8.self))
    }

    static let answers: [(String, Int, String)] = [
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, ""),
        ("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 204, ""),
        ("HTTP/1.1 200 \r\nCONTENT-LENGTH:  2  \r\n\r\nab", 200, "ab"),
        ("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", 200, "a"),
        ("HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 1\r\n\r\na", 200, "a"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 200,
            "a"
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 200, "a"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcd", 200, "ab"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n01\r\na\r\n00\r\n\r\n", 200, "a"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n", 200, "a"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 ;a=b\r\na\r\n0\r\n\r\n", 200, "a"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 200, "a"
        ),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 200, "a"
        ),
    ]

    @Test("framing is decided by status, coding and length, in this order", arguments: answers)
    func framing(_ text: String, _ status: Int, _ body: String) throws {
        let found = try read(text)
        #expect(found.status == status && found.body == body)
    }

    @Test(
        "lengths that are none, or two of them, are refused (RFC 9112 6.3)",
        arguments: [
            "Content-Length: +5", "Content-Length: 1 0", "Content-Length: 5, 5",
            "Content-Length: 0x5", "Content-Length: ", "Content-Length: 99999999999999999999",
            "Content-Length: 5\r\nContent-Length: 6",
        ])
    func lengths(_ field: String) {
        let error = #expect(throws: ControlError.self) {
            try read("HTTP/1.1 200 OK\r\n\(field)\r\n\r\nabcdefghij")
        }
        #expect(error?.message.contains("Content-Length") == true)
    }

    @Test(
        "sizes of chunks are hexadecimal digits and nothing else (RFC 9112 7.1)",
        arguments: ["", " ", "+5", "-0", "0x5", "g", "FFFFFFFFFFFFFFFFFF", ";a=b"])
    func sizes(_ size: String) {
        let error = #expect(throws: ControlError.self) {
            try read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\nabcde\r\n")
        }
        #expect(error?.message.hasSuffix("is no chunk size") == true)
    }

    @Test(
        "a status has three digits",
        arguments: ["HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 -200 OK", "HTTP/2 200 OK"])
    func statuses(_ line: String) {
        #expect(throws: ControlError.self) { try read("\(line)\r\n\r\n") }
    }

    @Test("a head may be as long as its limit and not one byte longer")
    func headLimit() throws {
        let start = "HTTP/1.1 200 OK\r\nX: "
        let most = 64 << 10
        let padding = String(repeating: "x", count: most - start.utf8.count)
        var reader = HTTPResponseReader()
        #expect(try reader.take(Array((start + padding).utf8)).isEmpty)
        #expect(!reader.isComplete && reader.status == nil)
        let error = #expect(throws: ControlError.self) { try reader.take([0x78]) }
        #expect(error?.message == "the server's answer is no HTTP: the head does not end")
    }

    @Test("a chunk size without an end is refused before it fills the memory")
    func endlessLine() throws {
        var reader = HTTPResponseReader()
        _ = try reader.take(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
        let line = [UInt8](repeating: 0x30, count: 64 << 10)
        #expect(try reader.take(line).isEmpty)
        #expect(throws: ControlError.self) { try reader.take([0x30]) }
    }

    @Test("bytes behind a complete answer are not its body")
    func behind() throws {
        var reader = HTTPResponseReader()
        let first = try reader.take(Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na".utf8))
        #expect(first == [0x61] && reader.isComplete)
        #expect(try reader.take(Array("more".utf8)).isEmpty)
        try reader.end()
    }

    @Test("the first line of what is no HTTP is shown, but not more than eighty characters of it")
    func firstLine() {
        let line = "SSH-2.0-" + String(repeating: "x", count: 500)
        let error = #expect(throws: ControlError.self) { try read("\(line)\r\n\r\n") }
        #expect(error?.message.contains("SSH-2.0-xxx") == true)
        #expect((error?.message.count ?? 0) < 160)
    }
}

/// Answers of JSON-RPC as roostctl says them.
@Suite("replies of a server")
struct ReplyTests {
    static let errors: [(String, String)] = [
        (#"{"error":{"code":404,"message":"AOR not found"},"id":1}"#, "404 - AOR not found"),
        (#"{"error":{"code":-32601,"message":"x","data":null}}"#, "-32601 - x null"),
        (#"{"error":{"code":400,"message":"x","data":{"a":[1]}}}"#, #"400 - x {"a":[1]}"#),
        (#"{"error":{"message":"x"}}"#, "0 - x"), (#"{"error":{"code":5}}"#, "5 - no message"),
        (#"{"error":"broken"}"#, "0 - no message"),
        (#"{"error":{"code":1,"message":2},"result":3}"#, "1 - no message"),
    ]

    @Test("an error is code, message and details in one line", arguments: errors)
    func error(_ text: String, _ line: String) {
        let found = #expect(throws: ControlError.self) {
            try RPCReply(Array(text.utf8)).get()
        }
        #expect(found == ControlError(.refused, line))
    }

    @Test(
        "what is JSON but no answer is a server that cannot be understood",
        arguments: ["{}", "[]", "null", "5", #""x""#, #"{"id":1}"#, #"[{"result":1}]"#])
    func noAnswer(_ text: String) {
        let found = #expect(throws: ControlError.self) {
            try RPCReply(Array(text.utf8)).get()
        }
        #expect(found == ControlError(.unreachable, "the server's answer is no JSON-RPC"))
    }

    @Test("what is no JSON names the byte")
    func noJSON() {
        let found = #expect(throws: ControlError.self) { try RPCReply(Array("[1,]".utf8)) }
        #expect(
            found?.message
                == "the server's answer is no JSON: an unexpected character at byte 3")
    }

    @Test("a result that is null is a result")
    func null() throws {
        #expect(try RPCReply(Array(#"{"result":null}"#.utf8)).get() == nil)
    }

    @Test("each kind of failure has its exit status")
    func statuses() {
        #expect(ControlError(.refused, "").status == 1)
        #expect(ControlError(.usage, "").status == 2)
        #expect(ControlError(.unreachable, "").status == 3)
    }

    @Test("an answer that is no 200 is told with its status and the first line of its body")
    func httpStatus() {
        let text = "HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nlater\nyes"
        let server = CannedServer(text)
        let found = #expect(throws: ControlError.self) {
            let address = try ServerAddress(server.url)
            return try RemoteServer(address, timeoutSeconds: 5).result("x", [])
        }
        #expect(found?.message == "127.0.0.1:\(server.port) answers HTTP 503: later")
        #expect(found?.kind == .unreachable)
    }

    @Test("a result is fetched, and the request is JSON-RPC with positional parameters")
    func result() throws {
        let body = #"{"jsonrpc":"2.0","result":["a"],"id":1}"#
        let server = CannedServer(
            "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let remote = RemoteServer(try ServerAddress(server.url), timeoutSeconds: 5)
        #expect(try remote.result("ul.lookup", ["location", 5]) == ["a"])
        #expect(server.body?["method"] == "ul.lookup")
        #expect(server.body?["params"] == ["location", 5])
    }
}

/// Where the server is, and the words of a command, at their edges.
@Suite("addresses and words in detail")
struct AddressDetailTests {
    static let authorities: [(String, String)] = [
        ("http://h", "h:8280"), ("h:1", "h:1"), ("[::1]:65535", "[::1]:65535"),
        ("http://[fe80::1]", "[fe80::1]:8280"), ("http://127.0.0.1:80/x", "127.0.0.1:80"),
    ]

    @Test("host and port stand as in a Host field (RFC 9110 7.2)", arguments: authorities)
    func authority(_ url: String, _ authority: String) throws {
        #expect(try ServerAddress(url).authority == authority)
    }

    @Test(
        "each refusal of an address says what is wrong",
        arguments: [
            ("ftp://h", "only http: and https: URLs are understood, not \"ftp://h\""),
            ("http://:80", "\"http://:80\" names no host"), ("h:", "\"\" is no port"),
            ("h:65536", "\"65536\" is no port"), ("h:-1", "\"-1\" is no port"),
            ("h\n", "\"h\n\" is no URL"), ("hä", "\"hä\" is no URL"),
            ("/x", "\"/x\" names no host"), ("h:+80", "\"+80\" is no port"),
            ("[::1]junk", "\"[::1]junk\" names no host"), ("[::1]80", "\"[::1]80\" names no host"),
            ("http://[::1", "\"http://[::1\" names no host"),
            ("[]:80", "\"[]:80\" names no host"),
        ])
    func refusals(_ url: String, _ message: String) {
        let error = #expect(throws: ControlError.self) { try ServerAddress(url) }
        #expect(error == ControlError(.usage, message))
    }

    @Test("every integer is sent as itself, and marked as a string it stays a string")
    func integers() throws {
        for number in [Int64.min, -1, 0, 1, 42, 3600, .max] {
            #expect(try CommandArgument.value(of: "\(number)") == .integer(number))
            #expect(try CommandArgument.value(of: "s:\(number)") == .string("\(number)"))
            #expect(try CommandArgument.value(of: "i:\(number)") == .integer(number))
        }
    }

    @Test("what a number would not be printed as stays the text that was typed")
    func texts() throws {
        for text in ["00", "-0", "+1", "1_000", "1,5", " 1", "1 ", "-.5", "--1", "1.5e3", "-"] {
            #expect(try CommandArgument.value(of: text) == .string(text))
        }
    }

    @Test("a fraction beyond a double's range stays text")
    func hugeFraction() throws {
        let text = String(repeating: "9", count: 400) + ".5"
        #expect(try CommandArgument.value(of: text) == .string(text))
    }

    @Test("words that are quoted come back as they were, whatever they hold", arguments: 1...30)
    func quoting(_ seed: UInt64) throws {
        var state = seed
        let letters: [Character] = ["a", " ", "\"", "'", "\\", "é", "\t", "#", ";"]
        var words: [String] = []
        for _ in 0..<6 {
            var word = ""
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                word.append(letters[Int(state >> 33) % letters.count])
            }
            words.append(word)
        }
        let line = words.map { word in
            "\"" + word.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
        }
        #expect(try CommandLineWords.split(line.joined(separator: " ")) == words)
    }

    @Test(
        "each option that is wrong is named",
        arguments: [
            (["--bogus"], "unknown option \"--bogus\"; see roostctl --help"),
            (["--json=yes"], "unknown option \"--json=yes\"; see roostctl --help"),
            (["--url"], "--url needs a value"), (["--timeout"], "--timeout needs a value"),
            (["--timeout", "0"], "--timeout takes 1 to 86400 seconds, not \"0\""),
            (["--timeout=x"], "--timeout takes 1 to 86400 seconds, not \"x\""),
        ] as [([String], String)])
    func options(_ words: [String], _ message: String) {
        let error = #expect(throws: ControlError.self) {
            try ControlOptions(words, environment: [:])
        }
        #expect(error == ControlError(.usage, message))
    }

    @Test("the time-out is taken to both of its bounds")
    func timeouts() throws {
        for seconds in [1, 30, 86_400] {
            let found = try ControlOptions(["--timeout", "\(seconds)"], environment: [:])
            #expect(found.timeoutSeconds == seconds)
        }
        #expect(try ControlOptions([], environment: [:]).timeoutSeconds == 30)
    }

    @Test("a dash alone is a word, and ROOST_URL that is none is an error")
    func dash() throws {
        #expect(try ControlOptions(["-", "--json"], environment: [:]).words == ["-", "--json"])
        #expect(throws: ControlError.self) {
            try ControlOptions([], environment: ["ROOST_URL": "ftp://h"])
        }
    }

    @Test("the usage names every option")
    func usage() {
        for option in ["--url", "--json", "--timeout", "--version", "--help", "ROOST_URL"] {
            #expect(ControlOptions.usage.contains(option))
        }
    }
}
