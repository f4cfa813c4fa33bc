import Basics
import Glibc
import Testing

@testable import Transport

/// A layer that listens on TCP.
private func server(_ change: (inout TransportSettings) -> Void = { _ in }) throws -> Fixture {
    try Fixture(["tcp:127.0.0.1:0"], change)
}

/// The head of a request whose header section has so many bytes, and no body.
private func request(headBytes: Int) -> String {
    let start = "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 0\r\nSubject: "
    let end = "\r\n\r\n"
    return start + String(repeating: "s", count: headBytes - start.utf8.count - end.utf8.count)
        + end
}

@Suite struct HostileStreamTests {
    @Test("the longest message passes, and one that is a byte longer ends its connection")
    func longest() throws {
        let fixture = try server()
        let empty = "MESSAGE sip:a@b SIP/2.0\r\nCSeq: 0 MESSAGE\r\nContent-Length: 65000\r\n\r\n"
        let most = Limits.messageBytesMax - empty.utf8.count
        let peer = try StreamPeer(to: fixture.address)
        let longest = request(body: most)
        #expect(longest.utf8.count == Limits.messageBytesMax)
        peer.send(longest)
        #expect(peer.receive(longest.utf8.count) == longest)
        peer.send(request(body: most + 1))
        #expect(peer.isClosed)
        #expect(eventually { fixture.statistics.connectionsMalformed.value == 1 })
        #expect(fixture.record.all.count == 1)
    }

    @Test("a header section of the most bytes passes, one that never ends does not")
    func header() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let text = request(headBytes: Limits.headerSectionBytesMax)
        peer.send(text)
        #expect(peer.receive(text.utf8.count) == text)
        let endless = try StreamPeer(to: fixture.address)
        endless.send(String(request(headBytes: Limits.headerSectionBytesMax + 64).dropLast(4)))
        #expect(endless.isClosed)
        #expect(fixture.record.all.count == 1)
    }

    @Test(
        "a length that is no number of bytes ends the connection (RFC 3261 20.14)",
        arguments: [
            "", "x", "1x", "-0", "+1", "0x10", "1.0", "99999999999999999999",
            "18446744073709551616",
            "65536", "4294967296",
        ])
    func lengths(value: String) throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: \(value)\r\n\r\n")
        #expect(peer.isClosed)
        #expect(eventually { fixture.statistics.connectionsMalformed.value == 1 })
        #expect(fixture.record.all.isEmpty)
    }

    @Test(
        "a length is found in every way that it may be written (RFC 3261 7.3.1)",
        arguments: [
            "Content-Length: 3", "content-length:3", "CONTENT-LENGTH :3", "l: 3", "L\t: 3",
            "Content-Length:  3  ", "Content-Length: 003", "Content-Length:\r\n 3",
        ])
    func spellings(field: String) throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let text = "MESSAGE sip:a@b SIP/2.0\r\n\(field)\r\n\r\nabc"
        peer.send(text + request(1))
        #expect(peer.receive(text.utf8.count) == text)
        #expect(peer.receive(request(1).utf8.count) == request(1))
        #expect(fixture.record.all.count == 2)
    }

    @Test("a body that looks like a message is no message")
    func smuggled() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let inner = request(66)
        let text =
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: \(inner.utf8.count)\r\n\r\n" + inner
        peer.send(text + request(1))
        #expect(peer.receive(text.utf8.count + request(1).utf8.count) == text + request(1))
        #expect(fixture.record.all.count == 2)
    }

    @Test("pings around and between messages cost no message (RFC 5626 4.4.1)")
    func pings() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send("\r\n\r\n" + request(1) + "\r\n\r\n\r\n\r\n" + request(2))
        // The pongs of one read and the answers go together, in whichever order.
        let expected = 3 * 2 + request(1).utf8.count + request(2).utf8.count
        let answer = peer.receive(expected)
        #expect(answer.utf8.count == expected)
        #expect(answer.contains(request(1)) && answer.contains(request(2)))
        #expect(fixture.statistics.pingsAnswered.value == 3)
        #expect(fixture.record.all.count == 2)
    }

    @Test("what follows broken framing is never read, however good it is")
    func afterFault() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request(1) + "GARBAGE\r\n\r\n" + request(2) + request(3))
        #expect(peer.receive(request(1).utf8.count) == request(1))
        #expect(peer.isClosed)
        #expect(fixture.record.all.count == 1)
        #expect(fixture.statistics.streamMessagesReceived.value == 1)
        #expect(fixture.statistics.connectionsMalformed.value == 1)
    }

    @Test("a peer that goes away within a message leaves nothing behind")
    func vanishing() throws {
        let fixture = try server()
        for count in [1, 20, 60] {
            let peer = try StreamPeer(to: fixture.address)
            peer.send(String(request(body: 10).prefix(count)))
            peer.finishSending()
            #expect(peer.isClosed)
        }
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
        #expect(fixture.statistics.connectionsAccepted.value == 3)
        #expect(fixture.record.all.isEmpty)
    }

    @Test("a connection that is reset in the middle of its answers harms no other")
    func reset() throws {
        let fixture = try server()
        let good = try StreamPeer(to: fixture.address)
        do {
            let bad = try StreamPeer(to: fixture.address)
            // With no time to linger the close is a reset (socket(7)).
            var linger = linger(l_onoff: 1, l_linger: 0)
            let size = socklen_t(MemoryLayout<Glibc.linger>.size)
            unsafe setsockopt(bad.descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
            bad.send((0..<50).map { request($0, body: 1_000) }.joined())
        }
        good.send(request(1))
        #expect(good.receive(request(1).utf8.count) == request(1))
        #expect(eventually { fixture.statistics.connectionsOpen.value == 1 })
    }
}

@Suite struct ConnectionLimitTests {
    /// A destination without a connection of its own.
    private func stranger(_ address: PeerAddress) -> Origin {
        Origin(transport: .tcp, socket: .none, source: address)
    }

    @Test("a host that nobody answers for costs its messages after the connect time-out")
    func connectTimeout() throws {
        let fixture = try server { $0.connectTimeout = .milliseconds(80) }
        // A backlog that is full drops what comes, as a host that is away does.
        let target = try FullListener()
        fixture.layer.send(Array(request().utf8).span, to: stranger(target.address))
        fixture.layer.send(Array(request().utf8).span, to: stranger(target.address))
        #expect(eventually { fixture.statistics.connectionsFailed.value == 1 })
        #expect(eventually { fixture.statistics.sendErrors.value == 2 })
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
        #expect(fixture.statistics.connectionsMade.value == 0)
    }

    @Test("what waits for a connection is bounded, and what is beyond is counted at once")
    func queue() throws {
        let fixture = try server { $0.connectTimeout = .seconds(5) }
        let target = try FullListener()
        let half = [UInt8](repeating: 65, count: Limits.connectQueueBytesMax / 2)
        for _ in 0..<2 { fixture.layer.send(half.span, to: stranger(target.address)) }
        #expect(fixture.statistics.sendErrors.value == 0)
        fixture.layer.send([65].span, to: stranger(target.address))
        #expect(fixture.statistics.sendErrors.value == 1)
        #expect(fixture.statistics.connectionsOpen.value == 1)
    }

    @Test("connections that the server would open count towards the most of all")
    func mostOfAll() throws {
        let fixture = try server { $0.connectionsMax = 1 }
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        let target = try StreamTarget()
        fixture.layer.send(Array(request().utf8).span, to: stranger(target.address))
        #expect(fixture.statistics.sendErrors.value == 1)
        #expect(fixture.statistics.connectionsMade.value == 0)
        fixture.layer.send(Array("reused".utf8).span, to: stranger(peer.address))
        #expect(peer.receive(6) == "reused")
    }

    @Test("the most of one address counts each address for itself, and a leaver makes room")
    func perAddress() throws {
        let fixture = try server { $0.connectionsPerAddressMax = 2 }
        var peers = try (0..<2).map { _ in try StreamPeer(to: fixture.address) }
        for peer in peers {
            peer.send(request())
            #expect(peer.receive(request().utf8.count) == request())
        }
        #expect(try StreamPeer(to: fixture.address).isClosed)
        #expect(fixture.statistics.connectionsRefused.value == 1)
        // A connection to another address is not the same peer's.
        let target = try StreamTarget()
        peers.removeLast()
        #expect(eventually { fixture.statistics.connectionsOpen.value == 1 })
        fixture.layer.send(Array("out".utf8).span, to: stranger(target.address))
        #expect(try target.accept().receive(3) == "out")
        #expect(fixture.statistics.connectionsMade.value == 1)
    }

    @Test("no limit of one address is written as 0")
    func unlimited() throws {
        let fixture = try server { $0.connectionsPerAddressMax = 0 }
        let peers = try (0..<5).map { _ in try StreamPeer(to: fixture.address) }
        for peer in peers {
            peer.send(request())
            #expect(peer.receive(request().utf8.count) == request())
        }
        #expect(fixture.statistics.connectionsRefused.value == 0)
        #expect(fixture.statistics.connectionsOpen.value == 5)
    }

    @Test("a limit that is raised while it runs lets the next one in")
    func raised() throws {
        let fixture = try server { $0.connectionsMax = 1 }
        let first = try StreamPeer(to: fixture.address)
        first.send(request())
        #expect(first.receive(request().utf8.count) == request())
        #expect(try StreamPeer(to: fixture.address).isClosed)
        fixture.layer.settings.update { $0.connectionsMax = 2 }
        let second = try StreamPeer(to: fixture.address)
        second.send(request())
        #expect(second.receive(request().utf8.count) == request())
    }

    @Test("a peer that closes is forgotten, and the next message opens a new connection")
    func reopened() throws {
        let fixture = try server()
        let target = try StreamTarget()
        for number in 1...3 {
            fixture.layer.send(Array(request(number).utf8).span, to: stranger(target.address))
            let accepted = try target.accept()
            #expect(accepted.receive(request(number).utf8.count) == request(number))
            accepted.finishSending()
            #expect(accepted.isClosed)
            #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
            #expect(fixture.statistics.connectionsMade.value == number)
        }
    }

    @Test("before the start and after the stop what is sent is dropped and counted")
    func notRunning() throws {
        let layer = TransportLayer(logger: .quiet)
        let target = try StreamTarget()
        layer.send(Array("early".utf8).span, to: stranger(target.address))
        #expect(layer.statistics.sendErrors.value == 1)
        try layer.bind(ListenDirective.parse("tcp:127.0.0.1:0"))
        layer.send(Array("bound".utf8).span, to: stranger(target.address))
        #expect(layer.statistics.sendErrors.value == 2)
        #expect(layer.statistics.connectionsOpen.value == 0)
        let fixture = try server()
        #expect(fixture.layer.stop())
        fixture.layer.send(Array("late".utf8).span, to: stranger(target.address))
        #expect(fixture.statistics.sendErrors.value == 1)
        #expect(fixture.layer.workers.isEmpty)
        #expect(fixture.layer.sockets.isEmpty)
    }

    @Test(
        "transports that are known by name only have no way out",
        arguments: [TransportProtocol.tls, .ws, .wss, .sctp])
    func unsupported(transport: TransportProtocol) throws {
        let fixture = try server()
        let target = PeerAddress(ipv4: 0x7f00_0001, port: 9)
        fixture.layer.send(
            Array("x".utf8).span, to: Origin(transport: transport, socket: .none, source: target))
        #expect(fixture.statistics.sendErrors.value == 1)
    }
}

/// A listening socket whose backlog is full, so that connecting to it takes for ever.
private final class FullListener {
    let descriptor: CInt
    let address: PeerAddress
    private var waiting: [CInt] = []

    init() throws {
        let number = try SocketDescriptor.open(
            PeerAddress(ipv4: 0x7f00_0001, port: 0), stream: true)
        descriptor = number
        try SocketDescriptor.bind(number, to: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        address = try SocketDescriptor.boundAddress(number)
        guard listen(number, 0) == 0 else { throw SystemError.last }
        // A backlog of 0 has room for one; the others are still knocking when the test comes.
        for _ in 0..<4 {
            let knocking = try SocketDescriptor.open(address, stream: true)
            _ = fcntl(knocking, F_SETFL, O_NONBLOCK)
            _ = unsafe KernelAddress.withPointer(to: address) { peer, length in
                unsafe connect(knocking, peer, length)
            }
            waiting.append(knocking)
        }
    }

    deinit {
        for number in waiting { close(number) }
        close(descriptor)
    }
}
