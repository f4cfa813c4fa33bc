import Foundation
import Synchronization

@testable import BenchmarkRig

/// A server of HTTP on a port of its own, whose every answer is written by the test.
///
/// One thread, one connection at a time: the rig opens one for each call.
final class LoopbackHTTP: Sendable {
    /// What is sent on one connection.
    struct Answer: Sendable {
        /// The pieces, each sent on its own.
        var pieces: [String]
        /// Whether the connection is closed behind the last piece, or kept until the server ends.
        var closes = true

        /// An answer that says its length.
        static func whole(_ body: String, status: Int = 200) -> Answer {
            let head = "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            return Answer(pieces: [head, body])
        }
    }

    let port: UInt16
    private let descriptor: Int32
    private let seen = Mutex<[String]>([])
    private let isWanted = Atomic<Bool>(true)

    /// Answers the n-th request, counted from 0, with what `answer` returns.
    init(_ answer: @escaping @Sendable (_ number: Int, _ request: String) -> Answer) throws {
        guard let place = FreePort.bound(Int32(SOCK_STREAM.rawValue), 0) else {
            throw RigError(.system, "no port")
        }
        (descriptor, port) = place
        listen(descriptor, 16)
        Thread.detachNewThread { [self] in
            while isWanted.load(ordering: .relaxed) { serve(answer) }
            close(descriptor)
        }
    }

    /// The requests in the order they came.
    var requests: [String] { seen.withLock { $0 } }

    /// Ends the thread; a connection that is made afterwards is refused.
    func stop() {
        isWanted.store(false, ordering: .relaxed)
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func serve(_ answer: (Int, String) -> Answer) {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        let request = read(connection)
        let number = seen.withLock { all in
            all.append(request)
            return all.count - 1
        }
        let answer = answer(number, request)
        for piece in answer.pieces {
            let bytes = Array(piece.utf8)
            _ = unsafe bytes.withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
        }
        guard !answer.closes else { return }
        while isWanted.load(ordering: .relaxed) { usleep(5_000) }
    }

    /// The head and the body that it announces.
    private func read(_ connection: Int32) -> String {
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe recv(connection, $0.baseAddress, $0.count, 0)
            }
            guard count > 0 else { return text }
            text += String(decoding: chunk[..<count], as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n"),
                let field = text.range(of: "Content-Length: "),
                let length = Int(text[field.upperBound...].prefix { $0.isNumber })
            else { continue }
            if text[end.upperBound...].utf8.count >= length { return text }
        }
    }
}
