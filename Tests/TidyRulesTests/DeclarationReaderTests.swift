import Testing

@testable import TidyRules

@Suite("The reader of declarations")
struct DeclarationReaderTests {
    private func titles(_ text: String) -> [String] {
        Snippet.file(text).declarations.map(\.title)
    }

    @Test(
        "each kind of declaration is found",
        arguments: [
            ("struct A {}", ["struct A"]), ("final class B {}", ["class B"]),
            ("enum C { case d, e }", ["enum C", "case d"]), ("actor F {}", ["actor F"]),
            ("protocol G { associatedtype H }", ["protocol G", "associatedtype H"]),
            ("extension I { var j: Int { 1 } }", ["extension I", "var j"]),
            ("func k<T>(_ l: T) -> T { l }", ["func k"]),
            ("struct M { init?(n: Int) {} }", ["struct M", "init"]),
            ("class O { deinit {} }", ["class O", "deinit"]),
            ("struct P { subscript(q: Int) -> Int { q } }", ["struct P", "subscript"]),
            ("let r = 1", ["let r"]), ("typealias S = Int", ["typealias S"]),
            ("struct T { static func == (a: T, b: T) -> Bool }", ["struct T", "func =="]),
            ("struct T: ~Copyable { static func < (a: T, b: T) -> Bool }", ["struct T", "func <"]),
        ])
    func findsKinds(text: String, expected: [String]) {
        #expect(titles(text) == expected)
    }

    @Test(
        "a keyword that declares nothing is left alone",
        arguments: [
            ("struct A { static let b = C.init(d: 1) }", ["struct A", "let b"]),
            ("struct A<let n: Int> {}", ["struct A"]),
            ("func a(in b: Int, case c: Int, let d: Int) {}", ["func a"]),
            ("class A { class func b() {} }", ["class A", "func b"]),
            ("class A { final class func b() {} }", ["class A", "func b"]),
            ("struct A { let actor: Int }", ["struct A", "let actor"]),
            ("enum A { case actor, b }", ["enum A", "case actor"]),
            ("import struct Glibc.stat", []),
            ("let a = [1, 2].map { let b = $0; return b }", ["let a"]),
            ("if let a = b { print(a) }", []),
            ("let a = b.protocol", ["let a"]),
        ])
    func ignoresOthers(text: String, expected: [String]) {
        #expect(titles(text) == expected)
    }

    @Test("what stands inside of a function is not looked at")
    func skipsBodies() {
        let text = """
            func a() {
                struct B { let c: Int }
                let d = { (e: Int) in let f = e; return f }
                switch d { case 1: let g = 2 }
            }
            let h = 1
            """
        #expect(titles(text) == ["func a", "let h"])
    }

    @Test("a closure as a default argument is not the body")
    func skipsDefaultArguments() {
        let file = Snippet.file("func a(b: () -> Void = { c() }) {\n    b()\n}\nfunc d() {}")
        #expect(file.declarations.map(\.lineCount) == [3, 1])
    }

    @Test("a protocol's functions have no body")
    func knowsRequirements() {
        let text = "protocol A {\n    func b()\n    var c: Int { get }\n}\nfunc d() {\n}"
        let file = Snippet.file(text)
        #expect(file.declarations.map(\.title) == ["protocol A", "func b", "var c", "func d"])
        #expect(file.declarations.map(\.lineCount) == [4, nil, 1, 2])
    }

    @Test("braces in strings, comments and interpolations do not count")
    func ignoresBracesInText() {
        let text = """
            func a() {
                print("{ \\(b { c }) {")  // {
                /* { */
            }
            func d() {}
            """
        #expect(Snippet.file(text).declarations.map(\.lineCount) == [4, 1])
    }

    @Test("the length runs from the keyword to the closing brace, attributes aside")
    func measures() {
        let text = "@Test(\n    arguments: [1])\nfunc a(\n    b: Int\n) {\n    c()\n}"
        let declaration = Snippet.file(text).declarations.first
        #expect(declaration?.line == 3)
        #expect(declaration?.lineCount == 5)
    }

    @Test(
        "a documentation comment is found over modifiers and attributes",
        arguments: [
            ("/// A.\nfunc a() {}", true), ("func a() {}", false), ("// A.\nfunc a() {}", false),
            ("/// A.\n@inlinable public func a() {}", true),
            (
                "/// A.\n@available(*, unavailable, message: \"b()\")\npublic\nstatic func a() {}",
                true
            ),
            ("/// A.\npublic private(set) var a = 1", true),
            ("/// A.\n@_lifetime(borrow self)\nfunc a() {}", true),
            ("/** A. */ func a() {}", true), ("/// A.\n// B.\nfunc a() {}", true),
            ("/// A.\nnonisolated(unsafe) var a = 1", true),
            ("public func a() {}", false), ("@A(b: (1)) func a() {}", false),
        ])
    func findsDocumentation(text: String, expected: Bool) {
        #expect(Snippet.file(text).declarations.map(\.isDocumented) == [expected])
    }

    @Test("a comment documents one declaration only")
    func documentsOne() {
        let file = Snippet.file("/// A.\nlet a = f(x)\nlet b = 2\n/// C.\nlet c = 3")
        #expect(file.declarations.map(\.isDocumented) == [true, false, true])
    }

    @Test(
        "private hides, with all that is inside; private(set) does not",
        arguments: [
            ("private let a = 1", [true]), ("fileprivate func a() {}", [true]),
            ("let a = 1", [false]), ("private(set) var a = 1", [false]),
            ("private struct A { let b: Int }", [true, true]),
            ("private extension A { func b() {} }", [true, true]),
            ("struct A { private enum B { case c } }", [false, true, true]),
            ("public struct A { public let b: Int }", [false, false]),
        ])
    func knowsHidden(text: String, expected: [Bool]) {
        #expect(Snippet.file(text).declarations.map(\.isHidden) == expected)
    }

    @Test("the cases of an enumeration are as public as it is")
    func knowsPublicCases() {
        let text = "public enum A { case b }\nenum C { case d }"
        #expect(Snippet.file(text).declarations.map(\.isPublic) == [true, true, false, false])
    }

    @Test("after a computed variable the type goes on")
    func leavesBodies() {
        let text = """
            struct A {
                var b: Int {
                    get { 1 }
                    set { c = newValue }
                }
                var c = 0 { didSet { d() } }
                lazy var e: [Int] = { [1] }()
                func d() {}
            }
            func f() {}
            """
        #expect(titles(text) == ["struct A", "var b", "var c", "var e", "func d", "func f"])
    }

    @Test("conditional compilation does not confuse the scopes")
    func walksDirectives() {
        let text =
            "struct A {\n#if os(Linux)\n    let b = 1\n#else\n    let b = 2\n#endif\n}\nlet c = 1"
        #expect(titles(text) == ["struct A", "let b", "let b", "let c"])
    }

    @Test("superfluous closing braces are survived")
    func survivesExtraBraces() {
        #expect(titles("}}} ) ] struct A {") == ["struct A"])
    }
}
