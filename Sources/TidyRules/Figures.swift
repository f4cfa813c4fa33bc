/// What is counted of some files.
public struct Figures: Sendable {
    /// Number of files.
    public private(set) var files = 0
    /// Number of lines.
    public private(set) var lines = 0
    /// Number of lines that hold code.
    public private(set) var codeLines = 0
    /// Number of lines that hold a comment only.
    public private(set) var commentLines = 0
    /// Number of calls of `precondition`, `assert` and their failures.
    public private(set) var preconditions = 0
    /// Length of each function in lines.
    private var functionLengths: [Int] = []

    /// Nothing counted yet.
    public init() {}

    /// The figures of some files.
    public init(_ files: [SourceFile]) {
        for file in files { add(file) }
    }

    /// Number of functions, initialisers and subscripts that have a body.
    public var functions: Int { functionLengths.count }

    /// Share of comment lines among the lines that are not blank, 0 without lines.
    public var commentDensity: Double {
        let written = codeLines + commentLines
        return written == 0 ? 0 : Double(commentLines) / Double(written)
    }

    /// Median length of a function in lines, 0 without functions.
    public var medianFunctionLines: Int {
        functionLengths.isEmpty ? 0 : functionLengths.sorted()[functionLengths.count / 2]
    }

    /// Preconditions and assertions for each function, 0 without functions.
    public var preconditionsPerFunction: Double {
        functions == 0 ? 0 : Double(preconditions) / Double(functions)
    }

    private static let preconditionNames: Set<String> = [
        "precondition", "assert", "preconditionFailure", "assertionFailure",
    ]

    /// Counts one more file.
    public mutating func add(_ file: SourceFile) {
        files += 1
        lines += file.lineKinds.count
        for kind in file.lineKinds {
            switch kind {
            case .code: codeLines += 1
            case .comment: commentLines += 1
            case .blank: break
            }
        }
        for declaration in file.declarations where declaration.kind.isFunction {
            if let count = declaration.lineCount { functionLengths.append(count) }
        }
        for index in file.tokens.indices.dropLast()
        where Self.preconditionNames.contains(file.tokens[index].text) {
            if file.tokens[index + 1].is("(") { preconditions += 1 }
        }
    }
}
