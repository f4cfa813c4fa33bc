import Basics
import Foundation
import Synchronization

@testable import LoadGenerator

/// A registrar of the tests: answers REGISTER requests from a thread of its own.
///
/// `answer` decides for each request, given with its number, what comes back: nothing, or a status
/// line; header fields of the request follow it, as a real reply repeats them.
final class Responder: Sendable {
    /// What is done with one request.
    typealias Answer = @Sendable (_ number: Int, _ request: String) -> String?

    let port: UInt16
    private let socket: SocketHandle
    private let requests = Guarded<[String]>([])
    private let isWanted = Atomic<Bool>(true)

    /// Listens on UDP, or TCP with `isTCP`, and answers until it is forgotten.
    init(isTCP: Bool = false, isIPv6: Bool = false, answer: @escaping Answer) throws {
        let kind = Int32(isTCP ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
        let descriptor = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        socket = SocketHandle(descriptor: descriptor)
        try socket.bind(
            to: isIPv6 ? .init(high: 0, low: 1, port: 0) : .init(ipv4: 0x7f00_0001, port: 0))
        port = try socket.localAddress().port
        Self.setPatience(descriptor)
        if isTCP {
            listen(descriptor, 16)
            Thread.detachNewThread { self.acceptAll(answer) }
        } else {
            Thread.detachNewThread { self.answerDatagrams(answer) }
        }
    }

    /// Answers no more.
    func stop() { isWanted.store(false, ordering: .relaxed) }

    /// The requests in the order they came.
    var received: [String] { requests.withLock { $0 } }

    private static func setPatience(_ descriptor: Int32) {
        var patience = timeval(tv_sec: 0, tv_usec: 20_000)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    private func reply(_ request: String, _ answer: Answer) -> String? {
        let number = requests.withLock { all in
            all.append(request)
            return all.count
        }
        guard let line = answer(number, request) else { return nil }
        let end = request.range(of: "\r\n")?.upperBound ?? request.startIndex
        return line + "\r\n" + request[end...]
    }

    private func answerDatagrams(_ answer: Answer) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while isWanted.load(ordering: .relaxed) {
            var name = [UInt8](repeating: 0, count: 128)
            var length = socklen_t(name.count)
            let descriptor = socket.descriptor
            unsafe name.withUnsafeMutableBytes { memory in
                let peer = unsafe memory.assumingMemoryBound(to: sockaddr.self).baseAddress
                let count = unsafe chunk.withUnsafeMutableBytes {
                    unsafe recvfrom(descriptor, $0.baseAddress, $0.count, 0, peer, &length)
                }
                guard count > 0 else { return }
                let request = String(decoding: chunk[..<count], as: UTF8.self)
                guard let text = reply(request, answer) else { return }
                let bytes = Array(text.utf8)
                _ = unsafe sendto(descriptor, bytes, bytes.count, 0, peer, length)
            }
        }
    }

    private func acceptAll(_ answer: @escaping Answer) {
        while isWanted.load(ordering: .relaxed) {
            let descriptor = accept(socket.descriptor, nil, nil)
            guard descriptor >= 0 else { continue }
            let connection = SocketHandle(descriptor: descriptor)
            Thread.detachNewThread { self.answerStream(connection, answer) }
        }
    }

    private func answerStream(_ connection: SocketHandle, _ answer: Answer) {
        Self.setPatience(connection.descriptor)
        var pending = ""
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while isWanted.load(ordering: .relaxed) {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe recv(connection.descriptor, $0.baseAddress, $0.count, 0)
            }
            if count == 0 { return }
            guard count > 0 else { continue }
            pending += String(decoding: chunk[..<count], as: UTF8.self)
            while let end = pending.range(of: "\r\n\r\n") {
                let request = String(pending[..<end.upperBound])
                pending = String(pending[end.upperBound...])
                guard let reply = reply(request, answer) else { return }
                write(reply, connection)
            }
        }
    }

    /// Writes in two pieces, so that the reader has to put messages together.
    private func write(_ text: String, _ connection: SocketHandle) {
        let bytes = Array(text.utf8)
        for piece in [bytes[..<40], bytes[40...]] {
            unsafe piece.withUnsafeBytes {
                unsafe _ = send(connection.descriptor, $0.baseAddress, $0.count, 0x4000)
            }
        }
    }
}
