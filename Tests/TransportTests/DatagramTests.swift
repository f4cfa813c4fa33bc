import Basics
import Synchronization
import Testing

@testable import Transport

@Suite struct DatagramTests {
    static let families = ["udp:127.0.0.1:0", "udp:[::1]:0"]

    @Test("a datagram is answered to where it came from", arguments: families)
    func echo(listen: String) throws {
        guard canBind(listen) else { return }
        let fixture = try Fixture([listen])
        let peer = try DatagramPeer(for: fixture.address)
        try peer.send("OPTIONS sip:a@b SIP/2.0", to: fixture.address)
        #expect(peer.receive() == "OPTIONS sip:a@b SIP/2.0")
        #expect(fixture.record.origins.map(\.source) == [peer.address])
        #expect(fixture.record.origins.first?.socket == SocketIndex(0))
        #expect(fixture.record.origins.first?.connection == -1)
    }

    @Test("answers come in the order of the requests")
    func order() throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        let messages = (0..<200).map { "MESSAGE sip:alice@example.org SIP/2.0 \($0)" }
        for message in messages { try peer.send(message, to: fixture.address) }
        #expect(messages.map { _ in peer.receive() } == messages)
    }

    @Test("a thousand datagrams that wait take a call for each batch of them")
    func batches() throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        let statistics = fixture.statistics
        fixture.record.hold()
        let text = String(repeating: "x", count: 200)
        try peer.send(text, to: fixture.address)
        #expect(eventually { fixture.record.batches.value == 1 })
        for _ in 0..<1_000 { try peer.send(text, to: fixture.address) }
        fixture.record.release()
        #expect((0...1_000).allSatisfy { _ in peer.receive() == text })
        #expect(statistics.datagramsReceived.value == 1_001)
        #expect(statistics.receiveCalls.value == 1 + (1_000 + 31) / Limits.datagramBatch)
        #expect(eventually { statistics.sendCalls.value == statistics.receiveCalls.value })
        #expect(statistics.datagramsSent.value == 1_001)
        #expect(fixture.record.batches.value == statistics.receiveCalls.value)
    }

    @Test("the longest datagram passes unharmed")
    func longest() throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        let bytes = (0..<65_507).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try peer.send(bytes, to: fixture.address)
        #expect(peer.receiveBytes() == bytes)
    }

    @Test("a datagram longer than allowed is dropped and counted")
    func truncated() throws {
        let fixture = try Fixture { $0.datagramBytesMax = 1_000 }
        let peer = try DatagramPeer(for: fixture.address)
        try peer.send([UInt8](repeating: 65, count: 1_001), to: fixture.address)
        let fitting = [UInt8](repeating: 66, count: 1_000)
        try peer.send(fitting, to: fixture.address)
        #expect(peer.receiveBytes() == fitting)
        #expect(fixture.statistics.datagramsTruncated.value == 1)
        #expect(fixture.statistics.datagramsReceived.value == 1)
    }

    @Test("keep-alives of a NAT reach no handler", arguments: ["", "\r\n\r\n", "\0\0\0\0"])
    func probes(text: String) throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        try peer.send(text, to: fixture.address)
        try peer.send("OPTIONS sip:a@b SIP/2.0", to: fixture.address)
        #expect(peer.receive() == "OPTIONS sip:a@b SIP/2.0")
        #expect(fixture.record.origins.count == 1)
        #expect(fixture.statistics.probesReceived.value == (text.isEmpty ? 0 : 1))
    }

    @Test(
        "datagrams that come together reach the handler one by one and in order",
        arguments: [
            [300, 300, 300, 300], [300, 300, 300, 120], [Int](repeating: 100, count: 64) + [99],
            [Int](repeating: 400, count: 500), [20, 20, 20, 20, 20, 19],
            [1_201, 1_201, 1_201, 1_201],
        ])
    func together(_ lengths: [Int]) throws {
        let fixture = try Fixture()
        let texts = try sendRun(lengths, to: fixture.address)
        let long = texts.filter { $0.utf8.count >= Limits.datagramBytesMin }
        #expect(eventually { fixture.record.texts.count == long.count })
        #expect(fixture.record.texts == long)
        #expect(eventually { fixture.statistics.datagramsReceived.value == long.count })
        #expect(fixture.statistics.probesReceived.value == lengths.count - long.count)
        #expect(fixture.statistics.datagramsTruncated.value == 0)
    }

    @Test("over IPv6 they do as well")
    func togetherIPv6() throws {
        guard canBind("udp:[::1]:0") else { return }
        let fixture = try Fixture(["udp:[::1]:0"])
        let texts = try sendRun([Int](repeating: 400, count: 40), to: fixture.address)
        #expect(eventually { fixture.record.texts.count == 40 })
        #expect(fixture.record.texts == texts)
        #expect(eventually { fixture.statistics.receiveCalls.value < 10 })
    }

    @Test("what comes together is answered in parts, not all at its end")
    func answeredInParts() throws {
        let fixture = try Fixture()
        fixture.record.hold()
        try sendRun([30], to: fixture.address)
        #expect(eventually { fixture.record.batches.value == 1 })
        try sendRun([Int](repeating: 500, count: 100), to: fixture.address)
        fixture.record.release()
        #expect(eventually { fixture.statistics.datagramsSent.value == 101 })
        // One call for the first, and one for each 32 of the hundred, however they were received.
        #expect(fixture.statistics.sendCalls.value >= 1 + 100 / Limits.datagramBatch)
        #expect(fixture.statistics.receiveCalls.value <= 3)
    }

    @Test("where long datagrams are refused, runs of short ones still come whole")
    func togetherWithLimit() throws {
        let fixture = try Fixture { $0.datagramBytesMax = 1_000 }
        let texts = try sendRun([Int](repeating: 400, count: 20), to: fixture.address)
        #expect(eventually { fixture.record.texts.count == 20 })
        #expect(fixture.record.texts == texts)
        #expect(fixture.statistics.datagramsTruncated.value == 0)
    }

    @Test("with several workers each peer stays with one, and all peers are served")
    func workers() throws {
        let fixture = try Fixture { $0.udpWorkers = 4 }
        #expect(fixture.layer.workers.map(\.worker.index) == [0, 1, 2, 3])
        let peers = try (0..<32).map { _ in try DatagramPeer(for: fixture.address) }
        for round in 0..<4 {
            for peer in peers {
                try peer.send("OPTIONS sip:a@b SIP/2.0 \(round)", to: fixture.address)
            }
            for peer in peers { #expect(peer.receive() == "OPTIONS sip:a@b SIP/2.0 \(round)") }
        }
        let pairs = Set(fixture.record.all.map { [$0.worker, Int($0.origin.source.port)] })
        #expect(fixture.record.all.count == 128)
        #expect(pairs.count == peers.count)
        #expect(Set(fixture.record.all.map(\.worker)).count > 1)
    }

    @Test("a message that cannot be sent does not hold up those behind it")
    func unsendable() throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        let socket = try DatagramSocket(
            PeerAddress(ipv4: 0x7f00_0001, port: 0), joining: false, receiveBufferBytes: 1 << 16)
        let statistics = TransportStatistics()
        var sender = DatagramSender(socket, statistics: statistics)
        var outbox = Outbox()
        let targets = [peer.address, PeerAddress(ipv4: .max, port: 5060), peer.address]
        for (place, target) in targets.enumerated() {
            outbox.begin()
            outbox.writer.append("message \(place)")
            outbox.commit(
                to: Origin(transport: .udp, socket: SocketIndex(0), source: target))
        }
        let router = MessageRouter(
            sockets: [], settings: fixture.layer.settings, statistics: statistics, logger: .quiet)
        sender.send(outbox, from: SocketIndex(0), router: router)
        #expect([peer.receive(), peer.receive()] == ["message 0", "message 2"])
        #expect(statistics.sendErrors.value == 1)
        #expect(statistics.datagramsSent.value == 2)
    }

    /// Sends texts to a peer by an outbox; returns the statistics.
    private func send(_ texts: [(String, PeerAddress)]) throws -> TransportStatistics {
        let fixture = try Fixture()
        let socket = try DatagramSocket(
            PeerAddress(ipv4: 0x7f00_0001, port: 0), joining: false, receiveBufferBytes: 1 << 16)
        let statistics = TransportStatistics()
        var sender = DatagramSender(socket, statistics: statistics)
        var outbox = Outbox()
        for (text, target) in texts {
            outbox.begin()
            outbox.writer.append(text)
            outbox.commit(to: Origin(transport: .udp, socket: SocketIndex(0), source: target))
        }
        let router = MessageRouter(
            sockets: [], settings: fixture.layer.settings, statistics: statistics, logger: .quiet)
        sender.send(outbox, from: SocketIndex(0), router: router)
        return statistics
    }

    @Test(
        "datagrams to one address arrive one by one and in order, however they were handed over",
        arguments: [
            [3, 3, 3], [300, 300, 300, 300], [300, 300, 300, 300, 20, 300],
            [20, 300, 300, 300, 300, 300], [Int](repeating: 950, count: 200),
            [Int](repeating: 1_200, count: 70), [Int](repeating: 1_201, count: 5),
            [Int](repeating: 100, count: 63) + [99] + [Int](repeating: 100, count: 64),
            [100, 99, 98, 97, 96, 95], [500, 501, 502, 503],
        ])
    func runs(_ lengths: [Int]) throws {
        let peer = try DatagramPeer(for: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        let texts = lengths.enumerated().map { place, length in
            (String("\(place) " + String(repeating: "x", count: length)).prefix(length))
        }.map(String.init)
        let statistics = try send(texts.map { ($0, peer.address) })
        for text in texts { #expect(peer.receive() == text) }
        #expect(peer.receive(waiting: false) == nil)
        #expect(statistics.datagramsSent.value == lengths.count)
        #expect(statistics.sendErrors.value == 0)
    }

    @Test("runs to several addresses, and a run that cannot be sent, do not disturb each other")
    func runsApart() throws {
        let one = try DatagramPeer(for: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        let two = try DatagramPeer(for: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        let nobody = PeerAddress(ipv4: .max, port: 5060)
        var texts: [(String, PeerAddress)] = []
        for target in [one.address, two.address, nobody, one.address] {
            for number in 0..<8 { texts.append(("message \(number)", target)) }
        }
        let statistics = try send(texts)
        let expected = (0..<8).map { "message \($0)" }
        #expect((0..<16).map { _ in one.receive() } == expected + expected)
        #expect((0..<8).map { _ in two.receive() } == expected)
        #expect(statistics.datagramsSent.value == 24 && statistics.sendErrors.value == 8)
    }

    @Test(
        "a run is of one address and length; only its end may be shorter",
        arguments: [
            ([5, 5, 5, 5], 4), ([5, 5, 5], 1), ([5, 5, 5, 4, 5, 5], 4), ([5, 5, 4, 5, 5], 1),
            ([5, 6, 6, 6, 6], 1), ([Int](repeating: 9, count: 100), 64),
            ([Int](repeating: 1_100, count: 100), 59), ([Int](repeating: 1_201, count: 9), 1),
        ] as [([Int], Int)])
    func runLengths(_ lengths: [Int], _ count: Int) {
        var outbox = Outbox()
        let target = Origin(
            transport: .udp, socket: SocketIndex(0), source: PeerAddress(ipv4: 1, port: 5060))
        for length in lengths {
            outbox.begin()
            outbox.writer.append(String(repeating: "x", count: length))
            outbox.commit(to: target)
        }
        #expect(DatagramRun.count(outbox.entries, from: 0) == count)
    }

    @Test("messages leave in the order in which they were written, whatever way they take")
    func orderOfWays() throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        let socket = try DatagramSocket(
            PeerAddress(ipv4: 0x7f00_0001, port: 0), joining: false, receiveBufferBytes: 1 << 16)
        let router = try #require(fixture.layer.state.withLock { $0.router })
        var sender = DatagramSender(socket, statistics: TransportStatistics())
        var outbox = Outbox()
        let own = SocketIndex(9)
        for (place, index) in [own, SocketIndex(0), own, .none, own].enumerated() {
            outbox.begin()
            outbox.writer.append("message \(place)")
            outbox.commit(to: Origin(transport: .udp, socket: index, source: peer.address))
        }
        sender.send(outbox, from: own, router: router)
        #expect((0..<5).map { _ in peer.receive() } == (0..<5).map { "message \($0)" })
    }

    @Test("any thread may send by a socket that is named or left open")
    func sendFromOutside() throws {
        let fixture = try Fixture()
        let peer = try DatagramPeer(for: fixture.address)
        for index in [SocketIndex(0), .none] {
            let destination = Origin(transport: .udp, socket: index, source: peer.address)
            fixture.layer.send(Array("NOTIFY".utf8).span, to: destination)
            #expect(peer.receive() == "NOTIFY")
        }
    }

    @Test("a destination that no socket leads to is counted")
    func noWay() throws {
        let fixture = try Fixture()
        let destination = Origin(
            transport: .udp, socket: .none,
            source: PeerAddress(high: 0, low: 1, port: 5060))
        fixture.layer.send(Array("NOTIFY".utf8).span, to: destination)
        #expect(fixture.statistics.sendErrors.value == 1)
    }
}
