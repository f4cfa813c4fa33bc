extension SourceFile {
    /// The declarations that should be documented and are not.
    func undocumented() -> [Finding] {
        guard path.hasPrefix("Sources/") else { return [] }
        let isScript = path.hasSuffix("/main.swift")
        return declarations.compactMap { declaration in
            guard declaration.needsDocumentation, !declaration.isDocumented else { return nil }
            // What main.swift declares at its top level are the variables of a script.
            if isScript, declaration.kind == .constant || declaration.kind == .variable {
                return nil
            }
            return Finding(
                path, declaration.line, .documentation,
                "\(declaration.title) has no documentation comment")
        }
    }

    /// The types and files whose names say nothing.
    func emptyNames() -> [Finding] {
        var findings: [Finding] = []
        for declaration in declarations
        where declaration.kind.holdsMembers && declaration.kind != .extension {
            guard let word = Self.emptyWord(in: declaration.name) else { continue }
            findings.append(
                Finding(
                    path, declaration.line, .emptyName,
                    "\"\(word)\" in \(declaration.name) says nothing"))
        }
        if let word = Self.emptyWord(in: path) {
            findings.append(Finding(path, 1, .emptyName, "\"\(word)\" in the path says nothing"))
        }
        return findings
    }

    /// The first word of a name that says nothing.
    ///
    /// A word begins at a capital that follows a small letter or comes before one (`SIPUri` is
    /// `sip` and `uri`), and after whatever is no letter.
    static func emptyWord(in name: String) -> String? {
        let given = HouseNumbers.givenNames.reduce(name) { $0.replacing($1, with: "") }
        let letters = Array(given)
        var words: [String] = [""]
        for (index, letter) in letters.enumerated() {
            let followsSmall = index > 0 && letters[index - 1].isLowercase
            let precedesSmall = index + 1 < letters.count && letters[index + 1].isLowercase
            if !letter.isLetter || letter.isUppercase && (followsSmall || precedesSmall) {
                words.append("")
            }
            if letter.isLetter { words[words.count - 1] += letter.lowercased() }
        }
        return words.first { HouseNumbers.emptyNames.contains($0) }
    }

    /// Calls that end the process where an error could be thrown.
    func traps() -> [Finding] {
        // The manifest can refuse a package in no other way than by ending.
        guard path != "Package.swift" else { return [] }
        return trapIndices()
    }

    private func trapIndices() -> [Finding] {
        tokens.indices.dropLast().compactMap { index in
            let next = tokens[index + 1]
            // With a space between them, `try !a()` negates what `a` returns.
            if tokens[index].is("try"), next.is("!"), next.isAttached(to: tokens[index]) {
                return Finding(path, next.line, .trap, "try! ends the process; throw or catch")
            }
            if tokens[index].is("fatalError"), next.is("(") {
                return Finding(
                    path, next.line, .trap,
                    "fatalError; throw, or use preconditionFailure for what cannot happen")
            }
            return nil
        }
    }

    /// Comments that put work off.
    func deferredWork() -> [Finding] {
        tokens.compactMap { token in
            guard token.isComment else { return nil }
            let words = token.text.split { !$0.isLetter }
            guard words.contains("TODO") || words.contains("FIXME") else { return nil }
            return Finding(path, token.line, .deferredWork, "do it, or plan it elsewhere")
        }
    }

    /// Unchecked conformances whose comment does not say why they hold.
    func unprovenSendables() -> [Finding] {
        tokens.indices.dropLast().compactMap { index in
            guard tokens[index].is("@unchecked"), tokens[index + 1].is("Sendable") else {
                return nil
            }
            let words = commentAbove(line: tokens[index].line).lowercased().split { !$0.isLetter }
            guard !words.contains(where: { HouseNumbers.isProofWord($0) }) else { return nil }
            return Finding(
                path, tokens[index].line, .uncheckedSendable,
                "the comment above does not say why this is Sendable")
        }
    }

    /// Locks around a bare function: handed out of a generic lock and put back, it is wrapped once
    /// more each time, until a call of it overflows the stack.
    func guardedFunctions() -> [Finding] {
        tokens.indices.dropLast(3).compactMap { index in
            let token = tokens[index]
            guard token.is("Guarded") || token.is("Mutex"), tokens[index + 1].is("<") else {
                return nil
            }
            // Optional ones stand in parentheses; a tuple does not begin with either of these.
            let isOptional = tokens[index + 2].is("(")
            let first = tokens[index + (isOptional ? 3 : 2)]
            guard first.is("@Sendable") || isOptional && first.is("(") else { return nil }
            return Finding(
                path, token.line, .guardedFunction, "use GuardedFunction, or put it in a struct")
        }
    }

    /// The lines of comment above the declaration that reaches a line.
    private func commentAbove(line: Int) -> String {
        // The conformance stands at most three lines below its keyword; types inside of functions
        // are not read as declarations, for them the line itself has to do.
        let near = (line - 3)...line
        let declaration = declarations.last { $0.kind.holdsMembers && near.contains($0.line) }
        var index = (declaration?.line ?? line) - 2
        // Attributes may stand on lines of their own between the comment and the keyword.
        while index >= 0, lineKinds[index] == .code,
            text.lines[index].drop(while: isSpace).first == "@"
        {
            index -= 1
        }
        var comment = ""
        while index >= 0, lineKinds[index] == .comment {
            comment = text.lines[index] + "\n" + comment
            index -= 1
        }
        return comment
    }
}

private func isSpace(_ character: Character) -> Bool { character.isWhitespace }
