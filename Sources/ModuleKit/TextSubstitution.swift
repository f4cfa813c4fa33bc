public import Basics

/// A substitution as sed writes it, `/expression/replacement/flags`, as the `subst` functions have
/// it.
///
/// The first character separates the parts. In the replacement stand `\0` for the match, `\1` to
/// `\9` for its groups, `\u` for the request URI, `\n`, `\r` and `\t`, and pseudo-variables. Flags:
/// `i` takes no notice of case, `g` replaces all matches, `s` lets `.` match line ends.
public struct TextSubstitution: Sendable {
    /// One match and what takes its place.
    public struct Replacement: Sendable, Hashable {
        /// Where the match is in the text.
        public var range: ByteRange
        /// What takes its place.
        public var text: [UInt8]
    }

    /// One piece of the replacement.
    private enum Piece: Sendable {
        case text([UInt8])
        case group(Int)
        case requestURI
        case value(@Sendable (ScriptContext) -> ScriptValue)
    }

    private let expression: RegularExpression
    private let pieces: [Piece]
    private let isGlobal: Bool

    /// Reads a substitution; the error says what is wrong with it.
    public init(
        _ text: String, _ templates: any TemplateCompiler
    ) throws(ArgumentError) {
        let parts = try Self.parts(Array(text.utf8))
        let flags = String(decoding: parts.flags, as: UTF8.self)
        guard flags.allSatisfy({ "igs".contains($0) }) else {
            throw ArgumentError("\"\(flags)\" are no flags of a substitution: i, g and s are")
        }
        isGlobal = flags.contains("g")
        let pattern = String(decoding: parts.pattern, as: UTF8.self)
        do {
            expression = try RegularExpression(
                pattern, ignoresCase: flags.contains("i"), byLines: !flags.contains("s"))
        } catch {
            throw ArgumentError("\"\(pattern)\" is no regular expression: \(error.message)")
        }
        pieces = try Self.pieces(parts.replacement, templates)
    }

    /// Cuts the text at its separators; one with a backslash in front does not separate.
    private static func parts(
        _ bytes: [UInt8]
    ) throws(ArgumentError) -> (pattern: [UInt8], replacement: [UInt8], flags: [UInt8]) {
        guard let separator = bytes.first, separator != UInt8(ascii: "\\") else {
            throw ArgumentError("a substitution is written /expression/replacement/flags")
        }
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in bytes.dropFirst() {
            let last = parts.count - 1
            if isEscaped {
                // The backslash in front of a separator is gone; others mean something.
                if byte != separator { parts[last].append(UInt8(ascii: "\\")) }
                parts[last].append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == separator, parts.count < 3 {
                parts.append([])
            } else {
                parts[last].append(byte)
            }
        }
        guard parts.count == 3, !isEscaped, !parts[0].isEmpty else {
            throw ArgumentError("a substitution is written /expression/replacement/flags")
        }
        return (parts[0], parts[1], parts[2])
    }

    private static func pieces(
        _ bytes: [UInt8], _ templates: any TemplateCompiler
    ) throws(ArgumentError) -> [Piece] {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        func flush() throws(ArgumentError) {
            guard !literal.isEmpty else { return }
            let text = String(decoding: literal, as: UTF8.self)
            if let read = try templates.template(text) {
                pieces.append(.value(read))
            } else {
                pieces.append(.text(literal))
            }
            literal = []
        }
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "\\"), place + 1 < bytes.count else {
                literal.append(bytes[place])
                place += 1
                continue
            }
            let next = bytes[place + 1]
            place += 2
            switch next {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                try flush()
                pieces.append(.group(Int(next - 48)))
            case UInt8(ascii: "u"):
                try flush()
                pieces.append(.requestURI)
            case UInt8(ascii: "n"): literal.append(10)
            case UInt8(ascii: "r"): literal.append(13)
            case UInt8(ascii: "t"): literal.append(9)
            default: literal.append(next)
            }
        }
        try flush()
        return pieces
    }

    /// The matches in a text with what takes their place, at most `Limits.messageEditsMax` and at
    /// most `Limits.scriptTextBytesMax` bytes.
    public func replacements(_ text: Span<UInt8>, _ context: ScriptContext) -> [Replacement] {
        var found: [Replacement] = []
        var start = 0
        var total = 0
        while start <= text.count, found.count < Limits.messageEditsMax,
            let groups = expression.captures(text, from: start), let match = groups[0]
        {
            let replacement = expand(groups, text, context)
            total += replacement.count
            guard total <= Limits.scriptTextBytesMax else { break }
            found.append(
                Replacement(
                    range: ByteRange(offset: match.lowerBound, count: match.count),
                    text: replacement))
            if !isGlobal { break }
            // A match without bytes must not be found again at the same place.
            start = match.isEmpty ? match.upperBound + 1 : match.upperBound
        }
        return found
    }

    /// The text with the replacements made; nil when nothing matches.
    public func result(_ text: Span<UInt8>, _ context: ScriptContext) -> [UInt8]? {
        let found = replacements(text, context)
        guard !found.isEmpty else { return nil }
        var writer = ByteWriter(capacity: text.count + 64)
        var place = 0
        for replacement in found {
            writer.append(text.extracting(place..<replacement.range.start))
            writer.append(replacement.text)
            place = replacement.range.end
        }
        writer.append(text.extracting(place..<text.count))
        guard writer.count <= Limits.scriptTextBytesMax else { return nil }
        return Array(copying: writer.span)
    }

    private func expand(
        _ groups: [Range<Int>?], _ text: Span<UInt8>, _ context: ScriptContext
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let literal): bytes += literal
            case .group(let number):
                guard number < groups.count, let range = groups[number] else { continue }
                for place in range { bytes.append(text[place]) }
            case .requestURI: bytes += context.withRequestURI { Array(copying: $0) }
            case .value(let read):
                if let value = context.text(read(context)) { bytes += context.bytes(of: value) }
            }
        }
        return bytes
    }
}

extension Argument where Value == TextSubstitution {
    /// A substitution `/expression/replacement/flags`, compiled when the script is loaded.
    public static func substitution(_ name: String) -> Argument<TextSubstitution> {
        Argument(name, expects: "substitution", isOptional: false) {
            (source, templates) throws(ArgumentError) in
            guard case .string(let text) = source else {
                throw ArgumentError("expected a substitution /expression/replacement/flags")
            }
            return .constant(try TextSubstitution(text, templates))
        }
    }
}
