import Basics
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite struct WorkerTests {
    @Test("each thread makes a handler of its own on itself, and numbers have no gaps")
    func handlers() throws {
        let fixture = try Fixture(["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "udp:127.0.0.1:0"]) {
            $0.udpWorkers = 2
            $0.tcpWorkers = 2
        }
        #expect(eventually { fixture.record.madeOn.count == 6 })
        let workers = fixture.layer.workers
        #expect(workers.map(\.worker.index) == Array(0..<6))
        #expect(Set(workers.map(\.threadID)).count == 6)
        for status in workers {
            #expect(fixture.record.madeOn[status.worker] == status.threadID)
        }
        let sockets = workers.map(\.worker.socket)
        #expect(sockets == [0, 0, 2, 2].map { SocketIndex($0) } + [.none, .none])
    }

    @Test("threads have names that fit, and statuses have the whole ones")
    func names() throws {
        let fixture = try Fixture(["udp:127.0.0.1:0", "tcp:127.0.0.1:0"])
        #expect(eventually { fixture.layer.workers.allSatisfy { $0.threadID > 0 } })
        let workers = fixture.layer.workers
        let port = fixture.address.port
        #expect(workers.map(\.worker.name) == ["udp 127.0.0.1:\(port) #0", "tcp #0"])
        #expect(workers.map { systemName(of: $0.threadID) } == ["udp:\(port) #0", "tcp #0"])
    }

    /// The name that the system has for a thread of this process.
    private func systemName(of thread: Int) -> String? {
        let file = unsafe open("/proc/self/task/\(thread)/comm", O_RDONLY)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count - 1, 0)), as: UTF8.self)
    }

    @Test("an outbox larger than a batch goes out in order, a call for each batch")
    func largeOutbox() throws {
        let address = PeerAddress(ipv4: 0x7f00_0001, port: 0)
        let peer = try DatagramPeer(for: address)
        let socket = try DatagramSocket(address, joining: false, receiveBufferBytes: 1 << 20)
        let statistics = TransportStatistics()
        let router = MessageRouter(
            sockets: [], settings: Snapshot(TransportSettings()), statistics: statistics,
            logger: .quiet)
        var sender = DatagramSender(socket, statistics: statistics)
        var outbox = Outbox(capacity: 16, messages: 1)
        let index = SocketIndex(3)
        for number in 0..<100 {
            outbox.begin()
            outbox.writer.append(decimal: number + 10)
            // Two of one length would begin a run, which is one message of a batch.
            if number % 2 == 0 { outbox.writer.append("...") }
            outbox.commit(to: Origin(transport: .udp, socket: index, source: peer.address))
        }
        sender.send(outbox, from: index, router: router)
        let expected = (0..<100).map { "\($0 + 10)" + ($0 % 2 == 0 ? "..." : "") }
        #expect((0..<100).map { _ in peer.receive() } == expected)
        #expect(statistics.sendCalls.value == 4)
        #expect(statistics.datagramsSent.value == 100)
    }

    @Test("a batch is taken from the socket once, with sources and lengths")
    func batch() throws {
        let address = PeerAddress(ipv4: 0x7f00_0001, port: 0)
        let socket = try DatagramSocket(address, joining: false, receiveBufferBytes: 1 << 20)
        let peers = try (0..<3).map { _ in try DatagramPeer(for: address) }
        var batch = DatagramBatch(capacity: 2, room: 64)
        for (place, peer) in peers.enumerated() {
            try peer.send([UInt8](repeating: 65, count: 63 + place), to: socket.address)
        }
        guard case .received(2) = batch.receive(from: socket) else {
            Issue.record("two datagrams wait")
            return
        }
        #expect([batch.bytes(0).count, batch.bytes(1).count] == [63, 64])
        #expect([batch.source(0), batch.source(1)] == [peers[0].address, peers[1].address])
        let isWhole = !batch.isTruncated(1)
        #expect(isWhole)
        guard case .received(1) = batch.receive(from: socket) else {
            Issue.record("one datagram waits")
            return
        }
        let isCut = batch.isTruncated(0)
        #expect(isCut)
        #expect(batch.bytes(0).count == 64)
        let source = batch.source(0)
        #expect(source == peers[2].address)
    }

    @Test("datagrams that come together are known by their length, and one alone has none")
    func merged() throws {
        let address = PeerAddress(ipv4: 0x7f00_0001, port: 0)
        let socket = try DatagramSocket(address, joining: false, receiveBufferBytes: 1 << 20)
        socket.mergeDatagrams()
        let peer = try DatagramPeer(for: address)
        try sendRun([300, 300, 300, 300, 300, 120], to: socket.address)
        try peer.send([UInt8](repeating: 65, count: 77), to: socket.address)
        var batch = DatagramBatch(capacity: 4)
        var lengths: [Int?] = []
        var total = 0
        guard case .received(let places) = batch.receive(from: socket) else {
            Issue.record("datagrams wait")
            return
        }
        for place in 0..<places {
            lengths.append(batch.pieceBytes(place))
            total += batch.bytes(place).count
            let isWhole = !batch.isTruncated(place)
            #expect(isWhole)
        }
        #expect(total == 5 * 300 + 120 + 77)
        #expect(lengths == [300, nil])
        // A place that held several before says nothing of them when it holds one.
        try peer.send([UInt8](repeating: 65, count: 50), to: socket.address)
        guard case .received(1) = batch.receive(from: socket) else {
            Issue.record("one datagram waits")
            return
        }
        let alone = batch.pieceBytes(0)
        #expect(alone == nil && batch.bytes(0).count == 50)
    }

    @Test("a socket that was not asked to merge gets each datagram by itself")
    func apart() throws {
        let address = PeerAddress(ipv4: 0x7f00_0001, port: 0)
        let socket = try DatagramSocket(address, joining: false, receiveBufferBytes: 1 << 20)
        try sendRun([300, 300, 300, 300], to: socket.address)
        var batch = DatagramBatch()
        guard case .received(4) = batch.receive(from: socket) else {
            Issue.record("four datagrams wait")
            return
        }
        let lengths = (0..<4).map { batch.pieceBytes($0) ?? batch.bytes($0).count }
        #expect(lengths == [300, 300, 300, 300])
    }

    @Test(
        "error numbers have words that go on a sentence",
        arguments: [
            (EADDRINUSE, "address already in use"), (EACCES, "permission denied"),
            (EPROTONOSUPPORT, "protocol not supported"), (12_345, "system error 12345"),
        ])
    func words(number: Int32, expected: String) {
        #expect(SystemError(number: number).reason == expected)
    }

    @Test("a thread runs its work once and can be waited for more than once")
    func thread() throws {
        let runs = Counter()
        let thread = WorkerThread(name: "a name that is far too long") { runs.add() }
        try thread.start()
        #expect(thread.join(until: .now() + 5))
        #expect(thread.join(until: .now() + 5))
        #expect(runs.value == 1)
        #expect(thread.threadID > 0)
    }

    @Test("a receive that was shut down returns at once, now and later")
    func shutDown() throws {
        let socket = try DatagramSocket(
            PeerAddress(ipv4: 0x7f00_0001, port: 0), joining: false, receiveBufferBytes: 65_536)
        let waits = WorkerThread(name: "waits") {
            var batch = DatagramBatch()
            _ = batch.receive(from: socket)
            _ = batch.receive(from: socket)
        }
        try waits.start()
        #expect(eventually { waits.threadID > 0 })
        socket.stopReceiving()
        #expect(waits.join(until: .now() + 5))
    }
}
