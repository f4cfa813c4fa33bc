/// Splits Swift text into tokens.
///
/// It follows the parts of the grammar that could fool a rule: nested comments, raw and multi-line
/// strings, code inside interpolations, regular expressions, names in backticks. Text that does
/// not compile gives some tokens too; the scanner never fails and always comes to an end.
struct SwiftScanner {
    /// The text.
    let bytes: [UInt8]
    /// Index of the byte that is looked at next.
    var position = 0
    /// Line of that byte, counted from 1.
    var line = 1
    /// What was found so far.
    var tokens: [Token] = []

    /// The tokens of a whole file.
    static func tokens(of text: String) -> [Token] {
        var scanner = SwiftScanner(bytes: Array(text.utf8))
        scanner.scanCode(inParentheses: false)
        return scanner.tokens
    }

    /// The byte at a distance from the position, zero outside the text.
    func byte(_ distance: Int = 0) -> UInt8 {
        let index = position + distance
        return index >= 0 && index < bytes.count ? bytes[index] : 0
    }

    /// Takes one byte and counts the line that it may end.
    mutating func advance() {
        if byte() == .newline { line += 1 }
        position += 1
    }

    /// Scans up to the end, or up to the parenthesis that closes an interpolation.
    mutating func scanCode(inParentheses: Bool) {
        var depth = 0
        while position < bytes.count {
            switch byte() {
            case .newline, .space, .tab, .carriageReturn: advance()
            case .slash: scanSlash()
            case .quote: scanString(pounds: 0)
            case .pound: scanPound()
            case .backtick: scanQuotedName()
            case .parenthesis where inParentheses:
                depth += 1
                scanPunctuation()
            case .closingParenthesis where inParentheses:
                if depth == 0 { return }
                depth -= 1
                scanPunctuation()
            case let first where first.isWord || first == .at: scanWord()
            default: scanPunctuation()
            }
        }
    }

    /// Appends the token that reaches from a start to the position.
    mutating func append(_ kind: Token.Kind, from start: Int, line first: Int) {
        assert(start < position && position <= bytes.count)
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        tokens.append(
            Token(kind: kind, text: text, bytes: start..<position, line: first, lastLine: line))
    }

    private mutating func scanPunctuation() {
        let start = position
        advance()
        append(.punctuation, from: start, line: line)
    }

    private mutating func scanWord() {
        let start = position
        advance()
        while byte().isWord { advance() }
        append(.word, from: start, line: line)
    }

    /// A name in backticks, which may hold spaces (SE-0451).
    private mutating func scanQuotedName() {
        let start = position
        advance()
        while position < bytes.count, byte() != .backtick, byte() != .newline { advance() }
        if byte() == .backtick { advance() }
        append(.word, from: start, line: line)
    }

    /// A raw string, an extended regular expression, a directive or a lone character.
    private mutating func scanPound() {
        var pounds = 0
        while byte(pounds) == .pound { pounds += 1 }
        switch byte(pounds) {
        case .quote: scanString(pounds: pounds)
        case .slash: scanRegularExpression(pounds: pounds)
        default: scanWord()
        }
    }

    private mutating func scanSlash() {
        switch byte(1) {
        case .slash: scanLineComment()
        case .star: scanBlockComment()
        default:
            if opensRegularExpression {
                scanRegularExpression(pounds: 0)
            } else {
                scanPunctuation()
            }
        }
    }
}

extension SwiftScanner {
    private mutating func scanLineComment() {
        let start = position
        let documents = byte(2) == .slash && byte(3) != .slash
        while position < bytes.count, byte() != .newline { advance() }
        append(documents ? .documentation : .comment, from: start, line: line)
    }

    /// A block comment; unlike in C, they nest.
    private mutating func scanBlockComment() {
        let start = position
        let first = line
        let documents = byte(2) == .star && byte(3) != .slash
        var depth = 0
        repeat {
            if byte() == .slash, byte(1) == .star {
                depth += 1
                position += 2
            } else if byte() == .star, byte(1) == .slash {
                depth -= 1
                position += 2
            } else {
                advance()
            }
        } while depth > 0 && position < bytes.count
        position = min(position, bytes.count)
        append(documents ? .documentation : .comment, from: start, line: first)
    }
}

extension UInt8 {
    /// Ends a line.
    static let newline = UInt8(ascii: "\n")
    /// Comes before a newline in files from elsewhere.
    static let carriageReturn = UInt8(ascii: "\r")
    /// Separates words.
    static let tab = UInt8(ascii: "\t")
    /// Separates words.
    static let space = UInt8(ascii: " ")
    /// Opens comments and regular expressions.
    static let slash = UInt8(ascii: "/")
    /// Opens and closes block comments, with a slash.
    static let star = UInt8(ascii: "*")
    /// Opens and closes strings.
    static let quote = UInt8(ascii: "\"")
    /// Escapes a character in a string.
    static let backslash = UInt8(ascii: "\\")
    /// Opens and closes names that would be keywords.
    static let backtick = UInt8(ascii: "`")
    /// Makes strings raw, and begins directives.
    static let pound = UInt8(ascii: "#")
    /// Begins attributes.
    static let at = UInt8(ascii: "@")
    /// Opens a list; after a backslash, an interpolation.
    static let parenthesis = UInt8(ascii: "(")
    /// Closes a list or an interpolation.
    static let closingParenthesis = UInt8(ascii: ")")

    /// Whether the byte can be part of a word; bytes beyond ASCII belong to names.
    var isWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
