/// One expression of a route block, with its place.
///
/// Types are not part of it: whether `+` adds or joins shows at run time, by the left operand. What
/// constants make certain is found by the compiler.
public struct Expression: Sendable {
    /// What it is.
    public var kind: Kind
    /// Where its operator or its first token stands.
    public var position: Position
    /// Number of operators above the deepest operand, bounded by `Limits.scriptDepthMax`.
    ///
    /// The checker, the folding and the compiler walk the tree by calling themselves. A bound that
    /// is checked where the tree is built keeps all of them from running out of stack.
    public var depth: Int

    /// What an expression is.
    public indirect enum Kind: Sendable {
        /// An integer.
        case integer(Int)
        /// A string between quotes.
        case string(String)
        /// A bare word or address: `myself`, `INVITE`, `10.0.0.0/8`.
        ///
        /// What it means depends on what stands left of it; where nothing gives it a meaning, the
        /// compiler refuses it.
        case word(String)
        /// A pseudo-variable.
        case variable(VariableSyntax)
        /// A core attribute of the message: `method`, `src_ip`.
        case attribute(Attribute)
        /// `@ruri.user`: a part of the message by its select's name, without the sign.
        case select(String)
        /// `{ … }`: a block whose last action is the value.
        case block([Statement])
        /// A function call.
        case call(Call)
        /// `route(NAME)`.
        case route(Expression)
        /// An operator before its operand.
        case unary(UnaryOperator, Expression)
        /// An operator between its operands.
        case binary(BinaryOperator, Expression, Expression)
        /// `$x = value`.
        case assignment(VariableSyntax, Expression)
    }

    /// An expression; its depth follows from its parts.
    init(_ kind: Kind, at position: Position) {
        self.kind = kind
        self.position = position
        switch kind {
        case .integer, .string, .word, .variable, .attribute, .select, .block: depth = 1
        case .call(let call): depth = 1 + (call.arguments.map(\.depth).max() ?? 0)
        case .route(let operand), .unary(_, let operand), .assignment(_, let operand):
            depth = 1 + operand.depth
        case .binary(_, let left, let right): depth = 1 + max(left.depth, right.depth)
        }
    }
}

/// A call of a function.
public struct Call: Sendable {
    /// The function.
    public var name: String
    /// Its arguments.
    public var arguments: [Expression]
}

/// A part of the message that the language itself can compare.
///
/// They are older than pseudo-variables and compare differently: without regard to case, with
/// networks for addresses, and with `myself` (script.md 6).
public enum Attribute: String, Sendable, Hashable, CaseIterable {
    /// The method of the request, or of the request that a reply answers.
    case method
    /// The request URI.
    case uri
    /// The URI of From.
    case fromURI = "from_uri"
    /// The URI of To.
    case toURI = "to_uri"
    /// Address that the message came from.
    case sourceIP = "src_ip"
    /// Address that it was received on.
    case destinationIP = "dst_ip"
    /// Port that it came from.
    case sourcePort = "src_port"
    /// Port that it was received on.
    case destinationPort = "dst_port"
    /// Transport that it came on.
    case proto
    /// Address family: 4 or 6 for `inet` and `inet6`.
    case addressFamily = "af"
    /// Status of a reply.
    case status
    /// Length of the message in bytes.
    case messageLength = "msg:len"
}

/// Operators with one operand.
public enum UnaryOperator: String, Sendable, Hashable {
    /// Logical not.
    case not = "!"
    /// Negation.
    case negate = "-"
    /// Bitwise not.
    case complement = "~"
    /// Whether a value is not `$null`.
    case defined
    /// Conversion to an integer.
    case integer = "(int)"
    /// Conversion to a string.
    case string = "(str)"
}

/// Operators with two operands, by their spelling.
///
/// `and`, `or` have a second spelling; all others have one. `eq`, `ne`, `ieq`, `ine` say the type
/// that `==` and `!=` take from their left operand.
public enum BinaryOperator: String, Sendable, Hashable, CaseIterable {
    /// Logical or.
    case or = "||"
    /// Logical and.
    case and = "&&"
    /// Bitwise or.
    case bitOr = "|"
    /// Bitwise and.
    case bitAnd = "&"
    /// Bitwise exclusive or.
    case bitXor = "^"
    /// Shift left.
    case shiftLeft = "<<"
    /// Shift right.
    case shiftRight = ">>"
    /// Equal, the type decided by the left operand.
    case equal = "=="
    /// Not equal, the type decided by the left operand.
    case notEqual = "!="
    /// Matches a regular expression, without regard to case.
    case match = "=~"
    /// Equal as strings.
    case textEqual = "eq"
    /// Not equal as strings.
    case textNotEqual = "ne"
    /// Equal as integers.
    case integerEqual = "ieq"
    /// Not equal as integers.
    case integerNotEqual = "ine"
    /// Less.
    case less = "<"
    /// Greater.
    case greater = ">"
    /// Less or equal.
    case lessOrEqual = "<="
    /// Greater or equal.
    case greaterOrEqual = ">="
    /// Adds or concatenates, decided by the left operand.
    case add = "+"
    /// Subtracts.
    case subtract = "-"
    /// Multiplies.
    case multiply = "*"
    /// Divides.
    case divide = "/"
    /// Remainder.
    case remainder = "mod"
    /// Concatenates.
    case concatenate = "."

    /// How tightly it binds: a higher number binds tighter.
    ///
    /// Bit operators bind weaker than comparisons here, unlike in C, and `^` tighter than `&`.
    ///
    /// The levels are numbered as in script.md 6, with the same gaps, where operators with one
    /// operand stand. Parentheses are the only way to have it differently: `a & b == c` is `a & (b
    /// == c)`.
    var precedence: Int {
        switch self {
        case .or: 2
        case .and: 3
        case .bitOr: 4
        case .bitAnd: 5
        case .bitXor: 6
        case .shiftLeft: 7
        case .shiftRight: 8
        case .equal, .notEqual, .match, .textEqual, .textNotEqual, .integerEqual,
            .integerNotEqual:
            9
        case .less, .greater, .lessOrEqual, .greaterOrEqual: 10
        case .add, .subtract: 11
        case .multiply, .divide, .remainder: 12
        case .concatenate: 16
        }
    }

    /// The operator that a token spells, nil when it spells none.
    init?(_ token: Token) {
        switch token.kind {
        case .symbol(let symbol): self.init(rawValue: symbol.rawValue)
        case .word:
            switch token.text {
            case "or": self = .or
            case "and": self = .and
            case "mod", "eq", "ne", "ieq", "ine": self.init(rawValue: token.text)
            default: return nil
            }
        default: return nil
        }
    }
}
