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

    /// Reads the reply that comes on a connection; nil when none comes, or only a part of one.
    public init?(from socket: ClientSocket, seconds: Double) {
        let end = monotonicSeconds() + seconds
        var bytes: [UInt8] = []
        func more() -> Bool {
            let wait = max(0, end - monotonicSeconds())
            guard let piece = socket.receive(seconds: wait), !piece.isEmpty else { return false }
            bytes += piece
            return true
        }
        var headEnd = Self.endOfHead(bytes, from: 0)
        while headEnd == nil {
            let seen = bytes.count
            guard more() else { return nil }
            headEnd = Self.endOfHead(bytes, from: max(0, seen - 3))
        }
        guard let start = headEnd else { return nil }
        let lines = String(decoding: bytes[..<start], as: UTF8.self).split(
            whereSeparator: \.isNewline)
        let words = lines[0].split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { return nil }
        self.status = status
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        self.fields = fields
        if let length = fields["content-length"].flatMap({ Int($0) }) {
            while bytes.count < start + length { guard more() else { return nil } }
            body = Array(bytes[start..<(start + length)])
        } else if fields["transfer-encoding"] == "chunked" {
            guard let whole = Self.unchunk(&bytes, from: start, more) else { return nil }
            body = whole
        } else {
            while more() {}
            body = Array(bytes[start...])
        }
    }

    private static func unchunk(
        _ bytes: inout [UInt8], from start: Int, _ more: () -> Bool
    ) -> [UInt8]? {
        // `more` adds to the array that is lent here, so everything is read first: the last chunk
        // is empty.
        let last = Array("\r\n0\r\n\r\n".utf8)
        let bare = Array("0\r\n\r\n".utf8)
        while !bytes.suffix(last.count).elementsEqual(last),
            !bytes[start...].elementsEqual(bare)
        {
            guard more() else { return nil }
        }
        var body: [UInt8] = []
        var place = start
        while let end = bytes[place...].firstIndex(of: 13) {
            let digits = String(decoding: bytes[place..<end], as: UTF8.self)
            guard let size = Int(digits, radix: 16) else { return nil }
            if size == 0 { return body }
            guard end + 2 + size <= bytes.count else { return nil }
            body += bytes[(end + 2)..<(end + 2 + size)]
            place = end + 2 + size + 2
        }
        return nil
    }

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
