public import JSONValue

/// Words of a command line as parameters of a command, in the way of kamcmd.
///
/// The prefixes are kamcmd's, so that scripts written for it go on working. A fraction
/// needs none: it is a number as it stands.
public enum CommandArgument {
    /// The value of a word: what reads as a number is one, `s:` makes it a string, `i:` an integer.
    ///
    /// A number that would not be printed the same (`0049`, `+1`, `1e999`) stays a string: it is a
    /// user part or a telephone number, and the server reads numbers from strings anyway.
    public static func value(of word: String) throws(ControlError) -> JSONValue {
        if word.hasPrefix("s:") { return .string(String(word.dropFirst(2))) }
        if word.hasPrefix("i:") {
            guard let number = Int64(word.dropFirst(2)) else {
                throw ControlError(.usage, "\"\(word)\" is no integer")
            }
            return .integer(number)
        }
        if let number = Int64(word), String(number) == word { return .integer(number) }
        if isDecimal(word), let number = Double(word), number.isFinite { return .double(number) }
        return .string(word)
    }

    /// Whether a word has the form of a decimal fraction: `0.5`, `-1.25`, `.5` not.
    ///
    /// Swift's own conversion takes much more (`1e5`, `0x1p3`, `nan`), and nobody who types these
    /// at a command line means a number.
    private static func isDecimal(_ word: String) -> Bool {
        let digits = word.hasPrefix("-") ? word.dropFirst() : word[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else {
            return false
        }
        return parts[0] == "0" || !parts[0].hasPrefix("0")
    }

    /// Whether a character is one of the ten digits of ASCII.
    private static func isDigit(_ character: Character) -> Bool {
        character.isASCII && character.isNumber
    }
}

/// A line of the prompt as words: blanks separate, quotes and backslashes protect, as in a shell.
public enum CommandLineWords {
    /// The words of a line; an open quote is an error.
    ///
    /// Within single quotes a backslash is itself, elsewhere it protects the next character.
    /// Variables, globs and pipes mean nothing here.
    public static func split(_ line: String) throws(ControlError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else {
            throw ControlError(.usage, "the line ends within a quotation")
        }
        if let done = word { words.append(done) }
        return words
    }
}
