import Testing

@testable import TidyRules

@Suite("The rule about documentation")
struct DocumentationRuleTests {
    @Test(
        "what has to be documented",
        arguments: [
            ("struct A {}", ["1: struct A has no documentation comment"]),
            ("private struct A {}", ["1: struct A has no documentation comment"]),
            ("func a() {}", ["1: func a has no documentation comment"]),
            ("private func a() {}", []), ("fileprivate let a = 1", []),
            ("/// A.\nstruct A { init() {} }", ["2: init has no documentation comment"]),
            ("/// A.\nstruct A { private init() {} }", []),
            ("/// A.\nstruct A { let b: Int }", ["2: let b has no documentation comment"]),
            ("/// A.\nprivate struct A { let b: Int }", []),
            ("/// A.\npublic enum A { case b }", ["2: case b has no documentation comment"]),
            ("/// A.\nenum A { case b }", []),
            ("/// A.\npublic enum A {\n    /// B.\n    case b\n}", []),
            ("extension A {}", []), ("/// A.\nfinal class A { deinit {} }", []),
            ("/// A.\nclass A: B { override func c() {} }", []),
            ("typealias A = Int", ["1: typealias A has no documentation comment"]),
            (
                "/// A.\nprotocol A { associatedtype B }",
                ["2: associatedtype B has no documentation comment"]
            ),
            ("/// A.\nfunc a() { struct B { let c: Int } }", []),
        ])
    func findsUndocumented(text: String, expected: [String]) {
        #expect(short(Snippet.file(text).undocumented()) == expected)
    }

    @Test(
        "tests and the manifest explain themselves; support for tests does not",
        arguments: [
            ("Tests/BasicsTests/ATests.swift", true), ("Package.swift", true),
            ("Sources/TestSupport/A.swift", false), ("Sources/Basics/A.swift", false),
        ])
    func exempts(path: String, isExempt: Bool) {
        #expect(Snippet.file("struct A {}", path: path).undocumented().isEmpty == isExempt)
    }

    @Test("the variables of a script need no comment, its functions do")
    func exemptsScripts() {
        let text = "let a = 1\nvar b = 2\nfunc c() {}"
        let file = Snippet.file(text, path: "Sources/roost/main.swift")
        #expect(lines(file.undocumented()) == [3])
    }
}
