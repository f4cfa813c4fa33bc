import Basics
import Foundation
import TestSupport
import Testing

@testable import LoadGenerator

/// Two ends of a connection within this process.
private func makePair(sendBufferBytes: Int32 = 4_096) -> (SocketHandle, SocketHandle) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
    let status = unsafe socketpair(AF_UNIX, kind, 0, &ends)
    #expect(status == 0)
    let pair = (SocketHandle(descriptor: ends[0]), SocketHandle(descriptor: ends[1]))
    pair.0.set(SOL_SOCKET, SO_SNDBUF, sendBufferBytes)
    return pair
}

/// Everything that can be read from a socket at once.
private func drain(_ socket: SocketHandle) -> [UInt8] {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe recv(socket.descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return all }
        all += chunk[..<count]
    }
}

@Suite("Bytes that wait for a connection")
struct SendQueueTests {
    @Test("what does not fit at once follows when there is room, in order and whole")
    func partial() {
        let (near, far) = makePair()
        var queue = SendQueue()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
        queue.bytes.append(bytes.span)
        var arrived: [UInt8] = []
        var stops = 0
        while true {
            let status = queue.send(near)
            arrived += drain(far)
            if status == 0 { break }
            #expect(status == EAGAIN)
            stops += 1
        }
        arrived += drain(far)
        #expect(stops > 3)
        #expect(arrived == bytes)
        #expect(queue.bytes.count == 0, "what has left takes no memory")
    }

    @Test("an empty queue sends nothing, and one that is filled again goes on")
    func again() {
        let (near, far) = makePair()
        var queue = SendQueue()
        #expect(queue.send(near) == 0)
        for word in ["one", "two"] {
            queue.bytes.append(word)
            #expect(queue.send(near) == 0)
            #expect(String(decoding: drain(far), as: UTF8.self) == word)
        }
    }

    @Test("a connection whose other end is gone is an error and no signal")
    func gone() {
        let (near, far) = makePair()
        shutdown(far.descriptor, Int32(SHUT_RDWR))
        var queue = SendQueue()
        queue.bytes.append("x")
        #expect(queue.send(near) == EPIPE)
    }
}

@Suite("Sockets that are watched")
struct PollSetTests {
    @Test("a socket is readable when bytes or the end have come, and not before")
    func readable() throws {
        let (near, far) = makePair()
        var set = PollSet([near])
        try set.wait(milliseconds: 0)
        #expect(!set.isReadable(0))
        _ = unsafe send(far.descriptor, [1], 1, 0)
        try set.wait(milliseconds: 1_000)
        #expect(set.isReadable(0))
        _ = drain(near)
        try set.wait(milliseconds: 0)
        #expect(!set.isReadable(0))
        shutdown(far.descriptor, Int32(SHUT_WR))
        try set.wait(milliseconds: 1_000)
        #expect(set.isReadable(0))
    }

    @Test("room to write is told only where it is asked for")
    func writable() throws {
        let (near, far) = makePair()
        var set = PollSet([near, far])
        set.watchWriting(0, true)
        try set.wait(milliseconds: 1_000)
        #expect(set.isWritable(0))
        #expect(!set.isWritable(1))
        set.watchWriting(0, false)
        try set.wait(milliseconds: 0)
        #expect(!set.isWritable(0))
    }

    @Test("a socket that is forgotten is neither")
    func forgotten() throws {
        let (near, far) = makePair()
        _ = unsafe send(far.descriptor, [1], 1, 0)
        var set = PollSet([near])
        try set.wait(milliseconds: 1_000)
        set.forget(0)
        #expect(!set.isReadable(0))
        try set.wait(milliseconds: 0)
        #expect(!set.isReadable(0) && !set.isWritable(0))
    }
}

@Suite("Batches of datagrams")
struct DatagramBatchTests {
    /// A sender that is connected to a receiver, both on 127.0.0.1.
    private func makePair() throws -> (SocketHandle, SocketHandle) {
        let receiver = SocketHandle(
            descriptor: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        try receiver.bind(to: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        let name = ServerName(host: "127.0.0.1", port: try receiver.localAddress().port)
        return (try ServerEndpoint(resolving: name).connect(isTCP: false), receiver)
    }

    @Test(
        "requests leave as datagrams of their own, in order",
        arguments: [1, 2, Limits.datagramBatch])
    func leave(_ count: Int) throws {
        let (sender, receiver) = try makePair()
        var outbox = DatagramOutbox()
        for number in 0..<count {
            outbox.bytes.append("request-\(100 + number)")
            outbox.endMessage()
        }
        #expect(outbox.isFull == (count == Limits.datagramBatch))
        #expect(outbox.send(sender) == 0)
        #expect(outbox.count == 0 && outbox.bytes.count == 0)
        var inbox = DatagramInbox()
        var texts: [String] = []
        while inbox.receive(receiver) > 0 {
            for index in 0..<inbox.count { texts.append(String(copying: inbox.datagram(index))) }
        }
        #expect(texts == (0..<count).map { "request-\(100 + $0)" })
    }

    @Test("an empty outbox sends nothing")
    func nothing() throws {
        let (sender, receiver) = try makePair()
        var outbox = DatagramOutbox()
        #expect(outbox.send(sender) == 0)
        var inbox = DatagramInbox()
        #expect(inbox.receive(receiver) == -Int(EAGAIN))
        #expect(inbox.count == 0)
    }

    @Test("the longest datagram is kept whole, and an empty one is one as well")
    func long() throws {
        let (sender, receiver) = try makePair()
        let bytes = [UInt8](repeating: 65, count: 65_507)
        _ = unsafe send(sender.descriptor, bytes, bytes.count, 0)
        _ = unsafe send(sender.descriptor, bytes, 0, 0)
        var inbox = DatagramInbox()
        #expect(inbox.receive(receiver) == 2)
        #expect(inbox.datagram(0).count == bytes.count)
        #expect(inbox.datagram(1).count == 0)
    }

    @Test("datagrams to nobody are refused, and the rest of a batch is tried all the same")
    func refused() throws {
        // A socket of the other kind holds the port, so that nobody takes it meanwhile.
        let holder = SocketHandle(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try holder.bind(to: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        let name = ServerName(host: "127.0.0.1", port: try holder.localAddress().port)
        let nobody = try ServerEndpoint(resolving: name).connect(isTCP: false)
        var outbox = DatagramOutbox()
        var failures: Set<Int32> = []
        for _ in 0..<3 {
            for number in 0..<4 {
                outbox.bytes.append("\(number)")
                outbox.endMessage()
            }
            failures.insert(outbox.send(nobody))
            #expect(outbox.count == 0)
        }
        #expect(failures.isSubset(of: [0, ECONNREFUSED]))
        #expect(failures.contains(ECONNREFUSED))
    }
}

@Suite("Percentiles of a load")
struct PercentileTests {
    @Test("each is the value that sorting gives, to three digits", arguments: 1...12)
    func sorted(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed &* 1_000)
        var tally = LoadTally()
        var values: [UInt64] = []
        for _ in 0..<Int.random(in: 1...3_000, using: &numbers) {
            let scale = UInt64.random(in: 1_000...1_000_000_000, using: &numbers)
            let value = UInt64.random(in: 1_000...max(1_001, scale), using: &numbers)
            values.append(value)
            tally.settle(status: 200, nanoseconds: value)
        }
        values.sort()
        for percent in [1.0, 10, 50, 90, 99, 99.9, 100] {
            let rank = max(1, Int((Double(values.count) * percent / 100).rounded(.up)))
            let exact = Double(values[rank - 1]) / 1_000
            let told = tally.microseconds(percent: percent)
            #expect(abs(told - exact) <= exact * 0.002 + 1, "\(percent) of \(values.count)")
        }
    }

    @Test("one reply is every percentile")
    func one() {
        var tally = LoadTally()
        tally.settle(status: 200, nanoseconds: 500_000)
        for percent in [0, 50, 99.9, 100] {
            #expect(abs(tally.microseconds(percent: percent) - 500) < 1)
        }
    }

    @Test("percentiles never fall", arguments: 1...5)
    func monotone(_ seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        var tally = LoadTally()
        for _ in 0..<200 {
            tally.settle(status: 404, nanoseconds: .random(in: 0...(1 << 40), using: &numbers))
        }
        let told = stride(from: 0, through: 100, by: 0.5).map { tally.microseconds(percent: $0) }
        #expect(told == told.sorted())
    }
}
