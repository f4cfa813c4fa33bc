internal import Basics
internal import ModuleKit

/// `{re.subst,/pattern/replacement/flags}`.
///
/// The pattern is a POSIX extended regular expression, compiled when the script is loaded.
///
/// Flags are `i` for no regard to case, `g` for all matches, and `s` for texts of
/// several lines that are to be taken as one: without it `.` matches no line feed, and `^` and `$`
/// match at every line.
extension Transformations {
    /// The class `re`, which has one.
    static var substitution: [TransformationRow] {
        [
            TransformationRow(
                "re.subst", [TransformationParameter("expression", .rest)],
                "With matches of a regular expression replaced: /expression/replacement/flags."
            ) { (arguments, templates) throws(ArgumentError) in
                guard case .text(let expression) = arguments[0] else {
                    throw ArgumentError("the expression is constant")
                }
                let rule = try Substitution(expression, templates)
                return { context, value in rule.apply(to: value, context) }
            }
        ]
    }
}

/// One `re.subst`, compiled.
private struct Substitution: Sendable {
    /// A piece of the replacement.
    enum Piece: Sendable {
        /// Text that stands for itself.
        case text([UInt8])
        /// What a group of the pattern has matched, 0 for all of it.
        case group(Int)
        /// A pseudo-variable's value.
        case value(@Sendable (ScriptContext) -> ScriptValue)
    }

    private let expression: RegularExpression
    private let pieces: [Piece]
    private let isGlobal: Bool

    /// Reads `/pattern/replacement/flags`, whose first byte is the separator.
    init(
        _ text: [UInt8], _ templates: any TemplateCompiler
    ) throws(ArgumentError) {
        guard let separator = text.first, separator != 0x5c else {
            throw ArgumentError("a substitution has the form /expression/replacement/flags")
        }
        let parts = Self.split(text.dropFirst(), at: separator)
        guard parts.count == 3, !parts[0].isEmpty else {
            throw ArgumentError("a substitution has the form /expression/replacement/flags")
        }
        var flags: [UInt8: Bool] = [:]
        for flag in parts[2] {
            guard [UInt8(ascii: "i"), UInt8(ascii: "g"), UInt8(ascii: "s")].contains(flag) else {
                throw ArgumentError(
                    "\"\(Character(UnicodeScalar(flag)))\" is no flag: i, g and s are")
            }
            flags[flag] = true
        }
        isGlobal = flags[UInt8(ascii: "g")] ?? false
        let pattern = String(decoding: parts[0], as: UTF8.self)
        do {
            expression = try RegularExpression(
                pattern, ignoresCase: flags[UInt8(ascii: "i")] ?? false,
                byLines: !(flags[UInt8(ascii: "s")] ?? false))
        } catch {
            throw ArgumentError("\"\(pattern)\" is no regular expression: \(error.message)")
        }
        pieces = try Self.pieces(parts[1], templates)
    }

    /// Splits at the separator; behind a backslash it is an ordinary character.
    private static func split(_ text: ArraySlice<UInt8>, at separator: UInt8) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text {
            let isSeparator = byte == separator
            if isSeparator, !isEscaped {
                parts.append([])
            } else {
                if isSeparator { parts[parts.count - 1].removeLast() }
                parts[parts.count - 1].append(byte)
            }
            isEscaped = !isEscaped && byte == 0x5c
        }
        return parts
    }

    /// Takes the replacement apart.
    private static func pieces(
        _ bytes: [UInt8], _ templates: any TemplateCompiler
    ) throws(ArgumentError) -> [Piece] {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            let next = place + 1 < bytes.count ? bytes[place + 1] : 0
            place += 1
            switch byte {
            case 0x5c where next &- 48 < 10:
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = []
                pieces.append(.group(Int(next - 48)))
                place += 1
            case 0x5c where escaped(next) != nil:
                literal.append(escaped(next) ?? next)
                place += 1
            case UInt8(ascii: "$") where next == byte:
                literal.append(byte)
                place += 1
            case UInt8(ascii: "$"):
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = []
                let end = variableEnd(bytes, from: place)
                let name = String(decoding: bytes[(place - 1)..<end], as: UTF8.self)
                guard let read = try templates.template(name) else {
                    throw ArgumentError("\"\(name)\" is no pseudo-variable")
                }
                pieces.append(.value(read))
                place = end
            default: literal.append(byte)
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }

    /// What a backslash and a letter stand for; nil when both stay.
    private static func escaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        case 0x5c: byte
        default: nil
        }
    }

    /// The offset behind a pseudo-variable whose `$` stands just before `start`.
    private static func variableEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start
        while place < bytes.count {
            let byte = bytes[place]
            guard byte == 0x5f || byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 else { break }
            place += 1
        }
        guard place < bytes.count, bytes[place] == UInt8(ascii: "(") else { return place }
        var depth = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "(") { depth += 1 }
            if bytes[place] == UInt8(ascii: ")") { depth -= 1 }
            place += 1
            if depth == 0 { break }
        }
        return place
    }

    /// The value with its matches replaced; null for null.
    func apply(to value: ScriptValue, _ context: ScriptContext) -> ScriptValue {
        guard let text = context.text(value), context.length(of: text) > 0 else { return .null }
        // Most texts do not match, and those are returned as they are.
        guard context.withBytes(of: text, { expression.matches($0) }) else { return .text(text) }
        guard let inserted = values(context) else { return .null }
        return context.derive(text, inserted, .owned([])) { bytes, inserted, _, writer in
            replace(bytes, inserted, &writer)
        }
    }

    /// The values of the pseudo-variables, each behind its length in four bytes; nil when they are
    /// too long.
    ///
    /// They are found before anything is written, since they may write to the same buffer.
    private func values(_ context: ScriptContext) -> ScriptText? {
        var whole = ScriptText.owned([])
        for piece in pieces {
            guard case .value(let read) = piece else { continue }
            let text = context.text(read(context)) ?? .owned([])
            let count = context.length(of: text)
            guard context.mayBuild(context.length(of: whole) + count + 4) else { return nil }
            let start = context.scratch.count
            context.appendToScratch(whole)
            for shift in 0..<4 {
                context.scratch.append(UInt8(truncatingIfNeeded: count >> (shift * 8)))
            }
            context.appendToScratch(text)
            whole = .scratch(ByteRange(offset: start, count: context.scratch.count - start))
        }
        return whole
    }

    /// Writes the text with its matches replaced; false when it grows too long.
    private func replace(
        _ bytes: Span<UInt8>, _ inserted: Span<UInt8>, _ writer: inout ByteWriter
    ) -> Bool {
        let limit = writer.count + Limits.scriptTextBytesMax
        var place = 0
        var lastEnd = -1
        while place <= bytes.count, let found = expression.match(bytes, from: place) {
            let whole = found[0]
            writer.append(bytes.extracting(place..<whole.start))
            // An empty match right behind another one is none, as with sed.
            if !whole.isEmpty || whole.start != lastEnd {
                guard write(found, bytes, inserted, upTo: limit, &writer) else { return false }
            }
            place = whole.end
            lastEnd = place
            if whole.isEmpty {
                if place < bytes.count { writer.append(bytes[place]) }
                place += 1
            }
            if !isGlobal { break }
        }
        if place < bytes.count { writer.append(bytes.extracting(place..<bytes.count)) }
        return writer.count <= limit
    }

    /// Writes the replacement of one match; false when the text grows too long.
    private func write(
        _ found: RegularExpression.Match, _ bytes: Span<UInt8>, _ inserted: Span<UInt8>,
        upTo limit: Int, _ writer: inout ByteWriter
    ) -> Bool {
        var place = 0
        for piece in pieces {
            switch piece {
            case .text(let literal): writer.append(literal)
            case .group(let number): writer.append(bytes.part(found[number]))
            case .value:
                var count = 0
                for shift in 0..<4 { count |= Int(inserted[place + shift]) << (shift * 8) }
                place += 4
                writer.append(inserted.extracting(place..<(place + count)))
                place += count
            }
            guard writer.count <= limit else { return false }
        }
        return true
    }
}
