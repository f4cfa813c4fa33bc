import Foundation
import Testing

@testable import TidyRules

@Suite("The rule about imports")
struct ImportRuleTests {
    private static let package = PackageFacts(targets: [
        .init(name: "Basics", path: "Sources/Basics", dependencies: ["CLinux"]),
        .init(name: "Server", path: "Sources/Server", dependencies: ["Basics", "Logging"]),
        .init(name: "SL", path: "Sources/Modules/SL", dependencies: ["Basics"]),
        .init(
            name: "BasicsTests", path: "Tests/BasicsTests", dependencies: ["Basics"], isTest: true),
    ])

    private func findings(_ text: String, in folder: String) -> [String] {
        let file = Snippet.file(text, path: folder + "/A.swift")
        return short(file.undeclaredImports(in: Self.package))
    }

    @Test(
        "what the row names may be imported, and what the system has",
        arguments: [
            ("import CLinux", "Sources/Basics"), ("import Glibc", "Sources/Basics"),
            ("import Synchronization", "Sources/Basics"), ("import Logging", "Sources/Server"),
            ("internal import Basics", "Sources/Server"), ("import Foundation", "Sources/Server"),
            ("public import struct Basics.Deadline", "Sources/Modules/SL"),
            ("@testable import Basics", "Tests/BasicsTests"),
            ("import Testing", "Tests/BasicsTests"),
            ("import Foundation", "Tests/BasicsTests"), ("// import Server", "Sources/Basics"),
            ("import Anything", "Sources/Unknown"), ("let a = \"import Server\"", "Sources/Basics"),
            ("@preconcurrency import Dispatch", "Sources/Server"),
        ])
    func accepts(text: String, folder: String) {
        #expect(findings(text, in: folder) == [])
    }

    @Test("an import that the row does not name is found, with its line")
    func refusesUndeclared() {
        #expect(
            findings("import Basics\n\nimport CLinux", in: "Sources/Server") == [
                "3: the row of Server in Package.swift does not name CLinux"
            ])
    }

    @Test("tests are held to their rows too")
    func refusesInTests() {
        #expect(findings("@testable import Server", in: "Tests/BasicsTests").count == 1)
    }

    @Test("Testing is for tests")
    func refusesTesting() {
        #expect(findings("import Testing", in: "Sources/Basics").count == 1)
    }

    @Test("the lower layers do without Foundation")
    func refusesFoundation() {
        #expect(
            findings("import Foundation", in: "Sources/Basics") == [
                "1: Basics is in layers 1 to 3, which do without Foundation"
            ])
    }

    @Test("a file belongs to the target with the longest folder")
    func findsTarget() {
        let package = PackageFacts(targets: [
            .init(name: "Outer", path: "Sources/A", dependencies: []),
            .init(name: "Inner", path: "Sources/A/B", dependencies: []),
        ])
        #expect(package.target(of: "Sources/A/B/C.swift")?.name == "Inner")
        #expect(package.target(of: "Sources/A/BC.swift")?.name == "Outer")
        #expect(package.target(of: "Sources/AB/C.swift") == nil)
    }

    @Test("what SwiftPM prints of a package is understood")
    func readsDump() throws {
        let dump = """
            {"name": "roost", "targets": [
              {"name": "Basics", "path": "Sources/Basics", "type": "regular", "settings": [],
               "dependencies": [{"target": ["CLinux", null]},
                 {"product": ["Logging", "swift-log", null, null]},
                 {"byName": ["Other", {"platformNames": ["linux"]}]}]},
              {"name": "BasicsTests", "path": "Tests/BasicsTests", "type": "test",
               "dependencies": []},
              {"name": "Plain", "type": "regular", "dependencies": []}]}
            """
        let package = try PackageFacts(dump: Data(dump.utf8))
        #expect(package.targets.map(\.name) == ["Basics", "BasicsTests", "Plain"])
        #expect(package.targets[0].dependencies == ["CLinux", "Logging", "Other"])
        #expect(package.targets.map(\.isTest) == [false, true, false])
        #expect(package.targets[2].path == "Sources/Plain")
    }

    @Test(
        "what is no dump is refused",
        arguments: ["", "[]", "{\"targets\": 1}", "{\"targets\": [{}]}"])
    func refusesOthers(text: String) {
        #expect(throws: DecodingError.self) { try PackageFacts(dump: Data(text.utf8)) }
    }
}
