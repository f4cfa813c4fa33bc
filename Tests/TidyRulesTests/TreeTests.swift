import Foundation
import Testing
import TidyRules

@Suite("The tree")
struct TreeTests {
    @Test("the tree is tidy")
    func isTidy() throws {
        let tidy = try Repository(containing: URL(filePath: #filePath)).tidy()
        let findings = tidy.findings()
        for finding in findings { Issue.record("\(finding)") }
        if !findings.isEmpty { print(tidy.report()) }
    }
}
