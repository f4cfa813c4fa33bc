import Basics
import CLinux
import Glibc

@testable import Transport

/// A phone on TCP: a blocking socket that waits for answers for at most five seconds.
final class StreamPeer: Sendable {
    let descriptor: CInt
    let address: PeerAddress

    /// Connects to a server.
    init(to server: PeerAddress) throws {
        descriptor = try SocketDescriptor.open(server, stream: true)
        let result = unsafe KernelAddress.withPointer(to: server) { [descriptor] peer, length in
            unsafe connect(descriptor, peer, length)
        }
        guard result == 0 else {
            close(descriptor)
            throw SystemError.last
        }
        address = try SocketDescriptor.boundAddress(descriptor)
        Self.limitWaiting(descriptor)
        try SocketDescriptor.set(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// A connection that was accepted.
    init(accepted descriptor: CInt) throws {
        self.descriptor = descriptor
        address = try SocketDescriptor.boundAddress(descriptor)
        Self.limitWaiting(descriptor)
    }

    deinit { close(descriptor) }

    private static func limitWaiting(_ descriptor: CInt) {
        // What is waited for comes, however busy the machine is; what does not leave may not leave.
        var (receiving, sending) = (timeval(tv_sec: 30, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0))
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &receiving, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &sending, size)
    }

    /// Sends all of a text; false when the connection takes no more.
    @discardableResult
    func send(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = unsafe bytes.withUnsafeBytes { source in
                unsafe Glibc.send(
                    descriptor, source.baseAddress, source.count, CInt(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            bytes = bytes.dropFirst(sent)
        }
        return true
    }

    /// The next `count` bytes as text; fewer if the connection ends or nothing comes.
    func receive(_ count: Int) -> String {
        var received: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while received.count < count {
            let most = min(room.count, count - received.count)
            let got = unsafe recv(descriptor, &room, most, 0)
            guard got > 0 else { break }
            received += room.prefix(got)
        }
        return String(decoding: received, as: UTF8.self)
    }

    /// Whether the server has closed the connection and nothing is left to read.
    var isClosed: Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(descriptor, &byte, 1, 0)
        return count == 0 || (count < 0 && errno == ECONNRESET)
    }

    /// Says that nothing more will be sent.
    func finishSending() { _ = shutdown(descriptor, CInt(SHUT_WR)) }
}

/// A server of the other side, which connections are made to.
final class StreamTarget: Sendable {
    let descriptor: CInt
    let address: PeerAddress

    init() throws {
        descriptor = try SocketDescriptor.listen(on: PeerAddress(ipv4: 0x7f00_0001, port: 0))
        address = try SocketDescriptor.boundAddress(descriptor)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    }

    deinit { close(descriptor) }

    /// The next connection that is made.
    func accept() throws -> StreamPeer {
        let number = Glibc.accept(descriptor, nil, nil)
        guard number >= 0 else { throw SystemError.last }
        return try StreamPeer(accepted: number)
    }
}

/// A request with a body of so many bytes.
func request(_ number: Int = 0, body: Int = 0, length: String = "Content-Length") -> String {
    "MESSAGE sip:a@b SIP/2.0\r\nCSeq: \(number) MESSAGE\r\n\(length): \(body)\r\n\r\n"
        + String(repeating: "b", count: body)
}
