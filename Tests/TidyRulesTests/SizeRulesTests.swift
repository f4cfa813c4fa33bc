import Testing

@testable import TidyRules

@Suite("The rules about size")
struct SizeRulesTests {
    @Test(
        "a line may have 100 characters",
        arguments: [(99, false), (100, false), (101, true), (300, true)])
    func limitsLines(length: Int, isLong: Bool) {
        let text = Snippet.text("let a\n" + String(repeating: "x", count: length) + "\n")
        #expect(lines(text.longLines()) == (isLong ? [2] : []))
    }

    @Test("characters count, not bytes")
    func countsCharacters() {
        #expect(Snippet.text(String(repeating: "ü", count: 100)).longLines().isEmpty)
        #expect(Snippet.text(String(repeating: "ü", count: 101)).longLines().count == 1)
    }

    @Test("a long line says how long it is")
    func saysLength() {
        let findings = Snippet.text(String(repeating: "x", count: 123)).longLines()
        #expect(short(findings) == ["1: 123 characters, limit 100"])
    }

    @Test(
        "prose and data run as wide as they want, scripts and C do not",
        arguments: [
            ("README.md", false), ("docs/install.md", false), ("Config/roost.cfg", false),
            ("tools/run", true), (".ci/run", true), ("Sources/CLinux/CLinux.c", true),
            ("Sources/CLinux/include/CLinux.h", true), ("Package.swift", true),
        ])
    func limitsByKind(path: String, isLimited: Bool) {
        let text = Snippet.text(String(repeating: "x", count: 101), path: path)
        #expect(text.longLines().isEmpty == !isLimited)
    }

    @Test(
        "a function may have 70 lines",
        arguments: [(3, 0), (69, 0), (70, 0), (71, 1), (200, 1)])
    func limitsFunctions(length: Int, findings: Int) {
        let file = Snippet.file(Snippet.function("work", lines: length))
        #expect(file.longFunctions().count == findings)
    }

    @Test("a long function is named")
    func namesFunction() {
        let text = Snippet.function("short", lines: 5) + "\n" + Snippet.function("long", lines: 80)
        #expect(short(Snippet.file(text).longFunctions()) == ["6: long has 80 lines, limit 70"])
    }

    @Test("a type may be longer than a function")
    func exemptsTypes() {
        let members = (0..<80).map { "    let a\($0) = 1" }.joined(separator: "\n")
        let text = "struct A {\n" + members + "\n}"
        #expect(Snippet.file(text).longFunctions().isEmpty)
    }

    @Test("a table is no function, however long it is")
    func exemptsTables() {
        let rows = (0..<80).map { "    row(\($0)) { $0 + 1 }," }.joined(separator: "\n")
        let text = "struct A {\n    static let rows = [\n" + rows + "\n    ]\n}"
        #expect(Snippet.file(text).longFunctions().isEmpty)
    }

    @Test("the arguments of a test do not lengthen it")
    func exemptsArguments() {
        let rows = (0..<80).map { "    (\($0), 1)," }.joined(separator: "\n")
        let text = "@Test(arguments: [\n" + rows + "\n])\nfunc a(b: Int, c: Int) {\n}"
        #expect(Snippet.file(text).longFunctions().isEmpty)
    }

    @Test("a computed variable is held to the length of a function")
    func limitsVariables() {
        let body = Array(repeating: "        work()", count: 71).joined(separator: "\n")
        let text = "struct A {\n    var b: Int {\n" + body + "\n    }\n}"
        #expect(lines(Snippet.file(text).longFunctions()) == [2])
    }

    @Test("a file may have 500 lines", arguments: [(500, 0), (501, 1)])
    func limitsFiles(length: Int, findings: Int) {
        #expect(Snippet.file(code: length).longFile().count == findings)
    }

    @Test("the files that may be longer are named with a reason")
    func reasonsForLongFiles() {
        for (path, reason) in HouseNumbers.longFiles {
            #expect(path.hasSuffix(".swift"))
            #expect(reason.count > 10)
        }
    }
}
