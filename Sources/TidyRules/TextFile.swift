/// Any file of the repository that people read.
public struct TextFile: Hashable, Sendable {
    /// Path relative to the root of the repository.
    public let path: String
    /// The whole text.
    public let content: String
    /// The text line by line, without an empty piece after the last newline.
    public let lines: [Substring]

    /// A text under a path.
    public init(_ path: String, _ content: String) {
        self.path = path
        self.content = content
        var lines = content.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
    }

    /// Whether it is Swift and gets the rules of Swift.
    public var isSwift: Bool { path.hasSuffix(".swift") }

    /// Whether lines of this file are limited; prose and data run as wide as they want.
    public var hasLineLimit: Bool {
        isSwift || path.hasSuffix(".c") || path.hasSuffix(".h") || path.hasPrefix("tools/")
            || path.hasPrefix(".ci/")
    }
}
