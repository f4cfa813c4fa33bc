internal import Basics
internal import Synchronization

/// The bytes of a stream, cut into messages by Content-Length (RFC 3261 18.3).
final class StreamBytes: Sendable {
    /// Most bytes of a body; one that is said to be longer never comes.
    private static let bodyBytesMax = 1 << 30

    /// What has come and belongs to no message taken yet.
    private let bytes = Guarded<[UInt8]>([])

    /// Adds what came.
    func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }

    /// Takes the first message; nil while it is not complete.
    func message() -> [UInt8]? {
        bytes.withLock { bytes in
            // What keeps a connection alive stands between messages (RFC 5626 4.4.1).
            while bytes.starts(with: [13, 10]) { bytes.removeFirst(2) }
            guard let end = Self.endOfHead(bytes) else { return nil }
            let head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
            var length = 0
            for line in head.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: ":", maxSplits: 1)
                let name = parts[0].filter { $0 != " " && $0 != "\t" }
                guard parts.count == 2, name == "content-length" || name == "l" else { continue }
                length = min(Int(parts[1].filter(\.isNumber)) ?? 0, Self.bodyBytesMax)
            }
            guard bytes.count >= end + length else { return nil }
            defer { bytes.removeFirst(end + length) }
            return Array(bytes[..<(end + length)])
        }
    }

    /// The place behind the empty line that ends the header section; nil while it has not come.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for start in 0...(bytes.count - 4)
        where bytes[start] == 13 && bytes[start + 1] == 10 && bytes[start + 2] == 13
            && bytes[start + 3] == 10
        {
            return start + 4
        }
        return nil
    }
}
