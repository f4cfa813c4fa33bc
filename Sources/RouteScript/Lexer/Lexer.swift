internal import Basics
internal import ModuleKit

/// Turns the bytes of a configuration into tokens, and obeys the preprocessor on the way.
///
/// Directives act at the point where they stand, so the lexer runs only as far as the parser asks:
/// `loadmodule "x.so"` defines `MOD_x` before the next token is read.
///
/// Inputs are a stack: an included file and the text of a definition are pushed and read to their
/// end, then what was read before goes on. Its depth is bounded for both, so that neither files nor
/// definitions that name each other can go on for ever.
struct Lexer {
    /// Bytes that are being read: a file, or what a definition stands for.
    struct Input {
        /// The bytes.
        var bytes: [UInt8]
        /// Index of the file they belong to.
        var file: Int
        /// Where the name stands that expands to these bytes; nil for a file.
        ///
        /// Errors in the text of a definition are shown at its use: the text has no line of its own
        /// that the operator could look at.
        var expansion: Position?
        /// Offset of the next byte.
        var offset = 0
        /// Line of the next byte, from 1.
        var line = 1
        /// Offset of the first byte of that line.
        var lineStart = 0
    }
    /// An open `#!ifdef` or `#!ifndef`.
    struct Conditional {
        /// Where it stands.
        var position: Position
        /// Its directive, for messages.
        var name: String
    }

    /// The files that were opened.
    var sources = SourceMap()
    /// The names that are defined here.
    var definitions = Definitions()
    /// The substitutions in force here.
    var substitutions: [Substitution] = []
    /// The conditionals that are open here, the innermost last.
    var conditionals: [Conditional] = []
    /// What is being read.
    var input = Input(bytes: [], file: 0)
    /// What is read on when `input` is used up, the innermost last.
    var outer: [Input] = []
    /// Where files come from.
    let files: any FileAccess
    /// Bytes of all files and of all that definitions stood for, so far.
    ///
    /// Counted over everything, because a small file that includes a large one many times, or
    /// definitions that double, would pass any bound on a single file.
    var bytesRead = 0
    /// Uses of definitions so far.
    ///
    /// A definition may be short and its uses many: they are bounded by number as well as by bytes.
    var expansions = 0

    /// A lexer of a configuration that the caller has read.
    init(_ file: SourceFile, defines: [Definition], files: any FileAccess) {
        self.files = files
        input = Input(bytes: file.bytes, file: sources.add(file))
        bytesRead = file.bytes.count
        for definition in Definition.predefined + defines {
            _ = definitions.set(definition.name, Array(definition.value.utf8))
        }
    }

    /// Where the next byte stands.
    var position: Position {
        input.expansion
            ?? Position(
                file: input.file, line: input.line, column: input.offset - input.lineStart + 1)
    }

    /// An error at a position, with its line.
    func failure(
        _ kind: ScriptError.Kind, at position: Position, _ message: String, hint: String? = nil
    ) -> ScriptError {
        ScriptError(
            kind, at: sources.location(position), message, sourceLine: sources.line(position),
            hint: hint)
    }

    /// The byte at a distance from the next one; 0 behind the end.
    func peek(_ distance: Int = 0) -> UInt8 {
        let place = input.offset + distance
        return place < input.bytes.count ? input.bytes[place] : 0
    }

    /// Steps to an offset ahead and counts lines on the way.
    ///
    /// Every step of the lexer comes through here, which is why line numbers are right behind
    /// strings, comments and conditionals that span lines.
    mutating func advance(to offset: Int) {
        assert(offset >= input.offset && offset <= input.bytes.count)
        for place in input.offset..<offset where input.bytes[place] == Byte.newline {
            input.line += 1
            input.lineStart = place + 1
        }
        input.offset = offset
    }

    /// The next token.
    ///
    /// After an error the lexer stands behind what it complained of, so that reading may go on; it
    /// always comes to the end.
    mutating func next() throws(ScriptError) -> Token {
        var isGlued = true
        while true {
            guard input.offset < input.bytes.count else {
                guard let suspended = outer.popLast() else { return try end() }
                if input.expansion == nil { isGlued = false }
                input = suspended
                continue
            }
            if try skipBlank() {
                isGlued = false
            } else if let token = try token(isGlued: isGlued) {
                return token
            }
        }
    }

    /// Skips white space, a comment, or a directive after obeying it; false when none is there.
    ///
    /// `!!` begins a directive only before the name of one: `!!$x` is a double negation.
    private mutating func skipBlank() throws(ScriptError) -> Bool {
        let byte = peek()
        if Byte.isSpace(byte) {
            advance(to: input.offset + 1)
            return true
        }
        switch byte {
        case Byte.backslash where peek(1) == Byte.newline:
            advance(to: input.offset + 2)
        case Byte.backslash where peek(1) == Byte.carriageReturn && peek(2) == Byte.newline:
            advance(to: input.offset + 3)
        case Byte.hash where peek(1) == Byte.bang:
            try directive()
        case Byte.bang where peek(1) == Byte.bang && directiveWord() != nil:
            try directive()
        case Byte.hash: skipLine()
        case Byte.slash where peek(1) == Byte.slash: skipLine()
        case Byte.slash where peek(1) == Byte.star: try skipComment()
        default: return false
        }
        return true
    }

    /// Skips to the end of the line, which stays.
    mutating func skipLine() {
        let rest = input.bytes[input.offset...]
        advance(to: rest.firstIndex(of: Byte.newline) ?? rest.endIndex)
    }

    /// Skips a block comment; comments within it nest.
    ///
    /// Nesting is Kamailio's rule and not that of C (script.md 1): a block that holds comments can
    /// be commented out as a whole.
    private mutating func skipComment() throws(ScriptError) {
        let start = position
        var depth = 0
        var place = input.offset
        while place + 1 < input.bytes.count {
            switch (input.bytes[place], input.bytes[place + 1]) {
            case (Byte.slash, Byte.star):
                depth += 1
                place += 2
            case (Byte.star, Byte.slash):
                depth -= 1
                place += 2
                if depth == 0 {
                    advance(to: place)
                    return
                }
            default: place += 1
            }
        }
        advance(to: input.bytes.count)
        throw failure(.lexical, at: start, "the comment is not closed", hint: "close it with */")
    }

    /// The token that ends everything; an open conditional is an error first.
    ///
    /// An open conditional is complained of once and then forgotten, so that whoever asks again
    /// gets the end.
    private mutating func end() throws(ScriptError) -> Token {
        if let open = conditionals.popLast() {
            conditionals = []
            throw failure(
                .lexical, at: open.position, "\(open.name) has no #!endif",
                hint: "close it with #!endif")
        }
        return Token(kind: .end, text: "", position: position, isGlued: false)
    }

    /// Gives up the rest of everything, so that the end comes next.
    ///
    /// For errors after which going on would take too long, or would only repeat the error.
    mutating func stop() {
        outer = []
        conditionals = []
        advance(to: input.bytes.count)
    }
}
