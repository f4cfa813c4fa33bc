/// One token of the configuration, after preprocessing.
///
/// Comments, white space and directives are gone when a token is made, and names that are defined
/// have been replaced: the parser knows nothing of the preprocessor.
public struct Token: Sendable, Hashable {
    /// What a token is.
    public enum Kind: Sendable, Hashable {
        /// A name, a keyword, or letters and digits that begin with a digit.
        ///
        /// Keywords are words to the lexer. Which words are keywords depends on the place: `name`
        /// is one behind `listen`, and a name of a module's parameter elsewhere.
        case word
        /// A number.
        case number(Int)
        /// A string between double quotes, escapes resolved, or between single ones.
        case string
        /// A pseudo-variable with its `$`.
        case variable
        /// An operator or a bracket.
        case symbol(Symbol)
        /// The end of the configuration.
        case end
    }
    /// What it is.
    public var kind: Kind
    /// Its spelling; of a string, the content.
    public var text: String
    /// Where it begins; of what a definition expands to, where the definition is used.
    public var position: Position
    /// Whether no white space stands before it: addresses are put together from such tokens.
    ///
    /// There is no token for addresses, host names or file names, since `10.0.0.1` and `a.b-c` look
    /// like numbers, words and operators. The parser joins what is glued where an address may
    /// stand.
    public var isGlued: Bool

    /// The token as messages name it.
    public var description: String {
        switch kind {
        case .word, .number, .variable: "\"\(text)\""
        case .string: "the string \"\(text.prefix(40))\""
        case .symbol(let symbol): "\"\(symbol.rawValue)\""
        case .end: "the end of the file"
        }
    }
}

/// Operators and brackets, by their spelling.
///
/// The spelling is the raw value, so that messages and the printer of trees need no table of their
/// own.
public enum Symbol: String, Sendable, Hashable, CaseIterable {
    /// Opens a block.
    case openBrace = "{"
    /// Closes a block.
    case closeBrace = "}"
    /// Opens a group or arguments.
    case openParenthesis = "("
    /// Closes a group or arguments.
    case closeParenthesis = ")"
    /// Opens a route's name.
    case openBracket = "["
    /// Closes a route's name.
    case closeBracket = "]"
    /// Ends a statement.
    case semicolon = ";"
    /// Separates arguments.
    case comma = ","
    /// Separates the parts of addresses; concatenates.
    case dot = "."
    /// Separates the parts of addresses and ends labels.
    case colon = ":"
    /// Assigns.
    case assign = "="
    /// Equal.
    case equal = "=="
    /// Not equal.
    case notEqual = "!="
    /// Matches a regular expression.
    case match = "=~"
    /// Less.
    case less = "<"
    /// Greater.
    case greater = ">"
    /// Less or equal.
    case lessOrEqual = "<="
    /// Greater or equal.
    case greaterOrEqual = ">="
    /// Logical and.
    case and = "&&"
    /// Logical or.
    case or = "||"
    /// Logical not.
    case not = "!"
    /// Adds or concatenates.
    case plus = "+"
    /// A token of Kamailio's that no statement uses.
    case plusAssign = "+="
    /// Subtracts or negates.
    case minus = "-"
    /// Multiplies; any address.
    case star = "*"
    /// Divides; the length of a network prefix.
    case slash = "/"
    /// Bitwise not.
    case tilde = "~"
    /// Bitwise and.
    case bitAnd = "&"
    /// Bitwise or.
    case bitOr = "|"
    /// Bitwise exclusive or.
    case bitXor = "^"
    /// Shifts left.
    case shiftLeft = "<<"
    /// Shifts right.
    case shiftRight = ">>"
    /// Begins a select.
    case at = "@"

    /// The symbol of two bytes, nil when they are none.
    ///
    /// Two bytes are always tried before one: `a==b` is a comparison and never two assignments.
    static func pair(_ first: UInt8, _ second: UInt8) -> Symbol? {
        switch (first, second) {
        case (61, 61): .equal
        case (33, 61): .notEqual
        case (61, 126): .match
        case (60, 61): .lessOrEqual
        case (62, 61): .greaterOrEqual
        case (38, 38): .and
        case (124, 124): .or
        case (43, 61): .plusAssign
        case (60, 60): .shiftLeft
        case (62, 62): .shiftRight
        default: nil
        }
    }

    /// The symbol of one byte, nil when it is none.
    static func single(_ byte: UInt8) -> Symbol? {
        byte < 128 ? singles[Int(byte)] : nil
    }

    /// A table of 128 places, because this is asked for every byte that begins neither a word nor a
    /// string.
    private static let singles: [Symbol?] = {
        var table = [Symbol?](repeating: nil, count: 128)
        for symbol in Symbol.allCases where symbol.rawValue.utf8.count == 1 {
            for byte in symbol.rawValue.utf8 { table[Int(byte)] = symbol }
        }
        return table
    }()
}
