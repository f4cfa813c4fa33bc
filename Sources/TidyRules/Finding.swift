/// One place where the tree is not as the house wants it.
public struct Finding: Hashable, Sendable {
    /// The rules, by the name that a finding is printed with.
    public enum Rule: String, CaseIterable, Sendable {
        /// A line is longer than `HouseNumbers.lineCharactersMax`.
        case lineLength = "line length"
        /// A function is longer than `HouseNumbers.functionLinesMax`.
        case functionLength = "function length"
        /// A file is longer than `HouseNumbers.fileLinesMax`.
        case fileLength = "file length"
        /// A declaration has no documentation comment.
        case documentation
        /// Too few or too many comments over all of `Sources`.
        case commentDensity = "comment density"
        /// Fewer lines of tests than of source.
        case testRatio = "test ratio"
        /// Too few preconditions in a target that must assert what it relies on.
        case preconditions
        /// A type, file or folder whose name says nothing.
        case emptyName = "empty name"
        /// A call that ends the process where an error could be thrown.
        case trap
        /// A note to do something later, which belongs where work is planned.
        case deferredWork = "deferred work"
        /// An unchecked conformance to Sendable without its proof.
        case uncheckedSendable = "unchecked Sendable"
        /// A bare function behind a lock, which is wrapped once more by each look at it.
        case guardedFunction = "guarded function"
        /// A path that exists on one machine only.
        case machinePath = "machine path"
        /// An import that the row of the target in Package.swift does not name.
        case undeclaredImport = "undeclared import"
        /// A link of a page to a file that is not there.
        case brokenLink = "broken link"
        /// A generated file that differs from what its command prints.
        case staleFile = "stale file"
    }

    /// Path of the file, relative to the root of the repository.
    public let path: String
    /// Line in the file, counted from 1.
    public let line: Int
    /// The rule that is broken.
    public let rule: Rule
    /// What was found and what is wanted.
    public let text: String

    /// A finding at a line of a file.
    public init(_ path: String, _ line: Int, _ rule: Rule, _ text: String) {
        precondition(line >= 1)
        self.path = path
        self.line = line
        self.rule = rule
        self.text = text
    }
}

extension Finding: CustomStringConvertible {
    /// The finding as compilers print theirs, so that editors can jump to it.
    public var description: String { "\(path):\(line): \(rule.rawValue): \(text)" }
}

extension Finding: Comparable {
    /// Orders by file, then by line.
    public static func < (left: Finding, right: Finding) -> Bool {
        (left.path, left.line, left.text) < (right.path, right.line, right.text)
    }
}
