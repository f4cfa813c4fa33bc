@testable import TidyRules

/// Short texts that tests look at: a file under a made-up path.
enum Snippet {
    static let path = "Sources/Basics/Snippet.swift"

    static func text(_ content: String, path: String = path) -> TextFile {
        TextFile(path, content)
    }

    static func file(_ content: String, path: String = path) -> SourceFile {
        SourceFile(TextFile(path, content))
    }

    /// A file with a number of lines of each kind.
    static func file(
        code: Int = 0, comments: Int = 0, blanks: Int = 0, path: String = path
    ) -> SourceFile {
        let lines =
            Array(repeating: "x += 1", count: code)
            + Array(repeating: "// A comment.", count: comments)
            + Array(repeating: "", count: blanks)
        return file(lines.joined(separator: "\n") + "\n", path: path)
    }

    /// A function that is as long as asked, braces included.
    static func function(_ name: String, lines: Int) -> String {
        let body = Array(repeating: "    work()", count: max(0, lines - 2))
        return (["func \(name)() {"] + body + ["}"]).joined(separator: "\n")
    }
}

/// The spellings of the tokens of one kind.
func spellings(_ kind: Token.Kind, in text: String) -> [String] {
    SwiftScanner.tokens(of: text).filter { $0.kind == kind }.map(\.text)
}

/// A finding as short text: line and what is wrong.
func short(_ findings: [Finding]) -> [String] {
    findings.map { "\($0.line): \($0.text)" }
}

/// The lines that findings point at.
func lines(_ findings: [Finding]) -> [Int] {
    findings.map(\.line)
}
