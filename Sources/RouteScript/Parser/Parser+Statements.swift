internal import Basics

/// Statements of route blocks.
extension Parser {
    /// The next statement; nil for an empty one.
    ///
    /// A statement begins with a word, a variable, a brace or a semicolon. An expression in
    /// parentheses is none: it could only be an assignment, which needs no parentheses there.
    mutating func statement() throws(ScriptError) -> Statement? {
        let start = current.position
        switch current.kind {
        case .symbol(.semicolon):
            try advance()
            return nil
        case .symbol(.openBrace): return Statement(kind: .block(try block()), position: start)
        case .variable: return try expressionStatement(try assignment())
        case .word:
            if let statement = try keyword() { return statement }
            return try expressionStatement(try call(at: start))
        default:
            throw unexpected("expected a statement")
        }
    }

    /// A statement that begins with a keyword; nil when the word is none.
    ///
    /// Words of blocks are looked for too: a forgotten brace shows as a route block within another
    /// one, and the message can then say what is missing.
    private mutating func keyword() throws(ScriptError) -> Statement? {
        let start = current.position
        switch current.text {
        case "if": return Statement(kind: try conditional(), position: start)
        case "while":
            try advance()
            let condition = try expression()
            return Statement(kind: .loop(condition, try body(of: "while")), position: start)
        case "switch": return Statement(kind: try choice(), position: start)
        case "exit", "return", "drop": return try end(at: start)
        case "break":
            try advance()
            try expectSemicolon()
            return Statement(kind: .leave, position: start)
        case "else":
            throw failure(
                .syntax, at: start, "\"else\" has no \"if\" before it",
                hint: "is there a semicolon behind the closing brace?")
        case "case", "default":
            throw failure(.syntax, at: start, "\"\(current.text)\" stands outside of a switch")
        case let word where Self.blockWords.contains(word) && word != "route":
            throw missingBrace(at: start)
        default: return nil
        }
    }

    /// The words that begin route blocks.
    static let blockWords: Set<String> = [
        "route", "request_route", "reply_route", "onreply_route", "failure_route", "branch_route",
        "onsend_route", "event_route",
    ]

    /// The error of a block within a block: the brace before it was forgotten.
    private func missingBrace(at position: Position) -> ScriptError {
        failure(
            .syntax, at: position, "a route block cannot begin within another",
            hint: "is a \"}\" missing before it?")
    }

    /// A call, route or assignment with its semicolon.
    private mutating func expressionStatement(
        _ expression: Expression
    ) throws(ScriptError) -> Statement {
        try expectSemicolon()
        return Statement(kind: .expression(expression), position: expression.position)
    }

    /// Answers `{ … }`.
    mutating func block() throws(ScriptError) -> [Statement] {
        let place = current.position
        return try nested { (parser) throws(ScriptError) in
            try parser.advance()
            return try parser.statements(closing: place)
        }
    }

    /// The statement behind a condition; an empty one is an empty block.
    private mutating func body(of word: String) throws(ScriptError) -> Statement {
        let start = current.position
        return try nested { (parser) throws(ScriptError) in
            guard parser.current.kind != .end else {
                throw parser.unexpected("expected a statement behind \"\(word)\"")
            }
            return try parser.statement() ?? Statement(kind: .block([]), position: start)
        }
    }

    /// `if`, with all its `else if`: a chain is read flat, not nested.
    ///
    /// Configurations decide about dozens of methods or codes that way; read as nesting, such a
    /// chain would run into the bound on depth.
    private mutating func conditional() throws(ScriptError) -> Statement.Kind {
        var arms: [Statement.Arm] = []
        while true {
            try advance()
            let condition = try expression()
            arms.append(Statement.Arm(condition: condition, body: try body(of: "if")))
            guard at(word: "else") else { return .conditional(arms, otherwise: nil) }
            try advance()
            guard at(word: "if") else {
                return .conditional(arms, otherwise: try body(of: "else"))
            }
            guard arms.count < Limits.scriptDepthMax else {
                throw failure(
                    .limit, at: current.position,
                    "more than \(Limits.scriptDepthMax) conditions in one chain of \"else if\"",
                    hint: "use a switch")
            }
        }
    }

    /// `exit`, `return` or `drop`, with their value if they have one.
    ///
    /// The value may stand in parentheses, as with functions: `exit()` and `return(5)` are common
    /// in old configurations. A parenthesis that is not empty begins an expression, which may go on
    /// behind it: `return ($var(x)) + 1`.
    private mutating func end(at start: Position) throws(ScriptError) -> Statement {
        guard let end = Statement.End(rawValue: current.text) else {
            throw unexpected("expected a statement")
        }
        try advance()
        var value: Expression?
        if !at(.semicolon), !at(.closeBrace), current.kind != .end {
            // `exit()` is written too: the parentheses hold nothing.
            let before = self
            if try !take(.openParenthesis) || !at(.closeParenthesis) {
                self = before
                value = try expression()
            } else {
                try advance()
            }
        }
        try expectSemicolon()
        return Statement(kind: .end(end, value), position: start)
    }

    // MARK: switch

    /// `switch`: its value, then its labels in braces.
    ///
    /// Labels may stand in any order and `default` need not be the last: it takes over when no
    /// label fits, and falls through to what stands behind it.
    private mutating func choice() throws(ScriptError) -> Statement.Kind {
        try advance()
        let subject = try expression()
        let brace = current.position
        try expect(.openBrace, "behind the value of the switch")
        var labels: [Statement.Label] = []
        while try !take(.closeBrace) {
            guard current.kind != .end else {
                throw failure(.syntax, at: brace, "this \"{\" is not closed")
            }
            labels.append(try label())
            let last = labels.count - 1
            if labels[last].match == nil, labels[..<last].contains(where: { $0.match == nil }) {
                throw failure(
                    .syntax, at: labels[last].position, "a switch has one \"default\" at most")
            }
        }
        return .choice(subject, labels)
    }

    /// One label and the statements up to the next.
    private mutating func label() throws(ScriptError) -> Statement.Label {
        let start = current.position
        var match: Statement.Match?
        if at(word: "case") {
            try advance()
            match = try matchValue()
        } else if at(word: "default") {
            try advance()
        } else {
            throw unexpected("expected \"case\" or \"default\" in a switch")
        }
        try expect(.colon, "behind the label")
        return try nested { (parser) throws(ScriptError) in
            var body: [Statement] = []
            while !parser.at(.closeBrace), !parser.at(word: "case"), !parser.at(word: "default"),
                parser.current.kind != .end
            {
                if let statement = try parser.statement() { body.append(statement) }
            }
            return Statement.Label(match: match, position: start, body: body)
        }
    }

    /// What a label compares with: a constant, or a pattern behind a slash.
    ///
    /// `-2` and `1 + 1` are constants as well: they are folded here, so that a label is a value and
    /// no expression.
    private mutating func matchValue() throws(ScriptError) -> Statement.Match {
        if try take(.slash) {
            guard current.kind == .string else {
                throw unexpected("expected a string with a regular expression behind \"/\"")
            }
            let text = current.text
            try advance()
            return .pattern(text)
        }
        let place = current.position
        let value = try expression()
        switch ConstantFolding.constant(value) {
        case .integer(let number): return .integer(number)
        case .string(let text): return .string(text)
        case nil: throw failure(.syntax, at: place, "a label of a switch must be a constant")
        }
    }
}
