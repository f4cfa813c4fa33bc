import Basics
import JSONValue
import Logging
import Management
import ModuleKit
import Testing

@Suite("HTTP server")
struct HTTPServerTests {
    private func server(
        _ others: [BoundMethod] = [],
        _ adjust: (inout HTTPServer.Configuration) -> Void = { _ in }
    ) throws -> (server: HTTPServer, port: UInt16) {
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        adjust(&configuration)
        let server = HTTPServer(
            configuration, endpoints: [RPCEndpoint(SampleCommands.dispatcher(others))],
            logger: Logger(label: "test") { _ in Silence() })
        try server.start()
        return (server, try #require(server.port))
    }

    private let ping = #"{"jsonrpc":"2.0","method":"done","id":1}"#

    @Test("a request gets its answer as application/json")
    func request() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let answer = try #require(RawClient(port: port).call(ping))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer.body == #"{"jsonrpc":"2.0","result":{},"id":1}"#)
        #expect(server.url == "http://127.0.0.1:\(port)")
    }

    @Test("one connection carries many requests")
    func keepAlive() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        for _ in 0..<50 { #expect(client.call(ping)?.status == 200) }
    }

    @Test("requests that are sent without waiting are answered in order")
    func pipelining() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        for number in 0..<20 {
            client.post(#"{"jsonrpc":"2.0","method":"done","id":\#(number)}"#)
        }
        for number in 0..<20 { #expect(client.answer()?.json?["id"]?.integer == number) }
    }

    @Test("errors of JSON-RPC are answers with status 200, notifications have none")
    func statuses() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        let malformed = try #require(client.call("{\"jsonrpc\": \"2.0\", "))
        #expect(malformed.status == 200)
        #expect(malformed.json?["error"]?["code"] == -32700)
        #expect(client.call("")?.json?["error"]?["code"] == -32700)
        let fault = try #require(client.call(#"{"jsonrpc":"2.0","method":"fail","id":1}"#))
        #expect(fault.status == 200)
        #expect(fault.json?["error"]?["code"] == 404)
        let nothing = try #require(client.call(#"{"jsonrpc":"2.0","method":"done"}"#))
        #expect(nothing.status == 204)
        #expect(nothing.body == "")
        #expect(client.call(ping)?.status == 200)
    }

    @Test(
        "another method is 405 with Allow, another path is 404",
        arguments: [
            ("GET", "/RPC", 405), ("PUT", "/RPC", 405), ("DELETE", "/RPC", 405),
            ("OPTIONS", "/RPC", 405), ("POST", "/", 404), ("GET", "/", 404),
            ("POST", "/RPC/more", 404), ("POST", "/rpc", 404), ("POST", "/RPC?x=1", 200),
        ])
    func routing(_ method: String, _ path: String, _ status: Int) throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        client.post(ping, path: path, method: method)
        let answer = try #require(client.answer())
        #expect(answer.status == status)
        #expect(answer.headers["allow"] == (status == 405 ? "POST" : nil))
    }

    @Test("a body beyond the limit is 413, at the limit it is read")
    func bodyLimit() throws {
        let (server, port) = try server { $0.bodyBytesMax = 1000 }
        defer { server.stop() }
        let exact = ping + String(repeating: " ", count: 1000 - ping.utf8.count)
        let client = RawClient(port: port)
        #expect(client.call(exact)?.status == 200)
        #expect(client.call(exact + " ")?.status == 413)
        let chunked = RawClient(port: port)
        chunked.send("POST /RPC HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunked.send("3e9\r\n" + exact + " \r\n0\r\n\r\n")
        #expect(chunked.answer()?.status == 413)
    }

    @Test("a body that is announced far too large is refused before it arrives")
    func hopelessBody() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send("POST /RPC HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n")
        #expect(client.answer()?.status == 413)
        #expect(client.isClosed())
    }

    @Test("a chunked body is put together")
    func chunkedBody() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send("POST /RPC HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
        let half = ping.index(ping.startIndex, offsetBy: 10)
        for part in [String(ping[..<half]), String(ping[half...])] {
            client.send(String(part.utf8.count, radix: 16) + "\r\n" + part + "\r\n")
        }
        client.send("0\r\n\r\n")
        #expect(client.answer()?.json?["result"] == [:])
    }

    @Test("a body that never completes is closed, and others do not notice")
    func halfBody() throws {
        let (server, port) = try server { $0.idleSecondsMax = 1 }
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send("POST /RPC HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n{")
        #expect(RawClient(port: port).call(ping)?.status == 200)
        #expect(client.isClosed())
    }

    @Test("a body that trickles in is closed when its time is over")
    func trickle() throws {
        let (server, port) = try server { $0.requestSecondsMax = 0 }
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send("POST /RPC HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n{")
        #expect(client.isClosed())
    }

    @Test("bytes that are no HTTP are refused")
    func noise() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send([0xA1, 0x00, 0x0E, 0x11, 0x0D, 0x0A, 0x0D, 0x0A])
        #expect(client.answer()?.status == 400 || client.isClosed())
        #expect(RawClient(port: port).call(ping)?.status == 200)
    }

    @Test("a hundred clients at once are all answered")
    func parallel() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let clients = (0..<100).map { _ in RawClient(port: port) }
        for (number, client) in clients.enumerated() {
            client.post(#"{"jsonrpc":"2.0","method":"sum","params":[\#(number),1],"id":1}"#)
        }
        for (number, client) in clients.enumerated() {
            #expect(client.answer()?.json?["result"]?.integer == number + 1)
        }
    }

    @Test("connections beyond the limit are turned away, and places become free again")
    func connectionLimit() throws {
        let (server, port) = try server { $0.connectionsPerAddressMax = 3 }
        defer { server.stop() }
        do {
            let clients = (0..<3).map { _ in RawClient(port: port) }
            for client in clients { #expect(client.call(ping)?.status == 200) }
            #expect(RawClient(port: port).call(ping) == nil)
        }
        var status: Int?
        for _ in 0..<1000 where status == nil {
            status = RawClient(port: port).call(ping)?.status
            if status == nil { Pause.briefly() }
        }
        #expect(status == 200)
    }

    @Test("a command that waits holds up nobody else")
    func slowCommand() throws {
        let gate = Gate()
        let (server, port) = try server([SampleCommands.wait(gate)])
        defer { server.stop() }
        let slow = (0..<4).map { _ in RawClient(port: port) }
        for client in slow { client.post(#"{"jsonrpc":"2.0","method":"wait","id":1}"#) }
        while gate.waiting.value < 4 { Pause.briefly() }
        #expect(RawClient(port: port).call(ping)?.status == 200)
        gate.open()
        for client in slow { #expect(client.answer()?.status == 200) }
    }

    @Test("a client that reads slowly costs constant memory and holds up nobody")
    func slowReader() throws {
        let produced = Counter()
        let (server, port) = try server([
            BoundMethod(
                "huge", module: "sample", result: .any, "Huge", example: RPCExample([], nil)
            ) { _ in .stream(Records(2_000_000, produced)) }
        ])
        defer { server.stop() }
        let slow = RawClient(port: port, receiveBuffer: 65_536)
        slow.post(#"{"jsonrpc":"2.0","method":"huge","id":1}"#)
        #expect(slow.skim() > 0)
        var before = -1
        while produced.value != before {
            before = produced.value
            for _ in 0..<20 { #expect(RawClient(port: port).call(ping)?.status == 200) }
        }
        #expect(produced.value < 200_000, "the server runs ahead of its client")
        for _ in 0..<20 { _ = slow.skim() }
    }

    @Test("a dump arrives whole")
    func dump() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        let answer = try #require(
            client.call(#"{"jsonrpc":"2.0","method":"dump","params":[20000],"id":7}"#))
        #expect(answer.headers["transfer-encoding"] == "chunked")
        #expect(answer.json?["result"]?.items?.count == 20_000)
        #expect(answer.json?["id"] == 7)
        #expect(client.call(ping)?.status == 200)
    }

    @Test("a client of HTTP/1.0 gets the whole answer and the end of the connection")
    func oldClient() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let client = RawClient(port: port)
        client.send("POST /RPC HTTP/1.0\r\nContent-Length: \(ping.utf8.count)\r\n\r\n\(ping)")
        #expect(client.answer()?.json?["result"] == [:])
        #expect(client.isClosed())
    }

    @Test("who is not in the list of ranges cannot connect")
    func allowedRanges() throws {
        let other = try AddressRange.list("10.0.0.0/8")
        let (closed, closedPort) = try server { $0.allowed = other }
        defer { closed.stop() }
        #expect(RawClient(port: closedPort).call(ping) == nil)
        let ours = try AddressRange.list("10.0.0.0/8, 127.0.0.1")
        let (open, openPort) = try server { $0.allowed = ours }
        defer { open.stop() }
        #expect(RawClient(port: openPort).call(ping)?.status == 200)
    }

    @Test("a port that is taken is named with the cause, an address that is none too")
    func bindErrors() throws {
        let (server, port) = try server()
        defer { server.stop() }
        let taken = #expect(throws: StartFailure.self) {
            try self.server { $0.port = port }
        }
        #expect(
            taken?.message == "HTTP: cannot bind 127.0.0.1 port \(port): Address already in use")
        let none = #expect(throws: StartFailure.self) {
            try self.server { $0.address = "no such host.invalid" }
        }
        #expect(none?.message.contains("no such host.invalid") == true)
    }

    @Test("a server can be stopped while clients are connected, and its port is free again")
    func stop() throws {
        let (server, port) = try server()
        let client = RawClient(port: port)
        #expect(client.call(ping)?.status == 200)
        server.stop()
        server.stop()
        #expect(client.isClosed())
        #expect(server.port == nil)
        let (next, _) = try self.server { $0.port = port }
        #expect(RawClient(port: port).call(ping)?.status == 200)
        next.stop()
    }

    @Test("a server can be stopped at the very moment in which heads are refused")
    func stopWhileRefusing() throws {
        for _ in 0..<40 {
            let (server, port) = try server()
            let clients = (0..<8).map { _ in RawClient(port: port) }
            for client in clients { client.send("NO HTTP AT ALL\r\n\r\n") }
            server.stop()
            for client in clients { #expect(client.answer()?.status == 400 || client.isClosed()) }
        }
    }

    @Test("requests are logged at debug level")
    func accessLog() throws {
        let lines = Memory.Lines()
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        let server = HTTPServer(
            configuration, endpoints: [RPCEndpoint(SampleCommands.dispatcher())],
            logger: Logger(label: "test") { _ in Memory(lines) })
        try server.start()
        _ = RawClient(port: try #require(server.port)).call(ping)
        server.stop()
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.hasPrefix("debug http 127.0.0.1:") == true)
        #expect(lines.all.first?.hasSuffix(" POST /RPC 200") == true)
    }
}

@Suite("address ranges")
struct AddressRangeTests {
    static let cases: [(String, String, Bool)] = [
        ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false),
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
        ("192.168.1.128/25", "192.168.1.127", false), ("::1", "::1", true),
        ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false),
        ("2001:db8::/96", "2001:db8::ffff:1", true), ("2001:db8::/96", "2001:db8::1:0:1", false),
        ("2001:db8::/64", "2001:db8::1:0:0:1", true), ("::/0", "2001:db8::1", true),
        ("::1/128", "::2", false), ("1.2.3.4/31", "1.2.3.5", true),
    ]

    @Test("an address lies in a range when the prefix is the same", arguments: cases)
    func contains(_ range: String, _ address: String, _ inside: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try Self.address(address)) == inside)
    }

    /// The address of a text, by way of the only parser that is public: a range of one.
    private static func address(_ text: String) throws -> PeerAddress {
        if text.contains(":") {
            let parts = text.components(expanded: 8)
            let high = parts[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            let low = parts[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            return PeerAddress(high: high, low: low, port: 1)
        }
        let parts = text.split(separator: ".").compactMap { UInt32($0) }
        return PeerAddress(ipv4: parts.reduce(0) { $0 << 8 | $1 }, port: 1)
    }

    @Test(
        "what is no range is none",
        arguments: ["", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "::1/129", "::1/", "1.2.3.4/8/8"])
    func refuses(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test("a list is separated by commas, bars, semicolons or blanks; the wrong word is named")
    func list() throws {
        #expect(try AddressRange.list("127.0.0.1, ::1;10.0.0.0/8 | fd00::/8").count == 4)
        #expect(try AddressRange.list("").isEmpty)
        #expect(throws: AddressRangeError.self) { try AddressRange.list("127.0.0.1 everyone") }
    }
}

extension String {
    /// The groups of an IPv6 address, `::` filled up.
    fileprivate func components(expanded count: Int) -> [UInt16] {
        func groups(_ text: Substring) -> [UInt16] {
            text.split(separator: ":").compactMap { UInt16($0, radix: 16) }
        }
        guard let gap = range(ofDouble: ":") else { return groups(self[...]) }
        let head = groups(self[..<gap])
        let tail = groups(self[index(gap, offsetBy: 2)...])
        return head + Array(repeating: 0, count: count - head.count - tail.count) + tail
    }

    private func range(ofDouble character: Character) -> Index? {
        indices.first { place in
            let next = index(after: place)
            return next < endIndex && self[place] == character && self[next] == character
        }
    }
}
