/// Holds a tree of files to the rules of the house.
///
/// It looks at texts and never at a disk, so a test is a few lines of text and what is found in
/// them; `Repository` is what reads the real tree.
public struct Tidy: Sendable {
    /// Every text of the tree.
    public let texts: [TextFile]
    /// The Swift files among them, read.
    public let sources: [SourceFile]
    /// What Package.swift says.
    public let package: PackageFacts
    /// All files, those included that are no texts.
    private let paths: [String]

    /// A tree; without `paths` there is nothing in it but the texts.
    public init(texts: [TextFile], package: PackageFacts, paths: [String] = []) {
        self.texts = texts
        self.paths = paths + texts.map(\.path)
        self.package = package
        sources = texts.filter(\.isSwift).map { SourceFile($0) }
    }

    /// Everything that is not as it should be, in the order of files and lines.
    public func findings() -> [Finding] {
        var findings = texts.flatMap { $0.longLines() + $0.machinePaths() }
        for source in sources { findings += self.findings(in: source) }
        for text in texts { findings += text.brokenLinks(among: paths) }
        return findings.sorted() + findingsOfTheWhole()
    }

    private func findings(in source: SourceFile) -> [Finding] {
        source.longFile() + source.longFunctions() + source.undocumented() + source.emptyNames()
            + source.traps() + source.deferredWork() + source.unprovenSendables()
            + source.guardedFunctions()
            + source.undeclaredImports(in: package)
    }
}

extension Tidy {
    /// The rules about sums over many files.
    func findingsOfTheWhole() -> [Finding] {
        commentDensity() + testRatio() + assertiveness()
    }

    private func commentDensity() -> [Finding] {
        let figures = Figures(sources.filter { $0.path.hasPrefix("Sources/") })
        let range = HouseNumbers.commentDensity
        let reached = HouseNumbers.commentDensityReached...range.upperBound
        guard figures.lines > 0, !reached.contains(figures.commentDensity) else { return [] }
        return [
            Finding(
                "Sources", 1, .commentDensity,
                "\(figures.commentDensity.percent) of the lines are comments, wanted are "
                    + "\(range.lowerBound.percent) to \(range.upperBound.percent)")
        ]
    }

    /// Lines of tests for each line of source.
    public var testLinesPerSourceLine: Double {
        let tests = Figures(sources.filter(\.isTest)).lines
        let others = Figures(sources.filter { !$0.isTest && $0.path.hasPrefix("Sources/") }).lines
        return others == 0 ? 1 : Double(tests) / Double(others)
    }

    private func testRatio() -> [Finding] {
        let wanted = HouseNumbers.testLinesPerSourceLine
        guard testLinesPerSourceLine < HouseNumbers.testLinesPerSourceLineReached else { return [] }
        return [
            Finding(
                "Tests", 1, .testRatio,
                "\(testLinesPerSourceLine.rounded2) lines of tests for a line of source, "
                    + "wanted is \(wanted.rounded2)")
        ]
    }

    private func assertiveness() -> [Finding] {
        let wanted = HouseNumbers.preconditionsPerFunction
        return figuresByTarget().compactMap { name, path, figures in
            guard HouseNumbers.assertiveTargets.contains(name), figures.functions > 0,
                figures.preconditionsPerFunction < wanted
            else { return nil }
            return Finding(
                path, 1, .preconditions,
                "\(figures.preconditionsPerFunction.rounded2) preconditions for a function, "
                    + "wanted are \(wanted.rounded2)")
        }
    }

    /// The figures of each target that has Swift files, by the order of Package.swift.
    func figuresByTarget() -> [(name: String, path: String, figures: Figures)] {
        let groups = Dictionary(grouping: sources) { package.target(of: $0.path)?.name ?? "" }
        return package.targets.compactMap { target in
            guard let files = groups[target.name] else { return nil }
            return (target.name, target.path, Figures(files))
        }
    }
}
