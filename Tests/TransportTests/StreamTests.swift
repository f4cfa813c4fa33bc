import Basics
import Glibc
import Testing

@testable import Transport

/// A layer that listens on TCP.
private func server(_ change: (inout TransportSettings) -> Void = { _ in }) throws -> Fixture {
    try Fixture(["tcp:127.0.0.1:0"], change)
}

@Suite struct StreamTests {
    @Test("a message is answered on its connection", arguments: ["127.0.0.1", "[::1]"])
    func echo(host: String) throws {
        guard canBind("tcp:\(host):0") else { return }
        let fixture = try Fixture(["udp:\(host):0", "tcp:\(host):0"])
        let peer = try StreamPeer(to: fixture.sockets[1].address)
        peer.send(request(1, body: 7))
        #expect(peer.receive(request(1, body: 7).utf8.count) == request(1, body: 7))
        let origin = fixture.record.origins.first
        #expect(origin?.source == peer.address)
        #expect(origin?.socket == SocketIndex(1))
        #expect(origin?.transport == .tcp)
        #expect(origin?.connection == 1)
        #expect(fixture.layer.workers.map(\.worker.name).contains("tcp #0"))
    }

    @Test("messages of one segment are answered in their order")
    func pipelined() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let text = (0..<100).map { request($0, body: $0) }.joined()
        peer.send(text)
        #expect(peer.receive(text.utf8.count) == text)
        #expect(fixture.statistics.streamMessagesReceived.value == 100)
        #expect(fixture.statistics.streamMessagesSent.value == 100)
        #expect(fixture.record.batches.value < 100)
    }

    @Test("a message that comes byte by byte is one message")
    func segments() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let text = request(1, body: 3, length: "l")
        for character in text { peer.send(String(character)) }
        #expect(peer.receive(text.utf8.count) == text)
        #expect(fixture.record.all.count == 1)
    }

    @Test("a ping gets its pong, also between messages and in halves")
    func ping() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send("\r\n\r\n")
        #expect(peer.receive(2) == "\r\n")
        peer.send("\r\n")
        peer.send("\r\n" + request())
        #expect(peer.receive(2 + request().utf8.count) == "\r\n" + request())
        #expect(fixture.statistics.pingsAnswered.value == 2)
    }

    @Test("pings stay unanswered where they are switched off, also while it runs")
    func noPong() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        fixture.layer.settings.update { $0.answersPing = false }
        peer.send("\r\n\r\n" + request())
        #expect(peer.receive(request().utf8.count) == request())
    }

    @Test("a connection on which nothing comes is closed")
    func idle() throws {
        let fixture = try server { $0.connectionLifetime = .milliseconds(50) }
        let peer = try StreamPeer(to: fixture.address)
        #expect(peer.isClosed)
        #expect(fixture.statistics.connectionsTimedOut.value == 1)
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
    }

    @Test("a message whose rest does not come ends the connection")
    func unfinished() throws {
        let fixture = try server { $0.messageReadTimeout = .milliseconds(50) }
        let peer = try StreamPeer(to: fixture.address)
        peer.send(String(request(body: 10).dropLast()))
        #expect(peer.isClosed)
        #expect(fixture.statistics.connectionsTimedOut.value == 1)
        #expect(fixture.record.all.isEmpty)
    }

    @Test("connections beyond the most are closed at once, and room counts again")
    func most() throws {
        let fixture = try server { $0.connectionsMax = 2 }
        var peers = try (0..<2).map { _ in try StreamPeer(to: fixture.address) }
        for peer in peers {
            peer.send(request())
            #expect(peer.receive(request().utf8.count) == request())
        }
        #expect(try StreamPeer(to: fixture.address).isClosed)
        #expect(fixture.statistics.connectionsRefused.value == 1)
        peers.removeLast()
        #expect(eventually { fixture.statistics.connectionsOpen.value == 1 })
        let next = try StreamPeer(to: fixture.address)
        next.send(request())
        #expect(next.receive(request().utf8.count) == request())
    }

    @Test("one address gets no more connections than it may have")
    func mostOfOne() throws {
        let fixture = try server { $0.connectionsPerAddressMax = 1 }
        let first = try StreamPeer(to: fixture.address)
        first.send(request())
        #expect(first.receive(request().utf8.count) == request())
        #expect(try StreamPeer(to: fixture.address).isClosed)
        #expect(fixture.statistics.connectionsAccepted.value == 1)
    }

    @Test(
        "what is no message ends the connection after the answers to what came before",
        arguments: [
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 65536\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nFrom: nobody\r\n\r\n",
            String(repeating: "x", count: 66_000),
        ])
    func malformed(text: String) throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request() + text)
        #expect(peer.receive(request().utf8.count) == request())
        #expect(peer.isClosed)
        #expect(fixture.statistics.connectionsMalformed.value == 1)
        #expect(fixture.record.all.count == 1)
    }

    @Test("without Content-Length a message may end with its header, if that is set")
    func missingLength() throws {
        let fixture = try server { $0.acceptsMissingContentLength = true }
        let peer = try StreamPeer(to: fixture.address)
        let text = "OPTIONS sip:a@b SIP/2.0\r\nFrom: nobody\r\n\r\n"
        peer.send(text)
        #expect(peer.receive(text.utf8.count) == text)
    }

    @Test("a peer that ends its sending still gets its answers")
    func halfClosed() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let text = (0..<200).map { request($0, body: 500) }.joined()
        peer.send(text)
        peer.finishSending()
        #expect(peer.receive(text.utf8.count) == text)
        #expect(peer.isClosed)
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
    }

    @Test("a peer that does not read its answers is closed")
    func slow() throws {
        let fixture = try server { $0.sendTimeout = .milliseconds(100) }
        let peer = try StreamPeer(to: fixture.address)
        let text = request(body: 60_000)
        var count = 0
        while count < 10_000, peer.send(text) { count += 1 }
        #expect(count < 10_000)
        #expect(eventually { fixture.statistics.connectionsSlow.value == 1 })
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
    }

    @Test("what other threads send to a peer that does not read is bounded")
    func slowFromOutside() throws {
        let fixture = try server { $0.streamQueueBytesMax = 200_000 }
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        let origin = try #require(fixture.record.origins.first)
        let bytes = Array(request(body: 60_000).utf8)
        #expect(
            eventually {
                fixture.layer.send(bytes.span, to: origin)
                return fixture.statistics.connectionsSlow.value == 1
            })
    }

    @Test("any thread may answer on the connection, by its number or by the peer's address")
    func reuse() throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        var origin = try #require(fixture.record.origins.first)
        fixture.layer.send(Array("by number".utf8).span, to: origin)
        #expect(peer.receive(9) == "by number")
        origin.connection = -1
        fixture.layer.send(Array("by address".utf8).span, to: origin)
        #expect(peer.receive(10) == "by address")
        #expect(fixture.statistics.connectionsMade.value == 0)
    }

    @Test("a datagram's worker may answer on a connection")
    func crossing() throws {
        let fixture = try Fixture(["udp:127.0.0.1:0", "tcp:127.0.0.1:0"])
        let peer = try StreamPeer(to: fixture.sockets[1].address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        let origin = try #require(fixture.record.origins.first)
        fixture.record.redirect(to: origin)
        let phone = try DatagramPeer(for: fixture.address)
        try phone.send(request(7), to: fixture.address)
        #expect(peer.receive(request(7).utf8.count) == request(7))
    }

    @Test("a message to a stranger opens one connection, on which all go in order")
    func connects() throws {
        let fixture = try server()
        let target = try StreamTarget()
        let destination = Origin(transport: .tcp, socket: .none, source: target.address)
        let messages = (0..<20).map { request($0) }
        for message in messages {
            fixture.layer.send(Array(message.utf8).span, to: destination)
        }
        let accepted = try target.accept()
        let text = messages.joined()
        #expect(accepted.receive(text.utf8.count) == text)
        #expect(eventually { fixture.statistics.connectionsMade.value == 1 })
        accepted.send(request(99))
        #expect(accepted.receive(request(99).utf8.count) == request(99))
        #expect(fixture.record.origins.last?.socket == SocketIndex(0))
        #expect(fixture.record.origins.last?.source == target.address)
    }

    @Test("a connection that cannot be opened costs its messages, which are counted")
    func connectFails() throws {
        let fixture = try server()
        let port = try StreamTarget().address
        let destination = Origin(transport: .tcp, socket: .none, source: port)
        fixture.layer.send(Array(request().utf8).span, to: destination)
        #expect(eventually { fixture.statistics.sendErrors.value == 1 })
        #expect(eventually { fixture.statistics.connectionsFailed.value == 1 })
        #expect(fixture.statistics.connectionsOpen.value == 0)
    }

    @Test("several event loops serve their connections side by side")
    func loops() throws {
        let fixture = try server { $0.tcpWorkers = 3 }
        let peers = try (0..<12).map { _ in try StreamPeer(to: fixture.address) }
        for peer in peers { peer.send(request()) }
        for peer in peers { #expect(peer.receive(request().utf8.count) == request()) }
        #expect(Set(fixture.record.all.map(\.worker)).count == 3)
        #expect(Set(fixture.record.origins.map(\.connection)).count == 12)
    }

    @Test("a stop closes the connections after their answers and ends the loops")
    func stop() throws {
        let fixture = try server { $0.tcpWorkers = 2 }
        let peers = try (0..<10).map { _ in try StreamPeer(to: fixture.address) }
        for peer in peers { peer.send(request()) }
        for peer in peers { #expect(peer.receive(request().utf8.count) == request()) }
        #expect(fixture.layer.stop(within: .seconds(5)))
        for peer in peers { #expect(peer.isClosed) }
        #expect(throws: SystemError.self) { try StreamPeer(to: fixture.address) }
    }
}

/// Counts the descriptors of the process, so nothing else may run meanwhile in this suite.
@Suite(.serialized) struct StreamChurnTests {
    @Test("a thousand connections that come and go leave no descriptor behind")
    func churn() throws {
        let fixture = try server { $0.tcpWorkers = 2 }
        for _ in 0..<1_000 {
            let peer = try StreamPeer(to: fixture.address)
            peer.send(request())
            #expect(peer.receive(request().utf8.count) == request())
        }
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
        #expect(eventually { openDescriptors(connectedTo: fixture.address) == 0 })
        #expect(fixture.statistics.connectionsAccepted.value == 1_000)
    }
}

/// How many of the process's descriptors are connections of a listening address.
///
/// Counting all of /proc/self/fd would count those of the tests that run beside this one.
private func openDescriptors(connectedTo address: PeerAddress) -> Int {
    (0..<4_096).count { descriptor in
        var peer: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let isListener =
            unsafe getsockopt(CInt(descriptor), SOL_SOCKET, SO_ACCEPTCONN, &peer, &size) == 0
            && peer != 0
        guard !isListener else { return false }
        return (try? SocketDescriptor.boundAddress(CInt(descriptor))) == address
    }
}
