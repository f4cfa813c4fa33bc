internal import Basics
internal import ModuleKit

/// `{line.…}`: lines of a text, such as the body of a message; CRLF and LF both end one.
extension Transformations {
    /// All of the class `line`.
    static var lines: [TransformationRow] {
        [
            .number("line.count", "How many lines there are.") { bytes, _, _ in
                bytes.isEmpty ? nil : lineCount(bytes)
            },
            .part(
                "line.at", [TransformationParameter("pos", .integer)],
                "The line of an index from 0, negative from the end; empty when it is missing."
            ) { bytes, index, _ in
                guard !bytes.isEmpty else { return nil }
                var wanted = index < 0 ? lineCount(bytes) &+ index : index
                guard wanted >= 0 else { return .empty }
                var start = 0
                while start < bytes.count {
                    if wanted == 0 { return line(bytes, from: start) }
                    start = nextLine(bytes, behind: start)
                    wanted -= 1
                }
                return .empty
            },
            TransformationRow(
                "line.sw", [TransformationParameter("match", .text)],
                "The first line that starts with a text; empty when there is none."
            ) { (arguments, _) in
                { context, value in
                    guard let text = context.text(value), let match = arguments[0].text(context),
                        context.length(of: text) > 0
                    else { return .null }
                    let range = context.withBytes(of: text) { bytes in
                        context.withBytes(of: match) { firstLine(bytes, startingWith: $0) }
                    }
                    return context.part(of: text, range)
                }
            },
        ]
    }

    private static let lineFeed = 10

    /// A break at the end of the text begins no further line.
    private static func lineCount(_ bytes: Span<UInt8>) -> Int {
        var count = 0
        var start = 0
        while start < bytes.count {
            count += 1
            start = nextLine(bytes, behind: start)
        }
        return count
    }

    /// The start of the line behind the one that begins at `start`.
    private static func nextLine(_ bytes: Span<UInt8>, behind start: Int) -> Int {
        (bytes.place(of: lineFeed, from: start) ?? bytes.count) + 1
    }

    /// The line that begins at `start`, without its end.
    private static func line(_ bytes: Span<UInt8>, from start: Int) -> ByteRange {
        var end = bytes.place(of: lineFeed, from: start) ?? bytes.count
        if end > start, end < bytes.count, bytes[end - 1] == 13 { end -= 1 }
        return bytes.range(start, end)
    }

    private static func firstLine(
        _ bytes: Span<UInt8>, startingWith match: Span<UInt8>
    ) -> ByteRange {
        var start = 0
        while start < bytes.count {
            let found = line(bytes, from: start)
            if Int(found.count) >= match.count,
                bytes.extracting(start..<(start + match.count)).equals(match)
            {
                return found
            }
            start = nextLine(bytes, behind: start)
        }
        return .empty
    }
}
