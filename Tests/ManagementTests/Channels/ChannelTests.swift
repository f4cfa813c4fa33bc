import Basics
import Glibc
import JSONValue
import Logging
import ModuleKit
import TestSupport
import Synchronization
import Testing

@testable import Management

@Suite("addresses of control sockets")
struct ChannelAddressTests {
    @Test(
        "an address is read",
        arguments: [
            ("unixs:/run/x", ChannelAddress.Place.unixStream(path: "/run/x")),
            ("unix:/run/x", .unixStream(path: "/run/x")),
            ("/run/x", .unixStream(path: "/run/x")), ("unixs:x", .unixStream(path: "x")),
            ("unixd:/run/x", .unixDatagram(path: "/run/x")),
            ("udp:127.0.0.1:2047", .udp(host: "127.0.0.1", port: 2047)),
            ("udp:localhost", .udp(host: "localhost", port: 2049)),
            ("127.0.0.1:2047", .udp(host: "127.0.0.1", port: 2047)),
            ("localhost", .udp(host: "localhost", port: 2049)),
            ("tcp:*:2046", .tcp(host: "0.0.0.0", port: 2046)),
            ("tcp:[::1]:2046", .tcp(host: "::1", port: 2046)),
            ("tcp:[::1]", .tcp(host: "::1", port: 2049)),
            ("tcp:127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
        ])
    func read(text: String, place: ChannelAddress.Place) throws {
        #expect(try ChannelAddress(text).place == place)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "unixs:", "unixd:", "udp:", "tcp:", "tcp::2046", "tcp:a:b", "tcp:a:70000",
            "tcp:a:+1", "tcp:a:-1", "tcp:a:1:2", "tcp:[::1", "tcp:[]:1", "tcp:[::1]x", "udp:::1",
            "unixs:" + String(repeating: "x", count: 108), "unixs:/a\0b",
        ])
    func refused(text: String) {
        #expect(throws: ChannelAddress.Fault.self) { try ChannelAddress(text) }
    }

    @Test("only sockets of this machine are guarded by it")
    func guarded() throws {
        for text in ["/x/y", "unixd:/x", "udp:127.0.0.1:1", "tcp:[::1]:1", "tcp:localhost:1"] {
            #expect(try ChannelAddress(text).isGuarded)
        }
        for text in ["tcp:*:1", "udp:192.0.2.1:1", "tcp:[2001:db8::1]", "tcp:example.com"] {
            #expect(try !ChannelAddress(text).isGuarded)
        }
    }
}

@Suite("names of reply pipes")
struct ReplyPipeTests {
    @Test(
        "a plain file name is one",
        arguments: ["kamailio_receiver_4711", "kamailio_rpc_reply.fifo.4711", "a-b", "A"])
    func right(name: String) { #expect(ReplyPipe.isName(name)) }

    @Test(
        "whatever may lead elsewhere is none",
        arguments: [
            "", ".", "..", ".hidden", "../etc/passwd", "/etc/passwd", "a/b", "a\0b", "a b", "a\nb",
            "é", String(repeating: "x", count: 65),
        ])
    func wrong(name: String) { #expect(!ReplyPipe.isName(name)) }

    @Test("files, links and missing pipes are not opened, a pipe with a reader is")
    func opening() throws {
        let folder = try TemporaryFolder()
        try folder.write("keep", to: "file")
        _ = unsafe mkfifo(folder.file("pipe"), 0o600)
        _ = unsafe symlink(folder.file("pipe"), folder.file("link"))
        _ = unsafe symlink(folder.file("file"), folder.file("filelink"))
        let signal = StopSignal()
        for name in ["file", "link", "filelink", "none", "../x"] {
            #expect(throws: ReplyPipe.Fault.self) {
                _ = try ReplyPipe(name, in: folder.path, until: signal)
            }
        }
        #expect(folder.text(of: "file") == "keep")
        #expect(fileMode(folder.file("none")) == nil)
        let reader = unsafe open(folder.file("pipe"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let pipe = try ReplyPipe("pipe", in: folder.path, until: signal)
        let text = Array("answer".utf8)
        let isWritten = pipe.write(text.span, until: signal)
        #expect(isWritten)
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(unsafe read(reader, &bytes, 16) == 6)
    }

    @Test("a pipe that nobody reads is given up when the server stops, at the latest")
    func nobody() throws {
        let folder = try TemporaryFolder()
        _ = unsafe mkfifo(folder.file("pipe"), 0o600)
        let signal = StopSignal()
        signal.raise()
        #expect(throws: ReplyPipe.Fault.reader) {
            _ = try ReplyPipe("pipe", in: folder.path, until: signal)
        }
    }
}

@Suite("where requests end")
struct FrameTests {
    @Test(
        "a document is taken when it is whole, and what is between documents is dropped",
        arguments: [
            ("", nil, ""), ("{}", "{}", ""), ("{}{", "{}", "{"),
            ("  x {\"a\": 1}\n", "{\"a\": 1}", "\n"),
            ("[{}, []]x", "[{}, []]", "x"), ("{\"a\": \"}\"}", "{\"a\": \"}\"}", ""),
            ("{\"a\": \"\\\"}\"}", "{\"a\": \"\\\"}\"}", ""), ("{\"a\": {", nil, "{\"a\": {"),
            ("garbage", nil, ""), ("]{}", "{}", ""), ("[}", "[}", ""),
        ] as [(String, String?, String)])
    func json(text: String, document: String?, rest: String) {
        var bytes = Array(text.utf8)
        let found = JSONFrames.next(&bytes)
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == document)
        #expect(String(decoding: bytes, as: UTF8.self) == rest)
    }

    @Test(
        "a text request is its lines up to an empty one",
        arguments: [
            ("", nil, ""), (":a:b\n", nil, ":a:b\n"), (":a:b\n\n", [":a:b"], ""),
            ("\n\n:a:b\nx\r\n\r\n:c", [":a:b", "x"], ":c"), ("\n\n", nil, ""),
        ] as [(String, [String]?, String)])
    func lines(text: String, lines: [String]?, rest: String) {
        var bytes = Array(text.utf8)
        #expect(TextChannel.lines(&bytes) == lines)
        #expect(String(decoding: bytes, as: UTF8.self) == rest)
    }

    @Test("a text request has a method, a pipe and parameters")
    func request() throws {
        let request = try #require(TextChannel.Request([":a.b:/tmp/p", "x", "\"y z\"", "\""]))
        #expect(request.method == "a.b" && request.pipe == "p")
        #expect(request.parameters == ["x", "y z", "\""])
        #expect(TextChannel.Request([":a"])?.pipe == "")
        for lines in [[], ["a:b"], ["::b"], [":"]] { #expect(TextChannel.Request(lines) == nil) }
    }
}

@Suite("sockets for commands")
struct ChannelSocketTests {
    private let logger = Logger(label: "test") { _ in Silence() }

    private func echo(_ path: String, mode: Int = 0o600) throws -> StreamChannel {
        try StreamChannel(
            ChannelAddress(.unixStream(path: path)), FileAccess(mode: mode), channel: "ctl",
            module: "test", logger: logger, announce: {}
        ) { connection in
            var buffer = ByteWriter()
            while connection.receive(1_000, into: &buffer, seconds: 20) == .bytes {
                guard connection.send(buffer.span, stallSeconds: 5) else { return }
                buffer.removeAll()
            }
        }
    }

    @Test("connections are served, listed with their program, and ended at the stop")
    func stream() throws {
        let folder = try TemporaryFolder()
        let channel = try echo(folder.file("s"), mode: 0o640)
        #expect(fileMode(folder.file("s")) == S_IFSOCK | 0o640)
        let clients = (0..<5).compactMap { _ in LocalClient(folder.file("s")) }
        #expect(clients.count == 5)
        for (place, client) in clients.enumerated() {
            client.send(Array("hello \(place)".utf8))
            #expect(client.receive(7) == Array("hello \(place)".utf8))
        }
        #expect(channel.peers.count == 5)
        #expect(channel.peers.first?.source == "<anonymous unix socket>")
        #expect(channel.peers.first?.program?.isEmpty == false)
        channel.stop()
        for client in clients { #expect(client.receive() == []) }
        #expect(channel.peers.isEmpty)
    }

    @Test("the file goes with the channel, unless another has taken its place")
    func files() throws {
        let folder = try TemporaryFolder()
        var channel: StreamChannel? = try echo(folder.file("s"))
        channel?.stop()
        channel = nil
        #expect(eventually(within: 10) { fileMode(folder.file("s")) == nil })
        channel = try echo(folder.file("s"))
        unsafe unlink(folder.file("s"))
        try folder.write("another's", to: "s")
        channel?.stop()
        channel = nil
        #expect(folder.text(of: "s") == "another's")
    }

    @Test("a dead server's socket is replaced, a live one and a file are errors")
    func places() throws {
        let folder = try TemporaryFolder()
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        _ = unsafe UnixAddress.with(folder.file("s")) { unsafe bind(dead, $0, $1) }
        close(dead)
        let channel = try echo(folder.file("s"))
        #expect(LocalClient(folder.file("s")) != nil)
        #expect(throws: StartFailure.self) { try echo(folder.file("s")) }
        channel.stop()
        try folder.write("mine", to: "file")
        #expect(throws: StartFailure.self) { try echo(folder.file("file")) }
        #expect(folder.text(of: "file") == "mine")
        #expect(throws: StartFailure.self) { try echo(folder.file("none/s")) }
    }

    @Test("an owner that does not exist is an error that names it")
    func owner() throws {
        let folder = try TemporaryFolder()
        let access = FileAccess(mode: 0o600, user: "nobody-of-this-name")
        #expect(
            throws: StartFailure("test: there is no user \"nobody-of-this-name\"")
        ) {
            _ = try ChannelSocket(
                ChannelAddress(.unixStream(path: folder.file("s"))), access, "test")
        }
        #expect(fileMode(folder.file("s")) == nil)
    }

    @Test("datagrams are answered to their senders")
    func datagrams() throws {
        let folder = try TemporaryFolder()
        let channel = try DatagramChannel(
            ChannelAddress(.unixDatagram(path: folder.file("d"))), FileAccess(mode: 0o600),
            workers: 3, timeoutMilliseconds: 500, channel: "datagram", module: "test",
            logger: logger, announce: {}
        ) { (bytes, caller) in
            bytes.count == 1 ? nil : Array(copying: bytes) + Array(" \(caller.address)".utf8)
        }
        for name in ["a", "b"] {
            let client = try #require(
                LocalClient(folder.file("d"), datagramsTo: folder.file(name)))
            client.send([1])
            client.send(Array("hi".utf8))
            #expect(client.receive() == Array("hi unix:\(folder.file(name))".utf8))
        }
        channel.stop()
        #expect(throws: StartFailure.self) {
            _ = try ChannelSocket(
                ChannelAddress(.udp(host: "no.such.host.invalid", port: 1)),
                FileAccess(mode: 0o600), "test")
        }
    }

    @Test("a pipe is read, removed at the stop, and not shared with a living server")
    func pipe() throws {
        let folder = try TemporaryFolder()
        let found = Guarded<[UInt8]>([])
        func channel() throws -> FIFOChannel {
            try FIFOChannel(
                path: folder.file("f"), FileAccess(mode: 0o620), module: "test", logger: logger,
                announce: {}
            ) { waiting in
                let taken = waiting
                waiting = []
                found.withLock { $0 += taken }
            }
        }
        let first = try channel()
        #expect(fileMode(folder.file("f")) == S_IFIFO | 0o620)
        #expect(throws: StartFailure.self) { try channel() }
        let writer = unsafe open(folder.file("f"), O_WRONLY | O_NONBLOCK)
        _ = unsafe write(writer, "hello", 5)
        close(writer)
        #expect(eventually(within: 10) { found.withLock { $0.count } == 5 })
        first.stop()
        #expect(fileMode(folder.file("f")) == nil)
        // What a dead server leaves is replaced; a file is not.
        _ = unsafe mkfifo(folder.file("f"), 0o600)
        let second = try channel()
        second.stop()
        try folder.write("mine", to: "f")
        #expect(throws: StartFailure.self) { try channel() }
        #expect(folder.text(of: "f") == "mine")
    }

    @Test("kamcmd's bytes over a stream: several requests at once, in pieces, and nonsense")
    func binrpc() throws {
        let folder = try TemporaryFolder()
        let service = BINRPCService(
            CommandRunner(
                registry: CommandRegistry([SampleCommands.plain]), audit: AuditLog(),
                logger: logger))
        let channel = try StreamChannel(
            ChannelAddress(.unixStream(path: folder.file("s"))), FileAccess(mode: 0o600),
            channel: "ctl", module: "test", logger: logger, announce: {}, serve: service.serve)
        let request = hexadecimal("a1 00 06 11 51") + Array("done".utf8) + [0]
        let reply = hexadecimal("a1 10 00 11")
        let client = try #require(LocalClient(folder.file("s")))
        client.send(request + request)
        #expect(client.receive(8) == reply + reply)
        for byte in request { client.send([byte]) }
        #expect(client.receive(4) == reply)
        client.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        let fault = client.receive(1_000)
        #expect(try Packet(fault)?.values.first == .int(400))
        #expect(client.receive() == [], "the connection is closed")
        channel.stop()
    }
}
