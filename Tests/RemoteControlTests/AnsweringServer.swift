import Basics
import Foundation
import Glibc
import Synchronization

/// A server of HTTP that answers each connection once, as a closure says, until it is let go.
final class AnsweringServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let seen = Requests()

    /// What has come; apart from the server, so that its thread does not keep that alive.
    private final class Requests: Sendable {
        let list = Guarded<[String]>([])
    }

    /// What is answered to the text of a request; a head is added when it has no status line.
    init(_ answer: @escaping @Sendable (String) -> String) {
        let place = LoopbackListener()
        descriptor = place.descriptor
        port = place.port
        let listener = descriptor
        let seen = seen
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { break }
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let count = unsafe recv(client, &buffer, buffer.count, 0)
                let request = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
                seen.list.withLock { $0.append(request) }
                var text = answer(request)
                if !text.hasPrefix("HTTP/") {
                    text = "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
                }
                let bytes = Array(text.utf8)
                _ = unsafe send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                close(client)
            }
            // Here and not by whoever ends the server: its number would be another's at once, and
            // this loop would answer that one's clients.
            close(listener)
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var url: String { "http://127.0.0.1:\(port)/RPC" }
    /// The requests that have come.
    var requests: [String] { seen.list.withLock { $0 } }
}
