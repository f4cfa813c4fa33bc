internal import Basics
internal import ModuleKit

/// Bodies of several parts (RFC 2046 5.1).
enum MultipartBody {
    /// Most parts that are looked at.
    private static let partsMax = 64

    /// One part.
    struct Part {
        /// The value of its Content-Type; empty without one.
        var type: Range<Int>
        /// The bytes behind its empty line.
        var content: Range<Int>
        /// From the line of its boundary up to that of the next one.
        var whole = 0..<0
        /// Its header lines and content, without the line end in front of the next boundary.
        var inner = 0..<0

        /// Whether it is of a media type, whatever the parameters.
        func isType(_ wanted: [UInt8], _ body: Span<UInt8>) -> Bool {
            let value = body.extracting(type)
            guard !wanted.isEmpty, value.count >= wanted.count,
                value.extracting(0..<wanted.count).matches(wanted.span)
            else { return false }
            guard value.count > wanted.count else { return true }
            // "application" alone names no type: a `/` behind it continues the name.
            let next = value[wanted.count]
            return next != UInt8(ascii: "/") && !SIPToken.contains(next)
        }
    }

    /// The boundary that a Content-Type names; nil when it is not of several parts.
    static func boundary(_ contentType: Span<UInt8>) -> [UInt8]? {
        guard contentType.hasPrefix(matching: "multipart/") else { return nil }
        let text = Array(copying: contentType)
        for parameter in text.split(separator: UInt8(ascii: ";")).dropFirst() {
            let trimmed = parameter.drop { $0 <= 32 }
            let name = trimmed.prefix { $0 != UInt8(ascii: "=") }
            guard Array(name).span.matches("boundary") else { continue }
            var value = Array(trimmed.dropFirst(name.count + 1))
            while let last = value.last, last <= 32 { value.removeLast() }
            if value.count >= 2, value.first == 34, value.last == 34 {
                value = Array(value.dropFirst().dropLast())
            }
            // RFC 2046 5.1.1: 1 to 70 characters.
            return (1...70).contains(value.count) ? value : nil
        }
        return nil
    }

    /// The parts between lines `--boundary`; what is malformed is left out.
    static func parts(_ body: Span<UInt8>, _ boundary: [UInt8]) -> [Part] {
        let mark = [45, 45] + boundary
        var parts: [Part] = []
        var start: Int?
        var opening = 0
        var line = 0
        while line < body.count, parts.count < partsMax {
            var end = line
            while end < body.count, body[end] != 10 { end += 1 }
            let isMark =
                end - line >= mark.count
                && body.extracting(line..<(line + mark.count)).equals(mark.span)
            if isMark {
                if let start {
                    let inner = start..<max(start, lineEnd(body, line))
                    if var part = part(body, inner) {
                        part.whole = opening..<line
                        part.inner = inner
                        parts.append(part)
                    }
                }
                // RFC 2046 5.1.1: what follows the closing delimiter is an epilogue, to be ignored;
                // a part in it would be one that no other reader of the body sees.
                if isClosing(body, line + mark.count) { break }
                start = min(end + 1, body.count)
                opening = line
            }
            line = end + 1
        }
        return parts
    }

    /// Offset of the last line that begins with the boundary: where a further part goes; nil when
    /// there is none.
    static func closing(_ body: Span<UInt8>, _ boundary: [UInt8]) -> Int? {
        let mark = [45, 45] + boundary
        var found: Int?
        var line = 0
        while line + mark.count <= body.count {
            if body.extracting(line..<(line + mark.count)).equals(mark.span) {
                found = line
                if isClosing(body, line + mark.count) { break }
            }
            while line < body.count, body[line] != 10 { line += 1 }
            line += 1
        }
        return found
    }

    /// A part as it is written: the boundary, header lines that end with CRLF, the content.
    static func written(_ boundary: [UInt8], _ headers: [UInt8], _ content: [UInt8]) -> [UInt8] {
        [45, 45] + boundary + [13, 10] + headers + [13, 10] + content + [13, 10]
    }

    /// The line that ends a body of several parts.
    static func end(_ boundary: [UInt8]) -> [UInt8] { [45, 45] + boundary + [45, 45, 13, 10] }

    /// Whether the two hyphens stand at a place that make a boundary the last one.
    private static func isClosing(_ body: Span<UInt8>, _ place: Int) -> Bool {
        place + 2 <= body.count && body[place] == 45 && body[place + 1] == 45
    }

    /// Where the line end in front of a line begins: it belongs to the boundary.
    private static func lineEnd(_ body: Span<UInt8>, _ line: Int) -> Int {
        var end = line
        if end > 0, body[end - 1] == 10 { end -= 1 }
        if end > 0, body[end - 1] == 13 { end -= 1 }
        return end
    }

    /// Takes one part apart: header lines, an empty line, the content.
    private static func part(_ body: Span<UInt8>, _ range: Range<Int>) -> Part? {
        var part = Part(type: 0..<0, content: 0..<0)
        var line = range.lowerBound
        while line < range.upperBound {
            var end = line
            while end < range.upperBound, body[end] != 10 { end += 1 }
            let next = min(end + 1, range.upperBound)
            if end > line, body[end - 1] == 13 { end -= 1 }
            if end == line {
                part.content = next..<range.upperBound
                return part
            }
            let text = body.extracting(line..<end)
            if text.hasPrefix(matching: "Content-Type:") {
                var start = line + 13
                while start < end, body[start] <= 32 { start += 1 }
                part.type = start..<end
            }
            line = next
        }
        return nil
    }
}

/// What `is_audio_on_hold` needs of a session description (RFC 4566).
enum SessionDescription {
    /// 1 for a null address, 2 for a direction attribute, -1 for no hold; audio streams only.
    static func holdType(_ body: Span<UInt8>) -> Int {
        var isAudio = false
        var isSession = true
        var sessionHold = -1
        for line in Array(copying: body).split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            let line = Array(line)
            if line.starts(with: Array("m=".utf8)) {
                isSession = false
                // An audio stream without attributes of its own has those of the session.
                isAudio = line.starts(with: Array("m=audio ".utf8))
                if isAudio, sessionHold > 0 { return sessionHold }
                continue
            }
            let hold = self.hold(line)
            guard hold > 0 else { continue }
            if isSession { sessionHold = hold } else if isAudio { return hold }
        }
        return -1
    }

    private static func hold(_ line: [UInt8]) -> Int {
        if line == Array("c=IN IP4 0.0.0.0".utf8) { return 1 }
        if line == Array("a=inactive".utf8) || line == Array("a=sendonly".utf8) { return 2 }
        return -1
    }
}
