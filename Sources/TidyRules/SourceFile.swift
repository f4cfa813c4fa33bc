/// A Swift file, read once for all rules.
public struct SourceFile: Sendable {
    /// What a line is for.
    public enum LineKind: Sendable {
        /// It holds code, or a piece of a string.
        case code
        /// It holds a comment and nothing else.
        case comment
        /// It holds nothing.
        case blank
    }

    /// An import and where it stands.
    public struct Import: Hashable, Sendable {
        /// Name of the module.
        public let module: String
        /// Line of the import.
        public let line: Int
    }

    /// The text and its path.
    public let text: TextFile
    /// The text in pieces.
    public let tokens: [Token]
    /// The declarations outside of function bodies.
    public let declarations: [Declaration]
    /// What each line is for.
    public let lineKinds: [LineKind]
    /// The modules that are imported.
    public let imports: [Import]

    /// Reads a file.
    public init(_ text: TextFile) {
        let tokens = SwiftScanner.tokens(of: text.content)
        self.text = text
        self.tokens = tokens
        declarations = DeclarationReader.declarations(in: tokens)
        lineKinds = Self.lineKinds(count: text.lines.count, tokens: tokens)
        imports = Self.imports(in: tokens)
    }

    /// Path relative to the root of the repository.
    public var path: String { text.path }

    /// Whether it belongs to the tests rather than to what is delivered.
    public var isTest: Bool {
        path.hasPrefix("Tests/") || path.hasPrefix(HouseNumbers.testSupportFolder)
    }

    private static func lineKinds(count: Int, tokens: [Token]) -> [LineKind] {
        var kinds = [LineKind](repeating: .blank, count: count)
        for token in tokens {
            for line in token.line...token.lastLine where line <= count {
                if !token.isComment {
                    kinds[line - 1] = .code
                } else if kinds[line - 1] == .blank {
                    kinds[line - 1] = .comment
                }
            }
        }
        return kinds
    }

    private static func imports(in tokens: [Token]) -> [Import] {
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
        var imports: [Import] = []
        for index in tokens.indices where tokens[index].is("import") {
            var next = index + 1
            if next < tokens.count, kinds.contains(tokens[next].text) { next += 1 }
            guard next < tokens.count, tokens[next].kind == .word else { continue }
            imports.append(Import(module: tokens[next].text, line: tokens[index].line))
        }
        return imports
    }
}
