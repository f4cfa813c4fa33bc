import Basics
import CLinux
import Glibc
import JSONValue

/// Short waits of test threads that have nothing to wait on.
enum Pause {
    static func briefly() { usleep(1000) }
}

/// What the system says of the calling thread.
enum ThreadFacts {
    /// Its number; the system gives one again only after many others.
    static var number: Int { Int(clinux_thread_id()) }
    /// Its priority in steps of nice(2).
    static var nice: Int { Int(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)) }
}

/// A TCP connection that sends and receives bytes, so that tests see HTTP as it travels.
final class RawClient {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    /// A connection to a port of 127.0.0.1; it gives up reading after ten seconds.
    init(port: UInt16, receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            _ = unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(descriptor) }

    /// Sends text as it is.
    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends bytes as they are; false when the other side has closed.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends a request with a body.
    func post(_ body: String, path: String = "/RPC", method: String = "POST") {
        send(
            "\(method) \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body)
    }

    /// One answer: status, header fields in lower case, and body.
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: String
        var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    /// Reads one answer, with a length or in chunks; nil when the connection ends before.
    func answer() -> Answer? {
        guard let head = line(until: "\r\n\r\n") else { return nil }
        let lines = head.split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        var body: [UInt8] = []
        if headers["transfer-encoding"]?.lowercased() == "chunked" {
            while let size = line(until: "\r\n").flatMap({ Int($0, radix: 16) }) {
                guard let chunk = take(size + 2) else { return nil }
                if size == 0 { break }
                body += chunk.dropLast(2)
            }
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            guard let bytes = take(length) else { return nil }
            body = bytes
        }
        return Answer(
            status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    /// Reads the head of an answer.
    func head() -> String? { line(until: "\r\n\r\n") }

    /// Reads up to a text, of a body in chunks too; false when it does not come.
    func read(until text: String) -> Bool { line(until: text) != nil }

    /// Ends the connection, as a client does that leaves.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Posts and reads the answer.
    func call(_ body: String) -> Answer? {
        post(body)
        return answer()
    }

    /// Whether the server closes within the patience of this client.
    func isClosed() -> Bool {
        while receive() {}
        return lastWasEnd
    }

    /// Reads some bytes and forgets them; returns how many.
    func skim() -> Int {
        guard receive() else { return 0 }
        defer { pending.removeAll() }
        return pending.count
    }

    private var lastWasEnd = false

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        lastWasEnd = count == 0 || (count < 0 && errno == ECONNRESET)
        guard count > 0 else { return false }
        pending += buffer[..<count]
        return true
    }

    private func take(_ count: Int) -> [UInt8]? {
        while pending.count < count { guard receive() else { return nil } }
        defer { pending.removeFirst(count) }
        return Array(pending[..<count])
    }

    private func line(until end: String) -> String? {
        let mark = Array(end.utf8)
        var searched = 0
        while true {
            if pending.count >= mark.count {
                for place in searched...(pending.count - mark.count)
                where Array(pending[place..<(place + mark.count)]) == mark {
                    let text = String(decoding: pending[..<place], as: UTF8.self)
                    pending.removeFirst(place + mark.count)
                    return text
                }
                searched = pending.count - mark.count + 1
            }
            guard receive() else { return nil }
        }
    }
}
