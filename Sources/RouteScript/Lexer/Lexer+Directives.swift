internal import Basics
internal import ModuleKit

/// The preprocessor: lines that begin with `#!` or `!!`.
extension Lexer {
    /// The directives by all their names.
    ///
    /// The short and the long names are separate cases, because messages name a directive as the
    /// operator wrote it.
    enum Directive: String, CaseIterable {
        case define, def, trydefine, trydef, redefine, redef, undefine, undef
        case tryundefine, tryundef, defexp, defexps, ifexp
        case defenv, defenvs, trydefenv, trydefenvs
        case ifdef, ifndef, `else`, endif
        case subst, substdef, substdefs
        case includeFile = "include_file"
        case importFile = "import_file"

        /// First lines that choose how the rest is read, and what they choose.
        static let modes = ["KAMAILIO", "OPENSER", "MAXCOMPAT", "ALL", "SER"]
    }

    /// The word behind the two bytes that begin a directive, nil when none of ours stands there.
    func directiveWord() -> Directive? { Directive(rawValue: wordBehindMark()) }

    /// The letters behind the two bytes that begin a directive.
    private func wordBehindMark() -> String {
        var end = input.offset + 2
        while end < input.bytes.count, Byte.continuesName(input.bytes[end]) { end += 1 }
        return String(decoding: input.bytes[(input.offset + 2)..<end], as: UTF8.self)
    }

    /// Obeys the directive that begins here, and steps behind it.
    ///
    /// A definition cannot hold a directive: it would act at each use, and a conditional that opens
    /// in one text and closes in another could not be shown to anybody.
    mutating func directive() throws(ScriptError) {
        let start = position
        let word = wordBehindMark()
        guard let directive = Directive(rawValue: word) else {
            let error = unknownDirective(word, at: start)
            skipLine()
            if let error { throw error }
            return
        }
        guard input.expansion == nil else {
            advance(to: input.bytes.count)
            throw failure(.lexical, at: start, "a definition cannot hold a directive")
        }
        advance(to: input.offset + 2 + word.utf8.count)
        switch directive {
        case .ifdef, .ifndef, .ifexp: try conditional(directive, at: start)
        case .else: try otherwise(at: start)
        case .endif: try endConditional(at: start)
        case .includeFile, .importFile: try include(word, at: start)
        case .subst, .substdef, .substdefs: try substitution(directive, at: start)
        case .tryundefine, .tryundef:
            _ = definitions.remove(try definedName(of: word, at: start))
        case .undefine, .undef:
            let name = try definedName(of: word, at: start)
            guard definitions.remove(name) else {
                throw failure(
                    .lexical, at: start, "\"\(name)\" is not defined",
                    hint: suggestion(name, definitions.names))
            }
        default: try define(directive, at: start)
        }
    }

    /// What a word that is no directive means: nothing in a comment or a first line, else an error.
    ///
    /// A bare `#!` is taken for a comment, and so is a first line such as `#!/usr/sbin/roost -f`,
    /// which makes the file a program. Everything else that looks like a directive is one that was
    /// mistyped; Kamailio takes it for a comment, and the server then runs without what it was to
    /// define.
    private func unknownDirective(_ word: String, at start: Position) -> ScriptError? {
        let isFirst = start.line == 1 && start.column == 1
        if word == "SER", isFirst {
            return failure(
                .unsupported, at: start, "the compatibility mode of SER is not supported",
                hint: "begin the file with #!KAMAILIO")
        }
        if word.isEmpty || (isFirst && Directive.modes.contains(word)) { return nil }
        return failure(
            .lexical, at: start, "unknown directive \"#!\(word)\"",
            hint: suggestion(word, Directive.allCases.map(\.rawValue))
                ?? "a comment has a space behind the #")
    }

    /// Words for a suggestion, nil without one.
    func suggestion(_ name: String, _ candidates: some Sequence<String>) -> String? {
        NearestName.find(name, among: candidates).map { "did you mean \"\($0)\"?" }
    }

    /// The rest of the line; a backslash before its end joins the next line.
    ///
    /// A comment behind a value belongs to the value (script.md 2) and is skipped each time it is
    /// used, so `#!define A 5 # five` does what it seems to.
    private mutating func lineRest() -> [UInt8] {
        var rest: [UInt8] = []
        while true {
            let start = input.offset
            skipLine()
            var piece = input.bytes[start..<input.offset]
            if piece.last == Byte.carriageReturn { piece.removeLast() }
            guard piece.last == Byte.backslash, input.offset < input.bytes.count else {
                return rest + piece
            }
            rest += piece.dropLast()
            advance(to: input.offset + 1)
        }
    }

    /// Steps over blanks within the line.
    private mutating func skipSpaces() {
        while peek() == Byte.space || peek() == Byte.tab { advance(to: input.offset + 1) }
    }

    /// The name behind a directive; the rest of the line stays, except after an error.
    ///
    /// The `=` is allowed behind the name for the sake of `#!defenv NAME=VARIABLE` only; in a
    /// definition it becomes part of the value.
    private mutating func definedName(
        of directive: String, at start: Position
    ) throws(ScriptError) -> String {
        skipSpaces()
        var end = input.offset
        while end < input.bytes.count, Byte.continuesName(input.bytes[end]) { end += 1 }
        let name = String(decoding: input.bytes[input.offset..<end], as: UTF8.self)
        let next = end < input.bytes.count ? input.bytes[end] : Byte.newline
        guard Definition.isName(name), Byte.isSpace(next) || next == UInt8(ascii: "=") else {
            let place = position
            skipLine()
            throw failure(
                .lexical, at: place, "#!\(directive) needs a name",
                hint: "a name has letters, digits and underscores")
        }
        advance(to: end)
        return name
    }

    // MARK: Definitions

    /// All forms that give a name a value; they differ in what an earlier value means.
    ///
    /// An earlier value keeps `try` forms from doing anything, is replaced by `redefine`, and is an
    /// error for the others: two definitions of one name mean that one of them has no effect.
    private mutating func define(_ directive: Directive, at start: Position) throws(ScriptError) {
        let name = try definedName(of: directive.rawValue, at: start)
        var value: [UInt8]
        switch directive {
        case .defenv, .defenvs, .trydefenv, .trydefenvs:
            guard let found = try environment(directive, name, at: start) else { return }
            value = found
        case .defexp, .defexps:
            let result = try expression(lineRest(), at: start)
            value = Array(result.text.utf8)
            if directive == .defexps { value = [Byte.quote] + value + [Byte.quote] }
        default:
            skipSpaces()
            value = lineRest()
        }
        switch directive {
        case .trydefine, .trydef, .trydefenv, .trydefenvs:
            if definitions.contains(name) { return }
        case .redefine, .redef: break
        default:
            guard !definitions.contains(name) else {
                throw failure(
                    .lexical, at: start, "\"\(name)\" is already defined",
                    hint: "use #!redefine to change it, #!trydefine to keep it")
            }
        }
        try store(name, value, at: start)
    }

    /// Defines a name, within the bound on their number.
    private mutating func store(
        _ name: String, _ value: [UInt8], at start: Position
    ) throws(ScriptError) {
        guard definitions.set(name, value) else {
            throw failure(
                .limit, at: start, "there are more than \(Limits.definesMax) definitions")
        }
    }

    /// The value of `#!defenv NAME` or `#!defenv NAME=VARIABLE`; nil when a try finds none.
    ///
    /// The environment is read while the file is read, once: a variable that changes later does not
    /// change the configuration.
    private mutating func environment(
        _ directive: Directive, _ name: String, at start: Position
    ) throws(ScriptError) -> [UInt8]? {
        let rest = String(decoding: lineRest(), as: UTF8.self)
        let words = rest.split { $0 == " " || $0 == "\t" || $0 == "=" }
        let variable = words.first.map(String.init) ?? name
        guard let value = files.environment(variable) else {
            if directive == .trydefenv || directive == .trydefenvs { return nil }
            throw failure(
                .lexical, at: start, "the environment variable \"\(variable)\" is not set",
                hint: "#!trydefenv takes it only if it is set")
        }
        let isQuoted = directive == .defenvs || directive == .trydefenvs
        return Array((isQuoted ? "\"\(value)\"" : value).utf8)
    }

    /// The value of an expression over definitions: `#!ifexp A > 1 && B == "x"`.
    ///
    /// It is parsed like any expression of the script. A name that is not defined is 0, one without
    /// a value is 1 (script.md 2). It reads no files, and what definitions stand for in it counts
    /// for the bounds of the whole: a file that includes itself from an expression would never end.
    private mutating func expression(
        _ line: [UInt8], at start: Position
    ) throws(ScriptError) -> Constant {
        var inner = Lexer(
            SourceFile(name: sources.location(start).file, bytes: line), defines: [],
            files: MemoryFiles())
        // As in a definition, directives are refused: one would read an expression of its own.
        inner.input.expansion = start
        inner.definitions = definitions
        inner.substitutions = substitutions
        (inner.expansions, inner.bytesRead) = (expansions, bytesRead)
        var parser = Parser(inner)
        defer { (expansions, bytesRead) = (parser.lexer.expansions, parser.lexer.bytesRead) }
        do throws(ScriptError) {
            return try parser.definitionValue(definitions)
        } catch {
            throw failure(.lexical, at: start, "no expression: \(error.message)", hint: error.hint)
        }
    }

    // MARK: Substitutions and files

    /// The string behind a directive.
    ///
    /// The rules in force are not applied to a rule itself, or `#!subst "/a/b/"` twice would make
    /// the second one replace b by b. Names of included files are strings like others and are
    /// changed.
    private mutating func argument(
        of directive: String, at start: Position
    ) throws(ScriptError) -> String {
        skipSpaces()
        guard peek() == Byte.quote || peek() == Byte.apostrophe else {
            skipLine()
            throw failure(.lexical, at: start, "\(directive) needs a string behind it")
        }
        let outermost = substitutions
        defer { substitutions = outermost }
        if directive.hasPrefix("#!subst") { substitutions = [] }
        guard let token = try token(isGlued: false) else { return "" }
        return token.text
    }

    /// A rule for strings; the forms with `def` define its pattern as well.
    ///
    /// The order matters: a rule is in force before its name is defined, so that the value is not
    /// looked at by the rule that gave it.
    private mutating func substitution(
        _ directive: Directive, at start: Position
    ) throws(ScriptError) {
        let written = try argument(of: "#!\(directive.rawValue)", at: start)
        let text = try resolved(written, directive, at: start)
        let rule: Substitution
        do {
            rule = try Substitution(text)
        } catch {
            throw failure(.lexical, at: start, error.message)
        }
        guard substitutions.count < Limits.substitutionsMax else {
            throw failure(
                .limit, at: start,
                "there are more than \(Limits.substitutionsMax) substitutions")
        }
        substitutions.append(rule)
        guard directive != .subst else { return }
        guard Definition.isName(rule.pattern) else {
            throw failure(.lexical, at: start, "\"\(rule.pattern)\" is no name to define")
        }
        let value = directive == .substdefs ? "\"\(rule.replacement)\"" : rule.replacement
        try store(rule.pattern, Array(value.utf8), at: start)
    }

    /// The text of a rule with `$env(NAME)` replaced: the one variable known before the start.
    private func resolved(
        _ text: String, _ directive: Directive, at start: Position
    ) throws(ScriptError) -> String {
        guard directive != .subst else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard bytes[place] == Byte.dollar, let end = VariableSyntax.end(in: bytes, from: place)
            else {
                result.append(bytes[place])
                place += 1
                continue
            }
            let name = String(decoding: bytes[place..<end], as: UTF8.self)
            guard let variable = try? VariableSyntax.parse(name), variable.name == "env",
                let inner = variable.inner, let value = files.environment(inner)
            else {
                throw failure(
                    .unsupported, at: start, "\"\(name)\" has no value before the start",
                    hint: "only $env(NAME) of a variable that is set has one")
            }
            result += value.utf8
            place = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Reads on in another file; `import_file` forgives its absence.
    ///
    /// Only files count for the depth, not definitions: ten levels are Kamailio's bound, and a file
    /// that includes itself reaches them at once.
    mutating func include(_ word: String, at start: Position) throws(ScriptError) {
        while input.expansion == nil, Byte.isSpace(peek()) { advance(to: input.offset + 1) }
        let name = try argument(of: word, at: start)
        guard name.utf8.count <= Limits.includeNameBytesMax, !name.isEmpty else {
            throw failure(.limit, at: start, "\"\(name.prefix(40))\" is no name of a file")
        }
        let depth = outer.count { $0.expansion == nil } + 1
        guard depth <= Limits.includeDepthMax else {
            throw failure(
                .limit, at: start,
                "files include each other more than \(Limits.includeDepthMax) deep")
        }
        guard let file = try open(name, isOptional: word == "import_file", at: start) else {
            return
        }
        bytesRead += file.bytes.count
        guard bytesRead <= Limits.configurationBytesMax else {
            throw failure(.limit, at: start, "the configuration is larger than 16 MiB")
        }
        outer.append(input)
        input = Input(bytes: file.bytes, file: sources.add(file))
    }

    /// Tries a name as it is, then relative to the including file's folder.
    private func open(
        _ name: String, isOptional: Bool, at start: Position
    ) throws(ScriptError) -> SourceFile? {
        var candidates = [name]
        let including = sources.files[input.file].name
        if !name.hasPrefix("/"), let slash = including.lastIndex(of: "/") {
            candidates.append(including[...slash] + name)
        }
        var reason = ""
        for candidate in candidates {
            do {
                return SourceFile(name: candidate, bytes: try files.read(candidate))
            } catch {
                if !error.isMissing || reason.isEmpty { reason = error.message }
                if !error.isMissing { break }
            }
        }
        if isOptional { return nil }
        throw failure(.file, at: start, "cannot read \"\(name)\": \(reason)")
    }

    // MARK: Conditionals

    /// Opens a conditional, and skips its branch when it does not hold.
    private mutating func conditional(
        _ directive: Directive, at start: Position
    ) throws(ScriptError) {
        let holds: Bool
        if directive == .ifexp {
            holds = try expression(lineRest(), at: start).number != 0
        } else {
            let name = try definedName(of: directive.rawValue, at: start)
            holds = definitions.contains(name) == (directive == .ifdef)
        }
        guard conditionals.count < Limits.conditionalDepthMax else {
            stop()
            throw failure(
                .limit, at: start,
                "conditionals nest more than \(Limits.conditionalDepthMax) deep")
        }
        conditionals.append(Conditional(position: start, name: "#!\(directive.rawValue)"))
        if !holds { try skipBranch() }
    }

    /// Reached while a branch is read: what follows belongs to the other one.
    ///
    /// Several `#!else` toggle (script.md 2): what follows the second one belongs to the condition
    /// again.
    private mutating func otherwise(at start: Position) throws(ScriptError) {
        guard !conditionals.isEmpty else {
            throw failure(.lexical, at: start, "#!else has no #!ifdef before it")
        }
        try skipBranch()
    }

    /// Closes the innermost conditional.
    private mutating func endConditional(at start: Position) throws(ScriptError) {
        guard conditionals.popLast() != nil else {
            throw failure(.lexical, at: start, "#!endif has no #!ifdef before it")
        }
    }

    /// Skips to the `#!else` or `#!endif` of the innermost conditional, and steps behind it.
    ///
    /// What is skipped may be anything; only conditionals are looked for, comments left out.
    ///
    /// Quotes are not looked at, because what is skipped may be written for another program. Words
    /// behind a `#` are comments, in which a directive of ours is only text.
    private mutating func skipBranch() throws(ScriptError) {
        var depth = 0
        while input.offset < input.bytes.count {
            let byte = peek()
            let isMark = (byte == Byte.hash || byte == Byte.bang) && peek(1) == Byte.bang
            if isMark, let word = directiveWord() {
                advance(to: input.offset + 2 + word.rawValue.utf8.count)
                switch word {
                case .ifdef, .ifndef, .ifexp: depth += 1
                case .else where depth == 0: return
                case .endif where depth == 0:
                    conditionals.removeLast()
                    return
                case .endif: depth -= 1
                default: break
                }
            } else if byte == Byte.hash {
                skipLine()
            } else {
                advance(to: input.offset + 1)
            }
        }
    }
}
