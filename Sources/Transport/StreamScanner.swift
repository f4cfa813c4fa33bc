internal import Basics

/// Finds where messages begin and end in the bytes that a stream has brought (RFC 3261 18.3).
///
/// It holds no bytes: the caller shows it what is unread, acts, drops what was used, and asks
/// again. What it has looked at without finding an end it does not look at again, so a message that
/// comes byte by byte costs no more than one that comes whole.
struct StreamScanner: Sendable {
    /// What is to be done next.
    enum Step: Sendable, Equatable {
        /// A message of so many bytes is complete.
        case message(Int)
        /// A ping of so many bytes wants its pong (RFC 5626 4.4.1).
        case ping(Int)
        /// So many bytes between messages mean nothing (RFC 3261 7.5).
        case skip(Int)
        /// Nothing is complete yet.
        case needMore
        /// This is no SIP; nothing behind it can be trusted.
        case malformed(StaticString)

        static func == (left: Step, right: Step) -> Bool { "\(left)" == "\(right)" }
    }

    /// Whether a message has begun and not ended.
    private(set) var isWithinMessage = false

    private let acceptsMissingLength: Bool
    private var searched = 0
    private var expected: Int?

    /// A scanner at the start of a stream.
    init(acceptsMissingLength: Bool = false) { self.acceptsMissingLength = acceptsMissingLength }

    /// Says what the unread bytes call for.
    mutating func next(in unread: Span<UInt8>) -> Step {
        if !isWithinMessage, let step = between(unread) { return step }
        isWithinMessage = true
        if expected == nil {
            guard let end = headerEnd(in: unread) else {
                return unread.count > Limits.messageBytesMax
                    ? .malformed("the header section is too long") : .needMore
            }
            guard let length = contentLength(unread.extracting(0..<end)) else {
                return .malformed("Content-Length is missing or is no number")
            }
            guard end + length <= Limits.messageBytesMax else {
                return .malformed("the message is too long")
            }
            expected = end + length
        }
        guard let count = expected, unread.count >= count else { return .needMore }
        expected = nil
        searched = 0
        isWithinMessage = false
        return .message(count)
    }

    /// What stands between messages: nil when a message begins.
    private func between(_ unread: Span<UInt8>) -> Step? {
        guard !unread.isEmpty else { return .needMore }
        var ends = 0
        var place = 0
        while place < unread.count, unread[place] == 13 || unread[place] == 10, ends < 2 {
            ends += unread[place] == 10 ? 1 : 0
            place += 1
        }
        if place == 0 { return nil }
        if ends == 2 { return .ping(place) }
        // A lone CRLF may be half of a ping; it is waited for without a message having begun.
        return place == unread.count ? .needMore : .skip(place)
    }

    /// Where the header section ends, just behind its empty line.
    private mutating func headerEnd(in unread: Span<UInt8>) -> Int? {
        var place = max(searched, 3)
        while place < unread.count {
            if unread[place] == 10, unread[place - 1] == 13, unread[place - 2] == 10,
                unread[place - 3] == 13
            {
                return place + 1
            }
            place += 1
        }
        searched = place
        return nil
    }

    /// The length of the body that follows; nil when the header fields do not say it clearly.
    private func contentLength(_ head: Span<UInt8>) -> Int? {
        var found: Int?
        var start = 0
        for place in head.indices where head[place] == 10 {
            if let name = lengthFieldName(head, from: start) {
                guard let value = number(head, from: name, to: place) else { return nil }
                guard found == nil || found == value else { return nil }
                found = value
            }
            start = place + 1
        }
        return found ?? (acceptsMissingLength ? 0 : nil)
    }

    /// If the line at `start` is Content-Length or its compact form: where its value begins.
    private func lengthFieldName(_ head: Span<UInt8>, from start: Int) -> Int? {
        var place = start
        if matches(head, "content-length", at: start) {
            place += 14
        } else if matches(head, "l", at: start) {
            place += 1
        } else {
            return nil
        }
        while place < head.count, head[place] == 32 || head[place] == 9 { place += 1 }
        return place < head.count && head[place] == UInt8(ascii: ":") ? place + 1 : nil
    }

    private func matches(_ head: Span<UInt8>, _ name: StaticString, at start: Int) -> Bool {
        let count = name.utf8CodeUnitCount
        guard head.count - start >= count else { return false }
        for place in 0..<count {
            let letter = unsafe name.utf8Start[place]
            let given = head[start + place]
            guard given == letter || (given ^ letter == 0x20 && letter >= 97) else { return false }
        }
        return true
    }

    /// Digits with spaces around them, up to the end of the line.
    private func number(_ head: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var value: Int?
        var isClosed = false
        for place in start..<end {
            switch head[place] {
            case 9, 13, 32: isClosed = value != nil
            case 48...57 where !isClosed:
                value = (value ?? 0) * 10 + Int(head[place] - 48)
                if (value ?? 0) > Limits.messageBytesMax { return .max / 2 }
            default: return nil
            }
        }
        return value
    }
}
