internal import Basics

/// An HTTP/1.1 answer taken in piece by piece (RFC 9112): head, then a body that is counted, in
/// chunks, or ends with the connection.
///
/// A value: bytes go in, the body's bytes come out.
///
/// What is read before the body (head, sizes of chunks, trailers) is bounded by
/// `Limits.httpHeadBytesMax`; the body is not held here at all, so its size is nobody's concern.
///
/// Rejected: Foundation's URLSession. It would make up most of the program, holds an answer of half
/// a gigabyte in memory, and gives less control over time-outs than these two hundred lines.
public struct HTTPResponseReader: Sendable {
    /// Where in the answer the next byte stands.
    private enum State: Sendable, Equatable {
        /// Lines up to an empty one. Can transition to `counted`, `size`, `untilEnd`, `done`.
        case head
        /// So many bytes of the body to come. Can transition to `done`.
        case counted(Int)
        /// A line with the size of a chunk. Can transition to `chunk` and `trailer`.
        case size
        /// So many bytes of a chunk to come, then a line end. Can transition to `size`.
        case chunk(Int)
        /// Lines behind the last chunk up to an empty one. Can transition to `done`.
        case trailer
        /// All that comes is body.
        case untilEnd
        /// The answer is complete.
        case done
    }

    /// The status code, once the head has arrived.
    public private(set) var status: Int?
    /// Whether the answer is complete.
    public var isComplete: Bool { state == .done }
    /// What is read next.
    private var state = State.head
    /// Bytes that are not understood yet.
    private var pending: [UInt8] = []
    /// How much of `pending` is known to hold no end of a head: nothing is searched twice.
    private var searched = 0

    /// A reader for one answer.
    public init() {}

    /// Takes bytes in and returns those of the body among them.
    ///
    /// Any cut is allowed, also within a line or between CR and LF. Once the answer is complete,
    /// further bytes are kept and never read: there is one request a connection.
    public mutating func take(_ bytes: some Collection<UInt8>) throws(ControlError) -> [UInt8] {
        pending.append(contentsOf: bytes)
        var body: [UInt8] = []
        var place = 0
        while try step(&place, &body) {}
        pending.removeFirst(place)
        searched = max(searched - place, 0)
        return body
    }

    /// The connection has ended; an error unless the answer is complete.
    ///
    /// An end is the regular one only where neither length nor chunks announce another
    /// (RFC 9112 6.3, last rule).
    public mutating func end() throws(ControlError) {
        if state == .untilEnd { state = .done }
        guard state == .done else {
            throw ControlError(.unreachable, "the server ended the connection within its answer")
        }
    }

    /// One step on; false when more bytes are needed.
    ///
    /// Each state takes what it can from `place` on; the loop ends when one of them is short of
    /// bytes.
    private mutating func step(
        _ place: inout Int, _ body: inout [UInt8]
    ) throws(ControlError) -> Bool {
        switch state {
        case .head:
            guard let end = headEnd(from: place) else {
                guard pending.count - place <= Limits.httpHeadBytesMax else {
                    throw Self.malformed("the head does not end")
                }
                return false
            }
            try read(head: String(decoding: pending[place..<end], as: UTF8.self))
            place = end + 4
            return true
        case .counted(let count):
            let taken = move(count, &place, &body)
            state = taken == count ? .done : .counted(count - taken)
            return taken == count
        case .chunk(let count):
            guard count > 0 else {
                guard let line = try line(&place) else { return false }
                guard line.isEmpty else { throw Self.malformed("a chunk is longer than its size") }
                state = .size
                return true
            }
            let taken = move(count, &place, &body)
            state = .chunk(count - taken)
            return taken == count
        case .size:
            guard let line = try line(&place) else { return false }
            let digits = line.prefix { $0 != ";" && $0 != " " }
            // Int would take a sign; RFC 9112 7.1 knows digits only.
            guard digits.allSatisfy(\.isHexDigit), let size = Int(digits, radix: 16) else {
                throw Self.malformed("\"\(line)\" is no chunk size")
            }
            state = size == 0 ? .trailer : .chunk(size)
            return true
        case .trailer:
            guard let line = try line(&place) else { return false }
            if line.isEmpty { state = .done }
            return true
        case .untilEnd:
            _ = move(pending.count - place, &place, &body)
            return false
        case .done: return false
        }
    }

    /// Moves up to `count` bytes to the body and returns how many there were.
    private mutating func move(_ count: Int, _ place: inout Int, _ body: inout [UInt8]) -> Int {
        let taken = min(count, pending.count - place)
        body.append(contentsOf: pending[place..<(place + taken)])
        place += taken
        return taken
    }

    /// The next line without its end; nil while it is incomplete.
    ///
    /// A bare LF ends a line too, as RFC 9112 2.2 allows a recipient.
    private func line(_ place: inout Int) throws(ControlError) -> String? {
        guard let end = pending[place...].firstIndex(of: UInt8(ascii: "\n")) else {
            if pending.count - place > Limits.httpHeadBytesMax { throw Self.malformed("a line") }
            return nil
        }
        defer { place = end + 1 }
        let text = String(decoding: pending[place..<end], as: UTF8.self)
        return text.hasSuffix("\r") ? String(text.dropLast()) : text
    }

    /// Where the head ends: at the first empty line.
    private mutating func headEnd(from start: Int) -> Int? {
        var place = max(start, searched)
        while place + 4 <= pending.count {
            if pending[place] == 13, pending[place + 1] == 10, pending[place + 2] == 13,
                pending[place + 3] == 10
            {
                searched = 0
                return place
            }
            place += 1
        }
        searched = place
        return nil
    }

    /// Takes up status and framing.
    ///
    /// The order of the rules is that of RFC 9112 6.3: a status that has no body comes first, then
    /// the coding, then the length, and the end of the connection last.
    ///
    /// An interim answer (RFC 9110 15.2), whichever it is, is stepped over. Two lengths that differ
    /// are refused (RFC 9112 6.3): whoever guesses reads one answer as two.
    private mutating func read(head: String) throws(ControlError) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            (100...999).contains(status)
        else {
            throw Self.malformed("the first line is \"\(lines[0].prefix(80))\"")
        }
        if status < 200 { return }
        self.status = status
        var length: Int?
        var isChunked = false
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = Self.trimmed(line[line.index(after: colon)...]).lowercased()
            switch line[..<colon].lowercased() {
            case "content-length":
                guard value.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(value),
                    length == nil || length == count
                else {
                    throw Self.malformed("Content-Length is \"\(value)\"")
                }
                length = count
            case "transfer-encoding": isChunked = value.hasSuffix("chunked")
            default: break
            }
        }
        if status == 204 || status == 304 {
            state = .done
        } else if isChunked {
            state = .size
        } else if let length {
            state = length == 0 ? .done : .counted(length)
        } else {
            state = .untilEnd
        }
    }

    /// A field's value without the blanks around it, which are no part of it (RFC 9110 5.5).
    private static func trimmed(_ value: Substring) -> Substring {
        var value = value.drop { $0 == " " || $0 == "\t" }
        while let last = value.last, last == " " || last == "\t" { value = value.dropLast() }
        return value
    }

    /// The error for bytes that are no HTTP.
    private static func malformed(_ what: String) -> ControlError {
        ControlError(.unreachable, "the server's answer is no HTTP: \(what)")
    }
}
