/// Finds the declarations of a file in its tokens.
///
/// It keeps a stack of scopes, one for each open brace. Only in a file or type scope, outside of
/// parentheses, is a keyword taken for a declaration; function bodies are walked over.
struct DeclarationReader {
    /// What stands between two braces.
    struct Scope {
        /// What kind of declarations the scope can hold.
        enum Kind { case file, type, enumeration, body }
        /// What it holds.
        let kind: Kind
        /// Whether what is declared here is private to the file.
        let isHidden: Bool
        /// Whether the type around is public.
        let isPublic: Bool
        /// The declaration whose body this is.
        let owner: Int?
        /// Number of open parentheses and brackets.
        var parentheses = 0
        /// The declaration that the next brace belongs to.
        var pending: Int?
    }

    /// The words before a keyword that belong to its declaration.
    private struct Preamble {
        var modifiers: Set<String> = []
        /// Index of the first token of the declaration.
        var start: Int
    }

    /// The tokens that the compiler sees, with the documentation comments.
    private let tokens: [Token]
    private var scopes = [Scope(kind: .file, isHidden: false, isPublic: false, owner: nil)]
    private var declarations: [Declaration] = []

    private init(_ tokens: [Token]) {
        self.tokens = tokens.filter { $0.kind != .comment }
    }

    /// The declarations of a file, in the order of their keywords.
    static func declarations(in tokens: [Token]) -> [Declaration] {
        var reader = DeclarationReader(tokens)
        for index in reader.tokens.indices {
            switch reader.tokens[index].kind {
            case .word: reader.take(wordAt: index)
            case .punctuation: reader.take(punctuationAt: index)
            case .string, .comment, .documentation: break
            }
        }
        return reader.declarations
    }

    private var top: Scope {
        get { scopes[scopes.count - 1] }
        set { scopes[scopes.count - 1] = newValue }
    }

    private mutating func take(punctuationAt index: Int) {
        switch tokens[index].text {
        case "(", "[": top.parentheses += 1
        case ")", "]": top.parentheses = max(0, top.parentheses - 1)
        case "{": open()
        case "}": close(line: tokens[index].line)
        default: break
        }
    }

    /// Enters a brace: the body of the pending declaration, or else a closure or statement.
    private mutating func open() {
        guard top.kind != .body, top.parentheses == 0, let owner = top.pending else {
            scopes.append(Scope(kind: .body, isHidden: true, isPublic: false, owner: nil))
            return
        }
        top.pending = nil
        let declaration = declarations[owner]
        let kind: Scope.Kind =
            switch declaration.kind {
            case .enumeration: .enumeration
            case let kind where kind.holdsMembers: .type
            default: .body
            }
        scopes.append(
            Scope(
                kind: kind, isHidden: declaration.isHidden, isPublic: declaration.isPublic,
                owner: owner))
    }

    private mutating func close(line: Int) {
        guard scopes.count > 1, let scope = scopes.popLast() else { return }
        if let owner = scope.owner { declarations[owner].lastLine = line }
    }

    private mutating func take(wordAt index: Int) {
        guard top.kind != .body, top.parentheses == 0 else { return }
        guard let kind = Declaration.Kind(rawValue: tokens[index].text) else { return }
        guard isDeclaration(kind, at: index) else { return }
        let preamble = preamble(before: index)
        let before = preamble.start - 1
        let isPrivate = !preamble.modifiers.isDisjoint(with: ["private", "fileprivate"])
        let isPublic = !preamble.modifiers.isDisjoint(with: ["public", "open"])
        declarations.append(
            Declaration(
                kind: kind, name: name(of: kind, at: index), line: tokens[index].line,
                isDocumented: before >= 0 && tokens[before].kind == .documentation,
                isHidden: isPrivate || top.isHidden,
                isPublic: kind == .enumerationCase ? top.isPublic : isPublic,
                isOverride: preamble.modifiers.contains("override")))
        top.pending = kind.mayHaveBody ? declarations.count - 1 : nil
    }
}

extension DeclarationReader {
    private func isDeclaration(_ kind: Declaration.Kind, at index: Int) -> Bool {
        if kind == .enumerationCase, top.kind != .enumeration { return false }
        if index > 0, Self.wordsBeforeOthers.contains(tokens[index - 1].text) { return false }
        guard index + 1 < tokens.count else { return false }
        let next = tokens[index + 1]
        switch kind {
        case .class:
            return next.kind == .word && !Self.modifiers.contains(next.text)
                && Declaration.Kind(rawValue: next.text) == nil
        case .actor: return next.kind == .word
        default: return true
        }
    }

    /// After these, a keyword is a member, a pattern, a name or a generic parameter.
    private static let wordsBeforeOthers: Set<String> = [
        ".", ",", "<", "if", "guard", "while", "for", "case", "let", "var", "func", "import",
    ]

    private static let modifiers: Set<String> = [
        "public", "private", "fileprivate", "internal", "package", "open", "static", "class",
        "final", "override", "mutating", "nonmutating", "lazy", "weak", "unowned", "indirect",
        "required", "convenience", "nonisolated", "isolated", "dynamic", "borrowing", "consuming",
        "prefix", "postfix", "infix", "optional", "unsafe",
    ]

    /// Walks back over modifiers and attributes with their arguments.
    private func preamble(before index: Int) -> Preamble {
        var preamble = Preamble(start: index)
        while preamble.start > 0 {
            var word = preamble.start - 1
            var hasArguments = false
            if tokens[word].is(")") {
                guard let open = parenthesis(closedAt: word), open > 0 else { break }
                word = open - 1
                hasArguments = true
            }
            let text = tokens[word].text
            guard tokens[word].kind == .word, text.hasPrefix("@") || Self.modifiers.contains(text)
            else { break }
            // `private(set)` says who may write, and hides nothing.
            if !hasArguments { preamble.modifiers.insert(text) }
            preamble.start = word
        }
        return preamble
    }

    private func parenthesis(closedAt last: Int) -> Int? {
        var depth = 0
        for index in stride(from: last, through: 0, by: -1) {
            if tokens[index].is(")") { depth += 1 }
            if tokens[index].is("(") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    private func name(of kind: Declaration.Kind, at index: Int) -> String {
        switch kind {
        case .initialiser, .deinitialiser, .subscript: kind.rawValue
        case .function where tokens[index + 1].kind == .punctuation:
            tokens[(index + 1)...].prefix { $0.kind == .punctuation && !$0.is("(") }
                .map(\.text).joined()
        default: tokens[index + 1].text
        }
    }
}
