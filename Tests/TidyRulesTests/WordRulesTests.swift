import Testing

@testable import TidyRules

@Suite("The rules about words")
struct WordRulesTests {
    @Test(
        "a name that says nothing is found by its words",
        arguments: [
            ("ConnectionManager", "manager"), ("ManagerOfThings", "manager"), ("URIUtils", "utils"),
            ("StringHelper", "helper"), ("helpers", "helpers"), ("Common", "common"),
            ("Sources/common/A.swift", "common"), ("Parse+Utils.swift", "utils"),
            ("Management", nil), ("Sources/Modules/SIPUtils/SIPUtils.swift", nil),
            ("AHelper", "helper"), ("Uncommonly", nil),
            ("Managed", nil), ("Utilisation", nil), ("TransportCommon", "common"), ("", nil),
        ])
    func findsEmptyNames(name: String, expected: String?) {
        #expect(SourceFile.emptyWord(in: name) == expected)
    }

    @Test("types and files are held to it, functions and words in passing are not")
    func looksAtTypesAndFiles() {
        let text = "struct AManager {}\nextension BManager {}\nfunc manager() { let helper = 1 }"
        #expect(lines(Snippet.file(text).emptyNames()) == [1])
        let file = Snippet.file("", path: "Sources/Basics/Utils.swift")
        #expect(short(file.emptyNames()) == ["1: \"utils\" in the path says nothing"])
    }

    @Test(
        "calls that end the process are found in code only",
        arguments: [
            ("let a = try! b()", [1]), ("let a = try? b()", []), ("a()\nfatalError(\"b\")", [2]),
            ("// try! fatalError()", []), ("let a = \"try! fatalError()\"", []),
            ("let a = \"\\(try! b())\"", [1]), ("preconditionFailure(\"a\")", []),
            ("let a: fatalErrorHandler", []), ("try !a()", []), ("guard try !a() else {}", []),
            ("a(try! b())", [1]),
        ])
    func findsTraps(text: String, expected: [Int]) {
        #expect(lines(Snippet.file(text).traps()) == expected)
    }

    @Test("the manifest may end, for it cannot throw")
    func exemptsManifest() {
        #expect(Snippet.file("fatalError(\"a\")", path: "Package.swift").traps().isEmpty)
    }

    @Test(
        "work that is put off is found in comments only",
        arguments: [
            ("// TODO: later", [1]), ("/// FIXME later", [1]), ("/* a\n TODO */", [1]),
            ("let TODO = 1", []), ("let a = \"TODO\"", []), ("// TODOS and todo lists", []),
            ("a()  // TODO", [1]),
        ])
    func findsDeferredWork(text: String, expected: [Int]) {
        #expect(lines(Snippet.file(text).deferredWork()) == expected)
    }

    @Test(
        "an unchecked Sendable needs its proof in the comment above",
        arguments: [
            ("final class A: @unchecked Sendable {}", [1]),
            ("/// A thing.\nfinal class A: @unchecked Sendable {}", [2]),
            ("/// A thing; the lock guards all of it.\nfinal class A: @unchecked Sendable {}", []),
            ("/// Never changed, so it can be shared.\nextension A: @unchecked Sendable {}", []),
            ("/// It blocks and clocks.\nfinal class A: @unchecked Sendable {}", [2]),
            ("/// One thread writes.\n@safe\nfinal class A:\n    B, @unchecked Sendable {}", []),
            ("final class A: Sendable {}", []), ("// @unchecked Sendable", []),
            (
                "/// Immutable.\nclass A: @unchecked Sendable {}\nclass B: @unchecked Sendable {}",
                [3]
            ),
            ("func a() {\n    // The lock guards it.\n    class B: @unchecked Sendable {}\n}", []),
            (
                "/// Locks.\nclass A {\n\n\n\nfunc a() {\nclass B: @unchecked Sendable {}\n}\n}",
                [7]
            ),
        ])
    func wantsProof(text: String, expected: [Int]) {
        #expect(lines(Snippet.file(text).unprovenSendables()) == expected)
    }

    @Test(
        "a lock around a bare function is found, one around functions in something else is not",
        arguments: [
            ("let a = Guarded<(@Sendable () -> Void)?>(nil)", [1]),
            ("let a: Mutex<@Sendable (Int) -> Void>", [1]), ("Guarded<(() -> Void)?>(nil)", [1]),
            ("\nGuarded<\n(@Sendable (A) throws -> B)?>(nil)", [2]),
            ("Guarded<[@Sendable (A) -> Void]>([])", []), ("Guarded<(Int, Int)>((1, 2))", []),
            ("Guarded<State>(State())", []), ("Guarded(1)", []), ("Guarded<", []), ("", []),
            ("Guarded<Order?>(nil)", []), ("// Guarded<(@Sendable () -> Void)?>", []),
            ("a < b", []), ("GuardedFunction<(@Sendable () -> Void)?>()", []),
        ])
    func findsGuardedFunctions(text: String, expected: [Int]) {
        #expect(lines(Snippet.file(text).guardedFunctions()) == expected)
    }
}

@Suite("The rule about paths of one machine")
struct MachinePathRuleTests {
    /// Spelled in pieces, for this file is looked at too.
    private static let work = "/" + "work"

    @Test(
        "a place that others do not have is found in any text",
        arguments: [
            ("cd \(work)/main", [1]), ("see `\(work)`", [1]), ("a\nb\n\"\(work)/x\"", [3]),
            ("\(work)s", []), ("frame\(work)/x", []), ("docs\(work)/x", []),
            ("https://example.com\(work)/x", []), ("./\(work)", []), ("$HOME\(work)", []),
            ("HOME=/" + "root", [1]), ("cd /tmp/" + "wt/a", [1]), ("ls ../" + "shared/x", [1]),
            ("/wor" + "kers", []), ("", []), ("$(PREFIX)\(work)", []),
        ])
    func findsPlaces(content: String, expected: [Int]) {
        let text = Snippet.text(content, path: "tools/run")
        #expect(lines(text.machinePaths()) == expected)
    }

    @Test("each line is found once for each place")
    func findsOnce() {
        let text = Snippet.text("\(Self.work) \(Self.work)\n\(Self.work)")
        #expect(lines(text.machinePaths()) == [1, 2])
    }
}
