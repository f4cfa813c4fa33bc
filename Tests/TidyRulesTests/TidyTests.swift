import Testing

@testable import TidyRules

@Suite("Tidy over a whole tree")
struct TidyTests {
    private static let package = PackageFacts(targets: [
        .init(name: "Locations", path: "Sources/Locations", dependencies: []),
        .init(name: "Basics", path: "Sources/Basics", dependencies: []),
        .init(
            name: "BasicsTests", path: "Tests/BasicsTests", dependencies: ["Basics"], isTest: true),
    ])

    private func tidy(_ texts: [String: String]) -> Tidy {
        Tidy(
            texts: texts.sorted { $0.key < $1.key }.map { TextFile($0, $1) }, package: Self.package)
    }

    private func lines(_ line: String, _ count: Int) -> String {
        String(repeating: line + "\n", count: count)
    }

    /// A tree of sources with so many lines of code, comments and tests.
    private func tree(code: Int, comments: Int, tests: Int) -> Tidy {
        tidy([
            "Sources/Basics/A.swift": lines("// Why.", comments) + lines("x += 1", code),
            "Tests/BasicsTests/ATests.swift": lines("x += 1", tests),
        ])
    }

    @Test("a tidy tree has no findings")
    func acceptsTidy() {
        #expect(tree(code: 75, comments: 25, tests: 100).findings() == [])
        #expect(tidy([:]).findings() == [])
    }

    @Test(
        "the comments of all of Sources have a lower and an upper bound",
        arguments: [(19, true), (20, false), (30, false), (35, false), (36, true)])
    func boundsDensity(comments: Int, isFound: Bool) {
        let findings = tree(code: 100 - comments, comments: comments, tests: 100).findings()
        #expect(findings.map(\.rule) == (isFound ? [.commentDensity] : []))
    }

    @Test("the density says what it is and what is wanted")
    func explainsDensity() {
        let findings = tree(code: 90, comments: 10, tests: 100).findings()
        #expect(
            findings.map(\.description) == [
                "Sources:1: comment density: 10.0 % of the lines are comments, "
                    + "wanted are 20.0 % to 35.0 %"
            ])
    }

    @Test(
        "the lines of tests for a line of source do not fall below what was reached",
        arguments: [(92, true), (93, false)])
    func boundsTestRatio(tests: Int, isFound: Bool) {
        let findings = tree(code: 75, comments: 25, tests: tests).findings()
        #expect(findings.map(\.rule) == (isFound ? [.testRatio] : []))
    }

    @Test("support for tests counts as tests")
    func countsSupport() {
        let tidy = tidy([
            "Sources/Basics/A.swift": lines("x += 1", 50),
            "Sources/TestSupport/B.swift": lines("x += 1", 30),
            "Tests/BasicsTests/C.swift": lines("x += 1", 20),
        ])
        #expect(tidy.testLinesPerSourceLine == 1)
    }

    @Test(
        "Locations asserts what it relies on",
        arguments: [(1, 2, false), (1, 3, true), (0, 1, true), (0, 0, false)])
    func wantsAssertions(asserts: Int, functions: Int, isFound: Bool) {
        let text =
            lines("func a() {}", functions) + lines("precondition(true)", asserts)
        let findings = tidy(["Sources/Locations/A.swift": text]).findings()
        #expect(findings.contains { $0.rule == .preconditions } == isFound)
    }

    @Test("other targets assert as they please")
    func sparesOthers() {
        let findings = tidy(["Sources/Basics/A.swift": "func a() {}"]).findings()
        #expect(!findings.contains { $0.rule == .preconditions })
    }

    @Test("findings come in the order of files and lines")
    func sorts() {
        let findings = tidy([
            "Sources/Basics/B.swift": "// TODO\nfatalError()\n",
            "Sources/Basics/A.swift": lines("// Why.", 5) + "import Server\n",
            "tools/run": "cd /" + "work\n",
        ]).findings().filter { $0.rule != .testRatio && $0.rule != .commentDensity }
        #expect(
            findings.map { "\($0.path):\($0.line)" } == [
                "Sources/Basics/A.swift:6", "Sources/Basics/B.swift:1", "Sources/Basics/B.swift:2",
                "tools/run:1",
            ])
    }

    @Test("texts that are not Swift get the rules for texts only")
    func sparesOtherTexts() {
        let findings = tidy(["docs/a.md": "TODO fatalError( try! struct A {}"]).findings()
        #expect(findings == [])
    }

    @Test("the report has a row for each target that has files, and the sums")
    func reports() {
        let report = tree(code: 75, comments: 25, tests: 50).report()
        let rows = report.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows.count == 6)
        #expect(rows[0].joined(separator: " ") == "target files lines median comments asserts")
        #expect(rows[1].joined(separator: " ") == "Basics 1 100 0 25.0 % 0.00")
        #expect(rows[2].first == "BasicsTests")
        #expect(report.contains("0.50 lines of tests for a line of source"))
    }

    @Test("the report says when there is nothing")
    func reportsNothing() {
        #expect(tidy([:]).report().contains("all of Sources"))
    }
}

@Suite("A finding")
struct FindingTests {
    @Test("it is printed as compilers print theirs")
    func isPrinted() {
        let finding = Finding("Sources/A.swift", 7, .trap, "try!")
        #expect(finding.description == "Sources/A.swift:7: trap: try!")
    }

    @Test("the names of the rules differ")
    func hasNames() {
        let names = Set(Finding.Rule.allCases.map(\.rawValue))
        #expect(names.count == Finding.Rule.allCases.count)
    }

    @Test("lines are ordered by number, not by digits")
    func isOrdered() {
        #expect(Finding("a", 9, .trap, "") < Finding("a", 10, .trap, ""))
        #expect(Finding("a", 10, .trap, "") < Finding("b", 1, .trap, ""))
    }

    @Test("there is no line 0")
    func refusesLineZero() async {
        await #expect(processExitsWith: .failure) { _ = Finding("a", 0, .trap, "") }
    }
}
