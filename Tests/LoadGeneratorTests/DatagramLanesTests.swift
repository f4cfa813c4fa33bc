import Basics
import Foundation
import Testing

@testable import LoadGenerator

/// A bound socket that keeps what it gets until it is asked.
private final class Listener {
    let port: UInt16
    private let socket: SocketHandle

    init() throws {
        socket = SocketHandle(descriptor: Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        try socket.bind(to: .init(ipv4: 0x7f00_0001, port: 0))
        port = try socket.localAddress().port
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        unsafe setsockopt(
            socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
            socklen_t(MemoryLayout<timeval>.size))
    }

    /// The datagrams that have come, with the port each came from.
    func received() -> [(text: String, from: UInt16)] {
        var found: [(String, UInt16)] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            var name = [UInt8](repeating: 0, count: 128)
            var length = socklen_t(name.count)
            let descriptor = socket.descriptor
            let count = unsafe name.withUnsafeMutableBytes { memory in
                let peer = unsafe memory.assumingMemoryBound(to: sockaddr.self).baseAddress
                return unsafe chunk.withUnsafeMutableBytes {
                    unsafe recvfrom(descriptor, $0.baseAddress, $0.count, 0, peer, &length)
                }
            }
            guard count >= 0 else { return found }
            let port = UInt16(name[2]) << 8 | UInt16(name[3])
            found.append((String(decoding: chunk[..<count], as: UTF8.self), port))
        }
    }

    /// Sends a datagram to a port.
    func send(_ text: String, to port: UInt16) {
        let bytes = Array(text.utf8)
        var (name, length) = PeerAddress(ipv4: 0x7f00_0001, port: port).socketAddress
        unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                unsafe _ = sendto(socket.descriptor, bytes, bytes.count, 0, peer, length)
            }
        }
    }

    /// Sends texts to a port as a load does: those of one length go to the kernel as one message.
    func send(_ texts: [String], toLane port: UInt16) {
        var (name, length) = PeerAddress(ipv4: 0x7f00_0001, port: port).socketAddress
        unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                _ = unsafe connect(socket.descriptor, peer, length)
            }
        }
        var outbox = DatagramOutbox()
        for text in texts {
            outbox.bytes.append(text)
            outbox.endMessage()
        }
        _ = outbox.send(socket)
    }

    /// Sockets that are connected to it.
    func lanes(_ count: Int) throws -> DatagramLanes {
        let name = ServerName(host: "127.0.0.1", port: port)
        return try DatagramLanes(count: count, endpoint: ServerEndpoint(resolving: name))
    }
}

@Suite("Sockets of a load")
struct DatagramLanesTests {
    @Test("messages of different length leave as they were written, each by its lane")
    func lengths() throws {
        let listener = try Listener()
        var lanes = try listener.lanes(2)
        for (number, lane) in [0, 0, 1, 0].enumerated() {
            try lanes.turn(to: lane)
            lanes.outbox.bytes.append(String(repeating: "x", count: number * 7 + 1))
            try lanes.endMessage()
        }
        try lanes.flush()
        let found = listener.received()
        #expect(found.map(\.text.utf8.count) == [1, 8, 15, 22])
        let ports = lanes.addresses.map(\.port)
        #expect(found.map(\.from) == [ports[0], ports[0], ports[1], ports[0]])
        #expect(ports[0] != ports[1])
    }

    @Test("a full outbox leaves by itself, the rest when it is told to")
    func batches() throws {
        let listener = try Listener()
        var lanes = try listener.lanes(1)
        for number in 0..<(Limits.datagramBatch + 3) {
            lanes.outbox.bytes.append("message \(number)")
            try lanes.endMessage()
        }
        #expect(lanes.outbox.count == 3)
        #expect(listener.received().count == Limits.datagramBatch)
        try lanes.flush()
        #expect(listener.received().map(\.text) == (32..<35).map { "message \($0)" })
        try lanes.flush()
        #expect(listener.received().isEmpty)
    }

    @Test("a message longer than the outbox was made for leaves whole")
    func long() throws {
        let listener = try Listener()
        var lanes = try listener.lanes(1)
        for length in [30_000, 5, 30_000] {
            lanes.outbox.bytes.append(String(repeating: "y", count: length))
            try lanes.endMessage()
        }
        try lanes.flush()
        #expect(listener.received().map(\.text.utf8.count) == [30_000, 5, 30_000])
    }

    @Test("what comes is read in batches, by the lane that it came to")
    func receives() throws {
        let listener = try Listener()
        var lanes = try listener.lanes(2)
        for number in 0..<(Limits.datagramBatch + 5) {
            listener.send("\(number)", to: lanes.addresses[1].port)
        }
        try lanes.wait(milliseconds: 1_000)
        let ready = (lanes.isReady(lane: 0), lanes.isReady(lane: 1))
        #expect(!ready.0 && ready.1)
        var texts: [String] = []
        var sizes: [Int] = []
        while true {
            let count = lanes.receive(lane: 1)
            guard count > 0 else { break }
            sizes.append(count)
            for index in 0..<count { texts.append(String(copying: lanes.inbox.datagram(index))) }
        }
        #expect(sizes == [Limits.datagramBatch, 5])
        #expect(texts == (0..<(Limits.datagramBatch + 5)).map { "\($0)" })
        let refusals = lanes.refusals
        #expect(refusals == 0)
    }

    @Test(
        "messages leave and come one by one, however the kernel was asked to carry them",
        arguments: [
            [300, 300, 300, 300], [300, 300, 120, 300, 300], [5, 300, 300, 300],
            [Int](repeating: 900, count: 32), [1_201, 1_201, 1_201], [1, 1, 1], [40, 39, 38, 37],
        ])
    func runs(_ lengths: [Int]) throws {
        let listener = try Listener()
        var lanes = try listener.lanes(1)
        let texts = lengths.enumerated().map { place, length in
            String("\(place)\(String(repeating: "z", count: length))".prefix(length))
        }
        for text in texts {
            lanes.outbox.bytes.append(text)
            try lanes.endMessage()
        }
        try lanes.flush()
        #expect(listener.received().map(\.text) == texts)
        listener.send(texts, toLane: lanes.addresses[0].port)
        var found: [String] = []
        while found.count < texts.count {
            try lanes.wait(milliseconds: 1_000)
            let count = lanes.receive(lane: 0)
            guard count > 0 else { break }
            for index in 0..<count { found.append(String(copying: lanes.inbox.datagram(index))) }
        }
        #expect(found == texts)
    }

    @Test(
        "a run is of one length, and may end with one that is shorter",
        arguments: [
            ([5, 5, 5], 0, 3), ([5, 5, 4, 5], 0, 3), ([5, 6, 6], 0, 1), ([5, 6, 6], 1, 2),
            ([6, 5, 5], 0, 2), ([1_201, 1_201], 0, 1), ([7], 0, 1),
        ])
    func run(_ lengths: [Int], place: Int, count: Int) {
        #expect(DatagramOutbox.run(lengths, from: place) == count)
    }

    @Test("a port where nobody listens is counted and is no error")
    func refusals() throws {
        var listener: Listener? = try Listener()
        var lanes = try #require(listener).lanes(1)
        listener = nil
        for _ in 0..<3 {
            lanes.outbox.bytes.append("anybody?")
            try lanes.endMessage()
            try lanes.flush()
            try lanes.wait(milliseconds: 100)
            _ = lanes.receive(lane: 0)
        }
        let refusals = lanes.refusals
        #expect(refusals > 0)
    }
}
