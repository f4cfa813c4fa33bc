/// A piece of Swift text: just enough of the grammar to tell code from comments and strings.
public struct Token: Hashable, Sendable {
    /// What the piece is.
    public enum Kind: Sendable {
        /// A keyword, name, number, `@attribute` or `#directive`.
        case word
        /// One character of an operator or bracket.
        case punctuation
        /// A string or regular expression literal with its quotes.
        case string
        /// A comment that documents nothing.
        case comment
        /// A documentation comment: `///` or `/** */`.
        case documentation
    }

    /// What the piece is.
    public let kind: Kind
    /// The piece as it is written.
    public let text: String
    /// Where its bytes stand in the file.
    public let bytes: Range<Int>
    /// Line on which it begins, counted from 1.
    public let line: Int
    /// Line on which it ends.
    public let lastLine: Int

    /// Whether the compiler ignores it.
    public var isComment: Bool { kind == .comment || kind == .documentation }

    /// Whether nothing, not even a space, stands between it and the token before.
    func isAttached(to before: Token) -> Bool { before.bytes.upperBound == bytes.lowerBound }

    /// Whether it is a word or a character of punctuation spelled like this.
    func `is`(_ spelling: String) -> Bool {
        (kind == .word || kind == .punctuation) && text == spelling
    }
}
