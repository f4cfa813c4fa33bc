import JSONValue
import Testing

@testable import TestSupport

@Suite("Sockets of tests", .timeLimit(.minutes(10)))
struct ClientSocketTests {
    @Test("what is sent arrives and what is answered is received", arguments: [false, true])
    func roundTrip(_ isIPv6: Bool) throws {
        for kind in [ClientSocket.Kind.datagrams, .stream] {
            let peer = try LoopbackPeer(kind, isIPv6: isIPv6) { _, text in .init(["<\(text)>"]) }
            defer { peer.stop() }
            let socket = try ClientSocket(kind, port: peer.port, isIPv6: isIPv6)
            #expect(socket.localPort != 0 && socket.localPort != peer.port)
            #expect(socket.isIPv6 == isIPv6)
            #expect(socket.send(Array("hello".utf8)))
            #expect(socket.receive(seconds: 20) == Array("<hello>".utf8))
            #expect(peer.received == ["hello"])
        }
    }

    @Test("the end of a stream is an empty piece, and nothing in time is nil")
    func ends() throws {
        let closing = try LoopbackPeer { _, _ in .init([]) }
        let silent = try LoopbackPeer { _, _ in .init([], closes: false) }
        defer {
            closing.stop()
            silent.stop()
        }
        let socket = try ClientSocket(.stream, port: closing.port)
        socket.send([1])
        #expect(socket.receive(seconds: 20) == [])
        let other = try ClientSocket(.stream, port: silent.port)
        other.send([1])
        #expect(other.receive(seconds: 0.03) == nil)
        #expect(other.receive(seconds: 0) == nil)
        #expect(other.receive(seconds: -1) == nil)
    }

    @Test("a stream to a port where nobody listens is an error that names it")
    func refused() throws {
        let port = try FreePorts.take(1)[0]
        let error = #expect(throws: StartedProgram.Failure.self) {
            try ClientSocket(.stream, port: port)
        }
        #expect(error?.description == "nobody listens on port \(port)")
    }

    @Test("datagrams to nobody are nothing in time, however often")
    func nobody() throws {
        let socket = try ClientSocket(.datagrams, port: try FreePorts.take(1)[0])
        for _ in 0..<3 {
            socket.send([1, 2, 3])
            #expect(socket.receive(seconds: 0.02) == nil)
        }
    }

    @Test("a stream whose reader does not read takes bytes only until its room is full")
    func full() throws {
        let peer = try LoopbackPeer { _, _ in .init([], closes: false) }
        defer { peer.stop() }
        let socket = try ClientSocket(.stream, port: peer.port)
        #expect(!socket.send([UInt8](repeating: 7, count: 64 << 20), seconds: 0.2))
    }

    @Test("whoever has said that nothing follows sends nothing more")
    func finished() throws {
        let peer = try LoopbackPeer { _, _ in .init(["bye"]) }
        defer { peer.stop() }
        let socket = try ClientSocket(.stream, port: peer.port)
        socket.finish()
        #expect(!socket.send([1]))
        #expect(socket.receive(seconds: 20) == Array("bye".utf8))
        #expect(peer.received == [""])
    }
}

@Suite("Free ports of tests")
struct FreePortsTests {
    @Test("ports are different, below those of clients, and free for both protocols")
    func different() throws {
        let ports = try FreePorts.take(50)
        #expect(Set(ports).count == 50)
        #expect(ports.allSatisfy { (20_000..<32_000).contains($0) })
        #expect(try Set(FreePorts.take(50)).isDisjoint(with: ports))
        #expect(try FreePorts.take(0).isEmpty)
    }
}

@Suite("Phones of tests", .timeLimit(.minutes(10)))
struct SIPClientTests {
    /// What a server repeats of a request.
    private static func answer(_ request: String, _ status: String) -> String {
        let lines = request.split(whereSeparator: \.isNewline).filter {
            $0.hasPrefix("Call-ID:") || $0.hasPrefix("CSeq:") || $0.hasPrefix("Via:")
        }
        return (["SIP/2.0 \(status)"] + lines.map(String.init) + ["Content-Length: 0", "", ""])
            .joined(separator: "\r\n")
    }

    @Test("the final reply of the request is returned, over both protocols")
    func final() throws {
        for kind in [ClientSocket.Kind.datagrams, .stream] {
            let peer = try LoopbackPeer(kind) { _, text in
                let other = text.replacing("1 REGISTER", with: "9 REGISTER")
                return .init([
                    Self.answer(text, "100 Trying"), Self.answer(other, "200 Not yours"),
                    Self.answer(text, "200 OK"),
                ])
            }
            defer { peer.stop() }
            let reply = try SIPClient(kind, port: peer.port).register("alice", "sip:a@h")
            #expect(reply.status == 200)
            #expect(reply.reason == "OK")
            #expect(peer.received.count == 1)
        }
    }

    @Test("over UDP a request without a reply is sent again, the same bytes")
    func again() throws {
        let peer = try LoopbackPeer(.datagrams) { number, text in
            .init(number == 0 ? [] : [Self.answer(text, "200 OK")])
        }
        defer { peer.stop() }
        let phone = try SIPClient(port: peer.port)
        #expect(try phone.register("alice").status == 200)
        #expect(peer.received.count == 2)
        #expect(Set(peer.received).count == 1)
    }

    @Test("no reply in time is an error with the request's beginning")
    func silent() throws {
        let peer = try LoopbackPeer(.datagrams) { _, _ in .init([]) }
        defer { peer.stop() }
        let phone = try SIPClient(port: peer.port)
        let error = #expect(throws: SIPClient.NoReply.self) {
            try phone.register(RegisterMessage("bob"), seconds: 0.05)
        }
        #expect(error?.description.hasPrefix("no reply to REGISTER sip:example.com") == true)
    }

    @Test("a connection that ends is no reply")
    func closed() throws {
        let peer = try LoopbackPeer { _, _ in .init(["SIP/2.0 200"]) }
        defer { peer.stop() }
        let phone = try SIPClient(.stream, port: peer.port)
        #expect(throws: SIPClient.NoReply.self) {
            try phone.register(RegisterMessage("bob"), seconds: 0.2)
        }
    }

    @Test("OPTIONS is a request of its own each time")
    func options() throws {
        let peer = try LoopbackPeer(.datagrams) { _, text in .init([Self.answer(text, "200 OK")]) }
        defer { peer.stop() }
        let phone = try SIPClient(port: peer.port)
        #expect(try phone.options().status == 200)
        #expect(try phone.options().status == 200)
        #expect(Set(peer.received).count == 2)
        for request in peer.received {
            #expect(request.hasPrefix("OPTIONS sip:example.com SIP/2.0\r\n"))
            #expect(request.contains("\r\nCSeq: 1 OPTIONS\r\n"))
            #expect(!request.contains("REGISTER") && !request.contains("Expires"))
        }
    }
}

@Suite("REGISTER of a phone")
struct RegisterMessageTests {
    /// The lines of a message that leaves over UDP.
    private func lines(_ message: RegisterMessage, isIPv6: Bool = false) throws -> [String] {
        let peer = try LoopbackPeer(.datagrams, isIPv6: isIPv6) { _, _ in .init([]) }
        defer { peer.stop() }
        let socket = try ClientSocket(.datagrams, port: peer.port, isIPv6: isIPv6)
        let text = message.text(from: socket)
        #expect(text.hasSuffix("\r\nContent-Length: 0\r\n\r\n"))
        #expect(text.contains(":\(socket.localPort);branch=z9hG4bK-"))
        return text.components(on: "\r\n")
    }

    @Test("the mandatory fields are there, once each")
    func complete() throws {
        let lines = try lines(RegisterMessage("alice", "sip:a@h", expires: 60, cseq: 5))
        #expect(lines.first == "REGISTER sip:example.com SIP/2.0")
        for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "Expires"] {
            #expect(lines.filter { $0.hasPrefix("\(name): ") }.count == 1, "\(name)")
        }
        #expect(lines.contains("CSeq: 5 REGISTER"))
        #expect(lines.contains("Contact: <sip:a@h>"))
        #expect(lines.contains("To: <sip:alice@example.com>"))
        #expect(lines.contains("Expires: 60"))
    }

    @Test("what is not asked for is not there")
    func bare() throws {
        let lines = try lines(RegisterMessage("alice", expires: nil))
        #expect(!lines.contains { $0.hasPrefix("Contact") || $0.hasPrefix("Expires") })
    }

    @Test("over IPv6 the Via has brackets, and further lines stand before the length")
    func further() throws {
        var message = RegisterMessage("alice", callID: "c@d")
        message.contacts = ["*", "<sip:b>"]
        message.further = ["Path: <sip:p;lr>"]
        message.domain = "d.test"
        let lines = try lines(message, isIPv6: true)
        #expect(lines[1].hasPrefix("Via: SIP/2.0/UDP [::1]:"))
        #expect(lines.filter { $0.hasPrefix("Contact: ") } == ["Contact: *", "Contact: <sip:b>"])
        #expect(lines.dropLast(3).last == "Path: <sip:p;lr>")
        #expect(lines.contains("Call-ID: c@d") && lines[0] == "REGISTER sip:d.test SIP/2.0")
    }

    @Test("the branch is that of the transaction: same Call-ID and CSeq, same branch")
    func branch() throws {
        let peer = try LoopbackPeer(.datagrams) { _, _ in .init([]) }
        defer { peer.stop() }
        let socket = try ClientSocket(.datagrams, port: peer.port)
        func text(_ user: String, _ cseq: Int) -> String {
            RegisterMessage(user, "sip:a@h", cseq: cseq).text(from: socket)
        }
        #expect(text("alice", 1) == text("alice", 1))
        let branches = [("alice", 1), ("alice", 2), ("bob", 1)].map { user, cseq in
            text(user, cseq).components(on: "branch=").last?.prefix { $0 != ";" }
        }
        #expect(Set(branches).count == 3)
    }
}

extension String {
    /// The parts between the occurrences of a divider.
    fileprivate func components(on divider: String) -> [String] {
        split(separator: divider, omittingEmptySubsequences: false).map(String.init)
    }
}
