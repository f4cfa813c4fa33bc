internal import Basics

/// Builds the tree from tokens, one token ahead, and goes on after errors.
///
/// After an error in a statement it skips to the next one, so that one reading shows several
/// errors. It always ends: each step reads a token, and the lexer always comes to the end.
///
/// It is written by hand, one method a rule of the grammar, for the sake of its messages: each
/// place knows what it expected and why.
struct Parser {
    /// Where the tokens come from.
    var lexer: Lexer
    /// The token that is looked at.
    private(set) var current = Token(
        kind: .end, text: "", position: .start, isGlued: false)
    /// Where the token before it ended: where a missing semicolon belongs.
    ///
    /// The token that is looked at may stand many lines below: a caret there would point at a
    /// statement that is right.
    private(set) var previousEnd = Position.start
    /// What was found wrong so far.
    private(set) var diagnostics: Diagnostics
    /// What was read so far.
    var tree = Tree()
    /// Number of blocks, groups and calls that are open.
    ///
    /// The methods call each other as deep as the text nests, so this bounds the stack.
    private var nesting = 0
    private var currentEnd = Position.start

    /// A parser at the start of a configuration.
    init(_ lexer: Lexer, _ diagnostics: Diagnostics = Diagnostics()) {
        self.lexer = lexer
        self.diagnostics = diagnostics
    }

    /// Reads everything; the tree is whole only when there are no errors.
    ///
    /// The tree is handed out together with the errors because a caller that only wants to list or
    /// print can use what there is of it.
    mutating func parse() -> (tree: Tree, errors: [ScriptError]) {
        attempt { (parser) throws(ScriptError) in try parser.advance() }
        while current.kind != .end, !diagnostics.isFull {
            attempt { (parser) throws(ScriptError) in try parser.topLevel() }
        }
        tree.sources = lexer.sources
        tree.definitions = lexer.definitions.all
        return (tree, diagnostics.errors)
    }

    /// Runs a part; after an error it is noted and the rest of the statement skipped.
    private mutating func attempt(_ body: (inout Parser) throws(ScriptError) -> Void) {
        do {
            try body(&self)
        } catch {
            diagnostics.report(error)
            skipTopLevel()
        }
    }

    // MARK: Tokens

    /// Steps to the next token.
    mutating func advance() throws(ScriptError) {
        previousEnd = currentEnd
        current = try lexer.next()
        currentEnd = lexer.position
    }

    /// Steps on whatever comes, noting errors; for skipping.
    ///
    /// Errors of the lexer are noted while a statement is skipped too: an unclosed string is worth
    /// telling although it stands in a statement that is wrong already.
    private mutating func advanceAnyway() {
        while !diagnostics.isFull {
            do {
                try advance()
                return
            } catch {
                diagnostics.report(error)
            }
        }
        lexer.stop()
        current = Token(kind: .end, text: "", position: current.position, isGlued: false)
    }

    /// Whether a symbol is next.
    func at(_ symbol: Symbol) -> Bool { current.kind == .symbol(symbol) }

    /// Whether a word is next.
    func at(word: String) -> Bool { current.kind == .word && current.text == word }

    /// Steps over a symbol if it is next.
    mutating func take(_ symbol: Symbol) throws(ScriptError) -> Bool {
        guard at(symbol) else { return false }
        try advance()
        return true
    }

    /// Steps over a symbol that must be next.
    mutating func expect(_ symbol: Symbol, _ purpose: String) throws(ScriptError) {
        guard try take(symbol) else {
            throw unexpected("expected \"\(symbol.rawValue)\" \(purpose)")
        }
    }

    /// Steps over the semicolon that ends a statement.
    ///
    /// A statement that lacks it is not given up silently: Kamailio refuses it as well (script.md
    /// 5).
    mutating func expectSemicolon() throws(ScriptError) {
        guard try !take(.semicolon) else { return }
        throw failure(
            .syntax, at: previousEnd, "expected \";\" before \(current.description)",
            hint: "every statement ends with a semicolon")
    }

    /// An error about the token that is looked at.
    func unexpected(_ message: String, hint: String? = nil) -> ScriptError {
        failure(
            .syntax, at: current.position, "\(message), found \(current.description)", hint: hint)
    }

    /// An error at a position.
    func failure(
        _ kind: ScriptError.Kind, at position: Position, _ message: String, hint: String? = nil
    ) -> ScriptError {
        lexer.failure(kind, at: position, message, hint: hint)
    }

    /// Runs `body` one level deeper, within the bound on nesting.
    ///
    /// The level is left again when `body` throws, for parsing goes on behind an error.
    mutating func nested<Result>(
        _ body: (inout Parser) throws(ScriptError) -> Result
    ) throws(ScriptError) -> Result {
        guard nesting < Limits.scriptDepthMax else {
            throw failure(
                .limit, at: current.position,
                "blocks and expressions nest more than \(Limits.scriptDepthMax) deep")
        }
        nesting += 1
        defer { nesting -= 1 }
        return try body(&self)
    }

    // MARK: Going on after errors

    /// Skips to the next statement outside of blocks: a word that begins a line.
    ///
    /// A word at the start of a line, outside of braces, is where the next statement most likely
    /// begins: settings have no semicolon that could be looked for.
    private mutating func skipTopLevel() {
        var depth = 0
        repeat {
            if at(.openBrace) { depth += 1 }
            if at(.closeBrace) { depth -= 1 }
            let line = current.position.line
            advanceAnyway()
            if depth <= 0, current.kind == .word, current.position.line != line { return }
        } while current.kind != .end
    }

    /// The statements up to the closing brace, which it steps over.
    ///
    /// Errors within are noted.
    ///
    /// A block that is never closed is shown at its opening brace. The end of the file, where it is
    /// noticed, tells nobody which brace is missing.
    mutating func statements(closing place: Position) throws(ScriptError) -> [Statement] {
        var list: [Statement] = []
        while !at(.closeBrace) {
            guard current.kind != .end, !diagnostics.isFull else {
                throw failure(.syntax, at: place, "this \"{\" is not closed")
            }
            do {
                if let statement = try statement() { list.append(statement) }
            } catch {
                diagnostics.report(error)
                skipStatement()
                // The rest of a broken `if` would be a second error about the first one.
                while at(word: "else") { skipStatement() }
            }
        }
        try advance()
        return list
    }

    /// Notes an error without giving up the statement.
    mutating func report(_ error: ScriptError) { diagnostics.report(error) }

    /// Skips behind the next semicolon, or to the brace that closes the block.
    ///
    /// Braces are counted, so that the error in the head of an `if` does not make its body look
    /// like statements of the block around it.
    mutating func skipStatement() {
        var depth = 0
        while current.kind != .end {
            if at(.openBrace) { depth += 1 }
            if at(.closeBrace) {
                if depth == 0 { return }
                depth -= 1
                if depth == 0 {
                    advanceAnyway()
                    return
                }
            }
            let isEnd = at(.semicolon) && depth == 0
            advanceAnyway()
            if isEnd { return }
        }
    }
}
