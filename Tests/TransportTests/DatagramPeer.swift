import Basics
import CLinux
import Glibc

@testable import Transport

/// A phone: a UDP socket of its own that sends and waits for answers.
struct DatagramPeer: Sendable {
    let socket: DatagramSocket

    /// A peer at a port of the system's choice, of the family of `address`.
    init(for address: PeerAddress) throws {
        socket = try DatagramSocket(
            address.at(0), joining: false, receiveBufferBytes: 1 << 20)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    }

    var address: PeerAddress { socket.address }

    func send(_ text: String, to server: PeerAddress) throws {
        try socket.send(Array(text.utf8).span, to: server)
    }

    func send(_ bytes: [UInt8], to server: PeerAddress) throws {
        try socket.send(bytes.span, to: server)
    }

    /// The next datagram; nil when none comes within half a minute.
    func receiveBytes(waiting: Bool = true) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let flags = waiting ? 0 : CInt(MSG_DONTWAIT)
        let count = unsafe recv(socket.descriptor, &bytes, bytes.count, flags)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    /// The next datagram as text.
    func receive(waiting: Bool = true) -> String? {
        receiveBytes(waiting: waiting).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Sends texts of these lengths from one socket by one outbox, which makes runs of them; returns
/// what was sent.
@discardableResult
func sendRun(_ lengths: [Int], to address: PeerAddress) throws -> [String] {
    let texts = lengths.enumerated().map { place, length in
        String("\(place) \(String(repeating: "x", count: length))".prefix(length))
    }
    let socket = try DatagramPeer(for: address).socket
    let statistics = TransportStatistics()
    var sender = DatagramSender(socket, statistics: statistics)
    var outbox = Outbox()
    for text in texts {
        outbox.begin()
        outbox.writer.append(text)
        outbox.commit(to: Origin(transport: .udp, socket: SocketIndex(0), source: address))
    }
    let router = MessageRouter(
        sockets: [], settings: Snapshot(TransportSettings()), statistics: statistics,
        logger: .quiet)
    sender.send(outbox, from: SocketIndex(0), router: router)
    return texts
}
