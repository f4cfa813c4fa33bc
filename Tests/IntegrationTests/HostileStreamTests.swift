import TestSupport
import Testing

/// What strangers do over TCP.
@Suite("bad input over TCP", .onThreads)
struct HostileStreamTests {
    /// What is sent, and whether the connection must be closed or answered with an error.
    private static let bad: [(name: String, bytes: [UInt8])] = {
        let register =
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx"
        return [
            ("garbage", (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7_919 >> 3) }),
            ("zeros", Array(repeating: 0, count: 70_000)),
            ("one endless line", Array(repeating: 65, count: 200_000)),
            (
                "endless header fields",
                Array(
                    (register + String(repeating: "\r\nX-Y: z", count: 20_000)).utf8)
            ),
            (
                "a huge body",
                Array("\(register)\r\nContent-Length: 99999999\r\n\r\n".utf8)
                    + Array(repeating: 66, count: 100_000)
            ),
            (
                "a length beyond all numbers",
                Array(
                    "\(register)\r\nContent-Length: 99999999999999999999999\r\n\r\n".utf8)
            ),
            ("a negative length", Array("\(register)\r\nContent-Length: -5\r\n\r\n".utf8)),
            (
                "two lengths",
                Array(
                    "\(register)\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nabcdefghi".utf8)
            ),
            ("HTTP", Array("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n".utf8)),
            (
                "a TLS greeting",
                [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3] + Array(repeating: 7, count: 400)
            ),
        ]
    }()

    @Test("is closed or refused, and others are answered meanwhile")
    func refused() throws {
        let server = try ServerProcess { $0.globals.append("tcp_msg_read_timeout=2") }
        for (name, bytes) in Self.bad {
            let socket = try ClientSocket(.stream, port: server.sipPort)
            socket.send(bytes, seconds: 2)
            let isRefused = eventually(within: 8) {
                guard let piece = socket.receive(seconds: 0.2) else { return false }
                return piece.isEmpty || SIPReply(piece).map { $0.status >= 400 } ?? false
            }
            #expect(isRefused, "\(name)")
            let phone = try server.phone(.stream)
            #expect(try phone.register("alice", "sip:a@192.0.2.1").status == 200, "after \(name)")
        }
        #expect(try server.everything().count == 1)
        #expect(server.faults == [])
    }

    @Test("a peer that sends a byte now and then is cut off, and holds up nobody")
    func slow() throws {
        let server = try ServerProcess { $0.globals.append("tcp_msg_read_timeout=2") }
        let sockets = try (0..<60).map { _ in try ClientSocket(.stream, port: server.sipPort) }
        for socket in sockets { socket.send(Array("REGISTER sip:exam".utf8)) }
        let phone = try server.phone(.stream)
        for cseq in 1...20 {
            let start = monotonicSeconds()
            #expect(try phone.register("alice", "sip:a@192.0.2.1", cseq: cseq).status == 200)
            #expect(monotonicSeconds() - start < Rig.limit(0.5))
            for socket in sockets { socket.send([65], seconds: 0.01) }
        }
        let closed = sockets.filter { socket in
            eventually(within: 8) { socket.receive(seconds: 0.05)?.isEmpty ?? false }
        }
        #expect(closed.count == sockets.count)
        #expect(try phone.options().status == 200)
    }

    @Test("half a message and a hang-up leave nothing behind")
    func halfMessages() throws {
        let server = try ServerProcess()
        let whole = Array(
            RegisterMessage("ghost", "sip:ghost@192.0.2.1")
                .text(from: try ClientSocket(.stream, port: server.sipPort)).utf8)
        for length in stride(from: 1, to: whole.count, by: 7) {
            let socket = try ClientSocket(.stream, port: server.sipPort)
            socket.send(Array(whole.prefix(length)))
            socket.finish()
        }
        #expect(try server.phone(.stream).options().status == 200)
        #expect(try server.uris(of: "ghost") == [])
    }

    @Test("messages arrive whole, byte by byte, and many at once")
    func pieces() throws {
        let server = try ServerProcess()
        let phone = try server.phone(.stream)
        let first = RegisterMessage("alice", "sip:alice@192.0.2.1").text(from: phone.socket)
        for byte in Array(first.utf8) { phone.socket.send([byte]) }
        #expect(phone.reply(seconds: 5)?.status == 200)
        let many = (1...50).map { number in
            RegisterMessage("user\(number)", "sip:user\(number)@192.0.2.1").text(from: phone.socket)
        }
        phone.socket.send(Array(many.joined(separator: "\r\n\r\n").utf8))
        let replies = many.map { _ in phone.reply(seconds: 5) }
        #expect(replies.allSatisfy { $0?.status == 200 })
        #expect(replies.map { $0?["call-id"] } == (1...50).map { "user\($0)-phone@test" })
        #expect(try server.everything().count == 51)
    }

    @Test("a double CRLF is answered by one (RFC 5626 4.4.1)")
    func ping() throws {
        let server = try ServerProcess()
        let phone = try server.phone(.stream)
        for _ in 0..<3 {
            phone.socket.send([13, 10, 13, 10])
            #expect(phone.socket.receive(seconds: 5) == [13, 10])
        }
        #expect(try phone.options().status == 200)
    }

    @Test("more connections than tcp_max_connections are closed, and the first ones serve on")
    func tooMany() throws {
        let server = try ServerProcess { $0.globals.append("tcp_max_connections=20") }
        let phone = try server.phone(.stream)
        #expect(try phone.options().status == 200)
        let sockets = (0..<60).compactMap { _ in
            try? ClientSocket(.stream, port: server.sipPort)
        }
        let closed = sockets.filter { $0.receive(seconds: 0.2)?.isEmpty ?? false }
        #expect(closed.count >= 40)
        #expect(try phone.options().status == 200)
    }
}
