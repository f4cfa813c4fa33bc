/// Text for a terminal: what a stranger put into a User-Agent must not move the cursor.
///
/// Anyone who may register chooses a User-Agent, and an operator's terminal obeys escape sequences:
/// some retitle the window, some answer back as if typed. As JSON nothing is changed, because the
/// writer escapes controls and programs need the text as it is.
enum SafeText {
    /// The text with control characters and invisible direction marks written as escapes.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isDangerous) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isDangerous(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Control characters of ASCII and Latin-1, and the marks that reverse the writing direction.
    ///
    /// Those of Latin-1 count because 0x9B opens a sequence like ESC [ does. The marks of Unicode's
    /// bidirectional algorithm (UAX 9) could make one line read as another.
    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
