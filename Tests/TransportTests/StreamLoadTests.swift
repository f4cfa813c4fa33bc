import Basics
import Dispatch
import TestSupport
import Testing

@testable import Transport

@Suite struct StreamLoadTests {
    @Test("wherever the segments end, the answers are the same", arguments: [1, 2, 3, 4])
    func segments(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let peer = try StreamPeer(to: fixture.address)
        let messages = (0..<40).map { request($0, body: Int.random(in: 0...3_000, using: &random)) }
        let text = messages.joined()
        var rest = Substring(text)
        var received = ""
        while !rest.isEmpty {
            let count = min(rest.utf8.count, Int.random(in: 1...4_000, using: &random))
            peer.send(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        received = peer.receive(text.utf8.count)
        #expect(received == text)
        #expect(fixture.record.all.count == messages.count)
    }

    @Test("messages that several threads send on one connection arrive whole")
    func manySenders() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        let origin = try #require(fixture.record.origins.first)
        let layer = fixture.layer
        let senders = (0..<4).map { sender in
            WorkerThread(name: "sender") {
                for number in 0..<250 {
                    layer.send(Array("<\(sender) \(1_000 + number)>".utf8).span, to: origin)
                }
            }
        }
        for sender in senders { try sender.start() }
        let text = peer.receive(1_000 * "<0 1000>".utf8.count)
        for sender in senders { #expect(sender.join(until: .now() + 5)) }
        let parts = text.split(separator: "<").map { $0.dropLast() }
        #expect(parts.count == 1_000)
        for sender in 0..<4 {
            let own = parts.filter { $0.hasPrefix("\(sender) ") }.compactMap {
                Int($0.dropFirst(2))
            }
            #expect(own == Array(1_000..<1_250))
        }
    }

    @Test("messages of several threads to one stranger share one connection")
    func manyOpeners() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let target = try StreamTarget()
        let destination = Origin(transport: .tcp, socket: .none, source: target.address)
        let layer = fixture.layer
        let senders = (0..<4).map { _ in
            WorkerThread(name: "sender") {
                for _ in 0..<50 { layer.send(Array("message.".utf8).span, to: destination) }
            }
        }
        for sender in senders { try sender.start() }
        let accepted = try target.accept()
        #expect(accepted.receive(200 * 8) == String(repeating: "message.", count: 200))
        for sender in senders { #expect(sender.join(until: .now() + 5)) }
        #expect(fixture.statistics.connectionsMade.value == 1)
        #expect(fixture.statistics.streamMessagesSent.value == 200)
        #expect(fixture.statistics.sendErrors.value == 0)
    }

    @Test("a stop under load ends all threads in time")
    func stopUnderLoad() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0", "udp:127.0.0.1:0"]) {
            $0.tcpWorkers = 2
            $0.udpWorkers = 2
        }
        let peers = try (0..<4).map { _ in try StreamPeer(to: fixture.address) }
        let clients = peers.map { peer in
            WorkerThread(name: "client") {
                let text = request(1, body: 400)
                while peer.send(text), peer.receive(text.utf8.count) == text {}
            }
        }
        for client in clients { try client.start() }
        #expect(eventually { fixture.statistics.streamMessagesReceived.value > 200 })
        #expect(fixture.layer.stop(within: .seconds(5)))
        for client in clients { #expect(client.join(until: .now() + 10)) }
        #expect(fixture.statistics.connectionsOpen.value == 0)
    }

    @Test("a peer that does not read holds up no stop")
    func stopWithSlowPeer() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        let origin = try #require(fixture.record.origins.first)
        // Enough to fill the buffers of both kernels' ends, and less than closes the connection.
        let bytes = Array(request(body: 60_000).utf8)
        for _ in 0..<12 { fixture.layer.send(bytes.span, to: origin) }
        let start = SystemClock.monotonic()
        #expect(fixture.layer.stop(within: .milliseconds(1_000)))
        #expect(SystemClock.monotonic().since(start) < 3_000_000_000)
    }

    @Test("a lifetime that is shortened while it runs counts for open connections")
    func settingsChange() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"])
        let peer = try StreamPeer(to: fixture.address)
        peer.send(request())
        #expect(peer.receive(request().utf8.count) == request())
        fixture.layer.settings.update { $0.connectionLifetime = .milliseconds(20) }
        #expect(peer.isClosed)
        #expect(fixture.statistics.connectionsTimedOut.value == 1)
    }

    @Test("a single line end now and then keeps a connection and is no message begun")
    func loneLineEnds() throws {
        let fixture = try Fixture(["tcp:127.0.0.1:0"]) {
            $0.messageReadTimeout = .milliseconds(40)
            $0.connectionLifetime = .milliseconds(400)
        }
        let peer = try StreamPeer(to: fixture.address)
        peer.send("\r\n")
        #expect(eventually { fixture.record.batches.value == 1 })
        let start = SystemClock.monotonic()
        #expect(peer.isClosed)
        #expect(SystemClock.monotonic().since(start) > 200_000_000)
    }

    @Test("bytes that are no SIP harm nobody else", arguments: [5, 6, 7])
    func noise(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let fixture = try Fixture(["tcp:127.0.0.1:0", "udp:127.0.0.1:0"])
        let good = try StreamPeer(to: fixture.address)
        let phone = try DatagramPeer(for: fixture.sockets[1].address)
        for _ in 0..<20 {
            let bytes = (0..<Int.random(in: 1...2_000, using: &random)).map { _ in
                UInt8.random(in: 0...127, using: &random)
            }
            let bad = try StreamPeer(to: fixture.address)
            bad.send(String(decoding: bytes, as: UTF8.self))
            try phone.send(bytes, to: fixture.sockets[1].address)
            if bytes.count >= Limits.datagramBytesMin { #expect(phone.receiveBytes() == bytes) }
        }
        good.send(request())
        #expect(good.receive(request().utf8.count) == request())
        #expect(eventually { fixture.statistics.connectionsOpen.value == 1 })
    }
}
