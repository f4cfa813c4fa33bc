import Foundation
import Synchronization

@testable import TestSupport

/// The other end of a client's socket: takes what comes and sends what the test says.
final class LoopbackPeer: Sendable {
    /// What is sent: pieces, with a short wait between them, and then the end of the connection.
    struct Answer: Sendable {
        var pieces: [[UInt8]]
        var closes = true

        /// An answer of texts.
        init(_ texts: [String], closes: Bool = true) {
            pieces = texts.map { Array($0.utf8) }
            self.closes = closes
        }
    }

    /// What is done with what came.
    typealias Answering = @Sendable (_ number: Int, _ received: String) -> Answer

    let kind: ClientSocket.Kind
    let port: UInt16
    private let descriptor: Int32
    private let seen = Mutex<[String]>([])
    private let isWanted = Atomic<Bool>(true)

    /// Listens on 127.0.0.1 or ::1; the system chooses the port.
    init(
        _ kind: ClientSocket.Kind = .stream, isIPv6: Bool = false, _ answer: @escaping Answering
    ) throws {
        self.kind = kind
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        let descriptor = socket(
            isIPv6 ? AF_INET6 : AF_INET, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let address = SocketAddress(isIPv6: isIPv6, port: 0)
        let isBound = unsafe address.withPointer { unsafe bind(descriptor, $0, $1) == 0 }
        guard isBound else { throw StartedProgram.Failure(description: "no port") }
        var name = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe withUnsafeMutablePointer(to: &name) { pointer in
            _ = unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: name.sin6_port)
        var patience = timeval(tv_sec: 0, tv_usec: 20_000)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if kind == .stream { listen(descriptor, 16) }
        Thread.detachNewThread { [self] in
            while isWanted.load(ordering: .relaxed) {
                if kind == .stream { serveConnection(answer) } else { serveDatagram(answer) }
            }
            close(descriptor)
        }
    }

    /// What has come, a datagram or a whole connection's first words each.
    var received: [String] { seen.withLock { $0 } }

    /// Ends the thread.
    func stop() { isWanted.store(false, ordering: .relaxed) }

    private func note(_ text: String) -> Int {
        seen.withLock { all in
            all.append(text)
            return all.count - 1
        }
    }

    private func serveDatagram(_ answer: Answering) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var peer = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe withUnsafeMutablePointer(to: &peer) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                let count = unsafe recvfrom(descriptor, &chunk, chunk.count, 0, name, &length)
                guard count >= 0 else { return }
                let text = String(decoding: chunk[..<count], as: UTF8.self)
                for piece in answer(note(text), text).pieces {
                    _ = unsafe sendto(descriptor, piece, piece.count, 0, name, length)
                }
            }
        }
    }

    private func serveConnection(_ answer: Answering) {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(connection, &chunk, chunk.count, 0)
        let text = String(decoding: chunk[..<max(0, count)], as: UTF8.self)
        let answer = answer(note(text), text)
        for piece in answer.pieces {
            _ = unsafe send(connection, piece, piece.count, Int32(MSG_NOSIGNAL))
            // Short, so that pieces usually arrive one by one; nothing depends on it.
            usleep(500)
        }
        guard !answer.closes else { return }
        while isWanted.load(ordering: .relaxed) { usleep(5_000) }
    }
}
