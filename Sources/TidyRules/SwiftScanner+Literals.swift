extension SwiftScanner {
    /// Scans a string literal, the code in its interpolations included.
    ///
    /// The tokens of that code come before the token of the literal, which spans it all.
    /// - Parameter pounds: the number of `#` before the opening quote, at the position.
    mutating func scanString(pounds: Int) {
        let start = position
        let first = line
        position += pounds
        let quotes = byte(1) == .quote && byte(2) == .quote ? 3 : 1
        position += quotes
        while position < bytes.count {
            if byte() == .newline, quotes == 1 { break }
            if closesString(quotes: quotes, pounds: pounds) {
                position += quotes + pounds
                break
            }
            if byte() == .backslash {
                scanEscape(pounds: pounds)
            } else {
                advance()
            }
        }
        position = min(position, bytes.count)
        append(.string, from: start, line: first)
    }

    private func closesString(quotes: Int, pounds: Int) -> Bool {
        for distance in 0..<quotes where byte(distance) != .quote { return false }
        return hasPounds(pounds, at: quotes)
    }

    private func hasPounds(_ pounds: Int, at distance: Int) -> Bool {
        for step in 0..<pounds where byte(distance + step) != .pound { return false }
        return true
    }

    /// Takes a backslash and what it escapes: a character, or code in parentheses.
    private mutating func scanEscape(pounds: Int) {
        guard hasPounds(pounds, at: 1) else {
            advance()
            return
        }
        position += 1 + pounds
        guard byte() == .parenthesis else {
            if position < bytes.count { advance() }
            return
        }
        position += 1
        scanCode(inParentheses: true)
        position += 1
    }

    /// Whether the slash at the position opens a regular expression and does not divide.
    ///
    /// It does where no operand stands before it and another slash follows on its line.
    var opensRegularExpression: Bool {
        let before = tokens.last { !$0.isComment }
        let followsOperand: Bool =
            switch before?.kind {
            case .word: !["return", "in", "try", "case", "else"].contains(before?.text ?? "")
            case .punctuation: [")", "]", "}", ">", "?", "!", "."].contains(before?.text ?? "")
            case .string: true
            case .comment, .documentation, nil: false
            }
        guard !followsOperand, byte(1) != .space, byte(1) != .closingParenthesis else {
            return false
        }
        var distance = 1
        while byte(distance) != .newline, byte(distance) != 0 {
            if byte(distance) == .slash, byte(distance - 1) != .backslash { return true }
            distance += 1
        }
        return false
    }

    /// Scans a regular expression, which between pounds may span lines.
    mutating func scanRegularExpression(pounds: Int) {
        let start = position
        let first = line
        position += pounds + 1
        while position < bytes.count {
            if byte() == .slash, hasPounds(pounds, at: 1) {
                position += 1 + pounds
                break
            }
            if byte() == .backslash { advance() }
            if position < bytes.count { advance() }
        }
        position = min(position, bytes.count)
        append(.string, from: start, line: first)
    }
}
