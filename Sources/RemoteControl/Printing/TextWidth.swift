/// Columns of a terminal that text takes, and text cut to them.
///
/// Unicode's East Asian Width (UAX 11) says which characters take two; a terminal and this list may
/// disagree on rare ones, which costs a column's alignment and nothing else.
enum TextWidth {
    /// Columns that a text takes.
    static func columns(_ text: String) -> Int {
        // Bytes below 128 are one column each, and most text has nothing else.
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text.utf8.count }
        return text.reduce(0) { $0 + columns($1) }
    }

    /// Columns that a character takes: 1 or 2.
    private static func columns(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first?.value, first >= 0x1100 else { return 1 }
        switch first {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x2_0000...0x3_FFFD:
            return 2
        default: return 1
        }
    }

    /// The text in at most `width` columns; what is cut off is marked by an ellipsis.
    static func cut(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        guard width > 0 else { return "" }
        var result = ""
        var taken = 0
        for character in text {
            let next = columns(character)
            guard taken + next < width else { break }
            result.append(character)
            taken += next
        }
        return result + "…"
    }

    /// The text with blanks up to `width` columns, before it or behind it.
    static func padded(_ text: String, to width: Int, atStart: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(width - columns(text), 0))
        return atStart ? blanks + text : text + blanks
    }
}
