internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The parts of the message that `$msg(name)` reads, in place.
enum MessagePart: String, Sendable, CaseIterable {
    /// Bytes of the whole message.
    case length = "len"
    /// The whole message.
    case buffer = "buf"
    /// The body.
    case body
    /// Bytes of the body.
    case bodyLength = "body_len"
    /// The header fields, without the line end of the last one.
    case headers = "hdrs"
    /// Bytes of the header fields.
    case headersLength = "hdrs_len"
    /// How many header fields there are.
    case headerCount = "hdrc"
    /// The first line without its line end.
    case firstLine = "fline"
    /// The first line and the header fields.
    case firstPart = "fpart"
    /// The header fields and the body.
    case lastPart = "lpart"

    /// What the part reads.
    func read(_ context: ScriptContext) -> ScriptValue {
        let whole = context.messageLength
        let body = context.message.body
        switch self {
        case .length: return .integer(whole)
        case .bodyLength: return .integer(Int(body.count))
        case .headerCount: return .integer(context.message.headerCount)
        case .buffer: return Self.text(0, whole)
        case .body: return body.isEmpty ? .null : .text(.message(body))
        default: break
        }
        guard let section = Self.section(context) else { return .null }
        switch self {
        case .headers: return Self.text(section.headers, section.end)
        case .headersLength: return .integer(section.end - section.headers)
        case .firstLine: return Self.text(0, section.lineEnd)
        case .firstPart: return Self.text(0, section.end)
        default: return Self.text(section.headers, whole)
        }
    }

    private static func text(_ start: Int, _ end: Int) -> ScriptValue {
        end > start ? .text(.message(ByteRange(offset: start, count: end - start))) : .null
    }

    /// Where the first line ends, where header fields begin and where they end; line ends may be
    /// LF alone, as the scanner takes them.
    private static func section(
        _ context: ScriptContext
    ) -> (lineEnd: Int, headers: Int, end: Int)? {
        let bodyStart = context.message.body.isEmpty ? nil : context.message.body.start
        return context.withMessage { message in
            let bytes = message.bytes
            var place = 0
            while place < bytes.count, bytes[place] != 10 { place += 1 }
            guard place < bytes.count else { return nil }
            let headers = place + 1
            let lineEnd = place > 0 && bytes[place - 1] == 13 ? place - 1 : place
            var end = bodyStart ?? bytes.count
            // The empty line and the end of the last field's line.
            for _ in 0..<2 where end > headers && bytes[end - 1] == 10 {
                end -= 1
                if end > headers, bytes[end - 1] == 13 { end -= 1 }
            }
            return (lineEnd, headers, end)
        }
    }
}
