internal import Basics
internal import ModuleKit

/// One rule of `#!subst`, `#!substdef` or `#!substdefs`: `/pattern/replacement/flags`.
///
/// From where it stands, it is applied to every string, pseudo-variable and included file's name.
///
/// The pattern is a POSIX extended regular expression, as in Kamailio. Flags are `i` for no regard
/// to case and `g` for all matches instead of the first.
struct Substitution {
    /// The pattern as written: for the define forms also the name that is defined.
    let pattern: String
    /// What replaces a match; `\1` to `\9` stand for groups of the pattern.
    let replacement: String
    private let expression: RegularExpression
    private let isGlobal: Bool

    /// Reads a rule; its first byte is the separator.
    ///
    /// Letters and digits are no separators: `#!subst "abcad"` is far more likely a rule whose
    /// separator was forgotten than one that is meant.
    init(_ text: String) throws(ArgumentError) {
        guard let separator = text.first, separator.isASCII, !separator.isLetter,
            !separator.isNumber
        else { throw ArgumentError("a substitution begins with its separator: \"/old/new/\"") }
        let parts = Self.split(text.dropFirst(), at: separator)
        guard parts.count == 3, !parts[0].isEmpty else {
            throw ArgumentError("a substitution has the form \"/old/new/flags\"")
        }
        var ignoresCase = false
        var isGlobal = false
        for flag in parts[2] {
            switch flag {
            case "i": ignoresCase = true
            case "g": isGlobal = true
            default: throw ArgumentError("\"\(flag)\" is no flag of a substitution: i and g are")
            }
        }
        pattern = parts[0]
        replacement = parts[1]
        self.isGlobal = isGlobal
        do {
            expression = try RegularExpression(pattern, ignoresCase: ignoresCase)
        } catch {
            throw ArgumentError("\"\(pattern)\" is no regular expression: \(error.message)")
        }
    }

    /// The bytes with their matches replaced.
    ///
    /// The result may go beyond the bound by one replacement: the bound is there against
    /// explosions, where matches and replacements multiply, and need not be exact.
    func apply(to bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        var lastEnd = -1
        while place <= bytes.count, let found = expression.captures(bytes.span, from: place),
            let whole = found[0], result.count <= Limits.scriptTextBytesMax
        {
            result += bytes[place..<whole.lowerBound]
            // An empty match right behind another one is none, as with sed.
            if !whole.isEmpty || whole.lowerBound != lastEnd { result += expand(bytes, found) }
            place = whole.upperBound
            lastEnd = place
            if whole.isEmpty {
                if place < bytes.count { result.append(bytes[place]) }
                place += 1
            }
            if !isGlobal { break }
        }
        guard place > 0 else { return bytes }
        if place < bytes.count { result += bytes[place...] }
        return result
    }

    /// The replacement with the groups of a match put in.
    ///
    /// A backslash before anything but a digit or another backslash stays, because replacements are
    /// often regular expressions of their own or Windows paths.
    private func expand(_ bytes: [UInt8], _ found: [Range<Int>?]) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in replacement.utf8 {
            if isEscaped, Byte.isDigit(byte) {
                if let part = found[Int(byte - 48)] { result += bytes[part] }
            } else if isEscaped || byte != Byte.backslash {
                if isEscaped, byte != Byte.backslash { result.append(Byte.backslash) }
                result.append(byte)
            }
            isEscaped = !isEscaped && byte == Byte.backslash
        }
        return result
    }

    /// Splits at the separator; behind a backslash it is an ordinary character.
    ///
    /// The backslash before the separator goes, any other stays: it belongs to the regular
    /// expression.
    private static func split(_ text: Substring, at separator: Character) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if character == separator, !isEscaped {
                parts.append("")
            } else {
                if character == separator { parts[parts.count - 1].removeLast() }
                parts[parts.count - 1].append(character)
            }
            isEscaped = !isEscaped && character == "\\"
        }
        return parts
    }
}
