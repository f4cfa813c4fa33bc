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

        /// Whether it is of a media type, whatever the parameters.
        func isType(_ wanted: [UInt8], _ body: Span<UInt8>) -> Bool {
            let value = body.extracting(type)
            guard !wanted.isEmpty, value.count >= wanted.count,
                value.extracting(0..<wanted.count).matches(wanted.span)
            else { return false }
            return value.count == wanted.count || !SIPToken.contains(value[wanted.count])
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
        var line = 0
        while line < body.count, parts.count < partsMax {
            var end = line
            while end < body.count, body[end] != 10 { end += 1 }
            let isMark =
                end - line >= mark.count
                && body.extracting(line..<(line + mark.count)).equals(mark.span)
            if isMark {
                if let start, let part = part(body, start..<max(start, lineEnd(body, line))) {
                    parts.append(part)
                }
                start = min(end + 1, body.count)
            }
            line = end + 1
        }
        return parts
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
