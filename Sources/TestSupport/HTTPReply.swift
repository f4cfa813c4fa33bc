/// A reply of HTTP, read as its bytes come (RFC 9112 6).
public struct HTTPReply: Sendable {
    /// Status code.
    public let status: Int
    /// Header fields, names in lower case.
    public let fields: [String: String]
    /// The body, chunks put together.
    public let body: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Bytes that a body or a chunk of it may have.
    private static let lengths = 0...(1 << 30)

    /// What has come so far, and from where more comes.
    private struct Incoming {
        /// Where it comes from.
        let socket: ClientSocket
        /// Until when it is waited for, in seconds of the monotonic clock.
        let end: Double
        /// What has come, from the status line on.
        var bytes: [UInt8] = []

        /// Waits for the next piece; false when there is none.
        mutating func more() -> Bool {
            let wait = max(0, end - monotonicSeconds())
            guard let piece = socket.receive(seconds: wait), !piece.isEmpty else { return false }
            bytes += piece
            return true
        }
    }

    /// Reads the reply that comes on a connection; nil when none comes, or only a part of one.
    public init?(from socket: ClientSocket, seconds: Double) {
        var incoming = Incoming(socket: socket, end: monotonicSeconds() + seconds)
        var headEnd: Int?
        while headEnd == nil {
            let seen = incoming.bytes.count
            guard incoming.more() else { return nil }
            headEnd = Self.endOfHead(incoming.bytes, from: max(0, seen - 3))
        }
        guard let start = headEnd else { return nil }
        let lines = String(decoding: incoming.bytes[..<start], as: UTF8.self)
            .split(whereSeparator: \.isNewline)
        // What is no HTTP must fail a test and not end the process of all tests.
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count > 1, let status = Int(words[1]) else { return nil }
        self.status = status
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        self.fields = fields
        if let text = fields["content-length"] {
            guard let length = Int(text), Self.lengths.contains(length) else { return nil }
            while incoming.bytes.count < start + length {
                guard incoming.more() else { return nil }
            }
            body = Array(incoming.bytes[start..<(start + length)])
        } else if fields["transfer-encoding"]?.lowercased() == "chunked" {
            guard let whole = Self.unchunk(&incoming, from: start) else { return nil }
            body = whole
        } else {
            while incoming.more() {}
            body = Array(incoming.bytes[start...])
        }
    }

    /// Puts chunks together (RFC 9112 7.1).
    private static func unchunk(_ incoming: inout Incoming, from start: Int) -> [UInt8]? {
        var body: [UInt8] = []
        var place = start
        while true {
            while incoming.bytes[place...].firstIndex(of: 10) == nil {
                guard incoming.more() else { return nil }
            }
            let line = incoming.bytes[place...].prefix { $0 != 13 && $0 != 10 }
            let digits = String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), lengths.contains(size) else { return nil }
            let first = line.endIndex + 2
            // The line break behind the chunk belongs to it.
            while incoming.bytes.count < first + size + 2 {
                guard incoming.more() else { return nil }
            }
            if size == 0 { return body }
            body += incoming.bytes[first..<(first + size)]
            place = first + size + 2
        }
    }

    /// The place behind the empty line that ends the header section.
    private static func endOfHead(_ bytes: [UInt8], from first: Int) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for start in first...max(first, bytes.count - 4) where start + 4 <= bytes.count {
            if bytes[start] == 13, bytes[start + 1] == 10, bytes[start + 2] == 13,
                bytes[start + 3] == 10
            {
                return start + 4
            }
        }
        return nil
    }
}
