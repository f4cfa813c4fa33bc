import ArgumentParser
import Foundation
import Server

/// Prints the OpenRPC document of all management commands.
struct PrintSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the OpenRPC document of the management commands.")

    @Option(help: "Compare with this file instead; exit status 1 when it is out of date.")
    var check: String?

    func run() throws {
        let current = SchemaDocument.text
        guard let check else {
            print(current, terminator: "")
            return
        }
        let stored = try? String(contentsOfFile: check, encoding: .utf8)
        guard stored == current else {
            print("\(check) is out of date: run roost schema > \(check)")
            throw ExitCode.failure
        }
    }
}
