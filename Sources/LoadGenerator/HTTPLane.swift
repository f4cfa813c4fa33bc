internal import Glibc

/// One connection of a load of commands: at most one call is under way.
struct HTTPLane: ~Copyable {
    /// What reading has brought.
    enum Progress: Equatable {
        /// The answer is not there yet.
        case waiting
        /// An answer: the status of HTTP, or 400 for one of JSON-RPC that is an error.
        case answered(Int)
        /// The connection is over, or what came is no answer with a Content-Length.
        case broken
    }

    /// The connection.
    let socket: SocketHandle
    /// When the call under way was sent; nil while there is none.
    var sentAt: UInt64?
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var count = 0

    /// A lane over an open connection.
    init(_ socket: SocketHandle) { self.socket = socket }

    /// Sends a call whole; false when the socket does not take it.
    mutating func send(_ request: [UInt8], now: UInt64) -> Bool {
        let written = unsafe request.withUnsafeBytes { bytes in
            unsafe Glibc.send(
                socket.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard written == request.count else { return false }
        sentAt = now
        return true
    }

    /// Reads what is there.
    mutating func receive() -> Progress {
        let room = buffer.count - count
        guard room > 0 else { return .broken }
        let start = count
        let descriptor = socket.descriptor
        let received = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(descriptor, bytes.baseAddress.map { unsafe $0 + start }, room, 0)
        }
        guard received > 0 else {
            return received < 0 && (errno == EAGAIN || errno == EINTR) ? .waiting : .broken
        }
        count += received
        guard let end = Self.end(of: buffer.span.extracting(0..<count)) else { return .waiting }
        guard let answer = Self.answer(buffer.span.extracting(0..<count), headEnd: end) else {
            return .broken
        }
        guard count >= answer.length else { return .waiting }
        // One call at a time: more bytes than its answer are nobody's.
        guard count == answer.length else { return .broken }
        count = 0
        return .answered(answer.status)
    }

    /// Where the head ends: behind its empty line.
    private static func end(of bytes: Span<UInt8>) -> Int? {
        var place = 3
        while place < bytes.count {
            if bytes[place] == 10, bytes[place - 1] == 13, bytes[place - 2] == 10 {
                return place + 1
            }
            place += 1
        }
        return nil
    }

    /// Status and whole length of an answer; nil when the head has no Content-Length.
    static func answer(_ bytes: Span<UInt8>, headEnd: Int) -> (status: Int, length: Int)? {
        guard bytes.count > 12, let length = contentLength(bytes.extracting(0..<headEnd)) else {
            return nil
        }
        var status = 0
        for place in 9..<12 {
            guard (48...57).contains(bytes[place]) else { return nil }
            status = status * 10 + Int(bytes[place] - 48)
        }
        guard (100..<700).contains(status) else { return nil }
        let body = bytes.extracting(min(headEnd, bytes.count)..<bytes.count)
        if status == 200, body.count >= length, contains(body, "\"error\"") { status = 400 }
        return (status, headEnd + length)
    }

    /// The number of the field Content-Length.
    private static func contentLength(_ head: Span<UInt8>) -> Int? {
        let name: StaticString = "content-length:"
        var line = 0
        while line < head.count {
            var end = line
            while end < head.count, head[end] != 10 { end += 1 }
            if begins(head.extracting(line..<end), name) {
                var number: Int?
                for place in (line + name.utf8CodeUnitCount)..<end {
                    let byte = head[place]
                    guard (48...57).contains(byte) else { continue }
                    number = (number ?? 0) * 10 + Int(byte - 48)
                    if number ?? 0 > 1 << 30 { return nil }
                }
                return number
            }
            line = end + 1
        }
        return nil
    }

    private static func begins(_ text: Span<UInt8>, _ name: StaticString) -> Bool {
        guard text.count >= name.utf8CodeUnitCount else { return false }
        for place in 0..<name.utf8CodeUnitCount
        where unsafe text[place] | 0x20 != name.utf8Start[place] | 0x20 {
            return false
        }
        return true
    }

    private static func contains(_ text: Span<UInt8>, _ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard text.count >= length else { return false }
        var start = 0
        while start <= text.count - length {
            var place = 0
            while place < length, unsafe text[start + place] == word.utf8Start[place] { place += 1 }
            if place == length { return true }
            start += 1
        }
        return false
    }
}
