internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// Which part of the message a text function looks at.
enum TextScope: Sendable {
    /// All of it, first line included.
    case message
    /// Header fields and body, but not the first line.
    case withoutFirstLine
    /// The header fields.
    case headers
    /// The body.
    case body

    /// Where the part is in the message at hand.
    func range(_ context: ScriptContext) -> ByteRange {
        let message = context.headerAndBody
        switch self {
        case .message: return ByteRange(offset: 0, count: message.body.end)
        case .withoutFirstLine:
            return ByteRange(
                offset: message.headers.start, count: message.body.end - message.headers.start)
        case .headers: return message.headers
        case .body: return message.body
        }
    }
}

extension ScriptContext {
    /// Where header fields and body of the message at hand are.
    fileprivate var headerAndBody: (headers: ByteRange, body: ByteRange) {
        (message.headers, message.body)
    }
}

/// Finding and replacing text in the message at hand.
///
/// All of them look at the message as it was received, as Kamailio's do; what they change waits in
/// the edits of the context.
enum MessageText {
    /// Whether an expression matches in a part of the message.
    static func search(
        _ context: ScriptContext, _ expression: RegularExpression, _ scope: TextScope
    ) -> Int {
        let range = scope.range(context)
        return context.withMessage { expression.matches($0[range]) } ? 1 : -1
    }

    /// Puts a text behind the first match.
    static func append(
        _ context: ScriptContext, _ expression: RegularExpression, _ text: [UInt8],
        _ scope: TextScope
    ) -> Int {
        guard let match = matches(context, expression, scope, all: false).first else { return -1 }
        return context.edits.insert(text, at: match.end) ? 1 : -1
    }

    /// Replaces the first match or all of them.
    static func replace(
        _ context: ScriptContext, _ expression: RegularExpression, _ text: [UInt8],
        _ scope: TextScope, all: Bool
    ) -> Int {
        replace(context, matches(context, expression, scope, all: all), text)
    }

    /// Replaces ranges of the message by one text.
    ///
    /// Where an earlier function has changed something in a range already, that stays.
    private static func replace(
        _ context: ScriptContext, _ ranges: [ByteRange], _ text: [UInt8]
    ) -> Int {
        var isChanged = false
        for range in ranges where context.edits.replace(range, with: text) { isChanged = true }
        return isChanged ? 1 : -1
    }

    /// Replaces a text wherever it stands, or where it stands first.
    static func replace(
        _ context: ScriptContext, text: [UInt8], by other: [UInt8], _ scope: TextScope, all: Bool
    ) -> Int {
        // The empty text stands everywhere, which nobody means.
        guard !text.isEmpty else { return -1 }
        let range = scope.range(context)
        let found = context.withMessage { message -> [ByteRange] in
            let bytes = message.bytes
            var found: [ByteRange] = []
            var place = range.start
            while place + text.count <= range.end, found.count < Limits.messageEditsMax {
                guard bytes.extracting(place..<(place + text.count)).equals(text.span) else {
                    place += 1
                    continue
                }
                found.append(ByteRange(offset: place, count: text.count))
                if !all { break }
                place += text.count
            }
            return found
        }
        return replace(context, found, other)
    }

    /// Makes a substitution in a part of the message.
    static func substitute(
        _ context: ScriptContext, _ substitution: TextSubstitution, _ range: ByteRange
    ) -> Int {
        let found = context.withMessage { substitution.replacements($0[range], context) }
        var isChanged = false
        for replacement in found {
            let place = ByteRange(
                offset: range.start + replacement.range.start,
                count: Int(replacement.range.count))
            if context.edits.replace(place, with: replacement.text) { isChanged = true }
        }
        return isChanged ? 1 : -1
    }

    /// Where an expression matches, at most as often as there may be changes; ranges without bytes
    /// are left out.
    private static func matches(
        _ context: ScriptContext, _ expression: RegularExpression, _ scope: TextScope, all: Bool
    ) -> [ByteRange] {
        let range = scope.range(context)
        return context.withMessage { message in
            let text = message[range]
            var found: [ByteRange] = []
            var start = 0
            // Bounded: a stranger chooses the message, and each match is a change to keep.
            while start <= text.count, found.count < Limits.messageEditsMax,
                let match = expression.captures(text, from: start)?[0]
            {
                if !match.isEmpty {
                    found.append(
                        ByteRange(offset: range.start + match.lowerBound, count: match.count))
                }
                if !all { break }
                // A match without bytes would be found at its place for ever.
                start = match.isEmpty ? match.upperBound + 1 : match.upperBound
            }
            return found
        }
    }
}
