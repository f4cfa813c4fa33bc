import ArgumentParser
import Foundation
import TidyRules

/// Prints what in the tree is not as the house wants it; exit status 1 when there is something.
@main
struct RoostTidy: ParsableCommand {
    /// Name and purpose, for `--help`.
    static let configuration = CommandConfiguration(
        commandName: "roost-tidy",
        abstract: "Checks the tree against the rules of the house (docs/testing.md).")

    /// Where to look for Package.swift, here or above.
    @Option(help: "A folder in the repository.")
    var root = FileManager.default.currentDirectoryPath

    /// Whether to print the table of figures.
    @Flag(help: "Print the figures of every target too.")
    var figures = false

    /// Reads the tree, checks it and prints the findings.
    func run() throws {
        let repository = try Repository(containing: URL(filePath: root))
        let tidy = try repository.tidy()
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let findings =
            try tidy.findings() + GeneratedFile.stale(in: repository, products: products)
        for finding in findings { print(finding) }
        if figures { print(tidy.report()) }
        print("\(findings.count) findings in \(tidy.texts.count) files")
        guard findings.isEmpty else { throw ExitCode(1) }
    }
}
