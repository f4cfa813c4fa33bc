import Foundation
import TestSupport
import Testing

@testable import TidyRules

@Suite("Texts that are no Swift")
struct HostileTextTests {
    private static let pieces = [
        "\"", "\"\"\"", "#\"", "\"#", "\\(", ")", "(", "{", "}", "[", "]", "//", "/*", "*/", "///",
        "\n", " ", "func f", "struct S", "extension E", "init", "let x", "var y: Int", "=", "->",
        "@unchecked Sendable", "try!", "case a", "subscript", "/", "#if", "#endif", "import A",
        "public ", "private ", "ä", "😀", "\u{0}", "\t", "`", ".", ",", ":", "1_000.5",
    ]

    /// A text of pieces in random order.
    private func text(_ seed: UInt64) -> String {
        var numbers = SeededNumbers(seed: seed)
        return (0..<Int.random(in: 1...120, using: &numbers))
            .map { _ in Self.pieces.randomElement(using: &numbers) ?? "" }.joined()
    }

    @Test("every rule reads them to their end, and findings lie within", arguments: 1...60)
    func reads(_ seed: UInt64) {
        let content = text(seed)
        let file = Snippet.file(content)
        let lineCount = content.split(separator: "\n", omittingEmptySubsequences: false).count
        let findings =
            file.undocumented() + file.emptyNames() + file.traps() + file.deferredWork()
            + file.unprovenSendables() + file.guardedFunctions() + file.longFunctions()
            + file.longFile()
            + Snippet.text(content).longLines() + Snippet.text(content).machinePaths()
        for finding in findings { #expect((1...lineCount).contains(finding.line), "\(finding)") }
        #expect(file.lineKinds.count <= lineCount)
    }

    @Test("every token stands in the text, on a line of it", arguments: 1...40)
    func tokens(_ seed: UInt64) {
        let content = text(seed &+ 300)
        let lineCount = content.split(separator: "\n", omittingEmptySubsequences: false).count
        for token in SwiftScanner.tokens(of: content) {
            #expect((1...lineCount).contains(token.line))
            #expect(token.text.isEmpty || content.contains(token.text))
        }
    }

    @Test("a text cut off anywhere is read, however it ends")
    func cut() {
        let whole = """
            /// A type.
            public struct A: B {
                /* a /* nested */ comment */
                let text = #"a "quoted" \\#(value + "inner \\(deep)") text"#
                func f(_ a: [Int] = [1, 2]) throws -> String { "\\(a)" }
                var y: Int { get { 1 } set {} }
            }
            """
        for count in 0...whole.count {
            let file = Snippet.file(String(whole.prefix(count)))
            #expect(file.undocumented().count <= 3)
        }
    }
}

@Suite("Edges of the house's numbers")
struct HouseNumberEdgeTests {
    @Test(
        "a line may have its limit in characters, whatever bytes they take",
        arguments: ["a", "ä", "😀"])
    func lines(_ letter: String) {
        let limit = HouseNumbers.lineCharactersMax
        let right = String(repeating: letter, count: limit)
        #expect(Snippet.text("x\n\(right)\n").longLines().isEmpty)
        #expect(
            short(Snippet.text("x\n\(right)\(letter)\n").longLines())
                == ["2: \(limit + 1) characters, limit \(limit)"])
    }

    @Test("a function may have its limit in lines and not one more")
    func functions() {
        let limit = HouseNumbers.functionLinesMax
        let text =
            Snippet.function("right", lines: limit) + "\n"
            + Snippet.function("long", lines: limit + 1)
        #expect(
            short(Snippet.file(text).longFunctions())
                == ["\(limit + 1): long has \(limit + 1) lines, limit \(limit)"])
    }

    @Test("a computed variable is held to the limit of functions")
    func variables() {
        let body = Array(repeating: "    work()", count: HouseNumbers.functionLinesMax)
        let text = (["var value: Int {"] + body + ["}"]).joined(separator: "\n")
        #expect(Snippet.file(text).longFunctions().count == 1)
    }

    @Test("findings are ordered by file, then line, then words, and print as compilers do")
    func order() {
        let findings = [
            Finding("b", 1, .trap, "x"), Finding("a", 10, .trap, "x"), Finding("a", 9, .trap, "y"),
            Finding("a", 9, .trap, "x"),
        ]
        #expect(
            findings.sorted().map(\.description)
                == ["a:9: trap: x", "a:9: trap: y", "a:10: trap: x", "b:1: trap: x"])
        #expect(Set(Finding.Rule.allCases.map(\.rawValue)).count == Finding.Rule.allCases.count)
    }

    @Test("a place of one machine is found as a whole word only")
    func places() throws {
        let place = try #require(TextFile.machinePlaces.first)
        for (line, isFound) in [
            ("see \(place)/x", true), ("\(place)", true), ("\"\(place)\"", true),
            ("\(place)ers", false), ("home\(place)", false), ("~\(place)", false),
            ("x/..\(place)", false), ("(\(place))", true), ("\(place)2", false),
        ] {
            #expect(
                Snippet.text("a\n\(line)").machinePaths().map(\.line) == (isFound ? [2] : []),
                "\(line)")
        }
    }
}

@Suite("What the package says, at its edges")
struct PackageFactsEdgeTests {
    @Test("a file belongs to the target with the longest folder")
    func nested() {
        let facts = PackageFacts(targets: [
            .init(name: "Outer", path: "Sources/A", dependencies: []),
            .init(name: "Inner", path: "Sources/A/B", dependencies: []),
        ])
        #expect(facts.target(of: "Sources/A/x.swift")?.name == "Outer")
        #expect(facts.target(of: "Sources/A/B/x.swift")?.name == "Inner")
        #expect(facts.target(of: "Sources/AB/x.swift") == nil)
        #expect(facts.target(of: "Sources/A") == nil)
    }

    @Test(
        "what is no dump of a package is an error",
        arguments: ["", "{}", "[]", "null", #"{"targets": 5}"#, #"{"targets": [{"name": "a"}]}"#])
    func noDump(_ text: String) {
        #expect(throws: (any Error).self) { try PackageFacts(dump: Data(text.utf8)) }
    }

    @Test("dependencies of all kinds are read, and a target without a folder has the usual one")
    func kinds() throws {
        let dump = """
            {"targets": [{"name": "A", "type": "test", "dependencies": [
                {"target": ["T", null]}, {"product": ["P", "p", null, null]},
                {"byName": ["N", {"platformNames": ["linux"]}]}, {"byName": [null]}, {}]}]}
            """
        let target = try #require(try PackageFacts(dump: Data(dump.utf8)).targets.first)
        #expect(target.path == "Sources/A")
        #expect(target.isTest)
        #expect(target.dependencies == ["T", "P", "N"])
    }
}

@Suite("Programs that tidy runs")
struct RepositoryProgramTests {
    @Test("what a program prints is returned, and a status other than 0 is an error with its words")
    func output() throws {
        let shell = URL(filePath: "/bin/sh")
        #expect(try Repository.output(of: shell, ["-c", "printf 'a\\nb'"]) == Data("a\nb".utf8))
        #expect(
            try Repository.output(of: shell, ["-c", "head -c 300000 /dev/zero"]).count == 300_000)
        let error = #expect(throws: Repository.Failure.self) {
            try Repository.output(of: shell, ["-c", "exit 3"])
        }
        #expect(error?.description == "sh -c exit 3: exit status 3")
        #expect(throws: (any Error).self) {
            try Repository.output(of: URL(filePath: "/no/such/program"), [])
        }
    }
}
