import Basics
import Testing

@testable import Transport

/// A layer that listens on TCP.
private func server(_ change: (inout TransportSettings) -> Void = { _ in }) throws -> Fixture {
    try Fixture(["tcp:127.0.0.1:0"], change)
}

/// A peer that has had one answer, with the number of its connection.
private func connected(_ fixture: Fixture) throws -> (peer: StreamPeer, number: Int64) {
    let peer = try StreamPeer(to: fixture.address)
    peer.send(request())
    #expect(peer.receive(request().utf8.count) == request())
    let origin = try #require(fixture.record.origins.last { $0.source == peer.address })
    return (peer, origin.connection)
}

/// Sends a text from this thread.
private func send(_ text: String, to destination: Origin, by fixture: Fixture) {
    let bytes = Array(text.utf8)
    fixture.layer.send(bytes.span, to: destination)
}

@Suite("Connections by their numbers")
struct ConnectionNumberTests {
    @Test("a connection is open from its first message until the peer goes")
    func life() throws {
        let fixture = try server()
        var peers = [try connected(fixture)]
        let number = peers[0].number
        #expect(number > 0)
        #expect(fixture.layer.isOpen(connection: number))
        peers.removeAll()
        #expect(eventually { !fixture.layer.isOpen(connection: number) })
    }

    @Test(
        "a number that is none, or that nobody has yet, is not open",
        arguments: [-1, 0, 99, .max, .min] as [Int64])
    func unknown(number: Int64) throws {
        let fixture = try server()
        let (peer, open) = try connected(fixture)
        #expect(!fixture.layer.isOpen(connection: number))
        fixture.layer.close(connection: number)
        #expect(fixture.layer.isOpen(connection: open))
        peer.send(request(2))
        #expect(peer.receive(request(2).utf8.count) == request(2))
    }

    @Test("what is closed by its number is closed for the peer, and no other is")
    func closing() throws {
        let fixture = try server()
        let (one, first) = try connected(fixture)
        let (other, second) = try connected(fixture)
        #expect(first != second)
        fixture.layer.close(connection: first)
        #expect(one.isClosed)
        #expect(eventually { !fixture.layer.isOpen(connection: first) })
        #expect(fixture.layer.isOpen(connection: second))
        other.send(request(2))
        #expect(other.receive(request(2).utf8.count) == request(2))
        #expect(eventually { fixture.statistics.connectionsOpen.value == 1 })
    }

    @Test("open connections are shown with both ends, what is queued, and the time they have left")
    func readings() throws {
        let fixture = try server()
        #expect(fixture.layer.streamReadings == [])
        let (one, first) = try connected(fixture)
        let (other, second) = try connected(fixture)
        let readings = fixture.layer.streamReadings
        #expect(readings.map(\.number) == [first, second])
        #expect(readings.allSatisfy { $0.state == .open && $0.queuedBytes == 0 })
        #expect(readings.allSatisfy { $0.local != nil && $0.local != $0.remote })
        #expect(readings.allSatisfy { (0...120).contains($0.secondsLeft) })
        fixture.layer.close(connection: first)
        #expect(one.isClosed)
        #expect(eventually { fixture.layer.streamReadings.map(\.number) == [second] })
        withExtendedLifetime(other) {}
    }

    @Test("closing twice, and from several sides, does no harm")
    func twice() throws {
        let fixture = try server()
        let (peer, number) = try connected(fixture)
        for _ in 0..<5 { fixture.layer.close(connection: number) }
        #expect(peer.isClosed)
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
        fixture.layer.close(connection: number)
        #expect(!fixture.layer.isOpen(connection: number))
    }

    @Test("a number is not given again: what is remembered never means a stranger")
    func neverAgain() throws {
        let fixture = try server()
        var seen: Set<Int64> = []
        for _ in 0..<5 {
            let (peer, number) = try connected(fixture)
            #expect(seen.insert(number).inserted)
            fixture.layer.close(connection: number)
            #expect(peer.isClosed)
        }
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
        for number in seen { #expect(!fixture.layer.isOpen(connection: number)) }
    }

    @Test("before the start and after the stop no connection is open")
    func outside() throws {
        let idle = TransportLayer(logger: .quiet)
        #expect(!idle.isOpen(connection: 1))
        idle.close(connection: 1)
        let fixture = try server()
        let (peer, number) = try connected(fixture)
        #expect(fixture.layer.stop(within: .seconds(5)))
        #expect(!fixture.layer.isOpen(connection: number))
        fixture.layer.close(connection: number)
        #expect(peer.isClosed)
    }

    @Test("a connection that the server has opened has a number as well")
    func made() throws {
        let fixture = try server()
        let target = try StreamTarget()
        let destination = Origin(transport: .tcp, socket: .none, source: target.address)
        send(request(1), to: destination, by: fixture)
        let accepted = try target.accept()
        #expect(accepted.receive(request(1).utf8.count) == request(1))
        accepted.send(request(2))
        #expect(accepted.receive(request(2).utf8.count) == request(2))
        let number = try #require(fixture.record.origins.last).connection
        #expect(fixture.layer.isOpen(connection: number))
        fixture.layer.close(connection: number)
        #expect(accepted.isClosed)
        #expect(eventually { !fixture.layer.isOpen(connection: number) })
    }
}

@Suite("Using a connection again")
struct ConnectionReuseTests {
    @Test("a number goes before an address: the message takes the connection that is named")
    func numberFirst() throws {
        let fixture = try server()
        let (one, first) = try connected(fixture)
        let (other, _) = try connected(fixture)
        let destination = Origin(
            transport: .tcp, socket: .none, source: other.address, connection: first)
        send("to the first", to: destination, by: fixture)
        #expect(one.receive(12) == "to the first")
    }

    @Test("a number that is closed gives way to the address, for which a connection is opened")
    func closedNumber() throws {
        let fixture = try server()
        let (peer, number) = try connected(fixture)
        fixture.layer.close(connection: number)
        #expect(peer.isClosed)
        #expect(eventually { !fixture.layer.isOpen(connection: number) })
        let target = try StreamTarget()
        let destination = Origin(
            transport: .tcp, socket: .none, source: target.address, connection: number)
        send(request(3), to: destination, by: fixture)
        let accepted = try target.accept()
        #expect(accepted.receive(request(3).utf8.count) == request(3))
        #expect(eventually { fixture.statistics.connectionsMade.value == 1 })
    }

    @Test("messages to one address share the connection that the server has opened")
    func shared() throws {
        let fixture = try server()
        let target = try StreamTarget()
        let destination = Origin(transport: .tcp, socket: .none, source: target.address)
        send(request(1), to: destination, by: fixture)
        let accepted = try target.accept()
        #expect(accepted.receive(request(1).utf8.count) == request(1))
        for number in 2..<10 { send(request(number), to: destination, by: fixture) }
        let text = (2..<10).map { request($0) }.joined()
        #expect(accepted.receive(text.utf8.count) == text)
        #expect(eventually { fixture.statistics.connectionsMade.value == 1 })
        #expect(fixture.statistics.connectionsOpen.value == 1)
    }

    @Test("the answer to a request on one connection may go out on another")
    func redirected() throws {
        let fixture = try server { $0.tcpWorkers = 2 }
        let (one, first) = try connected(fixture)
        let (other, _) = try connected(fixture)
        let destination = Origin(
            transport: .tcp, socket: .none, source: one.address, connection: first)
        fixture.record.redirect(to: destination)
        other.send(request(5, body: 4))
        #expect(one.receive(request(5, body: 4).utf8.count) == request(5, body: 4))
    }
}

@Suite("Framing that cannot go on")
struct FramingFaultTests {
    @Test(
        "what came before is answered, then the connection ends and is counted once",
        arguments: [
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 1x\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nCSeq: 1 MESSAGE\r\n\r\n",
            "MESSAGE sip:a@b SIP/2.0\r\nl: 65536\r\n\r\n",
        ])
    func faults(text: String) throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request(1, body: 2) + text)
        #expect(peer.receive(request(1, body: 2).utf8.count) == request(1, body: 2))
        while !peer.receive(2).isEmpty {}
        #expect(eventually { fixture.statistics.connectionsOpen.value == 0 })
        #expect(fixture.statistics.connectionsMalformed.value == 1)
        #expect(fixture.record.all.count == 1)
    }

    @Test("a fault on one connection leaves the others as they are")
    func others() throws {
        let fixture = try server()
        let (good, number) = try connected(fixture)
        let bad = try StreamPeer(to: fixture.address)
        bad.send("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: x\r\n\r\n")
        #expect(bad.isClosed)
        #expect(fixture.layer.isOpen(connection: number))
        good.send(request(2))
        #expect(good.receive(request(2).utf8.count) == request(2))
        #expect(fixture.statistics.connectionsMalformed.value == 1)
    }

    @Test(
        "a length in any of its forms frames the message",
        arguments: [
            "Content-Length: 3", "content-length:3", "CONTENT-LENGTH :  3  ", "l: 3", "L:3",
            "Content-Length:\r\n 3", "Content-Length: 003",
        ])
    func lengths(line: String) throws {
        let fixture = try server()
        let peer = try StreamPeer(to: fixture.address)
        let text = "MESSAGE sip:a@b SIP/2.0\r\nCSeq: 1 MESSAGE\r\n\(line)\r\n\r\nabc"
        peer.send(text + request(2))
        let expected = text + request(2)
        #expect(peer.receive(expected.utf8.count) == expected)
        #expect(fixture.record.all.count == 2)
    }
}
