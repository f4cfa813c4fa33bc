internal import Basics
internal import Glibc
internal import JSONValue

/// Calls RPC commands over HTTP (JSON-RPC 2.0), one connection a call.
struct RPCClient: Sendable {
    /// What came back.
    struct Answer: Sendable {
        /// HTTP status.
        var status: Int
        /// Bytes of the body.
        var bodyBytes: Int
        /// The start of the body.
        var text: String
        /// How often the counted text was seen.
        var matches: Int
        /// Seconds from the request to the last byte.
        var seconds: Double
    }

    /// Port on 127.0.0.1.
    let port: UInt16

    /// Calls `method` with text parameters and counts `counting` in the answer.
    func call(
        _ method: String, _ parameters: [String] = [], counting: String = "", waitSeconds: Int = 30
    ) throws(RigError) -> Answer {
        let start = SystemClock.monotonic()
        let kind = Int32(SOCK_STREAM.rawValue)
        let name = LoopbackName(port: port)
        guard let descriptor = name.connect(kind, waitSeconds: waitSeconds) else {
            throw RigError(.answer, "\(method): nobody listens at 127.0.0.1:\(port) (TCP)")
        }
        defer { close(descriptor) }
        let request = Array(Self.request(method, parameters).utf8)
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(0x4000))
        }
        guard sent == request.count else { throw RigError(.answer, "\(method): not sent") }
        var reply = HTTPReply(counting: counting)
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while !reply.isComplete {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            reply.add(chunk[..<max(0, count)])
            guard !reply.isBroken else {
                throw RigError(.answer, "\(method): the answer is no HTTP")
            }
            if count <= 0, !reply.isComplete {
                throw RigError(.answer, "\(method): the answer ended early")
            }
        }
        let seconds = Double(SystemClock.monotonic().since(start)) / 1e9
        return Answer(
            status: reply.status, bodyBytes: reply.bodyCount,
            text: String(decoding: reply.kept, as: UTF8.self), matches: reply.matches,
            seconds: seconds)
    }

    /// The number behind `name` in an answer, such as `"location_contacts = 5"` or `"used": 5`.
    static func number(_ name: String, in text: String) -> Int? {
        var rest = text[...]
        while let place = rest.firstIndex(of: name.first ?? " ") {
            rest = rest[place...]
            if rest.hasPrefix(name) {
                let tail = rest.dropFirst(name.count).drop { " \t:=\"".contains($0) }
                if let value = Int(tail.prefix { $0.isNumber }) { return value }
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// The text of a whole HTTP request.
    static func request(_ method: String, _ parameters: [String]) -> String {
        var writer = JSONWriter()
        var members: [JSONValue.Member] = [
            .init("jsonrpc", .string("2.0")), .init("method", .string(method)),
        ]
        if !parameters.isEmpty {
            members.append(.init("params", .array(parameters.map { .string($0) })))
        }
        members.append(.init("id", .integer(1)))
        writer.value(.object(members))
        let body = writer.bytes.text
        return "POST /RPC HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }
}
